// Intervals and tests against SciPy's: drawn cases, each computed by both.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <random>

#include "core/file.h"
#include "core/statistics.h"
#include "scoring/contest.h"
#include "scoring/simulated_campaign.h"

namespace joulebench {
namespace {

using joulebench::support::draw;
using joulebench::support::SimulatedCampaign;
using nlohmann::json;

// In its order: t interval, Wilson, Welch's p, paired p, median and MAD, McNemar's mid-p and its
// interval. Welch and paired come back
// as the error at which our interval just holds no difference.
constexpr const char* kTheirs = R"(
import json, sys
import numpy as np
from scipy import stats
out = []
for case in json.load(open(sys.argv[1])):
    a, b = np.array(case["a"]), np.array(case["b"])
    t = stats.t.interval(case["confidence"], len(a) - 1, loc=a.mean(), scale=stats.sem(a))
    w = stats.binomtest(case["right"], case["samples"]).proportion_ci(case["confidence"], "wilson")
    n, k = case["only_a"] + case["only_b"], case["only_a"]
    few = min(case["only_a"], case["only_b"])
    mid_p = min(1, 2 * (stats.binom.cdf(few - 1, n, 0.5) + stats.binom.pmf(few, n, 0.5) / 2))
    exact = stats.binomtest(k, n).pvalue  # McNemar's exact one; mid-p leaves out half of P(k) a side
    assert few == n / 2 or abs(exact - mid_p - stats.binom.pmf(few, n, 0.5)) < 1e-12
    table = np.array([case["only_a"], case["only_b"], 1000 - n]) + [0.5, 0.5, 1]
    scores = np.repeat([1.0, -1.0, 0.0], (2 * table).astype(int))  # Agresti and Min: Wald's of these
    z = stats.norm.ppf((1 + case["confidence"]) / 2)
    half = z * np.sqrt(scores.var() / table.sum())
    low, high = scores.mean() - half, scores.mean() + half
    if (mid_p < 1 - case["confidence"]) == (low <= 0 <= high):
        low, high = (0, high) if scores.mean() > 0 else (low, 0)
    paired = [mid_p, low, high]
    out.append([t[0], t[1], w.low, w.high,
                stats.ttest_ind(a, b, equal_var=False).pvalue, stats.ttest_rel(a, b).pvalue,
                np.median(a), stats.median_abs_deviation(a)] + paired)
json.dump(out, open(sys.argv[2], "w"))
)";

std::vector<double> logs_of(const Score& score) {
  std::vector<double> logs;
  for (const BlockScore& block : score.block_scores) logs.push_back(std::log(block.joules.value));
  return logs;
}

/// Half width over difference at the other side's p: 1 where both agree.
double at_error(const std::vector<Score>& scores, double error) {
  const std::size_t members[] = {0, 1};
  const Contrast contrast = Contest(scores, members).contrast(0, 1);
  return *half_width(contrast, error) / std::abs(contrast.difference);
}

struct DrawnCase {
  std::vector<Score> with_rounds;
  json asked;
};

DrawnCase draw_case(std::mt19937_64& random) {
  SimulatedCampaign campaign{.levels = {0, 0.02}, .noise = {0.01, 0.03}, .drift = 0.02};
  campaign.blocks = 3 + static_cast<int>(random() % 8);
  DrawnCase one{.with_rounds = draw(campaign, random), .asked = {}};
  const int samples = 20 + static_cast<int>(random() % 1000);
  one.asked = {{"a", logs_of(one.with_rounds[0])},
               {"b", logs_of(one.with_rounds[1])},
               {"confidence", random() % 2 == 0 ? 0.95 : 0.99},
               {"samples", samples},
               {"only_a", 1 + static_cast<int>(random() % 30)},
               {"only_b", 1 + static_cast<int>(random() % 30)},
               {"right", static_cast<int>(random() % static_cast<unsigned>(samples + 1))}};
  return one;
}

TEST(Oracle, SciPyComputesTheSameIntervalsAndErrors) {
  if (std::system("/usr/bin/python3 -c 'import scipy.stats' 2>/dev/null") != 0) {
    GTEST_SKIP() << "Debian's python3-scipy is not installed";
  }
  std::mt19937_64 random(5);
  std::vector<DrawnCase> cases;
  json asked = json::array();
  for (int i = 0; i < 50; ++i) {
    cases.push_back(draw_case(random));
    asked.push_back(cases.back().asked);
  }
  const TemporaryFolder folder("oracle-test");
  write_file_atomically(folder.path() / "cases.json", asked.dump());
  write_file_atomically(folder.path() / "theirs.py", kTheirs);
  const std::string at = folder.path().string();
  ASSERT_EQ(std::system(("/usr/bin/python3 " + at + "/theirs.py " + at + "/cases.json " + at +
                         "/theirs.json")
                            .c_str()),
            0);
  const json theirs = json::parse(read_text_file(folder.path() / "theirs.json"));
  ASSERT_EQ(theirs.size(), cases.size());
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const json& one = cases[i].asked;
    const auto a = one["a"].get<std::vector<double>>();
    const double confidence = one["confidence"];
    const Interval mean = *mean_of(a, confidence).interval;
    EXPECT_NEAR(mean.low, theirs[i][0], 1e-9);
    EXPECT_NEAR(mean.high, theirs[i][1], 1e-9);
    const int samples = one["samples"];
    const Interval wilson = wilson_interval(one["right"].get<double>() / samples,
                                            static_cast<std::uint64_t>(samples), confidence);
    EXPECT_NEAR(wilson.low, theirs[i][2], 1e-10);
    EXPECT_NEAR(wilson.high, theirs[i][3], 1e-10);
    std::vector<Score> without_rounds = cases[i].with_rounds;
    for (Score& score : without_rounds) {
      for (BlockScore& block : score.block_scores) block.round = 0;
    }
    EXPECT_NEAR(at_error(without_rounds, theirs[i][4]), 1, 1e-8) << "Welch";
    EXPECT_NEAR(at_error(cases[i].with_rounds, theirs[i][5]), 1, 1e-8) << "paired";
    EXPECT_NEAR(median_and_mad(a).median, theirs[i][6], 1e-12);
    EXPECT_NEAR(median_and_mad(a).mad, theirs[i][7], 1e-12);
    const PairedShares paired = paired_shares(one["only_a"], one["only_b"], 1000, confidence);
    EXPECT_NEAR(paired.p_value, theirs[i][8], 1e-10) << "McNemar, mid-p";
    EXPECT_NEAR(paired.interval.low, theirs[i][9], 1e-9);
    EXPECT_NEAR(paired.interval.high, theirs[i][10], 1e-9);
  }
}

}  // namespace
}  // namespace joulebench
