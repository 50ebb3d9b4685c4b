#include "scoring/ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>

#include "core/error.h"
#include "scoring/comparison.h"
#include "scoring/figures.h"
#include "scoring/rules/ranking_rule.h"

namespace joulebench {
namespace {

using ::testing::ElementsAre;

/// Five blocks around `joules` whose logarithms have the standard deviation `noise`. Two such
/// entries differ from ln ratio = t(8) noise sqrt(2 / 5) = 1.4585 noise on.
Score make_score(const std::string& name, double joules, double noise = 0.1,
                 double accuracy = 0.97) {
  Score score{.entry_id = name,
              .entry_name = name,
              .outcome = Outcome::valid,
              .accuracy = Estimate{accuracy, wilson_interval(accuracy, 1000, 0.95)},
              .energy_class = EnergyClass::measured,
              .blocks = 5,
              .samples = 1000,
              .node = "bench-1"};
  std::vector<EnergyFigure> figures;
  for (const double step : {-2, -1, 0, 1, 2}) {
    figures.push_back({.value = joules * std::exp(noise * step / std::sqrt(2.5))});
    score.block_scores.push_back({.samples = 1, .joules = Joules{figures.back().value}});
  }
  score.joules_per_sample = geometric_mean(figures, 0.95);
  return score;
}

std::vector<std::string> lines(const Ranking& ranking, const std::vector<Score>& scores,
                               std::size_t section = 0, std::size_t category = 0) {
  std::vector<std::string> lines;
  for (const RankedEntry& entry : ranking.sections.at(section).categories.at(category).entries) {
    lines.push_back(scores[entry.score].entry_name + " " + std::to_string(entry.best) + "-" +
                    std::to_string(entry.worst) + " " + entry.group);
  }
  return lines;
}

TEST(Floors, RanksByEnergyWithRangesAndGroups) {
  const std::vector<Score> scores = {make_score("d", 40), make_score("b", 20), make_score("a", 10),
                                     make_score("c", 23)};
  const Ranking ranking = rank_scores(scores, {});
  EXPECT_EQ(ranking.rule, "floors/2");
  EXPECT_THAT(lines(ranking, scores), ElementsAre("a 1-1 a", "b 2-3 b", "c 2-3 b", "d 4-4 c"));
}

TEST(Floors, AnEntryBetweenTwoGroupsIsInBoth) {
  const std::vector<Score> scores = {make_score("a", 10), make_score("b", 11.5),
                                     make_score("c", 13)};
  EXPECT_THAT(lines(rank_scores(scores, {}), scores),
              ElementsAre("a 1-2 a", "b 1-3 ab", "c 2-3 b"));
}

TEST(Floors, LessThanOnePercentApartIsATieHoweverNarrowTheIntervals) {
  const std::vector<Score> near = {make_score("a", 100, 0), make_score("b", 100.9, 0)};
  EXPECT_THAT(lines(rank_scores(near, {}), near), ElementsAre("a 1-2 a", "b 1-2 a"));
  const std::vector<Score> far = {make_score("a", 100, 0), make_score("b", 101.1, 0)};
  EXPECT_THAT(lines(rank_scores(far, {}), far), ElementsAre("a 1-1 a", "b 2-2 b"));
}

TEST(Floors, OneBlockTiesWithAll) {
  std::vector<Score> scores = {make_score("a", 10), make_score("b", 20)};
  Score once = make_score("c", 15);
  once.block_scores.resize(1);
  scores.push_back(once);
  EXPECT_THAT(lines(rank_scores(scores, {}), scores),
              ElementsAre("a 1-2 a", "c 1-3 ab", "b 2-3 b"));
}

TEST(Floors, AreCumulativeAndUseTheLowEndOfTheInterval) {
  const std::vector<Score> scores = {make_score("good", 30), make_score("fair", 20, 0.1, 0.95),
                                     make_score("poor", 10, 0.1, 0.80)};
  const Ranking ranking = rank_scores(scores, {});
  ASSERT_EQ(ranking.sections.size(), 1u);
  ASSERT_EQ(ranking.sections[0].categories.size(), 3u);
  EXPECT_EQ(ranking.sections[0].categories[0].title, "accuracy at least 95 %");
  EXPECT_THAT(lines(ranking, scores, 0, 0), ElementsAre("good 1-1 a"));
  EXPECT_THAT(lines(ranking, scores, 0, 1), ElementsAre("fair 1-1 a", "good 2-2 b"));
  EXPECT_THAT(lines(ranking, scores, 0, 2), ElementsAre("fair 1-1 a", "good 2-2 b"));
  ASSERT_EQ(ranking.unranked.size(), 1u);
  EXPECT_EQ(ranking.unranked[0].reason,
            "its accuracy is at least 77.83 % at 95 % confidence, below the lowest floor of 80 %");
}

TEST(Floors, ModelledOrOtherNodesNeverShareARankWithMeasured) {
  std::vector<Score> scores = {make_score("a", 10), make_score("b", 1), make_score("c", 2)};
  scores[1].energy_class = EnergyClass::modelled;
  scores[2].node = "bench-2";
  const Ranking ranking = rank_scores(scores, {});
  ASSERT_EQ(ranking.sections.size(), 3u);
  EXPECT_THAT(lines(ranking, scores, 0), ElementsAre("a 1-1 a"));
  EXPECT_THAT(lines(ranking, scores, 1), ElementsAre("c 1-1 a"));
  EXPECT_EQ(ranking.sections[2].energy_class, EnergyClass::modelled);
  EXPECT_THAT(lines(ranking, scores, 2), ElementsAre("b 1-1 a"));
}

TEST(Floors, TwoVersionsOfAnEnvironmentNeverShareARank) {
  std::vector<Score> scores = {make_score("a", 10), make_score("b", 11), make_score("c", 12),
                               make_score("d", 13)};
  scores[0].environment = EnvironmentIdentity{.name = "python", .sha256 = std::string(64, '1')};
  scores[1].environment = EnvironmentIdentity{.name = "python", .sha256 = std::string(64, '2')};
  scores[2].environment = EnvironmentIdentity{.name = "renamed", .sha256 = std::string(64, '1')};
  const Ranking ranking = rank_scores(scores, {});
  ASSERT_EQ(ranking.sections.size(), 3u);
  EXPECT_THAT(lines(ranking, scores, 0), ElementsAre("a 1-1 a", "c 2-2 b"));
  EXPECT_THAT(lines(ranking, scores, 1), ElementsAre("b 1-1 a"));
  EXPECT_EQ(ranking.sections[1].environment->sha256, std::string(64, '2'));
  EXPECT_EQ(ranking.sections[1].apart, "it ran in another environment: 222222222222");
  EXPECT_THAT(lines(ranking, scores, 2), ElementsAre("d 1-1 a"));
  EXPECT_EQ(ranking.sections[2].apart, "it ran in the organizer's own /usr");
  EXPECT_EQ(compare_in_words(scores[0], scores[1], 0.95),
            "they ran in different environments: a in python 111111111111, b in python "
            "222222222222");
}

TEST(Floors, FailedAndSuspectAreListedApartWithTheirReason) {
  std::vector<Score> scores = {make_score("a", 10), make_score("b", 1), make_score("c", 1)};
  scores[1].outcome = Outcome::memory;
  scores[1].message = "used 65 MB of 64 MB";
  scores[2].unranked = {"its energy is suspect"};
  const Ranking ranking = rank_scores(scores, {});
  EXPECT_THAT(lines(ranking, scores), ElementsAre("a 1-1 a"));
  ASSERT_EQ(ranking.unranked.size(), 2u);
  EXPECT_EQ(ranking.unranked[0].reason, "it failed (memory): used 65 MB of 64 MB");
  EXPECT_EQ(ranking.unranked[1].reason, "its energy is suspect");
}

TEST(Floors, AskForTheirOwnOneSidedConfidence) {
  // 0.97 of 1,000: the 95 % bound is 0.9597, that at 99.9 % 0.9487.
  const std::vector<Score> scores = {make_score("a", 10)};
  Track track;
  EXPECT_EQ(rank_scores(scores, track).sections[0].categories[0].id, "95");
  track.ranking.floor_confidence = 0.999;
  EXPECT_EQ(rank_scores(scores, track).sections[0].categories[0].id, "90");
}

TEST(Floors, AWinnerBeatsEveryOtherAtTheErrorOfTheWholeCategory) {
  // At 5 % for the pair 1.46 noise is enough. Of 21 entries the 19 tie among each other, which are
  // 171 of 210 pairs: Holm leaves each 5 % / 172, where it takes 3.86 noise.
  std::vector<Score> scores = {make_score("first", 10), make_score("second", 12.5)};
  EXPECT_EQ(rank_scores(scores, {}).sections[0].categories[0].winner, 0u);
  for (int i = 0; i < 19; ++i) scores.push_back(make_score("e" + std::to_string(i), 100));
  const RankedCategory category = rank_scores(scores, {}).sections[0].categories[0];
  EXPECT_EQ(category.entries[0].worst, 1) << "by pairs";
  EXPECT_FALSE(category.winner);
  EXPECT_EQ(category.entries[0].sure_best, 1);
  EXPECT_EQ(category.entries[0].sure_worst, 2) << "over all comparisons at once";
  EXPECT_EQ(category.entries[1].sure_best, 1);
  EXPECT_THAT(category.tied_at_top, ElementsAre(0u, 1u)) << "with the leader";
  scores[1] = make_score("second", 16);
  EXPECT_EQ(rank_scores(scores, {}).sections[0].categories[0].winner, 0u);
}

TEST(Sections, SplitByKernelAndDriverAndSayWhich) {
  std::vector<Score> scores = {make_score("a", 10), make_score("b", 10)};
  scores[0].machine = "8 x CPU, kernel 6.1.0, driver 550.1";
  scores[1].machine = "8 x CPU, kernel 6.5.0, driver 550.1";
  const Ranking ranking = rank_scores(scores, {});
  ASSERT_EQ(ranking.sections.size(), 2u);
  EXPECT_EQ(ranking.sections[1].apart,
            "it ran in another state of the machine: kernel 6.5.0, not kernel 6.1.0");
  const ComparedPair pair = compare_energy(scores, {}, 0, 1);
  EXPECT_EQ(pair.apart, ranking.sections[1].apart) << "compare says what the ranks say";
}

TEST(Sections, SplitByDomainsSourceAndWattsAndSayWhy) {
  std::vector<Score> scores = {make_score("a", 10), make_score("b", 10), make_score("c", 10)};
  for (Score& score : scores) score.total_formula = "cpu-package-0";
  scores[1].total_formula = "cpu-package-0 + dram-0";
  scores[2].source = "model:65";
  scores[2].energy_class = EnergyClass::modelled;
  const Ranking ranking = rank_scores(scores, {});
  ASSERT_EQ(ranking.sections.size(), 3u);
  EXPECT_EQ(ranking.sections[0].apart, "");
  EXPECT_EQ(ranking.sections[1].apart, "it counts cpu-package-0 + dram-0");
  EXPECT_EQ(ranking.sections[2].apart,
            "its energy is modelled, not measured; its energy comes from model:65");
}

TEST(Sections, HoldSessionsTogetherThatShareABaseline) {
  std::vector<Score> scores = {make_score("a", 10), make_score("b", 10)};
  for (BlockScore& block : scores[0].block_scores) block.session = "monday";
  for (BlockScore& block : scores[1].block_scores) block.session = "tuesday";
  const Ranking apart = rank_scores(scores, {});
  ASSERT_EQ(apart.sections.size(), 2u);
  EXPECT_EQ(apart.sections[1].apart,
            "it ran in another session, without two blocks of a common baseline in both");
  Score baseline = make_score("base", 20);
  baseline.is_baseline = true;
  for (std::size_t i = 0; i < 5; ++i) {
    baseline.block_scores[i].session = i < 3 ? "monday" : "tuesday";
  }
  scores.push_back(baseline);
  const Ranking joined = rank_scores(scores, {});
  ASSERT_EQ(joined.sections.size(), 1u);
  EXPECT_EQ(joined.sections[0].baseline, 2u);
}

TEST(Sections, CompareWithTheBaselineThatTheCompetitionNamesFirst) {
  std::vector<Score> scores = {make_score("cheap", 5), make_score("named", 10),
                               make_score("entry", 20)};
  scores[0].is_baseline = scores[1].is_baseline = true;
  Track track;
  track.baselines = {"reference/named", "reference/cheap"};
  const RankedSection section = rank_scores(scores, track).sections.at(0);
  EXPECT_EQ(section.baseline, 1u);
  EXPECT_NEAR(section.compared[2].of_baseline->value, 2, 1e-9);
  EXPECT_NEAR(section.compared[2].of_baseline->interval->high, 2 * std::exp(0.14585), 2e-4);
  EXPECT_FALSE(section.compared[1].of_baseline->interval) << "1, by definition";
}

TEST(Floors, OfNothingIsNothing) {
  EXPECT_TRUE(rank_scores({}, {}).sections.empty());
  EXPECT_TRUE(rank_scores({}, {}).unranked.empty());
}

TEST(ValidateRanking, RefusesWhatARuleCannotRank) {
  const auto refusal = [](const std::string& track) {
    try {
      validate_ranking(parse_competition(
          R"({"format": "joulebench-competition/2", "id": "c", "tracks": [{"id": "t",
              "dataset": "digits", )" +
              track + "}]}",
          "c.json"));
    } catch (const Error& error) {
      return error.parts().where;
    }
    return std::string("accepted");
  };
  EXPECT_EQ(refusal(R"("ranking": {"rule": "pareto"})"), "accepted");
  EXPECT_EQ(
      refusal(R"("task": "train", "ranking": {"rule": "acml2021"})"),
      "c.json: track 't' is of the task \"train\", and field 'ranking.rule' ranks by the energy "
      "of 200 predictions of the test set");
  EXPECT_EQ(refusal(R"("metric": "rmse")"),
            "c.json: track 't': field 'ranking.floors': rmse is no share, so the usual floors say "
            "nothing about it");
  EXPECT_EQ(
      refusal(R"("metric": "rmse", "ranking": {"rule": "accuracy-per-energy", "floors": [1]})"),
      "c.json: track 't': field 'ranking.rule': right answers per joule have no meaning for "
      "rmse");
  EXPECT_EQ(refusal(R"("metric": "rmse", "ranking": {"rule": "pareto"})"), "accepted");
}

TEST(RankingRules, EachHasWordsOfItsOwn) {
  std::set<std::string> words;
  for (const RankingRuleKind* const rule : ranking_rules()) {
    words.insert(rule->describe({}));
    EXPECT_EQ(rule->describe({}).find(std::string("Rule ") + rule->name), 0u);
  }
  EXPECT_EQ(words.size(), ranking_rules().size());
}

TEST(RankScores, NamesARuleThatDoesNotExist) {
  Track track;
  track.ranking.rule = "flors";
  try {
    rank_scores({}, track);
    FAIL() << "ranked";
  } catch (const Error& error) {
    EXPECT_EQ(error.parts().hint, "did you mean \"floors\"?");
  }
}

TEST(RankScores, LeavesOutOneBlockUnlessTheTrackAllowsIt) {
  std::vector<Score> scores = {make_score("a", 10)};
  scores[0].blocks = 1;
  const Ranking strict = rank_scores(scores, {});
  EXPECT_TRUE(strict.sections.empty());
  ASSERT_EQ(strict.unranked.size(), 1u);
  EXPECT_EQ(strict.unranked[0].reason,
            "it has 1 valid block; the track ranks from 2 on (ranking.min_blocks)");
  Track track;
  track.ranking.min_blocks = 1;
  EXPECT_THAT(lines(rank_scores(scores, track), scores), ElementsAre("a 1-1 a"));
}

Score make_point(const std::string& name, double joules, double accuracy) {
  Score score = make_score(name, joules, 0.003, accuracy);
  score.accuracy->interval = Interval{accuracy - 0.001, accuracy + 0.001};
  score.samples = 1'000'000;
  return score;
}

std::vector<std::string> categories(const Ranking& ranking, const std::vector<Score>& scores) {
  std::vector<std::string> all;
  for (const RankedSection& section : ranking.sections) {
    for (const RankedCategory& category : section.categories) {
      std::string text = category.id + ":";
      for (const RankedEntry& entry : category.entries) {
        text += " " + scores[entry.score].entry_name + " " + std::to_string(entry.best) + "-" +
                std::to_string(entry.worst);
      }
      all.push_back(text);
    }
  }
  return all;
}

TEST(Acml2021, ReproducesThePublishedExample) {
  // 96.5 % with 150 kJ, 92.5 % with 10 kJ, 98.5 % with 5,000 kJ, each for 200 passes of 10,000.
  std::vector<Score> scores = {make_point("first", 150e3 / 2e6, 0.965),
                               make_point("middle", 10e3 / 2e6, 0.925),
                               make_point("second", 5000e3 / 2e6, 0.985)};
  for (Score& score : scores) score.samples = 10000;
  EXPECT_NEAR(joules_per_passes(scores[0], 200), 150e3, 1e-6);
  Track track;
  track.ranking.rule = "acml2021";
  const Ranking ranking = rank_scores(scores, track);
  EXPECT_EQ(ranking.rule, "acml2021/2");
  EXPECT_THAT(categories(ranking, scores),
              ElementsAre("[95, 100]: first 1-1 second 2-2", "[90, 95[: middle 1-1", "[80, 90[:"))
      << "a class without entries is shown";
}

TEST(Acml2021, AcrossSessionsEntriesStandByWhatTheyAreToTheirBaseline) {
  // Tuesday's machine uses twice as much; "tuesday" is the better of the two all the same.
  std::vector<Score> scores = {make_point("base", 1, 0.96), make_point("monday", 2, 0.96),
                               make_point("tuesday", 3, 0.96)};
  const auto blocks = [](Score& score, const std::string& session, double joules) {
    for (const double noise : {1.001, 0.999, 1.0}) {
      score.block_scores.push_back(
          {.session = session, .samples = 1, .joules = Joules{joules * noise}});
    }
  };
  for (Score& score : scores) score.block_scores.clear();
  scores[0].is_baseline = true;
  blocks(scores[0], "mon", 1);
  blocks(scores[0], "tue", 2);
  blocks(scores[1], "mon", 2);
  blocks(scores[2], "tue", 3);
  Track track;
  track.ranking.rule = "acml2021";
  track.ranking.floors = {0.95};
  EXPECT_THAT(categories(rank_scores(scores, track), scores),
              ElementsAre("[95, 100]: base 1-1 tuesday 2-2 monday 3-3"));
  track.ranking.rule = "pareto";
  scores[2].accuracy = Estimate{0.97, Interval{0.96, 0.98}};
  scores[1].accuracy = Estimate{0.965, Interval{0.955, 0.975}};
  const Ranking fronts = rank_scores(scores, track);
  ASSERT_EQ(fronts.sections[0].categories.size(), 2u);
  EXPECT_EQ(fronts.sections[0].categories[1].entries.at(0).score, 1u)
      << "Monday's is beaten in both, though it used fewer joules";
}

TEST(Acml2021, ClassesAreHalfOpen) {
  const std::vector<Score> scores = {
      make_point("at-90", 1, 0.90), make_point("below-90", 1, 0.8999),
      make_point("all-right", 1, 1.0), make_point("too-low", 1, 0.7999)};
  Track track;
  track.ranking.rule = "acml2021";
  const Ranking ranking = rank_scores(scores, track);
  EXPECT_THAT(
      categories(ranking, scores),
      ElementsAre("[95, 100]: all-right 1-1", "[90, 95[: at-90 1-1", "[80, 90[: below-90 1-1"));
  ASSERT_EQ(ranking.unranked.size(), 1u);
  EXPECT_EQ(ranking.unranked[0].reason,
            "its accuracy of 79.99 % is below the lowest class, which begins at 80 %");
}

TEST(AccuracyPerEnergy, RanksRightAnswersPerJouleAboveTheFloor) {
  // 0.5, 0.45 and 0.99 right answers a joule.
  const std::vector<Score> scores = {make_point("a", 2, 0.99), make_point("b", 2, 0.9),
                                     make_point("c", 1, 0.99), make_point("low", 0.1, 0.7)};
  Track track;
  track.ranking.rule = "accuracy-per-energy";
  const Ranking ranking = rank_scores(scores, track);
  EXPECT_THAT(categories(ranking, scores), ElementsAre("per joule: c 1-1 a 2-2 b 3-3"));
  ASSERT_EQ(ranking.unranked.size(), 1u);
  EXPECT_EQ(scores[ranking.unranked[0].score].entry_name, "low");
}

TEST(Pareto, PeelsFronts) {
  const std::vector<Score> scores = {make_point("cheap", 1, 0.80), make_point("good", 10, 0.95),
                                     make_point("worse", 10, 0.90), make_point("worst", 20, 0.89),
                                     make_point("near", 1.005, 0.7995)};
  Track track;
  track.ranking.rule = "pareto";
  // "near" is dominated by point estimates, not significantly, and may dominate "cheap"; "worst" is
  // dominated significantly, by two in a chain.
  EXPECT_THAT(categories(rank_scores(scores, track), scores),
              ElementsAre("front 1: cheap 1-2 good 1-1", "front 2: near 1-2 worse 1-2",
                          "front 3: worst 2-3"));
  EXPECT_EQ(non_dominated(scores), (std::vector<bool>{true, true, false, false, false}));
}

TEST(Pareto, AccuraciesOfTheSameSamplesAreCompared) {
  // 12 of 300 samples that only "good" has right: McNemar's mid-p is 0.0001 and less. Both
  // intervals hold both accuracies.
  std::vector<Score> scores = {make_point("good", 1, 0.90), make_point("bad", 2, 0.86)};
  for (Score& score : scores) score.samples = 300;
  scores[0].accuracy->interval = Interval{0.86, 0.93};
  scores[1].accuracy->interval = Interval{0.82, 0.90};
  Track track;
  track.ranking.rule = "pareto";
  EXPECT_THAT(categories(rank_scores(scores, track), scores),
              ElementsAre("front 1: good 1-1", "front 2: bad 1-2"));
  for (std::size_t i = 0; i < 2; ++i) {
    AnswersBySample answers{"the same", std::vector<bool>(300, false)};
    for (std::size_t sample = 0; sample < 270 - 12 * i; ++sample) answers.is_right[sample] = true;
    scores[i].answers = answers;
  }
  EXPECT_THAT(categories(rank_scores(scores, track), scores),
              ElementsAre("front 1: good 1-1", "front 2: bad 2-2"));
}

TEST(Pareto, EqualPointsShareAFront) {
  const std::vector<Score> scores = {make_point("a", 1, 0.9), make_point("b", 1, 0.9)};
  Track track;
  track.ranking.rule = "pareto";
  EXPECT_THAT(categories(rank_scores(scores, track), scores), ElementsAre("front 1: a 1-2 b 1-2"));
}

// ---- properties, over random boards from a fixed seed ----

class RandomBoards : public ::testing::TestWithParam<const char*> {
 protected:
  Track track() const {
    Track track;
    track.ranking.rule = GetParam();
    return track;
  }
  std::vector<Score> draw(std::mt19937& random, int count) const {
    std::uniform_real_distribution<double> unit(0, 1);
    std::vector<Score> scores;
    for (int i = 0; i < count; ++i) {
      // Few distinct values, so that equal figures occur.
      const double joules = std::pow(10, std::floor(unit(random) * 20) / 10);
      scores.push_back(
          make_point("e" + std::to_string(i), joules, 0.75 + std::floor(unit(random) * 24) / 100));
    }
    return scores;
  }
  /// Place of each entry by name: category, best, worst.
  std::map<std::string, std::vector<std::string>> places(const std::vector<Score>& scores) const {
    std::map<std::string, std::vector<std::string>> places;
    for (const RankedSection& section : rank_scores(scores, track()).sections) {
      for (const RankedCategory& category : section.categories) {
        for (const RankedEntry& entry : category.entries) {
          places[scores[entry.score].entry_name].push_back(
              category.id + " " + std::to_string(entry.best) + " " + std::to_string(entry.worst) +
              " " + entry.group);
        }
      }
    }
    return places;
  }
  /// Who is how far up: for each category, each entry's best rank.
  std::map<std::string, std::map<std::string, int>> order(const std::vector<Score>& scores) const {
    std::map<std::string, std::map<std::string, int>> order;
    for (const RankedSection& section : rank_scores(scores, track()).sections) {
      int position = 0;
      int front = 0;
      for (const RankedCategory& category : section.categories) {
        const bool pareto = std::string(GetParam()) == "pareto";
        ++front;
        for (const RankedEntry& entry : category.entries) {
          order[pareto ? "all" : category.id][scores[entry.score].entry_name] =
              pareto ? front : ++position;
        }
      }
    }
    return order;
  }
};

TEST_P(RandomBoards, DoNotDependOnTheOrderOfTheEntries) {
  std::mt19937 random(1);
  for (int round = 0; round < 100; ++round) {
    std::vector<Score> scores = draw(random, 12);
    const auto before = places(scores);
    std::shuffle(scores.begin(), scores.end(), random);
    EXPECT_EQ(places(scores), before);
  }
}

TEST_P(RandomBoards, AFailedEntryChangesNothing) {
  std::mt19937 random(2);
  for (int round = 0; round < 100; ++round) {
    std::vector<Score> scores = draw(random, 12);
    const auto before = places(scores);
    Score failed = make_point("failed", 0.001, 1);
    failed.outcome = Outcome::timeout;
    scores.push_back(failed);
    EXPECT_EQ(places(scores), before);
  }
}

TEST_P(RandomBoards, ADominatedEntryNeverTurnsTheOrderOfTwoOthers) {
  std::mt19937 random(3);
  for (int round = 0; round < 200; ++round) {
    std::vector<Score> scores = draw(random, 12);
    const auto before = order(scores);
    const Score& over = scores[static_cast<std::size_t>(round) % scores.size()];
    scores.push_back(
        make_point("dominated", over.joules_per_sample->value * 1.5, over.accuracy->value - 0.02));
    const auto after = order(scores);
    for (const auto& [category, places] : before) {
      for (const auto& [a, rank_a] : places) {
        for (const auto& [b, rank_b] : places) {
          if (rank_a >= rank_b) continue;
          EXPECT_LE(after.at(category).at(a), after.at(category).at(b)) << a << " and " << b;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, RandomBoards,
                         ::testing::Values("floors", "acml2021", "accuracy-per-energy", "pareto"));

}  // namespace
}  // namespace joulebench
