#include "scoring/simulated_campaign.h"

#include <cmath>
#include <map>
#include <numbers>
#include <numeric>

#include "scoring/comparison.h"
#include "scoring/contest.h"
#include "scoring/energy_statistics.h"
#include "scoring/ranking.h"
#include "scoring/training_curve.h"

namespace joulebench::support {

SimulatedCampaign alike(std::size_t count, double noise) {
  return {.levels = std::vector<double>(count, 0), .noise = std::vector<double>(count, noise)};
}

double draw_normal(std::mt19937_64& random) {
  const auto unit = [&] {
    return (static_cast<double>(random() >> 11) + 0.5) / 9007199254740992.0;
  };
  // Box and Muller, Annals of Mathematical Statistics 29 (1958) 610.
  const double radius = std::sqrt(-2 * std::log(unit()));
  return radius * std::cos(2 * std::numbers::pi * unit());
}

std::vector<Score> draw(const SimulatedCampaign& campaign, std::mt19937_64& random) {
  std::vector<double> of_rounds;
  double drift = campaign.drift * draw_normal(random);
  for (int round = 0; round < campaign.blocks; ++round) {
    of_rounds.push_back(drift + campaign.session_shift);
    drift = campaign.persistence * drift +
            campaign.drift * std::sqrt(1 - campaign.persistence * campaign.persistence) *
                draw_normal(random);
  }
  std::vector<Score> scores;
  for (std::size_t i = 0; i < campaign.levels.size(); ++i) {
    Score score{.entry_id = "e" + std::to_string(i),
                .entry_name = "e" + std::to_string(i),
                .outcome = Outcome::valid,
                .accuracy = Estimate{0.97, Interval{0.96, 0.98}},
                .energy_class = EnergyClass::measured,
                .blocks = campaign.blocks,
                .samples = 1000,
                .node = "n"};
    std::vector<EnergyFigure> figures;
    for (int round = 0; round < campaign.blocks; ++round) {
      const double joules =
          std::exp(campaign.levels[i] + of_rounds[static_cast<std::size_t>(round)] +
                   campaign.noise[i] * draw_normal(random));
      figures.push_back({.value = joules});
      score.block_scores.push_back({.number = round + 1,
                                    .round = campaign.has_rounds ? round + 1 : 0,
                                    .session = campaign.session,
                                    .samples = 1,
                                    .joules = Joules{joules}});
    }
    score.joules_per_sample = geometric_mean(figures, 0.95);
    scores.push_back(std::move(score));
  }
  return scores;
}

namespace {

std::vector<std::size_t> all_of(const std::vector<Score>& scores) {
  std::vector<std::size_t> members(scores.size());
  std::iota(members.begin(), members.end(), std::size_t{0});
  return members;
}

/// Share of runs in which `holds` is true of a contest of the campaign's scores.
template <class Holds>
double share_of(const SimulatedCampaign& campaign, std::uint64_t seed, int runs, Holds&& holds) {
  std::mt19937_64 random(seed);
  int count = 0;
  for (int run = 0; run < runs; ++run) {
    const std::vector<Score> scores = draw(campaign, random);
    const Contest contest(scores, all_of(scores));
    count += holds(contest) ? 1 : 0;
  }
  return static_cast<double>(count) / runs;
}

/// How often the interval of the first against the last holds the truth.
double coverage(const SimulatedCampaign& campaign, std::uint64_t seed, int runs) {
  const std::size_t last = campaign.levels.size() - 1;
  const double truth = campaign.levels[0] - campaign.levels[last];
  return share_of(campaign, seed, runs, [&](const Contest& contest) {
    const Contrast contrast = contest.contrast(0, last);
    return std::abs(contrast.difference - truth) <= *half_width(contrast, 0.05);
  });
}

/// How often the first is found to use less than the last.
double power(const SimulatedCampaign& campaign, std::uint64_t seed, int runs) {
  return share_of(campaign, seed, runs, [&](const Contest& contest) {
    return relation_of(contest.contrast(0, campaign.levels.size() - 1), 0.05) == Relation::less;
  });
}

SimulatedCampaign drifting(std::size_t count, double noise, double drift, double persistence) {
  SimulatedCampaign campaign = alike(count, noise);
  campaign.drift = drift;
  campaign.persistence = persistence;
  return campaign;
}

SimulatedCampaign apart(SimulatedCampaign campaign, double ratio) {
  campaign.levels.back() = std::log(ratio);
  return campaign;
}

/// How often a category of equals names a winner, or the pair (0, 1) is called different.
double winners_of_equals(std::size_t count, std::uint64_t seed, int runs) {
  std::mt19937_64 random(seed);
  int named = 0;
  for (int run = 0; run < runs; ++run) {
    const std::vector<Score> scores = draw(drifting(count, 0.02, 0.02, 0.9), random);
    named += rank_scores(scores, {}).sections[0].categories[0].winner ? 1 : 0;
  }
  return static_cast<double>(named) / runs;
}

/// Twins measured in two sessions whose levels differ by chance, with a baseline in both.
double false_alarms_across_sessions(std::uint64_t seed, int runs) {
  std::mt19937_64 random(seed);
  int different = 0;
  for (int run = 0; run < runs; ++run) {
    std::vector<Score> field;
    for (const char* const session : {"monday", "tuesday"}) {
      SimulatedCampaign campaign = drifting(4, 0.01, 0.01, 0.9);
      campaign.session = session;
      campaign.session_shift = 0.01 * draw_normal(random);
      std::vector<Score> scores = draw(campaign, random);
      for (Score& score : scores) score.entry_id += session;
      if (field.empty()) {
        scores[0].is_baseline = true;
        field = std::move(scores);
        continue;
      }
      // The baseline is one entry with blocks in both.
      for (BlockScore& block : scores[0].block_scores) field[0].block_scores.push_back(block);
      field.insert(field.end(), scores.begin() + 1, scores.end());
    }
    const Contest contest(field, all_of(field));
    const Relation relation = relation_of(contest.contrast(1, 4), 0.05);
    different += relation == Relation::less || relation == Relation::more ? 1 : 0;
  }
  return static_cast<double>(different) / runs;
}

double flagged_outliers(std::uint64_t seed, int runs) {
  std::mt19937_64 random(seed);
  int flagged = 0;
  for (int run = 0; run < runs; ++run) {
    std::vector<double> values;
    for (int block = 0; block < 5; ++block) values.push_back(std::exp(0.05 * draw_normal(random)));
    flagged += outlier(values) ? 1 : 0;
  }
  return static_cast<double>(flagged) / runs;
}

/// How often the interval of a training's accuracy holds the truth, when each training's true
/// accuracy scatters by `scatter` and the test part is one draw of 10,000 for all of them.
double training_coverage(double scatter, std::uint64_t seed, int runs) {
  std::mt19937_64 random(seed);
  constexpr double kTruth = 0.95;
  constexpr double kSamples = 10'000;
  int covered = 0;
  for (int run = 0; run < runs; ++run) {
    Score score{.task = Task::train, .samples = static_cast<std::uint64_t>(kSamples)};
    const double of_test_part = std::sqrt(kTruth * (1 - kTruth) / kSamples) * draw_normal(random);
    double sum = 0;
    for (int block = 0; block < 5; ++block) {
      const double accuracy = kTruth + of_test_part + scatter * draw_normal(random);
      const auto correct = static_cast<std::uint64_t>(std::lround(accuracy * kSamples));
      score.block_scores.push_back(
          {.scored = static_cast<std::uint64_t>(kSamples), .correct = correct});
      sum += static_cast<double>(correct) / kSamples / 5;
    }
    score.accuracy = Estimate{.value = sum, .interval = std::nullopt};
    const Interval interval = accuracy_interval(score, 0.95);
    covered += interval.low <= kTruth && kTruth <= interval.high ? 1 : 0;
  }
  return static_cast<double>(covered) / runs;
}

/// Energy to reach 0.9 from 100 checkpoints, each of 144 samples, five trainings: how often its
/// interval holds the truth, and how far its geometric mean is off.
struct Reaching {
  double covered = 0;
  double bias = 0;
};
Reaching reach_floor(std::uint64_t seed, int runs) {
  std::mt19937_64 random(seed);
  constexpr double kFloor = 0.9;
  constexpr int kSamples = 144;
  const auto accuracy = [](double joules) { return 0.98 - 0.6 * std::exp(-joules / 15); };
  const double truth = -15 * std::log((0.98 - kFloor) / 0.6);
  Reaching result;
  double logs = 0;
  for (int run = 0; run < runs; ++run) {
    std::vector<EnergyFigure> figures;
    for (int training = 0; training < 5; ++training) {
      std::vector<CurvePoint> curve;
      for (int checkpoint = 1; checkpoint <= 100; ++checkpoint) {
        int right = 0;
        for (int i = 0; i < kSamples; ++i) {
          right += static_cast<double>(random() >> 11) / 9007199254740992.0 < accuracy(checkpoint);
        }
        curve.push_back({.joules = Joules{static_cast<double>(checkpoint)},
                         .accuracy = static_cast<double>(right) / kSamples});
      }
      figures.push_back({.value = crossing_of(curve, kFloor).energy->joules.value});
    }
    const Estimate estimate = geometric_mean(figures, 0.95);
    logs += std::log(estimate.value / truth) / runs;
    result.covered +=
        estimate.interval->low <= truth && truth <= estimate.interval->high ? 1.0 / runs : 0;
  }
  result.bias = std::exp(logs) - 1;
  return result;
}

/// How often an entry two points above the floor of 0.95 stays out, with 360 samples: exactly, over
/// all numbers of right answers.
double left_out_of_its_floor(std::uint64_t seed, int /*runs*/) {
  std::mt19937_64 random(seed);
  constexpr int kSamples = 360;
  constexpr double kTruth = 0.97;
  double out = 0;
  for (int right = 300; right <= kSamples; ++right) {
    std::vector<Score> scores = draw(alike(1, 0.01), random);
    const double share = static_cast<double>(right) / kSamples;
    scores[0].samples = kSamples;
    scores[0].accuracy = Estimate{share, wilson_interval(share, kSamples, 0.95)};
    const Ranking ranking = rank_scores(scores, {});
    if (!ranking.sections.empty() && ranking.sections[0].categories[0].id == "95") continue;
    out += std::exp(std::lgamma(kSamples + 1) - std::lgamma(right + 1) -
                    std::lgamma(kSamples - right + 1) + right * std::log(kTruth) +
                    (kSamples - right) * std::log1p(-kTruth));
  }
  return out;
}

/// How often a front that is the only one shown is not the true one: one good entry, one that is
/// as good and uses 2 % more, and noise.
double wrong_certain_fronts(std::uint64_t seed, int runs) {
  std::mt19937_64 random(seed);
  Track track;
  track.ranking.rule = "pareto";
  int wrong = 0;
  for (int run = 0; run < runs; ++run) {
    std::vector<Score> scores = draw(apart(drifting(4, 0.02, 0.02, 0.9), 1.02), random);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      // All answer equally well: the last is dominated by the three others.
      const double share = 0.95 + 0.004 * draw_normal(random);
      scores[i].accuracy = Estimate{share, Interval{share - 0.0078, share + 0.0078}};
    }
    const Ranking ranking = rank_scores(scores, track);
    for (const RankedCategory& front : ranking.sections[0].categories) {
      for (const RankedEntry& entry : front.entries) {
        wrong += entry.score == 3 && entry.worst == 1 ? 1 : 0;
      }
    }
  }
  return static_cast<double>(wrong) / runs;
}

/// Heavy tails: Student's t with 3 degrees of freedom, scaled to the noise.
double coverage_of_heavy_tails(std::uint64_t seed, int runs) {
  std::mt19937_64 random(seed);
  int covered = 0;
  for (int run = 0; run < runs; ++run) {
    std::vector<Score> scores = draw(drifting(8, 0, 0.02, 0.9), random);
    for (Score& score : scores) {
      for (BlockScore& block : score.block_scores) {
        double squares = 0;
        for (int i = 0; i < 3; ++i) squares += std::pow(draw_normal(random), 2);
        block.joules.value *=
            std::exp(0.01 * draw_normal(random) / std::sqrt(squares / 3) / std::sqrt(3.0));
      }
    }
    const Contest contest(scores, all_of(scores));
    const Contrast contrast = contest.contrast(0, 7);
    covered += std::abs(contrast.difference) <= *half_width(contrast, 0.05) ? 1 : 0;
  }
  return static_cast<double>(covered) / runs;
}

/// The scores as they are with their first blocks, so many of each.
Score cut(const Score& whole, int blocks) {
  Score score = whole;
  score.block_scores.resize(static_cast<std::size_t>(blocks));
  score.blocks = blocks;
  std::vector<EnergyFigure> figures;
  for (const BlockScore& block : score.block_scores) figures.push_back({block.joules.value});
  score.joules_per_sample = geometric_mean(figures, 0.95);
  return score;
}

/// A campaign that adds blocks, to its end: the ranking that the board then shows.
Ranking end_of_adding(const SimulatedCampaign& campaign, const Track& track,
                      std::mt19937_64& random) {
  const std::vector<Score> whole = draw(campaign, random);
  std::vector<Score> scores;
  for (const Score& score : whole) scores.push_back(cut(score, track.protocol.blocks));
  for (;;) {
    const MoreBlocks more = more_blocks(scores, track);
    if (more.scores.empty()) return rank_scores(scores, track);
    for (const std::size_t i : more.scores) scores[i] = cut(whole[i], more.blocks);
  }
}

Track adding_track() {
  Track track;
  track.protocol.adds_blocks = true;
  return track;
}

/// How often a winner is named at the end of a campaign that adds blocks; of equals it is wrong.
double winners_with_added_blocks(SimulatedCampaign campaign, std::uint64_t seed, int runs) {
  std::mt19937_64 random(seed);
  const Track track = adding_track();
  campaign.blocks = track.protocol.most_blocks;
  int named = 0;
  for (int run = 0; run < runs; ++run) {
    const Ranking ranking = end_of_adding(campaign, track, random);
    named += ranking.sections[0].categories[0].winner == 0u ? 1 : 0;
    // Of equals any winner is wrong; of others only the first can be right.
    const bool are_equal = campaign.levels.front() == campaign.levels.back();
    named += are_equal && ranking.sections[0].categories[0].winner.value_or(0) != 0u ? 1 : 0;
  }
  return static_cast<double>(named) / runs;
}

/// How often ranks and a comparison of the first two say different things of them.
double contradictions(std::uint64_t seed, int runs) {
  std::mt19937_64 random(seed);
  int different = 0;
  for (int run = 0; run < runs; ++run) {
    SimulatedCampaign campaign = drifting(20, 0.02, 0.02, 0.9);
    campaign.levels[0] = -0.03;
    const std::vector<Score> scores = draw(campaign, random);
    const Ranking ranking = rank_scores(scores, {});
    std::map<std::size_t, const RankedEntry*> places;
    for (const RankedEntry& one : ranking.sections[0].categories[0].entries) {
      places[one.score] = &one;
    }
    const bool share_letters =
        places[0]->group.find_first_of(places[1]->group) != std::string::npos;
    const auto compared = compare_scores(scores[0], scores[1], Track(), scores);
    different += compared->energy_differs && share_letters ? 1 : 0;
    // Letters are of runs of neighbours: two that share none may be told apart by one between them.
    different += !compared->energy_differs && places[0]->worst == 1 ? 1 : 0;
  }
  return static_cast<double>(different) / runs;
}

/// How often the interval of a difference of accuracies holds the truth: 360 samples, one entry
/// right about 97 % of them, the other about 95 %, mostly the same.
double paired_accuracy_coverage(std::uint64_t seed, int runs) {
  std::mt19937_64 random(seed);
  const auto unit = [&] { return static_cast<double>(random() >> 11) / 9007199254740992.0; };
  int covered = 0;
  for (int run = 0; run < runs; ++run) {
    std::uint64_t only_first = 0, only_second = 0;
    for (int sample = 0; sample < 360; ++sample) {
      const double drawn = unit();
      only_first += drawn < 0.035 ? 1 : 0;
      only_second += drawn > 0.985 ? 1 : 0;
    }
    const Interval interval = paired_shares(only_first, only_second, 360, 0.95).interval;
    covered += interval.low <= 0.02 && 0.02 <= interval.high ? 1 : 0;
  }
  return static_cast<double>(covered) / runs;
}

SimulatedCampaign longer(SimulatedCampaign campaign, int blocks) {
  campaign.blocks = blocks;
  return campaign;
}

SimulatedCampaign with_one_noisy() {
  SimulatedCampaign campaign = drifting(6, 0.005, 0.02, 0.9);
  campaign.noise[0] = 0.05;
  return campaign;
}

}  // namespace

std::vector<SimulatedCase> simulated_cases() {
  return {
      {"interval of a ratio, drift AR(1) 0.5, noise 0.5 %, 4 entries", 0.93, 0.97,
       [](std::uint64_t seed, int runs) {
         return coverage(drifting(4, 0.005, 0.02, 0.5), seed, runs);
       }},
      {"the same, AR(1) 0.8", 0.93, 0.97,
       [](std::uint64_t seed, int runs) {
         return coverage(drifting(4, 0.005, 0.02, 0.8), seed, runs);
       }},
      {"interleaved campaign of 40 blocks, 4 entries, drift 2 %", 0.93, 0.97,
       [](std::uint64_t seed, int runs) {
         return coverage(longer(drifting(4, 0.005, 0.02, 0.9), 10), seed, runs);
       }},
      {"the same with 5 blocks, AR(1) 0.8, 2 entries", 0.93, 0.97,
       [](std::uint64_t seed, int runs) {
         return coverage(drifting(2, 0.005, 0.02, 0.8), seed, runs);
       }},
      {"the same, 20 entries", 0.93, 0.97,
       [](std::uint64_t seed, int runs) {
         return coverage(drifting(20, 0.005, 0.02, 0.8), seed, runs);
       }},
      {"interval of a ratio, one of 6 ten times as noisy", 0.93, 0.97,
       [](std::uint64_t seed, int runs) { return coverage(with_one_noisy(), seed, runs); }},
      {"interval of a ratio, tails of t with 3 degrees", 0.93, 0.985, coverage_of_heavy_tails},
      {"twins of two sessions, shifts of 1 %, called different", 0, 0.05,
       false_alarms_across_sessions},
      {"a winner named among 2 equals, noise 2 %", 0, 0.05,
       [](std::uint64_t seed, int runs) { return winners_of_equals(2, seed, runs); }},
      {"a winner named among 20 equals", 0, 0.05,
       [](std::uint64_t seed, int runs) { return winners_of_equals(20, seed, runs); }},
      {"a winner named among 100 equals", 0, 0.05,
       [](std::uint64_t seed, int runs) { return winners_of_equals(100, seed, runs); }, 500},
      {"5 % apart, noise 2 %, 20 entries: found", 0.885, 1,
       [](std::uint64_t seed, int runs) {
         return power(apart(drifting(20, 0.02, 0, 0.9), 1.05), seed, runs);
       }},
      {"3 % apart, noise 0.5 %, drift 2 %, 20 entries: found", 0.95, 1,
       [](std::uint64_t seed, int runs) {
         return power(apart(drifting(20, 0.005, 0.02, 0.9), 1.03), seed, runs);
       }},
      {"ranks and compare contradict each other, 3 % apart, noise 2 %", 0, 0, contradictions, 300},
      {"a winner among 2 equals at the end of added blocks", 0, 0.05,
       [](std::uint64_t seed, int runs) {
         return winners_with_added_blocks(drifting(2, 0.02, 0.02, 0.9), seed, runs);
       },
       600},
      {"a winner among 20 equals at the end of added blocks", 0, 0.05,
       [](std::uint64_t seed, int runs) {
         return winners_with_added_blocks(drifting(20, 0.02, 0.02, 0.9), seed, runs);
       },
       150},
      {"4 % behind at 2 % noise, 6 entries, blocks added: the winner found", 0.85, 1,
       [](std::uint64_t seed, int runs) {
         SimulatedCampaign campaign = drifting(6, 0.02, 0.02, 0.9);
         for (std::size_t i = 1; i < 6; ++i) campaign.levels[i] = std::log(1.04);
         return winners_with_added_blocks(campaign, seed, runs);
       },
       200},
      {"difference of accuracies by paired answers, 360 samples: interval", 0.93, 0.98,
       paired_accuracy_coverage},
      {"accuracy of trainings, seeds differ by 0.5 points", 0.93, 0.97,
       [](std::uint64_t seed, int runs) { return training_coverage(0.005, seed, runs); }},
      {"accuracy of trainings, seeds differ by 1 point", 0.93, 0.97,
       [](std::uint64_t seed, int runs) { return training_coverage(0.01, seed, runs); }},
      {"energy to reach a floor, 100 checkpoints, 144 samples: interval", 0.92, 0.97,
       [](std::uint64_t seed, int runs) { return reach_floor(seed, runs).covered; }, 500},
      {"the same: bias", -0.01, 0.01,
       [](std::uint64_t seed, int runs) { return reach_floor(seed, runs).bias; }, 500},
      {"2 points above a floor of 0.95, 360 samples: left out", 0, 0.4, left_out_of_its_floor},
      {"clean entries of 5 blocks with an outlier flag", 0, 0.05, flagged_outliers},
      {"shown in front 1 alone, and not of it", 0, 0.05, wrong_certain_fronts},
  };
}

}  // namespace joulebench::support
