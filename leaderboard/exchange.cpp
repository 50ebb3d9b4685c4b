#include "leaderboard/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json_file.h"
#include "scoring/ranking.h"
#include "scoring/score_json.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kFormat = "joulebench-export/1";

std::string dumped(const json& document) {
  return document.dump(-1, ' ', false, json::error_handler_t::replace);
}

void require_absent(const fs::path& folder, const char* what) {
  std::error_code none;
  if (!fs::exists(fs::symlink_status(folder, none))) return;
  throw Error({.what = what,
               .where = folder.string() + ": it is there already",
               .hint = "name a folder that is not there yet"});
}

/// A folder that takes its name when all of it is written; before that it lies beside it.
class NewFolder {
 public:
  explicit NewFolder(const fs::path& path)
      : path_(fs::absolute(path).lexically_normal()), temporary_("new", parent()) {}
  const fs::path& path() const { return temporary_.path(); }
  void publish() {
    fs::permissions(temporary_.path(), fs::perms(0755));
    publish_folder(temporary_.path(), path_);
  }

 private:
  fs::path parent() {
    if (!path_.has_filename()) path_ = path_.parent_path();
    fs::create_directories(path_.parent_path());
    return path_.parent_path();
  }
  fs::path path_;
  TemporaryFolder temporary_;
};

/// Copies a regular file that must have this digest.
void copy_checked(const fs::path& from, const fs::path& to, const std::string& sha256) {
  const auto fail = [&](const std::string& reason) {
    return Error({.what = "a record's file is not what it should be",
                  .where = from.string() + ": " + reason,
                  .hint = "restore it from a copy, or leave its run out"});
  };
  std::error_code problem;
  if (!fs::is_regular_file(fs::symlink_status(from, problem))) throw fail("no such file");
  if (!fs::copy_file(from, to, problem)) {
    throw Error({.what = "cannot copy a record's file",
                 .where = to.string() + ": " + problem.message(),
                 .hint = {}});
  }
  fs::permissions(to, fs::perms(0644));
  if (sha256_of_file(to) != sha256) throw fail("its SHA-256 differs");
}

/// A run's record as files: run.json as it is stored, and its blocks' files from `from`.
void copy_record(const RunRecord& record, const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  write_run_record(to, record);
  for (const BlockRecord& block : record.blocks) {
    for (const auto& [name, sha256] : block_files(block)) {
      const fs::path folder = block_folder(to, block.number);
      fs::create_directories(folder);
      copy_checked(block_folder(from, block.number) / name, folder / name, sha256);
    }
  }
}

/// What the system says of files (a full disk, no permission), in our words.
template <class Function>
auto speaking_of_files(const char* what, Function&& function) {
  try {
    return function();
  } catch (const fs::filesystem_error& problem) {
    throw Error({.what = what, .where = problem.what(), .hint = {}});
  }
}

// ---- in ----

Error altered(const fs::path& file, const std::string& reason) {
  return Error({.what = "an exported board is not what its log tells of",
                .where = file.string() + ": " + reason,
                .hint = "get it again from where it comes from; nothing of this run was taken in"});
}

/// The last word of a log on each run: its record, its scores, its states.
struct LogView {
  std::map<std::string, std::string> competitions;  // id -> SHA-256 of its text
  std::map<std::int64_t, json> runs;
  std::set<std::pair<std::int64_t, std::string>> scores;
  std::map<std::tuple<std::int64_t, std::string, std::string>, std::string> states;  // when
};

std::vector<LogEvent> read_log(const json& list) {
  std::vector<LogEvent> log;
  for (const json& one : list) {
    log.push_back({.number = one.at("number"),
                   .at_utc = one.at("at_utc"),
                   .kind = one.at("kind"),
                   .detail = one.at("detail"),
                   .previous_sha256 = one.at("previous_sha256"),
                   .sha256 = one.at("sha256")});
  }
  return log;
}

LogView view_of(const std::vector<LogEvent>& log) {
  LogView view;
  for (const LogEvent& event : log) {
    const json detail = json::parse(event.detail);
    if (event.kind == "competition")
      view.competitions[detail.at("competition")] = detail.at("sha256");
    if (event.kind == "run") view.runs[detail.at("run")] = detail;
    if (event.kind == "score") view.scores.emplace(detail.at("run"), detail.at("score_sha256"));
    if (event.kind == "state") {
      view.states[{detail.at("run"), detail.at("state"), detail.at("reason")}] = event.at_utc;
    }
  }
  return view;
}

/// One run of an export, checked against its log, its files not yet.
struct Incoming {
  RunRecord record;
  fs::path folder;
  std::optional<Score> score;
  std::string rule, program_version, scored_at_utc;
  std::optional<EntryState> state;
  std::string state_reason, state_since_utc;
};

Incoming read_run(const json& one, const fs::path& folder, const LogView& log) {
  Incoming run{.folder = folder};
  const fs::path file = folder / "run.json";
  std::error_code none;
  if (!fs::is_regular_file(fs::symlink_status(file, none))) throw altered(file, "no such file");
  const std::string text = read_text_file(file);
  run.record = parse_run_record(text, file.string());
  const std::int64_t id = one.at("run");
  const auto told = log.runs.find(id);
  if (told == log.runs.end() || told->second.at("record_sha256") != sha256_of_text(text) ||
      to_json_text(run.record) != text) {
    throw altered(file, "it was altered, or is of another run");
  }
  for (const BlockRecord& block : run.record.blocks) {
    for (const auto& [name, sha256] : block_files(block)) {
      const fs::path path = block_folder(folder, block.number) / name;
      if (!fs::is_regular_file(fs::symlink_status(path, none))) throw altered(path, "no such file");
      if (sha256_of_file(path) != sha256) throw altered(path, "its SHA-256 differs");
    }
  }
  if (const json& score = one.at("score"); !score.is_null()) {
    const std::string score_text = score.at("text");
    if (!log.scores.contains({id, sha256_of_text(score_text)})) {
      throw altered(file, "its score was altered");
    }
    run.score = score_from_json(parse_json(score_text, file.string(), {}), file.string());
    run.rule = score.at("rule");
    run.program_version = score.at("program_version");
    run.scored_at_utc = score.at("scored_at_utc");
  }
  if (const json& state = one.at("state"); !state.is_null()) {
    run.state = entry_state_from(state.at("state").get<std::string>());
    run.state_reason = state.at("reason");
    const auto since = run.state ? log.states.find({id, to_string(*run.state), run.state_reason})
                                 : log.states.end();
    if (since == log.states.end()) throw altered(file, "its state was altered");
    run.state_since_utc = since->second;
  }
  return run;
}

/// True when the very same record is here already. Errors: Error when another one is.
bool is_here(const Store& store, const RunRecord& record) {
  for (const StoredRun& run :
       store.find_runs(record.competition_id, record.track.id, record.entry.id)) {
    if (run.record.node_before.hostname != record.node_before.hostname) continue;
    if (to_json_text(run.record) == to_json_text(record)) return true;
    throw Error({.what = "another run of this entry is on the board",
                 .where = fmt::format("{} on track {}, node {}", record.entry.name, record.track.id,
                                      record.node_before.hostname),
                 .hint = "ingest it into a database of its own"});
  }
  return false;
}

std::map<std::string, Competition> read_competitions(const json& list, const fs::path& folder,
                                                     const Store& store, const LogView& log) {
  const std::vector<std::string> here = store.competition_ids();
  std::map<std::string, Competition> competitions;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const fs::path file = folder / fmt::format("competition-{}.json", i + 1);
    const std::string text = list[i].at("text");
    Competition competition = parse_competition(text, file);
    validate_ranking(competition);
    const auto told = log.competitions.find(competition.id);
    if (told == log.competitions.end() || told->second != competition.digest) {
      throw altered(folder / "export.json", "competition " + competition.id + " was altered");
    }
    if (std::find(here.begin(), here.end(), competition.id) != here.end() &&
        store.competition(competition.id).digest != competition.digest) {
      throw Error({.what = "the board has another version of this competition",
                   .where = competition.id,
                   .hint = "ingest it into a database of its own"});
    }
    competitions.emplace(competition.id, std::move(competition));
  }
  return competitions;
}

}  // namespace

std::vector<std::string> check_record(const StoredRun& run, std::size_t& files) {
  std::vector<std::string> problems;
  try {
    if (to_json_text(read_run_record(run.folder)) != to_json_text(run.record)) {
      problems.push_back("run.json in " + run.folder.string() + " is not the one that was stored");
    }
  } catch (const Error& error) {
    problems.push_back(error.parts().where);
  }
  for (const BlockRecord& block : run.record.blocks) {
    for (const auto& [name, sha256] : block_files(block)) {
      const fs::path file = block_folder(run.folder, block.number) / name;
      ++files;
      std::error_code ignored;
      if (!fs::exists(file, ignored)) {
        problems.push_back(file.string() + " is missing");
      } else if (sha256_of_file(file) != sha256) {
        problems.push_back(file.string() + " was altered");
      }
    }
  }
  return problems;
}

Exported export_boards(const Store& store, const std::string& competition, const fs::path& folder) {
  return speaking_of_files("cannot export the board", [&] {
    require_absent(folder, "cannot export the board");
    NewFolder target(folder);
    Exported exported;
    json runs = json::array();
    json competitions = json::array();
    std::vector<std::string> ids = {competition};
    if (competition.empty()) ids = store.competition_ids();
    for (const std::string& id : ids) {
      const Competition one = store.competition(id);
      competitions.push_back({{"id", id}, {"text", one.text}});
      for (const Track& track : one.tracks) {
        for (const BoardEntry& entry : store.board(id, track.id)) {
          ++exported.runs;
          copy_record(entry.run.record, entry.run.folder,
                      target.path() / fmt::format("run-{}", exported.runs));
          json score, state;
          if (entry.score) {
            score = {{"text", entry.score_text},
                     {"rule", entry.rule},
                     {"program_version", entry.program_version},
                     {"scored_at_utc", entry.scored_at_utc}};
          }
          if (!entry.state_since_utc.empty()) {
            state = {{"state", to_string(entry.state)}, {"reason", entry.state_reason}};
          }
          runs.push_back({{"run", entry.run.id},
                          {"competition", id},
                          {"track", track.id},
                          {"entry_id", entry.run.record.entry.id},
                          {"score", std::move(score)},
                          {"state", std::move(state)}});
        }
      }
    }
    json log = json::array();
    for (const LogEvent& event : store.log()) {
      log.push_back({{"number", event.number},
                     {"at_utc", event.at_utc},
                     {"kind", event.kind},
                     {"detail", event.detail},
                     {"previous_sha256", event.previous_sha256},
                     {"sha256", event.sha256}});
      exported.head = event;
    }
    write_file_atomically(
        target.path() / "export.json",
        dumped(
            {{"format", kFormat}, {"competitions", competitions}, {"runs", runs}, {"log", log}}) +
            "\n");
    target.publish();
    return exported;
  });
}

Ingested ingest_boards(const fs::path& folder, Store& store, const fs::path& records,
                       const std::string& at_utc) {
  const fs::path file = folder / "export.json";
  const json document = parse_json(read_text_file(file, std::size_t{1} << 30), file.string(), {});
  if (!document.is_object() || document.value("format", json()) != kFormat) {
    throw Error(
        {.what = "this is no exported board",
         .where = file.string() + ": field 'format', where \"" + kFormat + "\" was expected",
         .hint = "joulebench board export makes one"});
  }
  return speaking_of_files("cannot ingest the board", [&] {
    try {
      const std::vector<LogEvent> events = read_log(document.at("log"));
      if (const std::string problem = verify_chain(events); !problem.empty()) {
        throw altered(file, "log: " + problem);
      }
      const LogView log = view_of(events);
      const auto competitions = read_competitions(document.at("competitions"), folder, store, log);
      std::vector<Incoming> runs;
      std::size_t number = 0;
      for (const json& one : document.at("runs")) {
        runs.push_back(read_run(one, folder / fmt::format("run-{}", ++number), log));
        if (!competitions.contains(runs.back().record.competition_id)) {
          throw altered(runs.back().folder, "it is of a competition that is not in the export");
        }
      }
      // Whatever could refuse has been asked: from here on runs are taken in one by one.
      Ingested result{.head_sha256 = events.empty() ? "" : events.back().sha256};
      std::vector<bool> known;
      for (const Incoming& run : runs) known.push_back(is_here(store, run.record));
      for (const auto& [id, competition] : competitions) store.put_competition(competition, at_utc);
      for (std::size_t i = 0; i < runs.size(); ++i) {
        const Incoming& run = runs[i];
        if (known[i]) {
          ++result.known;
          continue;
        }
        const fs::path target =
            records / "ingested" / sha256_of_text(to_json_text(run.record)).substr(0, 24);
        fs::remove_all(target);  // of a call that was cut off
        NewFolder copy(target);
        copy_record(run.record, run.folder, copy.path());
        copy.publish();
        const std::int64_t id = store.put_run(run.record, target, at_utc);
        if (run.score) {
          store.put_score(id, *run.score, run.rule, run.program_version, run.scored_at_utc);
        }
        if (run.state) {
          store.set_state(id, *run.state, run.state_reason, run.state_since_utc);
        }
        ++result.added;
      }
      if (result.added > 0) store.note_ingested(result.head_sha256, result.added, at_utc);
      return result;
    } catch (const json::exception& problem) {
      throw altered(file, std::string("it cannot be read: ") + problem.what());
    }
  });
}

std::size_t back_up(const fs::path& database, const fs::path& folder) {
  return speaking_of_files("cannot back up the board", [&] {
    require_absent(folder, "cannot back up the board");
    const Store source = Store::open_existing(database);
    NewFolder target(folder);
    const fs::path copy = target.path() / database.filename();
    source.copy_to(copy);
    // What the copy holds is what counts: the source may have gone on meanwhile.
    std::size_t runs = 0;
    {
      const Store copied = Store::open_existing(copy);
      std::vector<std::string> problems = copied.verify();
      for (const std::string& id : copied.competition_ids()) {
        for (const Track& track : copied.competition(id).tracks) {
          for (const BoardEntry& entry : copied.board(id, track.id)) {
            const fs::path relative =
                entry.run.folder.lexically_relative(fs::weakly_canonical(target.path()));
            if (relative.empty() || *relative.begin() == "..") {
              throw Error({.what = "a record lies elsewhere than its board",
                           .where = entry.run.folder.string(),
                           .hint = "joulebench board export takes it along"});
            }
            const fs::path original =
                fs::weakly_canonical(fs::absolute(database)).parent_path() / relative;
            copy_record(entry.run.record, original, target.path() / relative);
            ++runs;
          }
        }
      }
      if (!problems.empty()) {
        throw Error({.what = "the copy of the board is not whole",
                     .where = problems.front(),
                     .hint = "joulebench board verify says what is wrong with the original"});
      }
    }
    target.publish();
    return runs;
  });
}

}  // namespace joulebench
