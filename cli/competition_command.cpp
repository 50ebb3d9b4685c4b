#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/competition_check.h"
#include "campaign/drift.h"
#include "campaign/node_lock.h"
#include "campaign/plan.h"
#include "cli/colour.h"
#include "cli/commands.h"
#include "cli/competition_commands.h"
#include "cli/interruption.h"
#include "cli/json_output.h"
#include "cli/power_text.h"
#include "cli/progress.h"
#include "cli/run_options.h"
#include "core/clock.h"
#include "core/text.h"
#include "harness/sandbox/systemd_scope.h"
#include "leaderboard/store.h"
#include "scoring/ranking.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct CompetitionCheckOptions : RunOptions {
  fs::path competition;
  bool runs_nothing = false;
  fs::path database;  // of a board whose baselines say how blocks scatter; empty: none
};

/// As the track's baseline scattered on the board; absent: it has too few blocks there, or there is
/// no board.
std::optional<double> noise_on_board(const CompetitionCheckOptions& options,
                                     const Competition& competition, const Track& track) {
  if (options.database.empty()) return std::nullopt;
  const Store store = Store::open_existing(options.database);
  for (const BoardEntry& entry : store.board(competition.id, track.id)) {
    if (!entry.run.record.entry.is_baseline) continue;
    if (const auto noise = noise_of(entry.run.record)) return noise;
  }
  return std::nullopt;
}

void print_check(const TrackCheck& check, std::optional<double> noise) {
  const Track& track = check.track;
  std::cout << fmt::format("track {}{}\n", track.id,
                           track.title.empty() ? "" : " (" + printable(track.title, 80) + ")");
  std::cout << fmt::format("  dataset       {}: {} samples to be predicted, {} public\n",
                           printable(track.dataset, 80), check.hidden_samples,
                           check.public_samples);
  std::string baselines;
  for (const std::string& name : check.baselines) {
    baselines += (baselines.empty() ? "" : ", ") + printable(name, 80);
    const auto& tried = check.tried;
    if (std::find(tried.begin(), tried.end(), name) != tried.end()) baselines += " (runs)";
  }
  std::cout << fmt::format("  baselines     {}\n", baselines.empty() ? "none" : baselines);
  std::cout << floor_text(track, check.hidden_samples);
  for (const std::string& line : check.calendar) {
    std::cout << fmt::format("  calendar      {}\n", printable(line, 200));
  }
  std::cout << fmt::format("  time          {} {} for all blocks of an entry\n",
                           track.task == Task::train ? "at most" : "about",
                           spoken(check.time_per_entry));
  constexpr Seconds kNight{10 * 3600.0};
  if (check.time_per_entry.count() > 0) {
    std::cout << fmt::format("  nights        one of 10 hours holds {} entries\n",
                             std::floor(kNight / check.time_per_entry));
  }
  if (check.free_bytes) {
    std::cout << fmt::format(
        "  disk          about {} MB of records an entry; {:.1f} GB are free\n",
        check.bytes_per_entry / kMegabyte, static_cast<double>(*check.free_bytes) / 1e9);
  }
  std::cout << added_blocks_text(track)
            << power_text(track, noise, {expected_block_time(track), "one entry"});
  for (const std::string& note : check.notes) {
    std::cout << fmt::format("  {}          {}\n", marked(Mark::warning, "note"),
                             printable(note, 1000));
  }
  for (const std::string& problem : check.problems) {
    std::cout << fmt::format("  {}       {}\n", marked(Mark::bad, "PROBLEM"),
                             printable(problem, 1000));
  }
}

nlohmann::json to_json(const TrackCheck& check) {
  nlohmann::json floors = nlohmann::json::array();
  for (const TrackCheck::Floor& floor : check.floors) {
    nlohmann::json one = {{"floor", floor.floor}, {"right_answers", nullptr}};
    if (floor.right_answers) one["right_answers"] = *floor.right_answers;
    floors.push_back(one);
  }
  return {{"track", check.track.id},
          {"dataset", check.track.dataset},
          {"hidden_samples", check.hidden_samples},
          {"public_samples", check.public_samples},
          {"baselines", check.baselines},
          {"baselines_tried", check.tried},
          {"bytes_per_entry", check.bytes_per_entry},
          {"free_bytes", check.free_bytes ? nlohmann::json(*check.free_bytes) : nlohmann::json()},
          {"floors", floors},
          {"calendar", check.calendar},
          {"time_per_entry_s", check.time_per_entry.count()},
          {"notes", check.notes},
          {"problems", check.problems},
          {"can_be_measured_here", check.can_be_measured_here}};
}

std::vector<TrackCheck> checks_of(const Competition& competition,
                                  const CompetitionCheckOptions& options) {
  Progress progress(options.quiet);
  progress.stand(printable(competition.id, 80), std::nullopt);
  catch_interruptions();
  const std::string now = SystemClock().now_utc();
  std::optional<NodeLock> lock;
  if (!options.runs_nothing) lock.emplace("competition check " + competition.id, now);
  return check_competition(
      competition,
      options.measuring(competition, false,
                        [&progress](const std::string& phase) { progress.phase(phase); }),
      now, !options.runs_nothing);
}

void check_with(const CompetitionCheckOptions& options) {
  const Competition competition = read_competition(options.competition);
  validate_ranking(competition);
  const std::vector<TrackCheck> checks = checks_of(competition, options);
  std::size_t problems = 0;
  nlohmann::json tracks = nlohmann::json::array();
  for (const TrackCheck& check : checks) {
    if (&check != &checks.front() && !options.as_json()) std::cout << "\n";
    problems += check.problems.size();
    if (options.as_json()) {
      tracks.push_back(to_json(check));
    } else {
      print_check(check, noise_on_board(options, competition, check.track));
    }
  }
  if (options.as_json()) {
    const nlohmann::json result = {{"format", "joulebench-competition-check/1"},
                                   {"competition", competition.id},
                                   {"tracks", tracks}};
    print_json(result);
  } else if (problems == 0) {
    std::cout << "no problems\n";
  } else {
    std::cout << fmt::format("{} {} to be solved before the first entry\n", problems,
                             problems == 1 ? "problem" : "problems");
  }
  if (problems > 0) throw CLI::RuntimeError(1);
}

}  // namespace

void add_competition_command(CLI::App& app) {
  CLI::App* command =
      app.add_subcommand("competition", "Start, check, show and bundle a competition");
  command->require_subcommand(1);
  add_competition_init(*command);
  add_competition_show(*command);
  auto options = std::make_shared<CompetitionCheckOptions>();
  CLI::App* check =
      command->add_subcommand("check", "Look for all that can be found before the first night");
  check->add_option("competition", options->competition, "The competition.json")
      ->required()
      ->check(CLI::ExistingFile);
  check->add_flag("--no-run", options->runs_nothing,
                  "Do not try the baselines: look at files and the machine only");
  check
      ->add_option("--db", options->database,
                   "A board whose baselines say how much blocks scatter (default: assumed)")
      ->check(CLI::ExistingFile);
  options->add_to(*check);
  check->footer(
      "Tries each baseline once. Says of each track: dataset and labels, baselines, how many right "
      "answers\n"
      "prove each floor, dates and quotas, how many blocks tell entries apart, time and disk "
      "space, "
      "and\n"
      "whether this machine measures it, enforces its limits and has its environments.\n"
      "Exit status: 0 no problems, 1 some, 2 the file cannot be read.\n"
      "Example: joulebench competition check competitions/digits/competition.json");
  check->callback([options] {
    enter_systemd_scope();  // limits are looked at as a run would have them
    check_with(*options);
  });
  add_competition_bundle(*command);
}

}  // namespace joulebench
