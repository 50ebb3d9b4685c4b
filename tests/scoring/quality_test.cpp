#include "scoring/quality.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "scoring/comparison.h"
#include "scoring/explanation.h"
#include "scoring/metrics.h"
#include "scoring/ranking.h"
#include "scoring/score_json.h"
#include "support/synthetic_record.h"

namespace joulebench {
namespace {

using joulebench::support::make_record;
using joulebench::support::make_tensor;
using joulebench::support::SyntheticRun;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::vector<std::int32_t> kLabels = {0, 1, 1, 2};
const std::vector<double> kNumbers = {10, 20, 20, 30};
// One pass, three classes; the second sample's largest is wrong, its second right.
const std::vector<double> kScores = {0.7, 0.2, 0.1,  //
                                     0.5, 0.4, 0.1,  //
                                     0.1, 0.8, 0.1,  //
                                     0.2, 0.2, 0.6};

/// A run of two blocks of one pass over four samples, whose every block predicts `predictions`.
struct Case {
  SyntheticRun run{.joules_per_block = {4, 4}, .passes = 1, .labels = kLabels};
  Metric metric;
  Tensor predictions;
  std::vector<double> numbers = kNumbers;

  RunRecord record() const {
    RunRecord record = make_record(run);
    record.track.metric = metric;
    return record;
  }
  Score score(const OutsideScore* outside = nullptr) const {
    const RunRecord one = record();
    return score_run(
        one, [&](const BlockRecord&) { return predictions; },
        {.values = run.labels, .numbers = numbers, .dataset_sha256 = one.dataset_sha256}, outside);
  }
};

Case scored_by(const std::string& metric, const Tensor& predictions) {
  return {.metric = metric_named(metric, "test"), .predictions = predictions};
}

TEST(Quality, OfScoresIsWhatTheLibraryFunctionsSay) {
  const Tensor scores = make_tensor({1, 4, 3}, kScores);
  const Score top = scored_by("top-2", scores).score();
  EXPECT_DOUBLE_EQ(top.metric_value->value, 1.0);
  EXPECT_DOUBLE_EQ(top.accuracy->value, 0.75) << "by the largest score";
  EXPECT_DOUBLE_EQ(*top.block_scores[0].metric_value, 1.0);
  const Score loss = scored_by("log-loss", scores).score();
  EXPECT_NEAR(loss.metric_value->value, log_loss(kLabels, kScores, 3), 1e-12);
  EXPECT_NEAR(loss.metric_value->value,
              -(std::log(0.7) + std::log(0.4) + std::log(0.8) + std::log(0.6)) / 4, 1e-12);
  EXPECT_LE(loss.metric_value->interval->low, loss.metric_value->value);
  EXPECT_GT(loss.metric_value->interval->high, loss.metric_value->value);
  EXPECT_NEAR(scored_by("brier", scores).score().metric_value->value,
              brier_score(kLabels, kScores, 3), 1e-12);
}

TEST(Quality, MetricsOfClassesTakeTheLargestScore) {
  const Case scores = scored_by("balanced-accuracy", make_tensor({1, 4, 3}, kScores));
  EXPECT_DOUBLE_EQ(scores.score().metric_value->value, (1 + 0.5 + 1) / 3);
  // Of equal ones the higher class, as top-1.
  const Case ties = scored_by("accuracy", make_tensor({1, 4, 3}, std::vector<double>(12, 0.5)));
  EXPECT_DOUBLE_EQ(ties.score().accuracy->value, 0.25);
  const Case top = scored_by("top-1", ties.predictions);
  EXPECT_DOUBLE_EQ(top.score().metric_value->value, 0.25);
}

TEST(Quality, OfNumbersHasNoAccuracy) {
  const Tensor numbers = make_tensor({1, 4}, {10, 21, 19, 34});  // off by 0, 1, -1, 4
  const Score rmse_score = scored_by("rmse", numbers).score();
  EXPECT_NEAR(rmse_score.metric_value->value, std::sqrt(18.0 / 4), 1e-12);
  EXPECT_NEAR(*rmse_score.block_scores[1].metric_value, std::sqrt(18.0 / 4), 1e-12);
  EXPECT_FALSE(rmse_score.accuracy);
  EXPECT_FALSE(rmse_score.block_scores[0].correct) << "not 0";
  const Score mae_score = scored_by("mae", numbers).score();
  EXPECT_NEAR(mae_score.metric_value->value, 1.5, 1e-12);
  Case classes = scored_by("mae", numbers);
  classes.numbers.clear();
  EXPECT_THROW(classes.score(), Error);
}

TEST(Quality, RefusesPredictionsOfAnotherKind) {
  const auto refusal = [](const Case& one) {
    try {
      one.score();
    } catch (const Error& error) {
      return error.parts().where;
    }
    return std::string("scored");
  };
  const Tensor classes = joulebench::support::make_predictions(
      {.joules_per_block = {4}, .passes = 1, .labels = kLabels});
  EXPECT_EQ(refusal(scored_by("log-loss", classes)),
            "block 1: expected scores of each class of shape (1, 4, classes)");
  EXPECT_EQ(refusal(scored_by("rmse", classes)), "block 1: expected numbers of shape (1, 4)");
  EXPECT_EQ(refusal(scored_by("accuracy", make_tensor({1, 4}, kNumbers))),
            "block 1: expected integers of shape (1, 4)");
  EXPECT_EQ(refusal(scored_by("accuracy", make_tensor({1, 4, 2}, std::vector<double>(8)))),
            "block 1: scores of 2 classes, and a label is of class 2");
  EXPECT_EQ(refusal(scored_by("log-loss", make_tensor({1, 4, 3}, std::vector<double>(12, 1)))),
            "block 1: row 0 holds scores that are no probabilities");
}

TEST(Quality, PassesThatWereNotKeptCountForEnergyAlone) {
  Case kept = scored_by("top-2", make_tensor({1, 4, 3}, kScores));
  kept.run.passes = 10;
  RunRecord record = kept.record();
  for (BlockRecord& block : record.blocks) block.kept_passes = 1;
  const Score score = score_run(record, [&](const BlockRecord&) { return kept.predictions; },
                                {.values = kLabels, .dataset_sha256 = record.dataset_sha256});
  EXPECT_EQ(score.block_scores[0].samples, 40u);
  EXPECT_EQ(score.block_scores[0].scored, 4u);
  EXPECT_DOUBLE_EQ(score.joules_per_sample->value, 0.1);
}

TEST(Quality, ModeSwitchingIsSeenByTheMetricInForce) {
  // Two passes of 100 samples, all answered rightly, the second with less certainty.
  const auto run = [](double certainty) {
    Case one = scored_by("log-loss", {});
    one.run.labels.assign(100, 0);
    one.run.passes = 2;
    std::vector<double> scores;
    for (int i = 0; i < 200; ++i) {
      const double p = i < 100 ? 0.9 : certainty + 0.0001 * (i % 7);
      scores.insert(scores.end(), {p, 1 - p});
    }
    one.predictions = make_tensor({2, 100, 2}, scores);
    return one.score();
  };
  const Score switched = run(0.6);
  ASSERT_EQ(switched.flags.size(), 1u);
  EXPECT_EQ(switched.flags[0].name, "mode-switching");
  EXPECT_THAT(switched.flags[0].detail, HasSubstr("log-loss of the first pass is 0.10536, of the "
                                                  "later ones 0.51"));
  EXPECT_TRUE(run(0.9).flags.empty());
}

// ---- where less is better ----

Score loss_of(const std::string& name, double low, double value, double high, double joules) {
  return {.entry_id = name,
          .entry_name = name,
          .outcome = Outcome::valid,
          .metric = "log-loss",
          .less_is_better = true,
          .is_share = false,
          .metric_value = Estimate{value, Interval{low, high}},
          .joules_per_sample = Estimate{joules, Interval{joules * 0.98, joules * 1.02}},
          .energy_class = EnergyClass::measured,
          .blocks = 5,
          .samples = 100};
}

Track loss_track(const std::string& rule = "floors") {
  Track track;
  track.metric = metric_named("log-loss", "test");
  track.ranking.rule = rule;
  track.ranking.floors = {0.5, 0.2};
  return track;
}

std::vector<std::string> names(const RankedCategory& category, const std::vector<Score>& scores) {
  std::vector<std::string> result;
  for (const RankedEntry& entry : category.entries) {
    result.push_back(scores[entry.score].entry_name);
  }
  return result;
}

TEST(LessIsBetter, FloorsAreCeilingsThatTheUpperEndMustMeet) {
  const std::vector<Score> scores = {loss_of("sharp", 0.10, 0.15, 0.20, 4),
                                     loss_of("blunt", 0.15, 0.19, 0.21, 1),
                                     loss_of("bad", 0.40, 0.45, 0.51, 0.1)};
  const Ranking ranking = rank_scores(scores, loss_track());
  ASSERT_EQ(ranking.sections.at(0).categories.size(), 2u);
  const RankedCategory& best = ranking.sections[0].categories[0];
  EXPECT_EQ(best.title, "log loss at most 0.2");
  EXPECT_EQ(best.label, "≤ 0.2");
  EXPECT_THAT(names(best, scores), ElementsAre("sharp"));
  EXPECT_THAT(names(ranking.sections[0].categories[1], scores), ElementsAre("blunt", "sharp"));
  ASSERT_EQ(ranking.unranked.size(), 1u);
  EXPECT_EQ(ranking.unranked[0].reason,
            "its log loss is at most 0.51 (upper bound), above the highest ceiling of 0.5");
}

TEST(LessIsBetter, ClassesAreHalfOpenAtTheOtherEnd) {
  const std::vector<Score> scores = {loss_of("edge", 0.1, 0.2, 0.3, 4),
                                     loss_of("above", 0.1, 0.21, 0.3, 1),
                                     loss_of("out", 0.1, 0.501, 0.6, 1)};
  const Ranking ranking = rank_scores(scores, loss_track("acml2021"));
  ASSERT_EQ(ranking.sections.at(0).categories.size(), 2u);
  EXPECT_EQ(ranking.sections[0].categories[0].title, "log loss up to 0.2");
  EXPECT_THAT(names(ranking.sections[0].categories[0], scores), ElementsAre("edge"));
  EXPECT_EQ(ranking.sections[0].categories[1].title, "log loss in ]0.2, 0.5]");
  EXPECT_EQ(ranking.unranked.at(0).reason,
            "its log loss of 0.501 is above the last class, which ends at 0.5");
}

TEST(LessIsBetter, FrontsHoldTheLowestLosses) {
  const std::vector<Score> scores = {loss_of("sharp", 0.09, 0.1, 0.11, 4),
                                     loss_of("cheap", 0.29, 0.3, 0.31, 1),
                                     loss_of("beaten", 0.39, 0.4, 0.41, 8)};
  EXPECT_THAT(non_dominated(scores), ElementsAre(true, true, false));
  const Ranking ranking = rank_scores(scores, loss_track("pareto"));
  EXPECT_THAT(names(ranking.sections.at(0).categories.at(0), scores),
              ElementsAre("cheap", "sharp"));
  EXPECT_THAT(names(ranking.sections.at(0).categories.at(1), scores), ElementsAre("beaten"));
}

TEST(LessIsBetter, ComparedInWords) {
  Score a = loss_of("a", 0.09, 0.1, 0.11, 1);
  Score b = loss_of("b", 0.29, 0.3, 0.31, 1);
  for (Score* score : {&a, &b}) {
    for (int i = 1; i <= 3; ++i) {
      score->block_scores.push_back({.number = i, .samples = 1, .joules = Joules{1 + 0.01 * i}});
    }
  }
  EXPECT_THAT(compare_in_words(a, b, 0.95),
              HasSubstr("log loss of a is 0.2 lower (95 %: 0.1859 to 0.2141)"));
  EXPECT_THAT(compare_in_words(a, a, 0.95), HasSubstr("log loss does not differ significantly"));
}

TEST(Ranking, AScoreByAnotherMetricIsSaidAndNotRanked) {
  const std::vector<Score> scores = {loss_of("old", 0.1, 0.1, 0.1, 1)};
  Track track = loss_track();
  track.metric = metric_named("brier", "test");
  EXPECT_EQ(rank_scores(scores, track).unranked.at(0).reason,
            "it was scored by log-loss, the track ranks by brier: joulebench score does it");
}

// ---- answers by class ----

TEST(ClassAnswers, SayWhichClassWasTakenForWhich) {
  const Score score = scored_by("top-2", make_tensor({1, 4, 3}, kScores)).score();
  ASSERT_EQ(score.class_answers.size(), 3u);  // of the labels 0, 1, 1, 2 in two blocks
  const ClassAnswers& one = score.class_answers[1];
  EXPECT_EQ(one.label, 1);
  EXPECT_EQ(one.times, 4u);
  EXPECT_EQ(one.right, 2u);
  ASSERT_EQ(one.wrong.size(), 1u);
  EXPECT_EQ(one.wrong[0].answer, 0);
  EXPECT_EQ(one.wrong[0].times, 2u);
  const nlohmann::json json = to_json(score);
  EXPECT_EQ(json["class_answers"][1].dump(), R"({"class":1,"right":2,"times":4,"wrong":[[0,2]]})");
  EXPECT_EQ(to_json(score_from_json(json, "test")), json);
}

TEST(ClassAnswers, OfManyClassesAreTheWorst) {
  Confusion confusion(100);
  for (int label = 0; label < 100; ++label) {
    confusion.add(label, label, 100);
    confusion.add(label, 100, static_cast<std::uint64_t>(label));  // no class that there is
    for (int other = 0; other < 5; ++other) {
      confusion.add(label, (label + 1 + other) % 100, static_cast<std::uint64_t>(other + 1));
    }
  }
  const std::vector<ClassAnswers> worst = class_answers_of(confusion);
  ASSERT_EQ(worst.size(), kMostClassRows);
  EXPECT_EQ(worst[0].label, 99);
  EXPECT_EQ(worst[0].times, 100u + 99u + 15u);
  ASSERT_EQ(worst[0].wrong.size(), 3u);
  EXPECT_EQ(worst[0].wrong[0].answer, -1);
  EXPECT_EQ(worst[0].wrong[1].times, 5u);
}

TEST(ClassAnswers, NamesStayShortAndSayMoreThanNumbers) {
  const auto names_of = [](std::vector<std::string> names) {
    Case one = scored_by("accuracy", Tensor{.dtype = DType::u8,
                                            .shape = {1, 4},
                                            .bytes = std::vector<std::byte>(4, std::byte{9})});
    const RunRecord record = one.record();
    return score_run(record, [&](const BlockRecord&) { return one.predictions; },
                     {.values = one.run.labels,
                      .dataset_sha256 = record.dataset_sha256,
                      .class_names = names})
        .class_names;
  };
  EXPECT_THAT(names_of({"cat", "dog", "owl"}), ElementsAre("cat", "dog", "owl"));
  EXPECT_THAT(names_of({"0", "1", "2"}), ElementsAre());
  EXPECT_THAT(names_of({"cat", std::string(3000, 'x'), "owl"}), ElementsAre());
}

// ---- the organizer's program ----

Case outside_case() {
  Case one{.predictions = make_tensor({1, 4, 3}, kScores)};
  one.metric = {.name = "cost",
                .predictions = PredictionKind::scores,
                .less_is_better = true,
                .is_share = false,
                .command = {"cost"}};
  return one;
}

TEST(OutsideMetric, IsTakenAsItIsWithItsDigest) {
  const OutsideScore outside{.value = Estimate{2, Interval{1.5, 2.5}}, .scorer_sha256 = "abc"};
  const Score score = outside_case().score(&outside);
  EXPECT_EQ(quality(score)->value, 2);
  EXPECT_EQ(quality(score)->interval->high, 2.5);
  EXPECT_EQ(score.scorer_sha256, "abc");
  EXPECT_DOUBLE_EQ(score.accuracy->value, 0.75) << "still shown";
  EXPECT_THAT(explain_score(outside_case().record(), score),
              HasSubstr("computed by the organizer's program abc"));
}

TEST(OutsideMetric, WithoutIntervalRanksByItsPoint) {
  const OutsideScore outside{.value = Estimate{.value = 0.5, .interval = {}}};
  const std::vector<Score> scores = {outside_case().score(&outside)};
  Track track = loss_track();
  track.metric = outside_case().metric;
  EXPECT_EQ(rank_scores(scores, track).sections.at(0).categories.at(0).title, "cost at most 0.5");
  EXPECT_THAT(compare_in_words(scores[0], scores[0], 0.95),
              HasSubstr("cost does not differ significantly"));
}

TEST(OutsideMetric, ThatFailedIsAReasonAgainstARank) {
  const OutsideScore outside{.problem = "the scorer exited with 1"};
  const Score score = outside_case().score(&outside);
  EXPECT_FALSE(quality(score));
  EXPECT_THAT(score.unranked,
              ElementsAre("its cost could not be computed: the scorer exited with 1"));
}

}  // namespace
}  // namespace joulebench
