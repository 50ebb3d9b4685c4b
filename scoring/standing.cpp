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

static bool is_python(std::span<const std::string> command) {
  if (command.empty()) return false;
  const std::string& program = command.front();
  return program.substr(program.rfind('/') + 1).starts_with("python");
}

static std::optional<Seconds> mean_load(const RunRecord& record) {
  Seconds sum{0};
  int count = 0;
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid) continue;
    sum += block.load;
    ++count;
  }
  return count == 0 ? std::nullopt : std::optional(sum / count);
}

// CPUs that wait, or wait for one another.
static void add_busy_hints(const RunRecord& record, const Score& score,
                           std::vector<std::string>& hints) {
  const auto cpu = cpu_per_sample(record);
  if (!cpu || !score.samples_per_second || record.track.scenario != Scenario::offline) return;
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

std::vector<std::string> energy_hints(const RunRecord& record, const Score& score,
                                      std::span<const std::string> command) {
  std::vector<std::string> hints;
  add_busy_hints(record, score, hints);
  const std::optional<Seconds> load = mean_load(record);
  if (record.shape && record.shape->request.count() > 0) {
    constexpr double kFixed = 0.2;
    const double share = record.shape->fixed / record.shape->request;
    if (share > kFixed && share <= 1) {
      hints.push_back(fmt::format(
          "{:.0f} % of a request's time is spent however few samples it has: reading and writing "
          "files, or {} that sets up; a compiled program has less of it",
          100 * share, is_python(command) ? "the Python interpreter" : "an interpreter"));
      if (load) {
        hints.push_back(fmt::format(
            "what is the same for all requests belongs before \"ready\": loading took {:.2g} s and "
            "does not count",
            load->count()));
      }
    }
  }
  constexpr double kInterpreted = 200e-6;
  if (is_python(command) && score.latency && score.latency->p50.value < kInterpreted) {
    hints.push_back(fmt::format(
        "a sample takes {:.3g} us in Python, much of it the interpreter's: reading a frame, "
        "calling "
        "NumPy, printing the answer; the same model in a compiled program has less of it",
        1e6 * score.latency->p50.value));
  }
  return hints;
}

}  // namespace joulebench
