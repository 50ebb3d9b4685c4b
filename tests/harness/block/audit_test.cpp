#include "harness/block/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/harness/block/block_world.h"

namespace joulebench {
namespace {

using testing::HasSubstr;

TEST(JudgePairs, TheIntervalIsTsOfTheLogarithm) {
  // Logarithms of the ratios: -0.2, -0.2, -0.3, -0.3: mean -0.25, s = 0.057735, s / 2 = 0.0288675,
  // t(0.999, 3) = 10.2145.
  std::vector<AuditPair> pairs;
  for (const double x : {-0.2, -0.2, -0.3, -0.3})
    pairs.push_back({Seconds(2), Seconds(2 * std::exp(x))});
  const AuditFigure figure = judge_pairs("answer-caching", pairs);
  EXPECT_NEAR(*figure.ratio, std::exp(-0.25), 1e-9);
  EXPECT_NEAR(*figure.upper, std::exp(-0.25 + 10.2145 * 0.0288675), 1e-5);
  EXPECT_NEAR(*figure.lower, std::exp(-0.25 - 10.2145 * 0.0288675), 1e-5);
  EXPECT_FALSE(figure.flagged) << "four trials do not say enough";
}

TEST(JudgePairs, MuchCheaperIsFlaggedTenPercentIsNot) {
  std::vector<AuditPair> cheaper, nearly;
  for (int i = 0; i < 12; ++i) {
    const double noise = i % 2 == 0 ? 1.03 : 0.97;
    cheaper.push_back({Seconds(1), Seconds(0.5 * noise)});
    nearly.push_back({Seconds(1), Seconds(0.92 * noise)});
  }
  EXPECT_TRUE(judge_pairs("coalescing", cheaper).flagged);
  EXPECT_FALSE(judge_pairs("coalescing", nearly).flagged);
  EXPECT_THAT(flag_of(judge_pairs("coalescing", cheaper)).detail,
              HasSubstr("one sample repeated costs 0.50 of samples that differ by a bit (0.4"));
}

TEST(JudgePairs, NoiseAloneNeverAccuses) {
  std::mt19937 random(7);
  std::lognormal_distribution<double> noise(0, 0.3);
  for (int run = 0; run < 2000; ++run) {
    std::vector<AuditPair> pairs;
    for (int i = 0; i < 12; ++i) pairs.push_back({Seconds(noise(random)), Seconds(noise(random))});
    EXPECT_FALSE(judge_pairs("answer-caching", pairs).flagged) << "run " << run;
  }
}

TEST(JudgePairs, TooFewPairsGiveNoFigure) {
  const AuditFigure figure = judge_pairs("coalescing", {{Seconds(1), Seconds(0)}, {}, {}});
  EXPECT_EQ(figure.trials, 0);
  EXPECT_FALSE(figure.ratio);
  EXPECT_FALSE(figure.flagged);
}

// Programs on 100 samples of 8 bytes; a "model" needs 2 ms of CPU time a sample, far more than
// reading the request does.
class Audit : public BlockWorld {
 protected:
  Audit() { distinct_rows = true; }
  AuditFigure figure(const std::string& body, const std::string& name) {
    // A machine full of other work may hide a cheat, though not for long: noise widens the
    // interval.
    AuditFigure last;
    for (int tries = 0; tries < 4 && !last.flagged; ++tries) {
      const PilotResult pilot = run_pilot_of(body);
      EXPECT_EQ(pilot.outcome, Outcome::valid) << pilot.message;
      for (const AuditFigure& found : pilot.audits) {
        if (found.name == name) last = found;
      }
    }
    return last;
  }
  static std::string program(const std::string& answers) {
    return R"(
def model(row):
    spin(0.002)
    return row[0] % 10
cache = {}
ready()
for r in requests():
    rows = all_rows(r)
)" + answers +
           R"(
    answer(r, values)
    done(r)
)";
  }
};

TEST_F(Audit, AnHonestProgramIsNotFlagged) {
  const std::string honest = program("    values = [model(row) for row in rows]");
  const PilotResult pilot = run_pilot_of(honest);
  ASSERT_EQ(pilot.outcome, Outcome::valid) << pilot.message;
  ASSERT_EQ(pilot.audits.size(), 2U);
  for (const AuditFigure& found : pilot.audits) {
    EXPECT_FALSE(found.flagged) << flag_of(found).detail;
    EXPECT_EQ(found.trials, 12);
  }
}

TEST_F(Audit, AHashTableOfAnswersIsSeen) {
  const AuditFigure found = figure(program(R"(
    for row in rows:
        if row not in cache:
            cache[row] = model(row)
    values = [cache[row] for row in rows]
)"),
                                   "answer-caching");
  EXPECT_TRUE(found.flagged) << flag_of(found).detail;
}

TEST_F(Audit, AHashTableThatIgnoresTheSaltIsSeen) {
  const AuditFigure found = figure(program(R"(
    values = []
    for row in rows:
        key = bytes(byte >> 1 for byte in row)
        if key not in cache:
            cache[key] = model(row)
        values.append(cache[key])
)"),
                                   "answer-caching");
  EXPECT_TRUE(found.flagged) << flag_of(found).detail;
}

TEST_F(Audit, AnsweringARepeatedSampleOnceIsSeen) {
  const AuditFigure found = figure(program(R"(
    once = {}
    for row in rows:
        if row not in once:
            once[row] = model(row)
    values = [once[row] for row in rows]
)"),
                                   "coalescing");
  EXPECT_TRUE(found.flagged) << flag_of(found).detail;
}

}  // namespace
}  // namespace joulebench
