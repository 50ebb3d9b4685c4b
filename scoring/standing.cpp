#include "scoring/standing.h"

#include <fmt/format.h>

#include <algorithm>

#include "scoring/figures.h"
#include "scoring/ranking.h"

namespace joulebench {

std::vector<std::string> standing_in_words(const Score& score, std::span<const Score> others,
                                           const Track& track) {
  std::vector<Score> field = {score};
  field.insert(field.end(), others.begin(), others.end());
  const Ranking ranking = rank_scores(field, track);
  std::vector<std::string> words;
  for (const UnrankedEntry& one : ranking.unranked) {
    if (one.score == 0) words.push_back("would not rank: " + one.reason);
  }
  for (const RankedSection& section : ranking.sections) {
    for (const RankedCategory& category : section.categories) {
      for (const RankedEntry& ranked : category.entries) {
        if (ranked.score != 0) continue;
        const std::string place = ranked.best == ranked.worst
                                      ? fmt::format("{}", ranked.best)
                                      : fmt::format("{} to {}", ranked.best, ranked.worst);
        words.push_back(
            fmt::format("{}: place {} of {}", category.title, place, category.entries.size()));
      }
    }
  }
  return words;
}

// A program that other programs keep from running does not wait of its own.
static bool had_foreign_load(const Score& score) {
  return std::any_of(score.flags.begin(), score.flags.end(),
                     [](const Flag& flag) { return flag.name == "foreign-load"; });
}

std::vector<std::string> energy_hints(const RunRecord& record, const Score& score) {
  std::vector<std::string> hints;
  const auto cpu = cpu_per_sample(record);
  if (cpu && score.samples_per_second && record.track.scenario == Scenario::offline) {
    const double busy = cpu->count() * *score.samples_per_second;
    constexpr double kWaits = 0.7;
    if (busy < kWaits && !had_foreign_load(score)) {
      hints.push_back(fmt::format(
          "{:.2f} of a CPU was busy: while a program waits (for a GPU, a lock, a device) the "
          "machine uses energy all the same",
          busy));
    }
    constexpr double kThreads = 1.2;
    if (busy > kThreads) {
      hints.push_back(fmt::format(
          "{:.1f} CPUs were busy: threads that wait for one another cost energy; compare with one "
          "thread (OMP_NUM_THREADS=1, OPENBLAS_NUM_THREADS=1)",
          busy));
    }
  }
  if (record.shape && record.shape->request.count() > 0) {
    constexpr double kFixed = 0.2;
    const double share = record.shape->fixed / record.shape->request;
    if (share > kFixed && share <= 1) {
      hints.push_back(fmt::format(
          "{:.0f} % of a request's time is spent however few samples it has: reading and writing "
          "files, or an interpreter that sets up; a compiled program has less of it",
          100 * share));
    }
  }
  return hints;
}

}  // namespace joulebench
