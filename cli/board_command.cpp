#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <tuple>

#include "campaign/board_scoring.h"
#include "campaign/joined_record.h"
#include "campaign/node_lock.h"
#include "campaign/organizer_requests.h"
#include "cli/board_decision.h"
#include "cli/board_options.h"
#include "cli/board_publication.h"
#include "cli/board_table.h"
#include "cli/board_watch.h"
#include "cli/commands.h"
#include "cli/json_output.h"
#include "cli/run_options.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/nearest_name.h"
#include "core/text.h"
#include "leaderboard/board.h"
#include "leaderboard/board_json.h"
#include "leaderboard/exchange.h"
#include "leaderboard/public_view.h"
#include "leaderboard/store.h"
#include "scoring/comparison.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

void show(const BoardOptions& options) {
  const Store store = Store::open_existing(options.database);
  const std::vector<Board> boards = boards_of(store, options);
  if (options.as_json()) {
    nlohmann::json list = nlohmann::json::array();
    for (const Board& board : boards) list.push_back(to_json(board));
    const nlohmann::json result = {{"format", "joulebench-boards/1"}, {"boards", list}};
    print_json(result);
    return;
  }
  for (const Board& board : boards) std::cout << board_table(board);
}

void compare(const BoardOptions& options) {
  const Store store = Store::open_existing(options.database);
  nlohmann::json list = nlohmann::json::array();
  for (const Board& board : boards_of(store, options)) {
    const BoardEntry& a = entry_named(board, options.entry);
    const BoardEntry& b = entry_named(board, options.other);
    for (const BoardEntry* entry : {&a, &b}) {
      if (entry->score) continue;
      throw Error({.what = "cannot compare these entries",
                   .where = entry->run.record.entry.name + " is not scored yet",
                   .hint = "joulebench score --db " + options.database.string()});
    }
    const std::vector<Score> all = scores_to_rank(board);
    const auto place = [&](const BoardEntry& entry) {
      return static_cast<std::size_t>(&entry - board.entries.data());
    };
    const Score& of_a = all[place(a)];
    const Score& of_b = all[place(b)];
    const std::string words = compare_in_words(of_a, of_b, board.track, all);
    if (!options.as_json()) {
      std::cout << printable(board.track.id + ": " + words, 4000) << "\n";
      continue;
    }
    nlohmann::json one = {{"track", board.track.id}, {"words", words}};
    if (const auto comparison = compare_scores(of_a, of_b, board.track, all)) {
      put_estimate(one, "energy_ratio", comparison->energy_ratio);
      one["metric"] = a.score->metric;
      put_estimate(one, "metric_difference", comparison->metric_difference);
      one["energy_differs"] = comparison->energy_differs;
      one["metric_differs"] = comparison->metric_differs;
      one["pair_error"] = comparison->error;
      if (comparison->metric_p_value) one["metric_p_value"] = *comparison->metric_p_value;
    }
    list.push_back(std::move(one));
  }
  if (options.as_json()) {
    print_json(nlohmann::json{{"format", "joulebench-compare/1"}, {"tracks", list}});
  }
}

void history(const BoardOptions& options) {
  const Store store = Store::open_existing(options.database);
  nlohmann::json list = nlohmann::json::array();
  for (const LogEvent& event : store.log()) {
    if (options.as_json()) {
      list.push_back({{"number", event.number},
                      {"at_utc", event.at_utc},
                      {"kind", event.kind},
                      {"detail", nlohmann::json::parse(event.detail, nullptr, false)},
                      {"sha256", event.sha256}});
    } else {
      std::cout << fmt::format("{:>5}  {}  {:<11}  {}  {}\n", event.number, event.at_utc,
                               event.kind, event.sha256.substr(0, 12),
                               printable(event.detail, 500));
    }
  }
  if (options.as_json()) {
    print_json(nlohmann::json{{"format", "joulebench-history/1"}, {"events", list}});
  }
}

void print_done(const BoardOptions& options, const nlohmann::json& result,
                const std::string& text) {
  if (options.as_json()) return print_json(result);
  std::cout << text << "\n";
}

void rebuild(const BoardOptions& options) {
  Store store = Store::open_existing(options.database);
  store.rebuild();
  print_done(options, {{"format", "joulebench-rebuild/1"}, {"events", store.log().size()}},
             fmt::format("tables made again from {} events", store.log().size()));
}

/// An export holds every record and the whole log.
void require_public(const Store& store, const BoardOptions& options) {
  if (options.for_organizer) return;
  const std::vector<std::string> tracks = withheld(store, moment_of_publication(options));
  if (tracks.empty()) return;
  std::string where;
  for (const std::string& one : tracks) where += (where.empty() ? "" : "\n  ") + one;
  throw Error({.what = "an export would tell what is not public yet",
               .where = where,
               .hint = "wait for that date, or add --organizer where it is not for the public"});
}

void export_to_folder(const BoardOptions& options) {
  const Store store = Store::open_existing(options.database);
  require_public(store, options);
  const Exported exported = export_boards(store, options.competition, options.folder, options.key);
  print_done(options,
             {{"format", "joulebench-export-result/1"},
              {"folder", fs::absolute(options.folder).lexically_normal().string()},
              {"runs", exported.runs},
              {"head_sha256", exported.head.sha256}},
             fmt::format("{} runs in {}\nhead {}", exported.runs, options.folder.string(),
                         exported.head.sha256));
}

/// Who vouches for what was ingested, and what that leads to.
std::string words_of(const Origin& origin) {
  if (origin.key.empty()) return "not signed: held until accepted";
  if (origin.signer.empty()) {
    return "signed with the key " + origin.key + ", which nobody is allowed: held until accepted";
  }
  return fmt::format("signed by {} with the key {}", origin.signer, origin.key);
}

nlohmann::json as_json(const Ingested& ingested) {
  return {{"added", ingested.added},         {"known", ingested.known},
          {"confirmed", ingested.confirmed}, {"head_sha256", ingested.origin.head_sha256},
          {"key", ingested.origin.key},      {"signer", ingested.origin.signer}};
}

Ingested take_in(const BoardOptions& options, const RecordJoining& joining) {
  Store store(options.database);
  const SystemClock clock;
  BoardScoring scoring(options.datasets, scorer_callbacks());
  return ingest_boards(
      options.folder, store, fs::path(options.database).replace_extension(".records"),
      [&](const Competition& competition, const Track& track, const RunRecord& record,
          const fs::path& folder) {
        return scoring.score_untrusted(competition, track, record, folder);
      },
      clock.now_utc(), options.allowed_signers, joining);
}

void ingest_folder(const BoardOptions& options) {
  const Ingested ingested = take_in(options, {});
  nlohmann::json result = as_json(ingested);
  result["format"] = "joulebench-ingest/1";
  print_done(options, result,
             fmt::format("{} runs added, {} were here already{}\nfrom a board with head {}\n{}",
                         ingested.added, ingested.known,
                         ingested.confirmed == 0
                             ? ""
                             : fmt::format(", {} of them held until now", ingested.confirmed),
                         ingested.origin.head_sha256, words_of(ingested.origin)));
}

/// `evaluate` writes to the same records' folders: one of the two at a time.
void merge_folder(const BoardOptions& options) {
  const Store known = Store::open_existing(options.database);
  const NodeLock lock("board merge", SystemClock().now_utc());
  const Ingested merged = take_in(options, join_records);
  nlohmann::json result = as_json(merged);
  result["format"] = "joulebench-merge/1";
  result["joined"] = merged.joined;
  result["apart"] = nlohmann::json::array();
  std::string text =
      fmt::format("{} runs joined with those of the same entries, {} added, {} were here already",
                  merged.joined, merged.added, merged.known);
  for (const KeptApart& one : merged.apart) {
    result["apart"].push_back({{"entry", one.entry}, {"track", one.track}, {"reason", one.reason}});
    text += fmt::format("\nnot joined: {} on track {}: {}", printable(one.entry, 80),
                        printable(one.track, 80), printable(one.reason, 2000));
  }
  text += fmt::format("\nfrom a board with head {}\n{}", merged.origin.head_sha256,
                      words_of(merged.origin));
  print_done(options, result, text);
  if (!merged.apart.empty()) throw CLI::RuntimeError(1);
}

void back_up_to_folder(const BoardOptions& options) {
  const std::size_t runs = back_up(options.database, options.folder);
  const fs::path copy = options.folder / options.database.filename();
  print_done(options,
             {{"format", "joulebench-backup/1"}, {"database", copy.string()}, {"runs", runs}},
             fmt::format("{}  {} runs, checked", copy.string(), runs));
}

void print_decided(const nlohmann::json& entries) {
  print_json(nlohmann::json{{"format", "joulebench-decision/1"}, {"entries", entries}});
}

/// What of an entry that is to be withdrawn is in the queue, and whether some is on the board too.
struct Withdrawal {
  nlohmann::json from_queue = nlohmann::json::array();  // entries, as they are listed
  bool is_on_board = false;
};

/// Takes entries out of the queue that were accepted and not run yet.
Withdrawal withdraw_from_queue(Store& store, const BoardOptions& options, const EntryWish& wish,
                               const std::string& now) {
  std::vector<IntakeDecision> waiting;
  std::vector<std::string> known;  // names of what intake accepted
  Withdrawal done;
  for (const std::string& id : store.competition_ids()) {
    if (!options.competition.empty() && id != options.competition) continue;
    for (IntakeDecision& one :
         waiting_entries(store, store.competition(id), {.name = wish.name, .team = wish.team})) {
      waiting.push_back(std::move(one));
    }
    for (const IntakeDecision& one : store.intake(id)) {
      if (one.accepted && one.kind == UploadKind::entry) known.push_back(one.name);
    }
    if (!store.tracks_with_runs(id).empty()) {
      done.is_on_board = done.is_on_board || has_entry(boards_of(store, options), wish);
    }
  }
  const std::string near = nearest_name(wish.name, known);
  if (waiting.empty() && !done.is_on_board && !near.empty() && near != wish.name) {
    throw Error({.what = "there is no such entry",
                 .where = fmt::format("'{}' is neither on the board nor in the queue",
                                      printable(wish.name, 80)),
                 .hint = fmt::format("did you mean '{}'?", printable(near, 80))});
  }
  if (!wish.all && !waiting.empty() && waiting.size() + (done.is_on_board ? 1 : 0) > 1) {
    std::string where = fmt::format("'{}' waits in the queue as", printable(wish.name, 80));
    for (const IntakeDecision& one : waiting) {
      where += fmt::format("\n    {}  team {}, version {}", one.entry.substr(0, 8), one.team,
                           printable(one.version, 40));
    }
    if (done.is_on_board) where += "\n  and stands on the board";
    throw Error({.what = "several entries have this name",
                 .where = std::move(where),
                 .hint = "name one by the first digits of its id, or say --all"});
  }
  for (const IntakeDecision& one : waiting) {
    withdraw_waiting(store, one, options.reason, now);
    done.from_queue.push_back(
        {{"entry_id", one.entry}, {"entry", one.name}, {"standing", "withdrawn"}});
    if (options.as_json()) continue;
    std::cout << fmt::format("{} of team {} is out of the queue; it was not run\n",
                             printable(one.name, 80), one.team);
  }
  return done;
}

/// The one competition that is meant.
Competition competition_of(const Store& store, const BoardOptions& options) {
  const std::vector<std::string> known = store.competition_ids();
  if (!options.competition.empty()) return store.competition(options.competition);
  if (known.size() == 1) return store.competition(known.front());
  throw Error({.what = "it is not clear which competition is meant",
               .where = fmt::format("{} holds {}", options.database.string(), known.size()),
               .hint = "--competition ID"});
}

void select_for_team(const BoardOptions& options) {
  Store store = Store::open_existing(options.database);
  const IntakeDecision selected = select_version(store, competition_of(store, options),
                                                 {.name = options.entry, .team = options.team},
                                                 options.reason, SystemClock().now_utc());
  if (options.as_json()) {
    print_json(nlohmann::json{{"format", "joulebench-selection/1"},
                              {"entry", selected.name},
                              {"team", selected.team},
                              {"version", selected.version},
                              {"entry_id", selected.entry}});
    return;
  }
  std::cout << fmt::format("of {} of team {} version {} counts, {}\n", printable(selected.name, 80),
                           selected.team,
                           selected.version.empty() ? "(none)" : printable(selected.version, 40),
                           selected.entry.substr(0, 12));
}

void decide_about(const BoardOptions& options, Decision decision) {
  Store store = Store::open_existing(options.database);
  const SystemClock clock;
  const EntryWish wish{.name = options.entry, .team = options.team, .all = options.all};
  nlohmann::json list = nlohmann::json::array();
  if (decision == Decision::withdrawn) {
    Withdrawal withdrawal = withdraw_from_queue(store, options, wish, clock.now_utc());
    list = std::move(withdrawal.from_queue);
    if (!list.empty() && !withdrawal.is_on_board) {
      if (options.as_json()) print_decided(list);
      return;
    }
  }
  const std::vector<Decided> decided =
      decide(store, boards_of(store, options), wish, decision, options.reason, clock.now_utc());
  for (const Board& board : boards_of(store, options)) {
    for (const BoardEntry& entry : board.entries) {
      const bool is_meant = std::any_of(decided.begin(), decided.end(), [&](const Decided& one) {
        return one.run == entry.run.id;
      });
      if (!is_meant) continue;
      const EntryIdentity& identity = entry.run.record.entry;
      list.push_back({{"entry_id", identity.id},
                      {"entry", identity.name},
                      {"track", board.track.id},
                      {"standing", standing_of(entry)}});
      if (options.as_json()) continue;
      std::cout << fmt::format("{} on track {} {}\n", printable(identity.name, 80), board.track.id,
                               outcome_of_decision(decision, entry));
    }
  }
  if (options.as_json()) print_decided(list);
}

void add_organizer_options(CLI::App& command, const std::shared_ptr<BoardOptions>& options) {
  command.add_flag("--organizer", options->for_organizer,
                   "All of it, also what the competition's freeze and publishes keep from the "
                   "public");
  command.add_option("--at", options->at, "What is public then, RFC 3339 (default: now)");
}

CLI::App* add_subcommand(CLI::App& board, const char* name, const char* description,
                         const std::shared_ptr<BoardOptions>& options) {
  CLI::App* command = board.add_subcommand(name, description);
  command->add_option("--db", options->database, "The board's database")->required();
  command->add_option("--competition", options->competition, "Only this competition's id");
  command->add_option("--track", options->track, "Only this track");
  command->add_option("--format", options->format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  return command;
}

void add_merge(CLI::App& board, const std::shared_ptr<BoardOptions>& options) {
  CLI::App* merge = add_subcommand(
      board, "merge",
      "Join the runs of an exported board with those of the same entries here, as sessions of one "
      "run",
      options);
  merge->add_option("folder", options->folder, "What board export wrote")
      ->required()
      ->check(CLI::ExistingDirectory);
  merge
      ->add_option("--allowed-signers", options->allowed_signers,
                   "OpenSSH's file of those whose exports are joined: one of them signed it")
      ->required()
      ->check(CLI::ExistingFile);
  merge->add_option("--datasets", options->datasets, "Folder of datasets to look in first");
  merge->footer(
      "A run is joined where machine, environment, counters and measuring are the same and a\n"
      "baseline has two blocks in each of its sessions. What has no run here is added as board\n"
      "ingest does. Exit status: 0 all is here, 1 a run was left apart, 2 we cannot go on.");
  merge->callback([options] { merge_folder(*options); });
}

/// Boards on their way out and in.
void add_exchange(CLI::App& board, const std::shared_ptr<BoardOptions>& options) {
  CLI::App* out = add_subcommand(
      board, "export", "Write boards with records and history to a folder that others can check",
      options);
  out->add_option("folder", options->folder, "Folder to make")->required();
  out->add_option("--key", options->key,
                  "Private key of OpenSSH, or a public one that ssh-agent holds: signs the export");
  add_organizer_options(*out, options);
  out->callback([options] { export_to_folder(*options); });
  CLI::App* in = add_subcommand(
      board, "ingest",
      "Take in the records of an exported board, checked and scored here; they are held until "
      "accepted, or until somebody allowed has signed them",
      options);
  in->add_option("folder", options->folder, "What board export wrote")
      ->required()
      ->check(CLI::ExistingDirectory);
  in->add_option("--allowed-signers", options->allowed_signers,
                 "OpenSSH's file of those whose exports are ranked at once")
      ->check(CLI::ExistingFile);
  in->add_option("--datasets", options->datasets, "Folder of datasets to look in first");
  in->footer(
      "Compare the head it prints with the digest at the foot of the pages it comes from: the\n"
      "export then is of that history. The database is made if it is not there.");
  in->callback([options] { ingest_folder(*options); });
  add_merge(board, options);
  CLI::App* copy = add_subcommand(
      board, "backup", "Copy the database and its records while they are in use; check the copy",
      options);
  copy->add_option("folder", options->folder, "Folder to make")->required();
  copy->callback([options] { back_up_to_folder(*options); });
}

void add_decisions(CLI::App& board, const std::shared_ptr<BoardOptions>& options) {
  const std::tuple<const char*, const char*, Decision> decisions[] = {
      {"accept", "Rank an entry that is held: the organizer has looked at the evidence",
       Decision::accepted},
      {"withdraw", "Take an entry out of the ranks, or of the queue, at its team's wish",
       Decision::withdrawn},
      {"disqualify", "Take an entry out of the ranks for breaking the rules",
       Decision::disqualified},
      {"restore", "Take back withdraw or disqualify", Decision::restored}};
  for (const auto& [name, description, decision] : decisions) {
    CLI::App* command = add_subcommand(board, name, description, options);
    command->add_option("entry", options->entry, "Entry: its name, or the first digits of its id")
        ->required();
    command->add_option("--reason", options->reason, "Shown on the board, kept in the history")
        ->required();
    command->add_option("--team", options->team, "Only entries of this team");
    command->add_flag("--all", options->all, "Every entry that is named so, on every track");
    command->callback([options, decision = decision] { decide_about(*options, decision); });
  }
  CLI::App* select = add_subcommand(
      board, "select", "Say which version of an entry counts, as its team could by a request",
      options);
  select
      ->add_option("entry", options->entry,
                   "First digits of the version's id, or a name that has one version")
      ->required();
  select->add_option("--reason", options->reason, "Kept in the history")->required();
  select->add_option("--team", options->team, "Only versions of this team");
  select->callback([options] { select_for_team(*options); });
}

/// How the pages of `board site` look.
void add_look(CLI::App& site, BoardOptions& options) {
  site.add_option("--language", options.language, "Of the pages: en or de")
      ->check(CLI::IsMember({"en", "de"}))
      ->capture_default_str();
  site.add_option("--base-url", options.base_url,
                  "Where the pages will stand: previews of links and the feed need it")
      ->check(CLI::Validator(
          [](const std::string& url) {
            const bool is_web = url.starts_with("https://") || url.starts_with("http://");
            return is_web ? std::string() : "it begins with https:// or http://";
          },
          "URL"));
  site.add_option("--theme", options.theme,
                  "Folder with files in place of ours: style.css, footer.mustache, ...")
      ->check(CLI::ExistingDirectory);
}

void add_site(CLI::App& board, const std::shared_ptr<BoardOptions>& options) {
  CLI::App* site =
      add_subcommand(board, "site", "Write the board as a folder of static pages", options);
  site->add_option("folder", options->folder,
                   "Folder to write to; files of the same name are replaced")
      ->required();
  add_look(*site, *options);
  auto* const watch = site->add_flag(
      "--watch", options->watches,
      "Go on: write the pages again when something was stored or became public, until stopped");
  site->add_option("--period-s", options->period_s, "With --watch: seconds between two looks")
      ->check(CLI::Range(0.1, 3600.0))
      ->capture_default_str()
      ->needs(watch);
  site->footer(
      "The pages work from disk and without scripts. The same database gives the same bytes.\n"
      "Beside them lie log.jsonl, the whole history, and SHA256SUMS; heads.jsonl, which board "
      "sign\n"
      "adds to, is kept. With --competition or --track there is neither.\n"
      "Example: joulebench board site public --db digits.db");
  add_organizer_options(*site, options);
  site->callback([options] { options->watches ? watch_site(*options) : write_site(*options); });
}

void add_verify(CLI::App& board, const std::shared_ptr<BoardOptions>& options) {
  CLI::App* check = add_subcommand(
      board, "verify",
      "Make every table again from the log and the records and compare; check every record's files",
      options);
  check->add_option(
      "--expect", options->expected_head,
      "A head that was seen before: the history must hold it (12 digits at the least)");
  check->add_option("--site", options->site,
                    "A folder of published pages: it must belong to this database");
  check
      ->add_option("--allowed-signers", options->allowed_signers,
                   "With --site: OpenSSH's file of those whose signatures are good")
      ->check(CLI::ExistingFile);
  add_organizer_options(*check, options);
  check->add_option("--theme", options->theme, "With --site: that of board site")
      ->check(CLI::ExistingDirectory);
  check->add_flag("--scores", options->scores, "Compute every score again from its record");
  check->add_option("--datasets", options->datasets, "Folder of datasets to look in first");
  check->footer("Exit status: 0 nothing was altered, 1 something was, 2 we cannot go on.");
  check->callback([options] { verify(*options); });
}

}  // namespace

void add_board_command(CLI::App& app) {
  CLI::App* board = app.add_subcommand("board", "Show, publish and look after the ranked results");
  board->require_subcommand(1);
  auto options = std::make_shared<BoardOptions>();
  CLI::App* table = add_subcommand(*board, "show", "Print the ranked entries as a table", options);
  table->add_flag("--public", options->for_public,
                  "Only what the public sees by the competition's freeze and publishes");
  table->add_option("--at", options->at, "With --public: at that time, RFC 3339 (default: now)");
  table->callback([options] { show(*options); });
  add_site(*board, options);
  CLI::App* seal = add_subcommand(
      *board, "sign", "Sign the history's head and the pages that were made from it", options);
  seal->add_option("folder", options->folder, "What board site wrote")
      ->required()
      ->check(CLI::ExistingDirectory);
  seal->add_option("--theme", options->theme, "That of board site")->check(CLI::ExistingDirectory);
  seal->add_option("--key", options->key,
                   "Private key of OpenSSH, or a public one that ssh-agent holds")
      ->required();
  add_organizer_options(*seal, options);
  seal->footer(
      "Adds a line to heads.jsonl in the folder. Publish the folder after that; anyone can check "
      "it\n"
      "with ssh-keygen alone.\n"
      "Example: joulebench board sign public --db digits.db --key ~/.ssh/id_ed25519");
  seal->callback([options] { sign(*options); });
  CLI::App* two = add_subcommand(
      *board, "compare", "Say how two entries differ in energy and accuracy, and how sure that is",
      options);
  two->add_option("a", options->entry, "Entry: its name, or the first digits of its id")
      ->required();
  two->add_option("b", options->other, "The other")->required();
  two->callback([options] { compare(*options); });
  add_subcommand(*board, "history", "Print the chained log of all that was stored", options)
      ->callback([options] { history(*options); });
  add_verify(*board, options);
  add_exchange(*board, options);
  CLI::App* again = add_subcommand(
      *board, "rebuild", "Make all tables again from the log and the records' folders", options);
  again->footer("The log is what counts; verify says whether the tables are what it tells of.");
  again->callback([options] { rebuild(*options); });
  add_decisions(*board, options);
}

}  // namespace joulebench
