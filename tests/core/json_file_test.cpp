#include "core/json_file.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/competition.h"
#include "core/error.h"
#include "core/file.h"
#include "tests/support/error_text.h"

namespace joulebench {
namespace {

constexpr const char* kSchema = R"({
  "type": "object", "required": ["name"], "additionalProperties": false,
  "properties": {
    "name": {"type": "string"},
    "rule": {"enum": ["floors", "pareto"]},
    "limits": {"type": "object", "additionalProperties": false,
               "properties": {"memory_mb": {"type": "integer", "minimum": 16}}},
    "list": {"type": "array", "items": {"type": "number", "maximum": 1}}
  }})";

std::string refusal_of_text(const std::string& text) {
  return error_text([&] { parse_json(text, "a.json", kSchema); });
}

TEST(JsonFile, SyntaxErrorNamesLineAndColumn) {
  const std::string text = refusal_of_text("{\n  \"name\": \"x\",\n  \"rule\" \"floors\"\n}");
  EXPECT_THAT(text, testing::StartsWith("a file is not JSON\n  a.json:3:"));
}

TEST(JsonFile, UnknownFieldComesWithTheNearestKnownOne) {
  EXPECT_THAT(refusal_of_text(R"({"name": "x", "limits": {"memroy_mb": 20}})"),
              testing::HasSubstr("a.json: unknown field 'limits.memroy_mb'; did you mean "
                                 "'limits.memory_mb'?"));
}

TEST(JsonFile, MissingFieldIsNamed) {
  EXPECT_THAT(refusal_of_text("{}"), testing::HasSubstr("a.json: field 'name' is missing"));
}

TEST(JsonFile, WrongTypeIsNamedWithWhatWasExpected) {
  EXPECT_THAT(refusal_of_text(R"({"name": 5})"),
              testing::HasSubstr("a.json: field 'name' is 5, where a string was expected"));
  EXPECT_THAT(refusal_of_text("[]"),
              testing::HasSubstr("the file is [], where an object was expected"));
}

TEST(JsonFile, ValueOutOfRangeIsNamed) {
  EXPECT_THAT(refusal_of_text(R"({"name": "x", "limits": {"memory_mb": 1}})"),
              testing::HasSubstr("field 'limits.memory_mb' is 1, where at least 16 was expected"));
  EXPECT_THAT(refusal_of_text(R"({"name": "x", "list": [0.5, 3]})"),
              testing::HasSubstr("field 'list[1]' is 3, where at most 1 was expected"));
}

TEST(JsonFile, UnknownValueComesWithTheKnownOnes) {
  EXPECT_THAT(refusal_of_text(R"({"name": "x", "rule": "flors"})"),
              testing::HasSubstr("field 'rule' is \"flors\", which is not one of: floors, pareto; "
                                 "did you mean \"floors\"?"));
}

TEST(JsonFile, AFieldThatStandsTwiceIsRefused) {
  EXPECT_THAT(refusal_of_text(R"({"name": "x", "name": "y"})"),
              testing::HasSubstr("field 'name' stands twice"));
}

TEST(JsonFile, DeepNestingIsRefused) {
  EXPECT_THAT(refusal_of_text(std::string(100'000, '[')),
              testing::HasSubstr("more than 64 levels deep"));
  const auto nested = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  EXPECT_NO_THROW(parse_json(nested(64), "a.json", {}));
  EXPECT_THROW(parse_json(nested(65), "a.json", {}), Error);
}

TEST(JsonFile, ANumberBeyondAllNumbersIsRefused) {
  EXPECT_THAT(refusal_of_text(R"({"name": "x", "list": [1e999]})"),
              testing::StartsWith("a file is not JSON"));
}

TEST(JsonFile, AFileAboveItsLimitIsRefusedUnread) {
  const TemporaryFolder folder("json");
  write_file_atomically(folder.path() / "a.json", "[" + std::string(100, ' ') + "]");
  EXPECT_NO_THROW(read_json_file(folder.path() / "a.json", {}, 102));
  EXPECT_THAT(error_text([&] { read_json_file(folder.path() / "a.json", {}, 101); }),
              testing::HasSubstr("larger than the 101 bytes that such a file may have"));
}

}  // namespace
}  // namespace joulebench
