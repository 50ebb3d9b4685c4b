#include "leaderboard/exchange.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "core/block_file.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/file_kind.h"
#include "core/json_file.h"
#include "core/parallel.h"
#include "core/ssh_signature.h"
#include "core/version.h"
#include "leaderboard/record_ranges.h"
#include "leaderboard/right_answers.h"
#include "scoring/ranking.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kFormat = "joulebench-export/3";
constexpr const char* kSignature = "export.sig";
constexpr std::size_t kMostExport = std::size_t{1} << 30;  // bytes of export.json

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

/// A folder that takes its name when all of it is on disk; before that it lies beside it.
class NewFolder {
 public:
  explicit NewFolder(const fs::path& path)
      : path_(fs::absolute(path).lexically_normal()), temporary_("new", parent()) {
    fs::permissions(temporary_.path(), fs::perms(0755));
  }
  const fs::path& path() const { return temporary_.path(); }
  /// Errors: std::filesystem::filesystem_error. The caller brings its files to disk before.
  void take_name() const { fs::rename(temporary_.path(), path_); }
  void publish() const {
    sync_file_system(temporary_.path());
    take_name();
    sync_file_system(path_);
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

/// Copies a block's file, whose content must have this digest, as it lies there.
void copy_checked(const fs::path& from, const fs::path& to, const std::string& sha256) {
  const fs::path file = find_block_file(from);
  fs::path target = to.parent_path() / file.filename();
  std::error_code problem;
  if (!fs::copy_file(file, target, problem)) {
    throw Error({.what = "cannot copy a record's file",
                 .where = target.string() + ": " + problem.message(),
                 .hint = {}});
  }
  fs::permissions(target, fs::perms(0644));
  if (sha256_of_text(read_block_file(to)) == sha256) return;
  throw Error({.what = "a record's file is not what it should be",
               .where = file.string() + ": its SHA-256 differs",
               .hint = "restore it from a copy, or leave its run out"});
}

/// A run's record as files: run.json as it is stored, and its blocks' files from `from`.
void copy_record(const RunRecord& record, const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  write_file(to / "run.json", to_json_text(record));
  for (const BlockRecord& block : record.blocks) {
    const auto files = block_files(block);
    const fs::path folder = block_folder(to, block.number);
    if (!files.empty()) fs::create_directory(folder);
    for (const auto& [name, sha256] : files) {
      copy_checked(block_folder(from, block.number) / name, folder / name, sha256);
    }
  }
}

/// A record's files on their way.
struct RecordCopy {
  const RunRecord* record = nullptr;
  fs::path from;
  fs::path to;
};

/// On several CPUs: most of the time goes into making thousands of small files.
void copy_records(const std::vector<RecordCopy>& copies) {
  constexpr unsigned kMostThreads = 4;
  for_each_in_parallel(copies, kMostThreads, [](const RecordCopy& copy) {
    copy_record(*copy.record, copy.from, copy.to);
  });
}

/// What the system says of files (a full disk, no permission), in our words.
template <class Function>
auto speaking_of_files(const char* what, Function&& function) {
  try {
    return function();
  } catch (const fs::filesystem_error& problem) {
    const std::string second = problem.path2().empty() ? "" : " to " + problem.path2().string();
    throw Error({.what = what,
                 .where = problem.path1().string() + second + ": " + problem.code().message(),
                 .hint = {}});
  }
}

// ---- in ----

Error altered(const fs::path& file, const std::string& reason) {
  return Error({.what = "an exported board is not what its log tells of",
                .where = file.string() + ": " + reason,
                .hint = "get it again from where it comes from; nothing of this run was taken in"});
}

/// The last word of a log on each run.
struct LogView {
  std::map<std::string, std::string> competitions;                     // id -> SHA-256 of its text
  std::map<std::int64_t, std::string> records;                         // run -> SHA-256
  std::map<std::int64_t, std::string> origins;                         // run -> its own origin
  std::map<std::int64_t, std::pair<Decision, std::string>> decisions;  // run -> what and why
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

void note_decision(LogView& view, const json& detail) {
  if (const auto decision = decision_from(detail.at("decision").get<std::string>())) {
    view.decisions[detail.at("run")] = {*decision, detail.at("reason")};
  }
}

/// An event of this kind stands for all before it.
void note_migration(LogView& view, const json& tables) {
  view = {};
  for (const json& row : tables.at("competitions")) {
    view.competitions[row.at("id")] = sha256_of_text(row.at("text").get<std::string>());
  }
  for (const json& row : tables.at("runs")) {
    view.records[row.at("id")] = row.at("record_sha256");
    view.origins[row.at("id")] = row.at("origin");
  }
  for (const json& row : tables.at("decisions")) note_decision(view, row);
}

LogView view_of(const std::vector<LogEvent>& log) {
  LogView view;
  for (const LogEvent& event : log) {
    const json detail = json::parse(event.detail);
    if (event.kind == "competition") {
      view.competitions[detail.at("competition")] = detail.at("sha256");
    } else if (event.kind == "run") {
      view.records[detail.at("run")] = detail.at("record_sha256");
      view.origins[detail.at("run")] =
          detail.contains("joined") ? "joined" : detail.value("origin", "");
    } else if (event.kind == "decision") {
      note_decision(view, detail);
    } else if (event.kind == "migrate") {
      note_migration(view, detail.at("tables"));
    }
  }
  return view;
}

/// One run of an export, checked against its log.
struct IncomingRun {
  RunRecord record;
  fs::path folder;
  std::optional<std::pair<Decision, std::string>> decision;
  std::optional<StoredRun> known;  // the very same record, when it is here already
  bool ran_there = false;          // where the export was made; else it came there from elsewhere
  std::optional<Score> score;
  std::string rule;
  /// With another run of the entry that is here; `known` is that one then.
  std::optional<JoinedRecord> join;
  std::string apart;        // why it cannot be joined with that one; empty: nothing keeps it apart
  bool is_bridged = false;  // new, of sessions whose baseline's blocks are joined to one here
};

/// All of an export, checked.
struct Incoming {
  std::map<std::string, Competition> competitions;
  std::vector<IncomingRun> runs;
  Origin origin;
};

Error impossible(const fs::path& file, const std::string& problem) {
  return Error({.what = "a record holds what nobody can have measured",
                .where = file.string() + ": " + problem,
                .hint = "leave its run out of the export"});
}

/// Checks the files that the record names.
void check_files(const RunRecord& record, const fs::path& folder) {
  for (const BlockRecord& block : record.blocks) {
    for (const auto& [name, sha256] : block_files(block)) {
      const fs::path path = block_folder(folder, block.number) / name;
      std::string content;
      try {
        content = read_block_file(path);
      } catch (const Error& error) {
        throw altered(folder, error.parts().where);
      }
      if (sha256_of_text(content) != sha256) throw altered(path, "its SHA-256 differs");
    }
    if (block.trace_sha256.empty()) continue;
    const std::vector<std::string> problems = out_of_range(read_trace(folder, block));
    if (!problems.empty()) throw impossible(block_folder(folder, block.number), problems.front());
  }
}

IncomingRun read_run(const json& one, const fs::path& folder, const LogView& log) {
  IncomingRun run{.folder = folder};
  const fs::path file = folder / "run.json";
  std::error_code none;
  if (!fs::is_regular_file(fs::symlink_status(file, none))) throw altered(file, "no such file");
  const std::string text = read_text_file(file);
  run.record = parse_run_record(text, file.string());
  const std::int64_t id = one.at("run");
  const auto told = log.records.find(id);
  if (told == log.records.end() || told->second != sha256_of_text(text) ||
      to_json_text(run.record) != text) {
    throw altered(file, "it was altered, or is of another run");
  }
  if (const std::vector<std::string> problems = out_of_range(run.record); !problems.empty()) {
    throw impossible(file, problems.front());
  }
  run.ran_there = log.origins.at(id).empty();
  check_files(run.record, folder);
  if (const auto decided = log.decisions.find(id); decided != log.decisions.end()) {
    run.decision = decided->second;
  }
  return run;
}

/// The entry's run on the record's node that is here already.
std::optional<StoredRun> find_same_place(const Store& store, const RunRecord& record) {
  for (StoredRun& run : store.find_runs(record.competition_id, record.track.id, record.entry.id)) {
    if (run.record.node_before.hostname == record.node_before.hostname) return std::move(run);
  }
  return std::nullopt;
}

/// What of the record that is here keeps others from being joined with it; empty: nothing does.
std::string why_not_joined(const StoredRun& known, const JoinedRecord& join) {
  if (!known.origin.empty() && known.origin_signer.empty()) {
    return "nobody who is allowed signed the one that is here";
  }
  std::size_t files = 0;
  StoredRun here = known;
  // A merge that was cut off leaves the joined record in the folder before the board tells of it.
  const std::string joined = sha256_of_text(to_json_text(join.record));
  if (sha256_of_file(known.folder / "run.json") == joined) here.record_sha256 = joined;
  const std::vector<std::string> problems = check_record(here, files);
  return problems.empty() ? "" : problems.front();
}

/// Looks for what is here already: the very same record, or one to join this one with. Errors:
/// Error when there is another one and nothing is to be joined.
void find_known(const Store& store, const RecordJoining& joining, IncomingRun& run) {
  run.known = find_same_place(store, run.record);
  if (!run.known || to_json_text(run.known->record) == to_json_text(run.record)) return;
  if (!joining) {
    throw Error({.what = "another run of this entry is on the board",
                 .where = fmt::format("{} on track {}, node {}", run.record.entry.name,
                                      run.record.track.id, run.record.node_before.hostname),
                 .hint =
                     "joulebench board merge joins the two; or ingest it into a database of its "
                     "own"});
  }
  try {
    run.join = joining(run.known->record, run.record);
    run.apart = why_not_joined(*run.known, *run.join);
  } catch (const Error& problem) {
    run.apart = problem.parts().where;
  }
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

/// Of all of an export.json but the digest itself.
std::string digest_of(json document) {
  document.erase("sha256");
  return sha256_of_text(dumped(document));
}

/// The record as it will be on the board.
const RunRecord& coming_record(const IncomingRun& run) {
  if (run.join && run.apart.empty()) return run.join->record;
  return run.known ? run.known->record : run.record;
}

/// Valid blocks of baselines by track, node and session, as they will be on the board.
using BaselineBlocks = std::map<std::tuple<std::string, std::string, std::string>, int>;

void count_blocks(const RunRecord& record, BaselineBlocks& counts) {
  if (!record.entry.is_baseline) return;
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid) continue;
    ++counts[{record.track.id, record.node_before.hostname, block.session}];
  }
}

/// The first session of the blocks from `first` on that has too few blocks of a baseline; absent:
/// each has enough.
std::optional<std::string> session_without_baseline(const RunRecord& record, std::size_t first,
                                                    const BaselineBlocks& counts) {
  constexpr int kFewest = 2;  // what scoring asks of a session's baseline
  for (std::size_t i = first; i < record.blocks.size(); ++i) {
    const auto found =
        counts.find({record.track.id, record.node_before.hostname, record.blocks[i].session});
    if (found == counts.end() || found->second < kFewest) return record.blocks[i].session;
  }
  return std::nullopt;
}

/// Blocks of another session say something beside those that are here through a baseline alone
/// that ran in both: the run of a baseline here, with what is joined to it.
void judge_sessions(Incoming& board, const Store& store) {
  BaselineBlocks counts;
  std::set<std::int64_t> counted;
  for (const IncomingRun& run : board.runs) {
    if (!run.known || !run.known->origin.empty()) continue;
    counted.insert(run.known->id);
    count_blocks(coming_record(run), counts);
  }
  for (const auto& [id, competition] : board.competitions) {
    for (const std::string& track : store.tracks_with_runs(id)) {
      for (const BoardEntry& entry : store.board(id, track)) {
        if (entry.run.origin.empty() && counted.insert(entry.run.id).second) {
          count_blocks(entry.run.record, counts);
        }
      }
    }
  }
  for (IncomingRun& run : board.runs) {
    if (!run.known) {
      run.is_bridged = run.ran_there && !run.record.blocks.empty() &&
                       !session_without_baseline(run.record, 0, counts);
    } else if (run.join && run.apart.empty()) {
      const std::size_t own = run.join->record.blocks.size() - run.join->blocks.size();
      if (const auto alone = session_without_baseline(run.join->record, own, counts)) {
        run.apart = "no baseline has 2 blocks in session " + *alone;
      }
    }
  }
}

/// Reads and checks everything that could refuse the export.
Incoming read_export(const json& document, const fs::path& folder, const Store& store,
                     const Origin& signed_by, const RecordJoining& joining) {
  const fs::path file = folder / "export.json";
  const std::vector<LogEvent> events = read_log(document.at("log"));
  if (const std::string problem = verify_chain(events); !problem.empty()) {
    throw altered(file, "log: " + problem);
  }
  const LogView log = view_of(events);
  Incoming board{.competitions = read_competitions(document.at("competitions"), folder, store, log),
                 .origin = signed_by};
  board.origin.head_sha256 = events.empty() ? "" : events.back().sha256;
  std::size_t number = 0;
  for (const json& one : document.at("runs")) {
    IncomingRun run = read_run(one, folder / fmt::format("run-{}", ++number), log);
    const auto competition = board.competitions.find(run.record.competition_id);
    if (competition == board.competitions.end()) {
      throw altered(run.folder, "it is of a competition that is not in the export");
    }
    competition->second.track(run.record.track.id);  // Error: no such track
    find_known(store, joining, run);
    board.runs.push_back(std::move(run));
  }
  if (document.at("sha256") != digest_of(document)) throw altered(file, "something is missing");
  if (joining) judge_sessions(board, store);
  return board;
}

/// Under the rules of the competition, not those that the record says it ran under.
void score_all(Incoming& board, const RecordScoring& scoring) {
  for (IncomingRun& run : board.runs) {
    if (run.known && (!run.join || !run.apart.empty())) continue;
    // Of one that is joined this is a check of its predictions; both together are scored then.
    const Competition& competition = board.competitions.at(run.record.competition_id);
    const Track& track = competition.track(run.record.track.id);
    run.score = scoring(competition, track, run.record, run.folder);
    run.rule = rank_scores({&*run.score, 1}, track).rule;
  }
}

/// Who signs an export vouches for what ran there, not for what came there from elsewhere.
Origin origin_of(const IncomingRun& run, const Incoming& board) {
  Origin origin = board.origin;
  if (!run.ran_there) origin.signer.clear();
  return origin;
}

/// Withdrawn or disqualified where it comes from.
bool is_taken_out(const IncomingRun& run) {
  return run.decision && (run.decision->first == Decision::withdrawn ||
                          run.decision->first == Decision::disqualified);
}

void store_run(const IncomingRun& run, const fs::path& folder, const Origin& origin, Store& store,
               const std::string& at_utc) {
  JoinedBlocks all{.origin = origin, .blocks = {}};
  for (const BlockRecord& block : run.record.blocks) all.blocks.push_back(block.number);
  const std::int64_t id = run.is_bridged ? store.put_run(run.record, folder, at_utc, {}, {all})
                                         : store.put_run(run.record, folder, at_utc, origin);
  store.put_score(id, *run.score, run.rule, kVersion, at_utc);
  if (is_taken_out(run)) {
    store.decide(id, run.decision->first, run.decision->second, at_utc);
  }
}

constexpr std::size_t kBatch = 256;  // runs that wait for the disk together

/// Runs that are copied and stored together: nothing can refuse them any more.
void store_runs(std::span<const IncomingRun* const> runs, const Incoming& board, Store& store,
                const fs::path& records, const std::string& at_utc) {
  std::vector<fs::path> targets;
  for (const IncomingRun* run : runs) {
    targets.push_back(records / "ingested" /
                      sha256_of_text(to_json_text(run->record)).substr(0, 24));
    fs::remove_all(targets.back());  // of a call that was cut off
  }
  std::vector<NewFolder> copies;
  copies.reserve(runs.size());
  for (std::size_t i = 0; i < runs.size(); ++i) {
    copy_record(runs[i]->record, runs[i]->folder, copies.emplace_back(targets[i]).path());
  }
  sync_file_system(copies.front().path());
  for (const NewFolder& copy : copies) copy.take_name();
  sync_file_system(targets.front());  // before the board tells of them
  store.together([&] {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      store_run(*runs[i], targets[i], origin_of(*runs[i], board), store, at_utc);
    }
  });
}

/// Copies the blocks that a run gets to its record's folder here, each whole or not at all, and
/// stores and scores it anew.
void store_join(const IncomingRun& run, const Incoming& board, Store& store,
                const RecordScoring& scoring, const std::string& at_utc) {
  const StoredRun& known = *run.known;
  const RunRecord& record = run.join->record;
  const std::size_t own = record.blocks.size() - run.join->blocks.size();
  JoinedBlocks joined{.origin = origin_of(run, board), .blocks = {}};
  for (std::size_t i = 0; i < run.join->blocks.size(); ++i) {
    const BlockRecord& block = record.blocks[own + i];
    joined.blocks.push_back(block.number);
    const fs::path target = block_folder(known.folder, block.number);
    fs::remove_all(target);  // of a call that was cut off: the record does not name it
    NewFolder copy(target);
    for (const auto& [name, sha256] : block_files(block)) {
      copy_checked(block_folder(run.folder, run.join->blocks[i]) / name, copy.path() / name,
                   sha256);
    }
    copy.publish();
  }
  write_run_record(known.folder, record);
  const Competition& competition = board.competitions.at(record.competition_id);
  const Track& track = competition.track(record.track.id);
  const Score score = scoring(competition, track, record, known.folder);
  store.together([&] {
    const std::int64_t id = store.put_run(
        record, known.folder, at_utc,
        {.head_sha256 = known.origin, .key = known.origin_key, .signer = known.origin_signer},
        {joined});
    store.put_score(id, score, rank_scores({&score, 1}, track).rule, kVersion, at_utc);
  });
}

/// What was held until now and is signed by somebody allowed. What ran here, or was signed before,
/// stays as it is.
bool confirm(const IncomingRun& run, const Origin& origin, Store& store,
             const std::string& at_utc) {
  const StoredRun& known = *run.known;
  if (known.origin.empty() || !known.origin_signer.empty() || origin.signer.empty()) return false;
  store.put_run(known.record, known.folder, at_utc, origin);
  return true;
}

/// A withdrawal or disqualification at the origin of a run that came before it; what was decided
/// here stands.
void follow_decision(const IncomingRun& run, Store& store, const std::string& at_utc) {
  const StoredRun& known = *run.known;
  if (known.origin.empty() || !is_taken_out(run)) return;
  for (const BoardEntry& entry : store.board(known.record.competition_id, known.record.track.id)) {
    if (entry.run.id != known.id || !entry.state_reason.empty()) continue;
    store.decide(known.id, run.decision->first, run.decision->second, at_utc);
  }
}

/// Removes what a process that was killed left beside a record that it was copying. Only of
/// records: they lie beside their database, which is of this machine.
void remove_abandoned(const fs::path& parent) {
  constexpr std::string_view kPrefix = "joulebench-new-";  // of NewFolder
  std::error_code absent;
  for (const auto& one : fs::directory_iterator(parent, absent)) {
    const std::string name = one.path().filename().string();
    if (!name.starts_with(kPrefix)) continue;
    const std::size_t end = name.rfind('-');  // of PID-START
    if (end <= kPrefix.size() || is_running(name.substr(kPrefix.size(), end - kPrefix.size()))) {
      continue;
    }
    std::error_code ignored;
    fs::remove_all(one.path(), ignored);
  }
}

/// Nothing can refuse any more: what is new is taken in by batches.
Ingested take_in(const Incoming& board, Store& store, const fs::path& records,
                 const RecordScoring& scoring, const std::string& at_utc) {
  Ingested result{.origin = board.origin};
  for (const auto& [id, competition] : board.competitions) {
    store.put_competition(competition, at_utc);
  }
  remove_abandoned(records / "ingested");
  std::vector<const IncomingRun*> added;
  for (const IncomingRun& run : board.runs) {
    if (!run.known) {
      added.push_back(&run);
      continue;
    }
    if (!run.apart.empty()) {
      result.apart.push_back({run.record.entry.name, run.record.track.id, run.apart});
      continue;
    }
    if (run.join && !run.join->blocks.empty()) {
      store_join(run, board, store, scoring, at_utc);
      ++result.joined;
      continue;
    }
    ++result.known;
    if (confirm(run, origin_of(run, board), store, at_utc)) ++result.confirmed;
    follow_decision(run, store, at_utc);
  }
  for (std::size_t i = 0; i < added.size(); i += kBatch) {
    store_runs(std::span(added).subspan(i, std::min(kBatch, added.size() - i)), board, store,
               records, at_utc);
  }
  result.added = added.size();
  const std::size_t changed = result.added + result.confirmed + result.joined;
  if (changed > 0) store.note_ingested(result.origin, changed, at_utc);
  return result;
}

/// Who signed the export, as far as that can be told. Errors: Error when the signature is bad.
Origin signer_of(const std::string& text, const fs::path& folder, const fs::path& allowed_signers) {
  const fs::path file = folder / kSignature;
  std::error_code none;
  if (!fs::exists(fs::symlink_status(file, none))) return {};
  if (!fs::is_regular_file(fs::symlink_status(file, none))) throw altered(file, "it is no file");
  const SignatureCheck check =
      check_signature(export_text(sha256_of_text(text)), read_text_file(file, std::size_t{1} << 16),
                      allowed_signers);
  if (check.key.empty()) throw altered(file, "it is not the signature of export.json");
  return {.key = check.key, .signer = check.principal};
}

json to_json(const std::vector<LogEvent>& log) {
  json list = json::array();
  for (const LogEvent& event : log) {
    list.push_back({{"number", event.number},
                    {"at_utc", event.at_utc},
                    {"kind", event.kind},
                    {"detail", event.detail},
                    {"previous_sha256", event.previous_sha256},
                    {"sha256", event.sha256}});
  }
  return list;
}

/// What of a block stays when a campaign goes on: drift that is found later may take its outcome.
json lasting_part(json block) {
  block.erase("outcome");
  block.erase("message");
  return block;
}

/// How many blocks a record has beyond those of the stored one, where it is that one otherwise;
/// 0: it is not, or has none.
std::size_t blocks_beyond(const std::string& text, const RunRecord& stored) {
  const json now = json::parse(text, nullptr, false);
  const json before = json::parse(to_json_text(stored));
  if (!now.is_object()) return 0;
  for (const char* key :
       {"format", "entry", "competition_id", "dataset_sha256", "started_at_utc"}) {
    if (now.value(key, json()) != before.value(key, json())) return 0;
  }
  const json blocks = now.value("blocks", json());
  const json& known = before.at("blocks");
  if (!blocks.is_array() || blocks.size() <= known.size()) return 0;
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (!blocks[i].is_object() || lasting_part(blocks[i]) != lasting_part(known[i])) return 0;
  }
  return blocks.size() - known.size();
}

/// A record is written before the board tells of it, so a campaign that was killed, or found no
/// room for the second, leaves it ahead of the board.
std::string not_as_stored(const fs::path& file, const RunRecord& stored) {
  constexpr std::string_view kRemedy =
      "where joulebench evaluate was interrupted, the same call takes it up";
  const std::size_t more = blocks_beyond(read_text_file(file), stored);
  if (more > 0) {
    return fmt::format(
        "{} has {} that the board does not tell of yet, behind those that it does; {}",
        file.string(), more == 1 ? "a block" : fmt::format("{} blocks", more), kRemedy);
  }
  return fmt::format("{} is not the one that was stored; {}, else restore it from a copy",
                     file.string(), kRemedy);
}

void check_run_file(const StoredRun& run, std::vector<std::string>& problems) {
  const fs::path file = run.folder / "run.json";
  if (std::string wrong = wrong_kind(file, fs::file_type::regular); !wrong.empty()) {
    problems.push_back(std::move(wrong));
    return;
  }
  try {
    if (sha256_of_file(file) == run.record_sha256) return;
    problems.push_back(not_as_stored(file, run.record));
  } catch (const Error& error) {
    problems.push_back(error.parts().where);
  }
}

}  // namespace

std::vector<std::string> check_block_files(const StoredRun& run, std::size_t& files,
                                           const FileChoice& wanted) {
  std::vector<std::string> problems;
  for (const BlockRecord& block : run.record.blocks) {
    const fs::path folder = block_folder(run.folder, block.number);
    if (!wrong_kind(folder, fs::file_type::directory).empty()) continue;
    for (const auto& [name, sha256] : block_files(block)) {
      if (wanted && !wanted(block, name)) continue;
      const fs::path file = folder / name;
      ++files;
      try {
        if (sha256_of_text(read_block_file(file)) != sha256) {
          problems.push_back(find_block_file(file).string() + " was altered");
        }
      } catch (const Error& error) {
        problems.push_back(error.parts().where);
      }
    }
  }
  return problems;
}

std::vector<std::string> check_record(const StoredRun& run, std::size_t& files,
                                      const FileChoice& wanted) {
  std::vector<std::string> problems;
  if (std::string wrong = wrong_kind(run.folder, fs::file_type::directory); !wrong.empty()) {
    problems.push_back(std::move(wrong));
  }
  ++files;
  check_run_file(run, problems);
  if (are_right_answers_altered(run.folder)) {
    problems.push_back((run.folder / "right-answers.json").string() +
                       " was altered; joulebench score writes it again");
  }
  for (const BlockRecord& block : run.record.blocks) {
    std::string wrong =
        wrong_kind(block_folder(run.folder, block.number), fs::file_type::directory);
    if (!wrong.empty()) problems.push_back(std::move(wrong));
  }
  const std::vector<std::string> of_blocks = check_block_files(run, files, wanted);
  problems.insert(problems.end(), of_blocks.begin(), of_blocks.end());
  return problems;
}

std::string export_text(const std::string& sha256) {
  return "joulebench export " + sha256 + "\n";
}

Exported export_boards(const Store& store, const std::string& competition, const fs::path& folder,
                       const fs::path& key) {
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
        const std::vector<BoardEntry> entries = store.board(id, track.id);
        std::vector<RecordCopy> copies;
        for (const BoardEntry& entry : entries) {
          ++exported.runs;
          copies.push_back({.record = &entry.run.record,
                            .from = entry.run.folder,
                            .to = target.path() / fmt::format("run-{}", exported.runs)});
          runs.push_back({{"run", entry.run.id},
                          {"competition", id},
                          {"track", track.id},
                          {"entry_id", entry.run.record.entry.id}});
        }
        copy_records(copies);
      }
    }
    const std::vector<LogEvent> log = store.log();
    if (!log.empty()) exported.head = log.back();
    json document = {
        {"format", kFormat}, {"competitions", competitions}, {"runs", runs}, {"log", to_json(log)}};
    document["sha256"] = digest_of(document);
    const std::string text = dumped(document) + "\n";
    write_file_atomically(target.path() / "export.json", text);
    if (!key.empty()) {
      write_file_atomically(target.path() / kSignature,
                            sign_text(export_text(sha256_of_text(text)), key));
    }
    target.publish();
    return exported;
  });
}

Ingested ingest_boards(const fs::path& folder, Store& store, const fs::path& records,
                       const RecordScoring& scoring, const std::string& at_utc,
                       const fs::path& allowed_signers, const RecordJoining& joining) {
  const fs::path file = folder / "export.json";
  const std::string text = read_text_file(file, kMostExport);
  const Origin signed_by = signer_of(text, folder, allowed_signers);
  if (joining && signed_by.signer.empty()) {
    throw Error({.what = "cannot merge: nobody who is allowed signed the export",
                 .where = file.string(),
                 .hint =
                     "its runs would stand among yours: let its organizer sign it (board export "
                     "--key) and name the key in --allowed-signers"});
  }
  const json document = parse_json(text, file.string(), {});
  if (!document.is_object() || document.value("format", json()) != kFormat) {
    throw Error(
        {.what = "this is no exported board",
         .where = file.string() + ": field 'format', where \"" + kFormat + "\" was expected",
         .hint = "joulebench board export makes one"});
  }
  return speaking_of_files("cannot ingest the board", [&] {
    try {
      Incoming board = read_export(document, folder, store, signed_by, joining);
      score_all(board, scoring);
      return take_in(board, store, records, scoring, at_utc);
    } catch (const json::exception& problem) {
      throw altered(file, std::string("it cannot be read: ") + problem.what());
    }
  });
}

namespace {

/// What intake accepted lies in NAME.archives/ beside NAME.db.
void copy_archives(const Store& store, const fs::path& database, const fs::path& copy) {
  const fs::path from = fs::path(database).replace_extension(".archives");
  const fs::path to = fs::path(copy).replace_extension(".archives");
  for (const std::string& id : store.competition_ids()) {
    for (const IntakeDecision& one : store.intake(id)) {
      if (one.file.empty()) continue;
      fs::create_directories(to);
      fs::copy_file(from / one.file, to / one.file, fs::copy_options::skip_existing);
      if (sha256_of_file(to / one.file) == one.sha256) continue;
      throw Error({.what = "an archive that was taken in is not what the log tells of",
                   .where = (from / one.file).string(),
                   .hint = "restore it from a copy, or from who uploaded it"});
    }
  }
}

}  // namespace

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
        for (const std::string& track : copied.tracks_with_runs(id)) {
          for (const BoardEntry& entry : copied.board(id, track)) {
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
      copy_archives(copied, database, copy);
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
