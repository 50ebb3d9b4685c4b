#include "core/json_fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace joulebench {
namespace {

struct Inner {
  std::string name;
  std::optional<Joules> joules;
};

struct Outer {
  int count = 0;
  std::uint64_t big = 0;
  unsigned small = 0;
  bool salt = true;
  Seconds wait{0};
  SteadyTime started{};
  Outcome outcome = Outcome::valid;
  std::vector<Inner> list;
  std::map<std::string, std::string> map;
  std::optional<double> ratio;
  int rare = 0;
  std::uint64_t bytes = 3000;
  std::string deep;
};

}  // namespace

static void fields(auto& io, Of<Inner> auto& inner) {
  io.field("name", inner.name);
  io.field("joules", inner.joules);
}

static void fields(auto& io, Of<Outer> auto& outer) {
  io.field("count", outer.count);
  io.field("big", outer.big);
  io.field("small", outer.small);
  io.defaulted("salt", outer.salt);
  io.field("wait_s", outer.wait);
  io.field("started_ns", outer.started);
  io.field("outcome", outer.outcome);
  io.field("list", outer.list);
  io.field("map", outer.map);
  io.nullable("ratio", outer.ratio);
  io.sparse("rare", outer.rare);
  io.scaled("kilobytes", 1000, outer.bytes);
  io.group("group", [&](auto& group) { group.field("deep", outer.deep); });
}

namespace {

using nlohmann::json;

const json kDocument = json::parse(R"({"count": -3, "big": 18446744073709551615, "small": 7,
    "salt": false, "wait_s": 0.5, "started_ns": 12, "outcome": "void",
    "list": [{"name": "a", "joules": 0.25}, {"name": "b"}], "map": {"x": "y"}, "ratio": null,
    "kilobytes": 5, "group": {"deep": "d"}})");

Outer read(const json& document) {
  Outer outer;
  const JsonPlace whole;
  JsonReader reader(document, whole);
  fields(reader, outer);
  return outer;
}

std::string refusal_of(const json& document) {
  try {
    read(document);
  } catch (const JsonFieldError& error) {
    return error.what();
  }
  return "accepted";
}

/// What is said of kDocument with other values at these JSON pointers.
std::string refusal(const json& changes) {
  json document = kDocument;
  for (const auto& [pointer, value] : changes.items())
    document[json::json_pointer(pointer)] = value;
  return refusal_of(document);
}

TEST(JsonFields, OneTableReadsAndWritesTheSameDocument) {
  const Outer outer = read(kDocument);
  EXPECT_EQ(outer.count, -3);
  EXPECT_EQ(outer.wait, Seconds(0.5));
  EXPECT_EQ(outer.outcome, Outcome::voided);
  EXPECT_EQ(outer.list.at(0).joules, Joules{0.25});
  EXPECT_FALSE(outer.list.at(1).joules);
  EXPECT_EQ(outer.bytes, 5000U);
  EXPECT_EQ(outer.deep, "d");
  json written;
  JsonWriter writer(written);
  fields(writer, outer);
  EXPECT_EQ(written, kDocument);
}

TEST(JsonFields, DefaultsStayWhereNothingIsWrittenAndRareValuesAreNotWritten) {
  json document = kDocument;
  document.erase("salt");
  document.erase("kilobytes");
  document["rare"] = 4;
  const Outer outer = read(document);
  EXPECT_TRUE(outer.salt);
  EXPECT_EQ(outer.bytes, 3000U);
  EXPECT_EQ(outer.rare, 4);
}

TEST(JsonFields, AMissingOrWrongFieldIsNamedWithItsPlace) {
  json document = kDocument;
  document["list"][1].erase("name");
  EXPECT_EQ(refusal_of(document), "field 'list[1].name' is missing");
  EXPECT_EQ(refusal({{"/list/0/joules", "much"}}),
            "field 'list[0].joules' is \"much\", where a number was expected");
  EXPECT_EQ(refusal({{"/group", 3}}), "field 'group' is 3, where an object was expected");
  EXPECT_EQ(refusal({{"/map/x", 3}}), "field 'map.x' is 3, where a string was expected");
  EXPECT_EQ(refusal({{"/outcome", "vlid"}}),
            "field 'outcome' is \"vlid\", where a name that this version knows was expected");
}

TEST(JsonFields, NumbersThatAMemberCannotHoldAreRefused) {
  EXPECT_EQ(refusal({{"/count", 3e9}}),
            "field 'count' is 3000000000.0, where a whole number was "
            "expected");
  EXPECT_EQ(refusal({{"/count", 2147483648}}),
            "field 'count' is 2147483648, where a number in range was expected");
  EXPECT_EQ(refusal({{"/small", -1}}), "field 'small' is -1, where a number in range was expected");
  EXPECT_EQ(refusal({{"/kilobytes", 18446744073709551615U}}),
            "field 'kilobytes' is 18446744073709551615, where a smaller number was expected");
}

}  // namespace
}  // namespace joulebench
