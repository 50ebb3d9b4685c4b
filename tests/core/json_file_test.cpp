#include "core/json_file.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/competition.h"
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

std::string refusal(const std::string& text) {
  return error_text([&] { parse_json(text, "a.json", kSchema); });
}

TEST(JsonFile, SyntaxErrorNamesLineAndColumn) {
  const std::string text = refusal("{\n  \"name\": \"x\",\n  \"rule\" \"floors\"\n}");
  EXPECT_THAT(text, testing::StartsWith("a file is not JSON\n  a.json:3:"));
}

TEST(JsonFile, UnknownFieldComesWithTheNearestKnownOne) {
  EXPECT_THAT(refusal(R"({"name": "x", "limits": {"memroy_mb": 20}})"),
              testing::HasSubstr("a.json: unknown field 'limits.memroy_mb'; did you mean "
                                 "'limits.memory_mb'?"));
}

TEST(JsonFile, MissingFieldIsNamed) {
  EXPECT_THAT(refusal("{}"), testing::HasSubstr("a.json: field 'name' is missing"));
}

TEST(JsonFile, WrongTypeIsNamedWithWhatWasExpected) {
  EXPECT_THAT(refusal(R"({"name": 5})"),
              testing::HasSubstr("a.json: field 'name' is 5, where a string was expected"));
  EXPECT_THAT(refusal("[]"), testing::HasSubstr("the file is [], where an object was expected"));
}

TEST(JsonFile, ValueOutOfRangeIsNamed) {
  EXPECT_THAT(refusal(R"({"name": "x", "limits": {"memory_mb": 1}})"),
              testing::HasSubstr("field 'limits.memory_mb' is 1, where at least 16 was expected"));
  EXPECT_THAT(refusal(R"({"name": "x", "list": [0.5, 3]})"),
              testing::HasSubstr("field 'list[1]' is 3, where at most 1 was expected"));
}

TEST(JsonFile, UnknownValueComesWithTheKnownOnes) {
  EXPECT_THAT(refusal(R"({"name": "x", "rule": "flors"})"),
              testing::HasSubstr("field 'rule' is \"flors\", which is not one of: floors, pareto; "
                                 "did you mean \"floors\"?"));
}

TEST(JsonFile, AFieldThatStandsTwiceIsRefused) {
  EXPECT_THAT(refusal(R"({"name": "x", "name": "y"})"),
              testing::HasSubstr("field 'name' stands twice"));
}

TEST(JsonFile, DeepNestingIsNoCrash) {
  EXPECT_THAT(refusal(std::string(100'000, '[')), testing::StartsWith("a file is not JSON"));
}

}  // namespace
}  // namespace joulebench
