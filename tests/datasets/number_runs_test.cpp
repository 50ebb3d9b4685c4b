#include "datasets/number_runs.h"

#include <gtest/gtest.h>

#include <cstring>

#include "core/npy.h"

namespace joulebench {
namespace {

// 40 labels that never repeat a pattern of 5.
std::vector<std::int64_t> labels() {
  std::vector<std::int64_t> numbers;
  std::uint64_t state = 7;
  for (int i = 0; i < 40; ++i) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    numbers.push_back(static_cast<std::int64_t>(state >> 60) % 10);
  }
  return numbers;
}

std::string joined(const std::vector<std::int64_t>& numbers, const std::string& between) {
  std::string text;
  for (const std::int64_t number : numbers) {
    text += (text.empty() ? "" : between) + std::to_string(number);
  }
  return text;
}

template <class Number>
std::string array(const std::vector<std::int64_t>& numbers) {
  std::string bytes;
  for (const std::int64_t one : numbers) {
    const auto number = static_cast<Number>(one);
    bytes.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  return bytes;
}

NumberRuns runs_of(const std::vector<std::int64_t>& numbers,
                   const std::vector<std::int64_t>& open_to_all = {}) {
  NumberRuns runs;
  runs.add(numbers, 10, open_to_all, "holds labels");
  return runs;
}

TEST(NumberRuns, FindsThemInTextWithAnySeparatorAndDownAColumn) {
  const NumberRuns runs = runs_of(labels());
  EXPECT_EQ(runs.match("x = [" + joined(labels(), ", ") + "]"), "holds labels");
  EXPECT_EQ(runs.match(joined(labels(), "\n")), "holds labels");
  EXPECT_EQ(runs.match(joined(labels(), ".0 ") + ".0"), "holds labels");
  std::string table = "id,label\n";
  int id = 100;
  for (const std::int64_t label : labels()) {
    table += std::to_string(id++) + "," + std::to_string(label) + "\n";
  }
  EXPECT_EQ(runs.match(table), "holds labels");
}

TEST(NumberRuns, FindsThemInArraysOfEveryWidthAtAnyPlace) {
  const NumberRuns runs = runs_of(labels());
  const std::string before("\0\0\x07", 3);
  EXPECT_EQ(runs.match(before + array<std::uint8_t>(labels())), "holds labels");
  EXPECT_EQ(runs.match(before + array<std::int16_t>(labels())), "holds labels");
  EXPECT_EQ(runs.match(before + array<std::int32_t>(labels())), "holds labels");
  EXPECT_EQ(runs.match(before + array<std::int64_t>(labels())), "holds labels");
  EXPECT_EQ(runs.match(before + array<float>(labels())), "holds labels");
  EXPECT_EQ(runs.match(before + array<double>(labels())), "holds labels");
}

TEST(NumberRuns, HalfOfThemIsEnoughAndAFewAreNot) {
  const std::vector<std::int64_t> all = labels();
  const NumberRuns runs = runs_of(all);
  EXPECT_EQ(runs.match(joined({all.begin() + 3, all.begin() + 23}, " ")), "holds labels");
  EXPECT_EQ(runs.match(joined({all.begin() + 3, all.begin() + 12}, " ")), "");
}

TEST(NumberRuns, WhatIsOpenToAllOrSaysNothingIsNotLookedFor) {
  EXPECT_EQ(runs_of(labels(), labels()).match(joined(labels(), " ")), "");
  const std::vector<std::int64_t> counted = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13};
  EXPECT_EQ(runs_of(counted).match(joined(counted, " ")), "");
  const std::vector<std::int64_t> same(20, 4);
  EXPECT_EQ(runs_of(same).match(joined(same, " ")), "");
}

TEST(NumberRuns, FindsWordsInText) {
  const std::vector<std::string> words = {"red", "blue", "red", "red", "green", "blue"};
  NumberRuns runs;
  runs.add_words(words, 6, {}, "holds names");
  EXPECT_EQ(runs.match("\"red\",\"blue\",\"red\",\"red\",\"green\",\"blue\""), "holds names");
  EXPECT_EQ(runs.match("red blue red red green red"), "");
}

TEST(NumberRuns, TellingLengthGrowsWithHowLittleALabelSays) {
  std::vector<std::int32_t> ten, two;
  for (int i = 0; i < 1000; ++i) {
    ten.push_back(i % 10);
    two.push_back(i % 2);
  }
  EXPECT_EQ(telling_length(ten), 20U);  // 64 bits / log2(10)
  EXPECT_EQ(telling_length(two), 64U);
  EXPECT_EQ(telling_length(std::vector<std::int32_t>(1000, 3)), 0U);
}

}  // namespace
}  // namespace joulebench
