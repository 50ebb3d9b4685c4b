#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/record_scorer.h"
#include "cli/commands.h"
#include "cli/interruption.h"
#include "cli/run_options.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/text.h"
#include "core/version.h"
#include "leaderboard/store.h"
#include "scoring/explanation.h"
#include "scoring/ranking.h"
#include "scoring/score_json.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct ScoreOptions {
  fs::path database;
  fs::path competition;
  fs::path datasets;
  std::string explain;
  std::string format = "text";

  bool as_json() const { return format == "json"; }
};

struct Scored {
  std::int64_t run = 0;
  RunRecord record;
  Score score;
  bool is_damaged = false;
};

/// Scores one run from its record's folder under `track`'s rules; a record that is gone, altered or
/// of an unknown version becomes a score that says so, and the others are scored all the same.
Scored score_stored(const StoredRun& run, const Track& track, const RecordScorer& scorer) {
  Scored scored{.run = run.id, .record = run.record};
  try {
    RunRecord record = read_run_record(run.folder);
    record.track.metric = track.metric;
    record.track.ranking = track.ranking;
    record.track.energy = track.energy;
    scored.record = record;
    scored.score = scorer.score(record, run.folder);
  } catch (const Error& error) {
    scored.is_damaged = true;
    scored.score = {.entry_id = run.record.entry.id,
                    .entry_name = run.record.entry.name,
                    .outcome = run.record.outcome,
                    .message = run.record.message,
                    .metric = track.metric.name,
                    .unranked = {"its record cannot be scored: " + error.parts().where}};
  }
  return scored;
}

/// Entries are named by their name or by the beginning of their id.
bool is_named(const Score& score, const std::string& wanted) {
  return score.entry_name == wanted || (wanted.size() >= 6 && score.entry_id.starts_with(wanted));
}

void score_board(const ScoreOptions& options) {
  Store store = Store::open_existing(options.database);
  catch_interruptions();  // an organizer's program may take its time
  const SystemClock clock;
  std::vector<Competition> competitions;
  if (!options.competition.empty()) {
    competitions.push_back(read_competition(options.competition));
    const Competition stored = store.competition(competitions.back().id);  // Error: not in here
    store.put_competition(competitions.back(), clock.now_utc());
  } else {
    for (const std::string& id : store.competition_ids())
      competitions.push_back(store.competition(id));
  }
  nlohmann::json results = nlohmann::json::array();
  std::string explained;
  std::size_t count = 0;
  std::size_t damaged = 0;
  for (const Competition& competition : competitions) {
    for (const Track& track : competition.tracks) {
      const std::vector<BoardEntry> entries = store.board(competition.id, track.id);
      if (entries.empty()) continue;
      const Dataset dataset = open_dataset(track.dataset, dataset_locations(options.datasets));
      const RecordScorer scorer(competition, track, dataset, default_scratch(), scorer_callbacks());
      std::vector<Scored> all;
      std::vector<Score> scores;
      for (const BoardEntry& entry : entries) {
        all.push_back(score_stored(entry.run, track, scorer));
        scores.push_back(all.back().score);
      }
      const std::string rule = rank_scores(scores, track).rule;
      for (std::size_t i = 0; i < all.size(); ++i) {
        store.put_score(all[i].run, scores[i], rule, kVersion, clock.now_utc());
        ++count;
        if (all[i].is_damaged) {
          ++damaged;
          std::cerr << "joulebench: " << printable(scores[i].entry_name, 80) << ": "
                    << printable(scores[i].unranked.front(), 500) << "\n";
        }
        if (options.as_json()) {
          nlohmann::json one = to_json(scores[i]);
          one["competition"] = competition.id;
          one["track"] = track.id;
          results.push_back(std::move(one));
        }
        if (!options.explain.empty() && is_named(scores[i], options.explain)) {
          explained += fmt::format("{}, track {}\n", competition.id, track.id) +
                       explain_score(all[i].record, scores[i]) + explain_rank(scores, track, i);
        }
      }
    }
  }
  if (!options.explain.empty() && explained.empty()) {
    throw Error({.what = "there is no such entry",
                 .where = options.database.string() + " holds no entry '" + options.explain + "'",
                 .hint = "joulebench board show lists them"});
  }
  if (options.as_json()) {
    std::cout << nlohmann::json{{"format", "joulebench-scores/1"}, {"scores", results}}.dump(
                     2, ' ', false, nlohmann::json::error_handler_t::replace)
              << "\n";
  } else if (!options.explain.empty()) {
    std::cout << printable(explained, std::size_t{1} << 20);
  } else {
    std::cout << fmt::format("{} {} scored from records\n", count, count == 1 ? "run" : "runs");
  }
  if (damaged > 0) throw CLI::RuntimeError(1);
}

}  // namespace

void add_score_command(CLI::App& app) {
  auto options = std::make_shared<ScoreOptions>();
  CLI::App* command = app.add_subcommand(
      "score", "Compute all scores of a board again from its records; runs nothing");
  command->add_option("--db", options->database, "The board's database")->required();
  command
      ->add_option("--competition", options->competition,
                   "Score under this competition.json (same id) in place of the stored one")
      ->check(CLI::ExistingFile);
  command->add_option("--explain", options->explain,
                      "Print every step from counters to rank of this entry (name or id)");
  command->add_option("--datasets", options->datasets, "Folder of datasets to look in first");
  command->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->footer(
      "New scores are written beside the old ones; nothing is edited.\n"
      "Exit status: 0 done, 1 a record is missing, altered or of an unknown version, 2 we cannot "
      "go on.\n"
      "Example: joulebench score --db digits.db --explain decision-tree");
  command->callback([options] { score_board(*options); });
}

}  // namespace joulebench
