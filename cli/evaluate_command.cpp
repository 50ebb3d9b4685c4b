#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "campaign/campaign.h"
#include "campaign/node_lock.h"
#include "campaign/record_scorer.h"
#include "cli/board_table.h"
#include "cli/commands.h"
#include "cli/figures.h"
#include "cli/interruption.h"
#include "cli/progress.h"
#include "cli/run_options.h"
#include "core/error.h"
#include "core/json_file.h"
#include "core/text.h"
#include "core/version.h"
#include "harness/sandbox/systemd_scope.h"
#include "leaderboard/board.h"
#include "leaderboard/board_json.h"
#include "leaderboard/store.h"
#include "scoring/ranking.h"
#include "scoring/score.h"
#include "submissions/archive.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct Options : RunOptions {
  fs::path competition;
  std::vector<fs::path> entries;
  std::string track;
  fs::path database;
  bool dry_run = false;
};

struct Candidate {
  Submission submission;
  bool is_baseline = false;
};

// An entry that cannot even be read; the others are evaluated all the same.
struct Refused {
  fs::path path;
  std::string reason;
};

struct Field {
  std::vector<Candidate> candidates;
  std::vector<Refused> refused;
};

// A reason for the board's page: without the host's folders, and the same in the next call, where
// an archive is unpacked elsewhere.
std::string public_reason(std::string reason, const fs::path& entry) {
  for (const fs::path& path : {fs::absolute(entry).lexically_normal(), entry}) {
    const std::string parent = path.parent_path().string() + "/";
    for (std::size_t at; parent != "/" && (at = reason.find(parent)) != reason.npos;) {
      reason.erase(at, parent.size());
    }
  }
  for (std::size_t at; (at = reason.find("joulebench-unpacked-")) != reason.npos;) {
    const std::size_t begin = reason.find_last_of(" \n'", at) + 1;
    const std::size_t end = reason.find_first_of("/: \n'", at);
    reason.erase(begin, (end == reason.npos ? reason.size() : end + 1) - begin);
  }
  return reason;
}

std::vector<RefusedEntry> as_stored(const std::vector<Refused>& refused) {
  std::vector<RefusedEntry> entries;
  for (const Refused& one : refused) {
    const fs::path path = one.path.has_filename() ? one.path : one.path.parent_path();
    entries.push_back({path.filename().string(), public_reason(one.reason, path)});
  }
  return entries;
}

// The entries that were named, else those in submissions/ beside the competition, and the
// baselines.
Field gather(const Options& options, const Competition& competition, const Track& track) {
  Field field;
  std::set<std::string> seen;
  const auto add = [&](const fs::path& path, bool is_baseline) {
    try {
      Submission submission = open_submission(path);
      if (!submission.enters(track.id)) return;
      if (!seen.insert(submission.id).second) return;
      field.candidates.push_back({std::move(submission), is_baseline});
    } catch (const Error& error) {
      field.refused.push_back({path, error.what()});
    }
  };
  for (const std::string& baseline : track.baselines) add(find_beside(competition, baseline), true);
  std::vector<fs::path> entries = options.entries;
  const fs::path folder = fs::absolute(competition.file).parent_path() / "submissions";
  if (entries.empty() && fs::is_directory(folder)) {
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.is_directory() || has_archive_name(entry.path())) entries.push_back(entry.path());
    }
    std::sort(entries.begin(), entries.end());
  }
  for (const fs::path& entry : entries) add(entry, false);
  if (field.candidates.empty() && field.refused.empty()) {
    throw Error({.what = "there is nothing to evaluate",
                 .where = "track '" + track.id + "': no entry was named, none lies in " +
                          folder.string() + ", and it has no baseline",
                 .hint = "name the folders of entries behind the competition file"});
  }
  return field;
}

// The seed of a campaign's order outlives it: who goes on after an interruption goes on in the
// same.
std::uint64_t campaign_seed(const fs::path& folder) {
  const fs::path file = folder / "campaign.json";
  if (fs::exists(file)) return read_json_file(file, {}).at("order_seed").get<std::uint64_t>();
  std::random_device device;
  const std::uint64_t seed = (static_cast<std::uint64_t>(device()) << 32) | device();
  fs::create_directories(folder);
  write_json_file(file, {{"format", "joulebench-campaign/1"}, {"order_seed", seed}});
  return seed;
}

void store_scores(Store& store, std::span<const std::unique_ptr<EntryRun>> runs,
                  const Measuring& measuring, const RecordScorer& scorer) {
  Clock& clock = measuring.setting().clock;
  std::vector<Score> scores;
  std::vector<std::int64_t> ids;
  for (const auto& run : runs) {
    ids.push_back(store.put_run(run->record(), run->folder(), clock.now_utc()));
    scores.push_back(scorer.score(run->record(), run->folder()));
  }
  const std::string rule = rank_scores(scores, measuring.setting().track).rule;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    store.put_score(ids[i], scores[i], rule, kVersion, clock.now_utc());
  }
}

// What a block takes: of a training as long as the entry's last one did, if there was one, else the
// most that it may.
Seconds block_time(const Track& track, const RunRecord& record, bool& is_bound) {
  const Protocol& protocol = track.protocol;
  const Seconds around = 2 * protocol.idle + protocol.tail + Seconds(1);
  // Measured time is three tenths above the least; warm-up, gates and the launch come on top.
  if (track.task == Task::predict) return 1.3 * protocol.min_block + around;
  for (auto block = record.blocks.rbegin(); block != record.blocks.rend(); ++block) {
    if (block->outcome == Outcome::valid) return block->load + block->measured + around;
  }
  is_bound = true;
  return track.limits.load + track.limits.train + around;
}

void print_plan(const Track& track, std::span<const std::unique_ptr<EntryRun>> runs,
                std::uint64_t seed) {
  std::optional<std::size_t> baseline;
  Seconds time{0};
  bool is_bound = false;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    if (!baseline && runs[i]->record().entry.is_baseline) baseline = i;
    if (runs[i]->blocks_left() == 0) continue;
    time += runs[i]->blocks_left() * block_time(track, runs[i]->record(), is_bound);
  }
  std::cout << fmt::format("track {}: {} entries, {} {} each, {} {} for what is left\n", track.id,
                           runs.size(), track.protocol.blocks,
                           track.task == Task::train ? "trainings" : "blocks",
                           is_bound ? "at most" : "about", spoken(time));
  for (const auto& run : runs) {
    std::cout << fmt::format("  {}: {} blocks to run{}\n", printable(run->record().entry.name, 80),
                             run->blocks_left(),
                             run->record().entry.is_baseline ? ", baseline" : "");
  }
  std::cout << "order:";
  for (const std::size_t entry :
       campaign_order(runs.size(), track.protocol.blocks, baseline, seed)) {
    std::cout << " " << entry + 1;
  }
  std::cout << "\n";
}

// Runs one track's campaign. True when every entry is valid.
bool evaluate_track(const Options& options, const Competition& competition, const Track& track,
                    Progress& progress, std::vector<Refused>& all_refused) {
  const Field field = gather(options, competition, track);
  all_refused.insert(all_refused.end(), field.refused.begin(), field.refused.end());
  for (const Refused& refused : field.refused) {
    progress.line(fmt::format("{}: not evaluated: {}", refused.path.string(), refused.reason));
  }
  const Measuring measuring(
      options.measuring(true, [&progress](const std::string& phase) { progress.phase(phase); }),
      track);
  LocalExecutor executor(measuring.setting());
  const RunSetting setting = measuring.run_setting(competition, executor);
  const RecordScorer scorer(competition, track, measuring.dataset(), measuring.setting().scratch,
                            scorer_callbacks());
  const fs::path records = fs::path(options.database).replace_extension(".records") / track.id;
  std::vector<std::unique_ptr<EntryRun>> runs;
  std::vector<EntryRun*> in_order;
  for (const Candidate& candidate : field.candidates) {
    runs.push_back(
        std::make_unique<EntryRun>(candidate.submission, candidate.is_baseline, setting,
                                   records / run_folder_name(candidate.submission, setting)));
    in_order.push_back(runs.back().get());
  }
  if (options.dry_run) {
    print_plan(track, runs, fs::exists(records / "campaign.json") ? campaign_seed(records) : 0);
    return true;
  }
  const NodeLock lock("evaluate " + competition.id, setting.clock.now_utc());
  Store store(options.database);
  store.put_competition(competition, setting.clock.now_utc());
  store.put_refused(competition.id, track.id, as_stored(field.refused), setting.clock.now_utc());

  const int total = static_cast<int>(runs.size()) * track.protocol.blocks;
  const auto left = [&runs] {
    int blocks = 0;
    for (const auto& run : runs) blocks += run->blocks_left();
    return blocks;
  };
  const SteadyTime start = setting.clock.now();
  const int left_at_start = left();
  const auto time_left = [&]() -> std::optional<Seconds> {
    const int done = left_at_start - left();
    if (done == 0) return std::nullopt;
    return Seconds(setting.clock.now() - start) / done * left();
  };
  try {
    run_campaign(
        in_order, campaign_seed(records),
        {.before_block =
             [&](EntryRun& run) {
               const std::string which =
                   run.blocks_left() == 0
                       ? "one more of the baseline, at the end"
                       : fmt::format("block {} of {}", total - left() + 1, total);
               progress.stand(which + " · " + printable(run.record().entry.name, 40), time_left());
             },
         .after_block =
             [&](EntryRun& run) {
               store.put_run(run.record(), run.folder(), setting.clock.now_utc());
               const std::string name = printable(run.record().entry.name, 80);
               if (run.record().blocks.empty()) {
                 progress.line(fmt::format("{}: {}: {}", name, to_string(run.record().outcome),
                                           printable(run.record().message, 300)));
               } else {
                 progress.line(
                     block_line(name, run.record(), measuring.dataset().hidden_labels.size()));
               }
             },
         .on_note =
             [&](EntryRun& run, const std::string& note) {
               store.put_run(run.record(), run.folder(), setting.clock.now_utc());
               progress.line(printable(run.record().entry.name, 80) + ": " + note);
             }});
  } catch (const Interrupted&) {
    try {
      store_scores(store, runs, measuring, scorer);
    } catch (const Interrupted&) {
      // The organizer's scorer was stopped too: `joulebench score` computes what is missing.
    }
    progress.line(
        fmt::format("interrupted: {} of {} blocks are kept in {}; the same command goes on "
                    "from there",
                    total - left(), total, options.database.string()));
    throw;
  }
  store_scores(store, runs, measuring, scorer);
  return field.refused.empty() && std::all_of(runs.begin(), runs.end(), [](const auto& run) {
           return run->record().outcome == Outcome::valid;
         });
}

void print_boards(const Options& options, const Competition& competition,
                  std::span<const Track> tracks, std::span<const Refused> refused) {
  const Store store = Store::open_existing(options.database);
  nlohmann::json boards = nlohmann::json::array();
  for (const Track& track : tracks) {
    const Board board = make_board(store, competition.id, track.id);
    if (options.as_json()) {
      boards.push_back(to_json(board));
    } else {
      std::cout << board_table(board);
    }
  }
  if (!options.as_json()) return;
  nlohmann::json not_evaluated = nlohmann::json::array();
  for (const Refused& one : refused) {
    not_evaluated.push_back({{"entry", one.path.string()}, {"message", one.reason}});
  }
  const nlohmann::json result = {
      {"format", "joulebench-evaluate/1"}, {"boards", boards}, {"not_evaluated", not_evaluated}};
  std::cout << result.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

void evaluate(const Options& options) {
  const Competition competition = read_competition(options.competition);
  catch_interruptions();
  std::vector<Track> tracks = competition.tracks;
  if (!options.track.empty()) tracks = {competition.track(options.track)};
  std::vector<Refused> refused;
  bool all_valid = true;
  {
    Progress progress(options.quiet);
    for (const Track& track : tracks) {
      all_valid &= evaluate_track(options, competition, track, progress, refused);
    }
  }
  if (options.dry_run) return;
  print_boards(options, competition, tracks, refused);
  if (!all_valid) throw CLI::RuntimeError(1);
}

}  // namespace

void add_evaluate_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "evaluate", "Run a whole competition, keep the results, go on where an earlier call stopped");
  command->add_option("competition", options->competition, "The competition.json")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option(
      "entries", options->entries,
      "Folders or archives of entries (default: submissions/ beside the competition; its "
      "baselines always take part)");
  command
      ->add_option("--db", options->database,
                   "The board's database; made if it is not there. Records lie beside it, in "
                   "NAME.records/")
      ->required();
  command->add_option("--track", options->track, "Only this track (default: all)");
  command->add_flag("--dry-run", options->dry_run, "Print the plan and its time; run nothing");
  options->add_to(*command);
  command->footer(
      "Ctrl-C keeps every finished block; the same command goes on from there.\n"
      "Exit status: 0 every entry is valid, 1 some failed, 2 we cannot go on, 130 interrupted.\n"
      "Example: joulebench evaluate competitions/digits/competition.json --db digits.db");
  command->callback([options] {
    if (!options->dry_run) enter_systemd_scope();
    evaluate(*options);
  });
}

}  // namespace joulebench
