#include "scoring/metrics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

#include "core/file.h"

namespace joulebench {
namespace {

TEST(Confusion, GivesFiguresThatCanBeCheckedByHand) {
  const std::int32_t labels[] = {0, 0, 0, 0, 1, 1};
  const std::int32_t answers[] = {0, 0, 0, 1, 1, 0};
  Confusion confusion(3);  // class 2 occurs in neither and is left out
  confusion.add(labels, answers);
  EXPECT_DOUBLE_EQ(confusion.accuracy(), 4.0 / 6);
  EXPECT_DOUBLE_EQ(confusion.balanced_accuracy(), (3.0 / 4 + 1.0 / 2) / 2);
  // F1: class 0 has 2*3/(4+4), class 1 has 2*1/(2+2).
  EXPECT_DOUBLE_EQ(confusion.macro_f1(), (6.0 / 8 + 2.0 / 4) / 2);
}

TEST(Confusion, AnAnswerOutsideTheClassesIsWrong) {
  Confusion confusion(2);
  confusion.add(0, -1, 1);
  confusion.add(0, 7, 1);
  confusion.add(1, 1, 2);
  EXPECT_DOUBLE_EQ(confusion.accuracy(), 0.5);
  EXPECT_DOUBLE_EQ(confusion.balanced_accuracy(), 0.5);
}

TEST(Metrics, OfNothingAreABug) {
  EXPECT_THROW(Confusion(0), std::logic_error);
  EXPECT_THROW(Confusion(2).accuracy(), std::logic_error);
  EXPECT_THROW(rmse({}, {}), std::logic_error);
}

TEST(ClassMetric, IsFoundByName) {
  EXPECT_STREQ(class_metric("macro-f1")->name, "macro-f1");
  EXPECT_FALSE(class_metric("log-loss"));
}

TEST(BootstrapMetric, IsTheSameForTheSameSeedAndHoldsTheValue) {
  std::vector<SampleAnswers> samples;
  for (int i = 0; i < 200; ++i) {
    samples.push_back({.label = i % 2, .predictions = {{i % 10 == 0 ? 1 - i % 2 : i % 2, 3}}});
  }
  const ClassMetric metric = *class_metric("accuracy");
  const Interval interval = bootstrap_metric(samples, 2, metric, 0.95, 1);
  const Interval again = bootstrap_metric(samples, 2, metric, 0.95, 1);
  EXPECT_EQ(interval.low, again.low);
  EXPECT_LT(interval.low, 0.9);
  EXPECT_GT(interval.high, 0.9);
  // The normal interval of 0.9 with n = 200 is 0.042 to either side.
  EXPECT_NEAR(interval.low, 0.9 - 0.042, 0.012);
  EXPECT_NEAR(interval.high, 0.9 + 0.042, 0.012);
}

TEST(BootstrapMean, HasTheWidthOfTheNormalInterval) {
  std::vector<double> values;
  for (int i = 0; i < 400; ++i) values.push_back(i % 4);  // mean 1.5, deviation 1.118
  const Interval interval = bootstrap_mean(values, 0.95, 1);
  EXPECT_EQ(interval.low, bootstrap_mean(values, 0.95, 1).low);
  EXPECT_NEAR(interval.low, 1.5 - 1.96 * 1.118 / 20, 0.015);
  EXPECT_NEAR(interval.high, 1.5 + 1.96 * 1.118 / 20, 0.015);
  const double one[] = {3};
  EXPECT_EQ(bootstrap_mean(one, 0.95, 1).low, 3);
}

// Draws cases, has scikit-learn compute them, and compares to 1e-12.
TEST(Metrics, AgreeWithScikitLearn) {
  if (std::system("/usr/bin/python3 -c 'import sklearn' 2>/dev/null") != 0) {
    GTEST_SKIP() << "Debian's python3-sklearn is not installed";
  }
  std::mt19937 random(7);
  std::uniform_real_distribution<double> unit(0, 1);
  nlohmann::json cases = nlohmann::json::array();
  nlohmann::json ours = nlohmann::json::array();
  for (int round = 0; round < 20; ++round) {
    const std::size_t classes = 2 + static_cast<std::size_t>(random() % 8);
    const std::size_t samples = 50 + random() % 200;
    std::vector<std::int32_t> labels, answers;
    std::vector<double> scores, targets, guesses;
    Confusion confusion(classes);
    for (std::size_t i = 0; i < samples; ++i) {
      // Every class occurs, so that both sides count the same ones.
      labels.push_back(static_cast<std::int32_t>(i < classes ? i : random() % classes));
      answers.push_back(static_cast<std::int32_t>(
          unit(random) < 0.7 ? static_cast<std::size_t>(labels.back()) : random() % classes));
      double sum = 0;
      for (std::size_t j = 0; j < classes; ++j) {
        scores.push_back(std::floor(unit(random) * 20) + 1);  // ties occur
        sum += scores.back();
      }
      for (std::size_t j = 0; j < classes; ++j) scores[i * classes + j] /= sum;
      targets.push_back(unit(random) * 10);
      guesses.push_back(targets.back() + unit(random) - 0.5);
    }
    confusion.add(labels, answers);
    const std::size_t k = 1 + random() % (classes - 1);
    ours.push_back({confusion.accuracy(), confusion.balanced_accuracy(), confusion.macro_f1(),
                    classes > 2 ? top_k_accuracy(labels, scores, classes, k) : 0.0,
                    log_loss(labels, scores, classes), brier_score(labels, scores, classes),
                    rmse(targets, guesses), mean_absolute_error(targets, guesses)});
    cases.push_back({{"labels", labels},
                     {"answers", answers},
                     {"scores", scores},
                     {"targets", targets},
                     {"guesses", guesses},
                     {"classes", classes},
                     {"k", k}});
  }
  const TemporaryFolder folder("metrics-test");
  write_file_atomically(folder.path() / "cases.json", cases.dump());
  write_file_atomically(folder.path() / "theirs.py", R"(
import json, sys
import numpy as np
from sklearn import metrics as m
out = []
for case in json.load(open(sys.argv[1])):
    y, p, c = np.array(case["labels"]), np.array(case["answers"]), case["classes"]
    s = np.array(case["scores"]).reshape(len(y), c)
    t, g = case["targets"], case["guesses"]
    top = m.top_k_accuracy_score(y, s, k=case["k"], labels=range(c)) if c > 2 else 0.0
    brier = sum(m.brier_score_loss(y == i, s[:, i], pos_label=True) for i in range(c))
    out.append([m.accuracy_score(y, p), m.balanced_accuracy_score(y, p), m.f1_score(y, p, average="macro"),
                top, m.log_loss(y, s, labels=range(c)), brier,
                m.mean_squared_error(t, g, squared=False), m.mean_absolute_error(t, g)])
json.dump(out, open(sys.argv[2], "w"))
)");
  const std::string command = "/usr/bin/python3 " + (folder.path() / "theirs.py").string() + " " +
                              (folder.path() / "cases.json").string() + " " +
                              (folder.path() / "theirs.json").string();
  ASSERT_EQ(std::system(command.c_str()), 0);
  const auto theirs = nlohmann::json::parse(read_text_file(folder.path() / "theirs.json"));
  ASSERT_EQ(theirs.size(), ours.size());
  for (std::size_t i = 0; i < ours.size(); ++i) {
    for (std::size_t j = 0; j < ours[i].size(); ++j) {
      EXPECT_NEAR(ours[i][j].get<double>(), theirs[i][j].get<double>(), 1e-12)
          << "case " << i << ", metric " << j;
    }
  }
}

}  // namespace
}  // namespace joulebench
