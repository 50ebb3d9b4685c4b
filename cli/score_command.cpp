#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/rescoring.h"
#include "cli/commands.h"
#include "cli/interruption.h"
#include "cli/json_output.h"
#include "cli/run_options.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/text.h"
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

/// Entries are named by their name or by the beginning of their id.
bool is_named(const Score& score, const std::string& wanted) {
  return score.entry_name == wanted || (wanted.size() >= 6 && score.entry_id.starts_with(wanted));
}

// What --explain asks for, over all tracks; empty: there is no such entry.
std::string explanation_of(const std::string& wanted, const std::vector<RescoredTrack>& tracks) {
  std::string explained;
  for (const RescoredTrack& track : tracks) {
    for (std::size_t i = 0; i < track.scores.size(); ++i) {
      if (!is_named(track.scores[i], wanted)) continue;
      explained += fmt::format("{}, track {}\n", track.competition_id, track.track.id) +
                   explain_score(track.records[i], track.scores[i]) +
                   explain_rank(track.scores, track.track, i);
    }
  }
  return explained;
}

nlohmann::json to_json(const std::vector<RescoredTrack>& tracks) {
  nlohmann::json results = nlohmann::json::array();
  for (const RescoredTrack& track : tracks) {
    for (const Score& score : track.scores) {
      nlohmann::json one = to_json(score);
      one["competition"] = track.competition_id;
      one["track"] = track.track.id;
      results.push_back(std::move(one));
    }
  }
  return {{"format", "joulebench-scores/1"}, {"scores", results}};
}

// Names each damaged record on stderr; returns how many there are.
std::size_t report_damaged(const std::vector<RescoredTrack>& tracks) {
  std::size_t damaged = 0;
  for (const RescoredTrack& track : tracks) {
    for (std::size_t i = 0; i < track.scores.size(); ++i) {
      if (!track.is_damaged[i]) continue;
      ++damaged;
      std::cerr << "joulebench: " << printable(track.scores[i].entry_name, 80) << ": "
                << printable(track.scores[i].unranked.front(), 500) << "\n";
    }
  }
  return damaged;
}

void score_board(const ScoreOptions& options) {
  Store store = Store::open_existing(options.database);
  catch_interruptions();  // an organizer's program may take its time
  SystemClock clock;
  RescoringRequest request{.datasets = options.datasets, .scorer = scorer_callbacks()};
  if (!options.competition.empty()) {
    request.competition = read_competition(options.competition);
    validate_ranking(*request.competition);
  }
  const std::vector<RescoredTrack> tracks = rescore(store, request, clock);
  const std::size_t damaged = report_damaged(tracks);
  const std::string explained =
      options.explain.empty() ? "" : explanation_of(options.explain, tracks);
  if (!options.explain.empty() && explained.empty()) {
    throw Error({.what = "there is no such entry",
                 .where = options.database.string() + " holds no entry '" + options.explain + "'",
                 .hint = "joulebench board show lists them"});
  }
  if (options.as_json()) {
    print_json(to_json(tracks));
  } else if (!options.explain.empty()) {
    std::cout << printable(explained, std::size_t{1} << 20);
  } else {
    std::size_t count = 0;
    for (const RescoredTrack& track : tracks) count += track.scores.size();
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
