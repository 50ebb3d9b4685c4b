#include "harness/block/audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/harness/block/block_world.h"

namespace joulebench {
namespace {

using testing::HasSubstr;

AuditFigure named(const RunRecord& record, const std::string& name) {
  for (const AuditFigure& figure : judge_first_looks(record)) {
    if (figure.name == name) return figure;
  }
  return {.name = "no " + name};
}

TEST(JudgeRatios, TheIntervalIsTsOfTheLogarithm) {
  // Logarithms -0.2, -0.2, -0.3, -0.3: mean -0.25, s = 0.057735, s / 2 = 0.0288675,
  // t(0.995, 3) = 5.84091.
  std::vector<double> ratios;
  for (const double x : {-0.2, -0.2, -0.3, -0.3}) ratios.push_back(std::exp(x));
  const AuditFigure figure = judge_ratios("answer-caching", ratios);
  EXPECT_NEAR(*figure.ratio, std::exp(-0.25), 1e-9);
  EXPECT_NEAR(figure.interval->high, std::exp(-0.25 + 5.84091 * 0.0288675), 1e-5);
  EXPECT_NEAR(figure.interval->low, std::exp(-0.25 - 5.84091 * 0.0288675), 1e-5);
  EXPECT_NEAR(*figure.detectable_gain, 1 - 0.9 * std::exp(-5.84091 * 0.0288675), 1e-5);
  EXPECT_FALSE(figure.flagged) << "78 %, but four blocks do not prove it";
}

TEST(JudgeRatios, MuchCheaperIsFlaggedTenPercentIsNot) {
  EXPECT_TRUE(judge_ratios("coalescing", std::vector{0.5, 0.51, 0.49, 0.5, 0.52}).flagged);
  EXPECT_FALSE(judge_ratios("coalescing", std::vector{0.92, 0.93, 0.91, 0.92, 0.92}).flagged);
  EXPECT_THAT(flag_of(judge_ratios("coalescing", std::vector{0.5, 0.5, 0.5})).detail,
              HasSubstr("copies of the same samples in one request cost 0.50 of samples that"));
}

TEST(JudgeRatios, NoiseAloneNeverFlags) {
  std::mt19937 random(7);
  std::lognormal_distribution<double> noise(0, 0.15);
  int flagged = 0;
  for (int run = 0; run < 2000; ++run) {
    std::vector<double> ratios;
    for (int i = 0; i < 5; ++i) ratios.push_back(noise(random) / noise(random));
    flagged += judge_ratios("answer-caching", ratios).flagged;
  }
  EXPECT_LT(flagged, 20) << "a factor of 0.9 away with a confidence of 99.5 %";
}

TEST(JudgeRatios, BlocksThatDifferAtWillAreNoWayOut) {
  const std::vector<double> ratios = {0.02, 0.8, 0.3, 0.05, 0.7};
  const AuditFigure figure = judge_ratios("answer-caching", ratios);
  EXPECT_GT(figure.interval->high, 0.9);
  EXPECT_TRUE(figure.flagged);
  EXPECT_FALSE(judge_ratios("answer-caching", std::vector{0.02, 0.8, 0.3, 0.05, 0.95}).flagged);
}

TEST(JudgeRatios, TooFewBlocksGiveNoFigure) {
  const AuditFigure figure = judge_ratios("coalescing", std::vector{0.01, 0.01, 0.0});
  EXPECT_EQ(figure.trials, 2);
  EXPECT_FALSE(figure.ratio);
  EXPECT_FALSE(figure.flagged);
}

/// A record of blocks whose looks and windows cost what is said, in seconds of CPU time per pass.
struct Costs {
  double first, later, measured, public_pass, public_pass_in_request;
};
RunRecord record_of(const Costs& costs, int copies) {
  RunRecord record{.copies_per_request = copies};
  for (int number = 1; number <= 5; ++number) {
    BlockRecord block{.number = number, .outcome = Outcome::valid};
    const double noise = 1 + 0.01 * (number - 3);
    const auto look = [&](const char* role, int passes, double cost) {
      block.looks.push_back(
          {.role = role, .passes = passes, .cpu = Seconds(noise * cost * passes)});
    };
    look("first-look", 1, costs.first);
    if (copies > 1) {
      look("public-pass", 1, costs.public_pass);
      look("public-request", copies, costs.public_pass_in_request);
      look("later-look", 1, costs.later);
    }
    for (int window = 0; window < 2; ++window) {
      block.windows.push_back(
          {.passes = 10 * copies, .submission_cpu = Seconds(10 * copies * costs.measured)});
    }
    record.blocks.push_back(std::move(block));
  }
  return record;
}

TEST(JudgeFirstLooks, OnePassARequestHidesNothing) {
  const RunRecord memo = record_of({.first = 0.1, .measured = 0.002}, 1);
  EXPECT_TRUE(named(memo, "answer-caching").flagged);
  EXPECT_NEAR(*named(memo, "answer-caching").ratio, 0.02, 1e-4);
  EXPECT_FALSE(named(record_of({.first = 0.1, .measured = 0.097}, 1), "answer-caching").flagged);
  EXPECT_EQ(judge_first_looks(memo).size(), 2U) << "and the trend";
}

TEST(JudgeFirstLooks, LargeRequestsThatAreCheaperForAllAreNotCoalescing) {
  // 0.36 ms fixed and 0.36 ms of samples a pass: 64 copies in one request cost half.
  const RunRecord honest = record_of({.first = 7.2e-4,
                                      .later = 7.2e-4,
                                      .measured = 3.65e-4,
                                      .public_pass = 7.2e-4,
                                      .public_pass_in_request = 3.65e-4},
                                     64);
  for (const AuditFigure& figure : judge_first_looks(honest)) {
    EXPECT_FALSE(figure.flagged) << figure.name;
    EXPECT_NEAR(*figure.ratio, 1, 0.01) << figure.name;
  }
}

TEST(JudgeFirstLooks, CopiesThatAreAnsweredOnceAre) {
  const RunRecord once = record_of({.first = 7.2e-4,
                                    .later = 7.2e-4,
                                    .measured = 2e-5,
                                    .public_pass = 7.2e-4,
                                    .public_pass_in_request = 1e-4},
                                   64);
  EXPECT_FALSE(named(once, "answer-caching").flagged);
  EXPECT_TRUE(named(once, "coalescing").flagged);
}

TEST(JudgeFirstLooks, ThePowerIsThatOfTheSamplesAlone) {
  RunRecord record = record_of({.first = 1e-3,
                                .later = 1e-3,
                                .measured = 1e-3,
                                .public_pass = 1e-3,
                                .public_pass_in_request = 1e-3},
                               2);
  const double gain = *named(record, "answer-caching").detectable_gain;
  record.shape = RequestShape{.pass = Seconds(1e-3), .fixed = Seconds(0.75e-3)};
  EXPECT_NEAR(*named(record, "answer-caching").detectable_gain, 4 * gain, 1e-9);
}

TEST(JudgeFirstLooks, ATrainingThatCostsLessThanHalfOfTheOthersIsFlagged) {
  RunRecord record;
  record.track.task = Task::train;
  for (const double cpu : {14.2, 13.0, 0.004}) {
    BlockRecord block{.outcome = Outcome::valid};
    block.windows.push_back({.submission_cpu = Seconds(cpu)});
    block.looks.push_back({.role = "before-training", .cpu = Seconds(1)});
    record.blocks.push_back(std::move(block));
  }
  const AuditFigure figure = named(record, "trainings-differ");
  EXPECT_NEAR(*figure.ratio, 1.004 / 14.0, 1e-9);
  EXPECT_TRUE(figure.flagged);
  record.blocks[2].windows[0].submission_cpu = Seconds(7);
  EXPECT_FALSE(named(record, "trainings-differ").flagged);
}

TEST(JudgeFirstLooks, ARunWithoutLooksHasNoFigures) {
  RunRecord record;
  record.blocks.emplace_back();
  EXPECT_TRUE(judge_first_looks(record).empty());
}

// Programs on 100 samples of 8 bytes; a "model" needs 1 ms of CPU time a sample, far more than
// reading the request does.
class Audit : public BlockWorld {
 protected:
  Audit() { distinct_rows = true; }
  static std::string program(const std::string& answers) {
    return R"(
def model(row):
    spin(0.001)
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
  RunRecord blocks(const std::string& answers, const BlockPlan& plan) {
    track.protocol.tail = Seconds(0);
    track.protocol.salt = true;
    RunRecord record = run_blocks(program(answers), plan, 3);
    for (const BlockRecord& block : record.blocks) {
      EXPECT_EQ(block.outcome, Outcome::valid) << block.message;
    }
    return record;
  }
};

TEST_F(Audit, AnHonestProgramIsNotFlagged) {
  for (const int copies : {1, 4}) {
    const RunRecord record =
        blocks("    values = [model(row) for row in rows]", {.requests = 2, .copies = copies});
    for (const AuditFigure& found : judge_first_looks(record)) {
      EXPECT_FALSE(found.flagged) << flag_of(found).detail;
      EXPECT_EQ(found.trials, 3);
    }
  }
}

TEST_F(Audit, AHashTableThatIgnoresTheSaltIsSeen) {
  const RunRecord record = blocks(R"(
    values = []
    for row in rows:
        key = bytes(byte >> 1 for byte in row)
        if key not in cache:
            cache[key] = model(row)
        values.append(cache[key])
)",
                                  {.requests = 8});
  const AuditFigure found = named(record, "answer-caching");
  EXPECT_TRUE(found.flagged) << flag_of(found).detail;
}

TEST_F(Audit, AHashTableForLargeRequestsAloneIsSeen) {
  const RunRecord record = blocks(R"(
    values = []
    for row in rows:
        key = bytes(byte >> 1 for byte in row)
        if len(rows) <= 100 or key not in cache:
            cache[key] = model(row)
        values.append(cache[key])
)",
                                  {.requests = 8, .copies = 4});
  EXPECT_FALSE(named(record, "answer-caching").flagged);
  const AuditFigure found = named(record, "coalescing");
  EXPECT_TRUE(found.flagged) << flag_of(found).detail;
}

}  // namespace
}  // namespace joulebench
