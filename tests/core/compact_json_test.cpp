#include "core/compact_json.h"

#include <gtest/gtest.h>

namespace joulebench {
namespace {

TEST(CompactJson, TakesSpacesOutButNotThoseOfTexts) {
  EXPECT_EQ(compact_json("{\n  \"a b\" : [ 1,\t2.5e-3 ],\r\n \"c\": \" x \\\" y \\\\\" }\n"),
            "{\"a b\":[1,2.5e-3],\"c\":\" x \\\" y \\\\\"}");
  EXPECT_EQ(compact_json(""), "");
}

TEST(CompactJson, EndsWhereABrokenTextEnds) {
  for (const char* text : {"{\"w\": [1, \"x", "{\"w", "{\"w\"", "{\"w\" :", "\"\\"}) {
    EXPECT_LE(compact_json(text).size(), std::string(text).size());
  }
}

}  // namespace
}  // namespace joulebench
