#include "leaderboard/store.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <SQLiteCpp/Savepoint.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>
#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/file_kind.h"
#include "core/nearest_name.h"
#include "core/parallel.h"
#include "core/record_outline.h"
#include "leaderboard/database_tables.h"
#include "leaderboard/right_answers.h"
#include "leaderboard/store_state.h"
#include "scoring/held.h"
#include "scoring/score_json.h"

namespace joulebench {
namespace fs = std::filesystem;

namespace {

using nlohmann::json;

constexpr std::array kDecisions = {
    std::pair{Decision::accepted, "accepted"}, std::pair{Decision::restored, "restored"},
    std::pair{Decision::withdrawn, "withdrawn"}, std::pair{Decision::disqualified, "disqualified"}};

constexpr std::array kStates = {
    std::pair{EntryState::valid, "valid"}, std::pair{EntryState::superseded, "superseded"},
    std::pair{EntryState::unverified, "unverified"}, std::pair{EntryState::withdrawn, "withdrawn"},
    std::pair{EntryState::disqualified, "disqualified"}};

}  // namespace

const char* to_string(Decision decision) {
  for (const auto& [known, name] : kDecisions) {
    if (known == decision) return name;
  }
  throw std::logic_error("bug: unknown decision");
}

std::optional<Decision> decision_from(std::string_view name) {
  for (const auto& [decision, known] : kDecisions) {
    if (known == name) return decision;
  }
  return std::nullopt;
}

const char* to_string(EntryState state) {
  for (const auto& [known, name] : kStates) {
    if (known == state) return name;
  }
  throw std::logic_error("bug: unknown entry state");
}

void bind_run(SQLite::Statement& statement, const RunRecord& record) {
  statement.bind(1, record.competition_id);
  statement.bind(2, record.track.id);
  statement.bind(3, record.entry.id);
  statement.bind(4, record.node_before.hostname);
}

Store::State::State(const fs::path& path, int flags)
    : file(path),
      base(path == ":memory:" ? fs::path("/")
                              : fs::weakly_canonical(fs::absolute(path)).parent_path()),
      owned(std::make_unique<SQLite::Database>(path.string(), flags)),
      database(*owned) {
  // Another process may hold the file for the time of one transaction.
  database.setBusyTimeout(10'000);
  database.exec("PRAGMA foreign_keys = ON");
  // What the schema of an altered file names is not run as if we had written it.
  database.exec("PRAGMA trusted_schema = OFF");
}

Store::State::~State() = default;

void throw_as_ours(const fs::path& file, const char* what) {
  try {
    throw;
  } catch (const SQLite::Exception& problem) {
    throw Error({.what = what, .where = file.string() + ": " + problem.what(), .hint = {}});
  }
}

WriteTransaction::WriteTransaction(Store::State& state) {
  if (state.is_together) {
    part_ = std::make_unique<SQLite::Savepoint>(state.database, "part");
  } else {
    transaction_ = std::make_unique<SQLite::Transaction>(state.database,
                                                         SQLite::TransactionBehavior::IMMEDIATE);
  }
}
WriteTransaction::~WriteTransaction() = default;
void WriteTransaction::commit() {
  if (part_) {
    part_->release();
  } else {
    transaction_->commit();
  }
}

LogEvent Store::State::change(const std::string& at_utc, const std::string& kind,
                              const json& detail, const std::string& record) {
  LogEvent event = append_event(database, at_utc, kind,
                                detail.dump(-1, ' ', false, json::error_handler_t::replace));
  apply_event(database, event,
              [&](std::int64_t, const std::string&, const std::string&) { return record; });
  return event;
}

fs::path Store::State::relative(const fs::path& folder) const {
  return fs::weakly_canonical(fs::absolute(folder)).lexically_relative(base);
}

fs::path Store::State::absolute(const std::string& folder) const {
  return (base / folder).lexically_normal();
}

std::string Store::State::record_in_folder(std::int64_t run, const std::string& folder,
                                           const std::string& sha256) const {
  const fs::path path = absolute(folder) / "run.json";
  if (const std::string wrong = wrong_kind(path, fs::file_type::regular); !wrong.empty()) {
    throw Error({.what = "cannot read a record", .where = wrong, .hint = "restore it from a copy"});
  }
  std::string text = read_text_file(path);
  if (sha256_of_text(text) == sha256) return text;
  throw Error({.what = "a record is not the one that the log tells of",
               .where = fmt::format("{}: of run {}", path.string(), run),
               .hint = "restore it from a copy"});
}

std::string Store::State::record_at_hand(std::int64_t run, const std::string& folder,
                                         const std::string& sha256) {
  SQLite::Statement find(database, "SELECT record FROM runs WHERE id = ?");
  find.bind(1, run);
  if (find.executeStep()) {
    std::string text = find.getColumn(0).getString();
    if (sha256_of_text(text) == sha256) return text;
  }
  return record_in_folder(run, folder, sha256);
}

namespace {

/// While it lives rows may be without those that they refer to.
class WithoutForeignKeys {
 public:
  explicit WithoutForeignKeys(SQLite::Database& database) : database_(database) {
    database_.exec("PRAGMA foreign_keys = OFF");
  }
  ~WithoutForeignKeys() { database_.tryExec("PRAGMA foreign_keys = ON"); }
  WithoutForeignKeys(const WithoutForeignKeys&) = delete;
  WithoutForeignKeys& operator=(const WithoutForeignKeys&) = delete;

 private:
  SQLite::Database& database_;
};

json as_json(const JoinedBlocks& one) {
  return {{"head_sha256", one.origin.head_sha256},
          {"key", one.origin.key},
          {"signer", one.origin.signer},
          {"blocks", one.blocks}};
}

/// What `runs` says of blocks that were joined; empty: there are none.
std::vector<JoinedBlocks> joined_of(const std::string& text) {
  std::vector<JoinedBlocks> joined;
  if (text.empty()) return joined;
  for (const json& one : json::parse(text)) {
    joined.push_back({.origin = {.head_sha256 = one.at("head_sha256"),
                                 .key = one.at("key"),
                                 .signer = one.at("signer")},
                      .blocks = one.at("blocks")});
  }
  return joined;
}

/// While it lives every write transaction is a part of the one that is open.
class Together {
 public:
  explicit Together(Store::State& state) : state_(state), before_(state.is_together) {
    state_.is_together = true;
  }
  ~Together() { state_.is_together = before_; }
  Together(const Together&) = delete;
  Together& operator=(const Together&) = delete;

 private:
  Store::State& state_;
  bool before_;
};

/// The digest of the record that a run has now. Errors: std::logic_error when there is no such run.
std::string record_of_run(SQLite::Database& database, std::int64_t run) {
  SQLite::Statement find(database, "SELECT record_sha256 FROM runs WHERE id = ?");
  find.bind(1, run);
  if (!find.executeStep()) throw std::logic_error("bug: a run that is not stored");
  return find.getColumn(0).getString();
}

/// Where a run's record lies, as the database keeps it.
std::string folder_of_run(SQLite::Database& database, std::int64_t run) {
  SQLite::Statement find(database, "SELECT folder FROM runs WHERE id = ?");
  find.bind(1, run);
  if (!find.executeStep()) throw std::logic_error("bug: a run that is not stored");
  return find.getColumn(0).getString();
}

/// No joules and more joules than any machine can draw would spoil every figure beside them.
void require_sane(const Score& score) {
  constexpr double kMostJoules = 1e15;
  if (!energy_figure(score)) return;
  const double joules = energy_figure(score)->value;
  if (std::isfinite(joules) && joules > 0 && joules <= kMostJoules) return;
  throw Error({.what = "cannot store a score",
               .where = fmt::format("its energy is {} J", joules),
               .hint = "its record is damaged: score it again from a whole one"});
}

/// What keeps an entry out of the ranks until the organizer decides.
std::vector<Flag> evidence_of(const BoardEntry& entry) {
  std::vector<Flag> evidence;
  if (!entry.run.origin.empty() && entry.run.origin_signer.empty()) {
    evidence.push_back(
        {"ingested", fmt::format("its record comes from elsewhere, from the history with head {}{}",
                                 entry.run.origin.substr(0, 12),
                                 entry.run.origin_key.empty()
                                     ? ", and nobody signed it"
                                     : "; nobody is allowed to sign with the key that did, " +
                                           entry.run.origin_key)});
  }
  const RunRecord& record = entry.run.record;
  if (record.outcome != Outcome::valid) return evidence;
  const std::vector<Flag> flags = holding_flags(entry.score ? entry.score->flags : record.flags);
  evidence.insert(evidence.end(), flags.begin(), flags.end());
  return evidence;
}

/// Sets the entry's state from its evidence and the newest decision; `accepted` says whether this
/// very record was.
void set_state(BoardEntry& entry, const std::optional<Decision>& newest, bool accepted) {
  entry.evidence = evidence_of(entry);
  if (newest == Decision::withdrawn) {
    entry.state = EntryState::withdrawn;
  } else if (newest == Decision::disqualified) {
    entry.state = EntryState::disqualified;
  } else if (!entry.evidence.empty() && !accepted) {
    entry.state = EntryState::unverified;
  }
}

}  // namespace

Store::Store(const fs::path& file)
    : Store(speaking_of(file, "cannot open the board's database", [&] {
        auto state = std::make_unique<State>(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        bring_up_to_date(state->database, file);
        return state;
      })) {}

Store Store::open_existing(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) {
    throw Error({.what = "cannot open the board's database",
                 .where = file.string() + ": no such file",
                 .hint = "joulebench evaluate makes it"});
  }
  // SQLite would take it for a new database, and a board without history for whole.
  if (fs::is_regular_file(file, ignored) && fs::file_size(file, ignored) == 0) {
    throw Error({.what = "cannot open the board's database",
                 .where = file.string() + ": it is empty",
                 .hint = "restore it from a copy, or remove it and joulebench evaluate makes it"});
  }
  return Store(file);
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::Store(Store&&) noexcept = default;
Store::~Store() = default;

void Store::together(const std::function<void()>& puts) {
  speaking_of(state_->file, "cannot store what belongs together", [&] {
    WriteTransaction transaction(*state_);
    const Together together(*state_);
    puts();
    transaction.commit();
  });
}

void Store::put_competition(const Competition& competition, const std::string& at_utc) {
  speaking_of(state_->file, "cannot store a competition", [&] {
    WriteTransaction transaction(*state_);
    SQLite::Statement known(state_->database, "SELECT sha256 FROM competitions WHERE id = ?");
    known.bind(1, competition.id);
    if (known.executeStep() && known.getColumn(0).getString() == competition.digest) return;
    known.reset();
    state_->change(at_utc, "competition",
                   {{"competition", competition.id},
                    {"sha256", competition.digest},
                    {"file", competition.file.string()},
                    {"text", competition.text}});
    transaction.commit();
  });
}

std::int64_t Store::put_run(const RunRecord& record, const fs::path& folder,
                            const std::string& at_utc, const Origin& origin,
                            const std::vector<JoinedBlocks>& joined) {
  return speaking_of(state_->file, "cannot store a run", [&]() -> std::int64_t {
    const std::string text = to_json_text(record);
    const std::string digest = sha256_of_text(text);
    const std::string relative = state_->relative(folder).string();
    WriteTransaction transaction(*state_);
    SQLite::Statement known(
        state_->database,
        "SELECT id, record_sha256, folder, origin, origin_key, origin_signer, "
        "joined FROM runs WHERE competition = ? AND track = ? AND submission = ? AND "
        "node = ?");
    bind_run(known, record);
    std::int64_t run = 0;
    json parts = json::array();
    if (known.executeStep()) {
      run = known.getColumn(0).getInt64();
      const std::string before = known.getColumn(6).getString();
      if (known.getColumn(2).getString() == relative && !before.empty())
        parts = json::parse(before);
      if (known.getColumn(1).getString() == digest && known.getColumn(2).getString() == relative &&
          known.getColumn(3).getString() == origin.head_sha256 &&
          known.getColumn(4).getString() == origin.key &&
          known.getColumn(5).getString() == origin.signer) {
        return run;
      }
    } else {
      run = state_->database.execAndGet("SELECT coalesce(max(id), 0) + 1 FROM runs").getInt64();
    }
    known.reset();
    json detail = {{"run", run},
                   {"competition", record.competition_id},
                   {"track", record.track.id},
                   {"entry", record.entry.id},
                   {"name", record.entry.name},
                   {"team", record.entry.team},
                   {"version", record.entry.version},
                   {"node", record.node_before.hostname},
                   {"outcome", to_string(record.outcome)},
                   {"folder", relative},
                   {"origin", origin.head_sha256},
                   {"record_sha256", digest}};
    if (!origin.key.empty()) detail["origin_key"] = origin.key;
    if (!origin.signer.empty()) detail["origin_signer"] = origin.signer;
    for (const JoinedBlocks& one : joined) parts.push_back(as_json(one));
    if (!parts.empty()) detail["joined"] = std::move(parts);
    state_->change(at_utc, "run", detail, text);
    transaction.commit();
    return run;
  });
}

void Store::put_score(std::int64_t run, const Score& score, const std::string& rule,
                      const std::string& program_version, const std::string& at_utc) {
  require_sane(score);
  speaking_of(state_->file, "cannot store a score", [&] {
    const std::string text = to_json(score).dump(-1, ' ', false, json::error_handler_t::replace);
    WriteTransaction transaction(*state_);
    const std::string record = record_of_run(state_->database, run);
    keep_right_answers(state_->absolute(folder_of_run(state_->database, run)), record, score);
    SQLite::Statement newest(state_->database,
                             "SELECT record_sha256, rule, program_version, score FROM scores WHERE "
                             "run = ? ORDER BY id DESC LIMIT 1");
    newest.bind(1, run);
    if (newest.executeStep() && newest.getColumn(0).getString() == record &&
        newest.getColumn(1).getString() == rule &&
        newest.getColumn(2).getString() == program_version &&
        newest.getColumn(3).getString() == text) {
      return;
    }
    newest.reset();
    state_->change(at_utc, "score",
                   {{"run", run},
                    {"rule", rule},
                    {"program_version", program_version},
                    {"record_sha256", record},
                    {"score", text}});
    transaction.commit();
  });
}

void Store::decide(std::int64_t run, Decision decision, const std::string& reason,
                   const std::string& at_utc) {
  speaking_of(state_->file, "cannot store a decision", [&] {
    WriteTransaction transaction(*state_);
    const std::string record = record_of_run(state_->database, run);
    SQLite::Statement newest(state_->database,
                             "SELECT decision, reason, record_sha256 FROM decisions WHERE run = ? "
                             "ORDER BY id DESC LIMIT 1");
    newest.bind(1, run);
    if (newest.executeStep() && newest.getColumn(0).getString() == to_string(decision) &&
        newest.getColumn(1).getString() == reason && newest.getColumn(2).getString() == record) {
      return;
    }
    newest.reset();
    state_->change(at_utc, "decision",
                   {{"run", run},
                    {"decision", to_string(decision)},
                    {"reason", reason},
                    {"record_sha256", record}});
    transaction.commit();
  });
}

std::vector<StoredRun> Store::find_runs(const std::string& competition, const std::string& track,
                                        const std::string& entry_id) const {
  return speaking_of(state_->file, "cannot read runs", [&] {
    SQLite::Statement find(
        state_->database,
        "SELECT id, record, folder, record_sha256, origin, origin_key, "
        "origin_signer, joined FROM runs WHERE competition = ? AND track = ? AND "
        "submission = ? ORDER BY id");
    find.bind(1, competition);
    find.bind(2, track);
    find.bind(3, entry_id);
    std::vector<StoredRun> runs;
    while (find.executeStep()) {
      const std::int64_t id = find.getColumn(0).getInt64();
      runs.push_back(
          {.id = id,
           .record = parse_run_record(find.getColumn(1).getString(),
                                      state_->file.string() + ": run " + std::to_string(id)),
           .folder = state_->absolute(find.getColumn(2).getString()),
           .record_sha256 = find.getColumn(3).getString(),
           .origin = find.getColumn(4).getString(),
           .origin_key = find.getColumn(5).getString(),
           .origin_signer = find.getColumn(6).getString(),
           .joined = joined_of(find.getColumn(7).getString())});
    }
    return runs;
  });
}

std::vector<std::string> Store::competition_ids() const {
  return speaking_of(state_->file, "cannot read competitions", [&] {
    SQLite::Statement find(state_->database, "SELECT id FROM competitions ORDER BY id");
    std::vector<std::string> ids;
    while (find.executeStep()) ids.push_back(find.getColumn(0).getString());
    return ids;
  });
}

std::vector<std::string> Store::tracks_with_runs(const std::string& competition) const {
  return speaking_of(state_->file, "cannot read a board", [&] {
    SQLite::Statement find(state_->database,
                           "SELECT DISTINCT track FROM runs WHERE competition = ? ORDER BY track");
    find.bind(1, competition);
    std::vector<std::string> tracks;
    while (find.executeStep()) tracks.push_back(find.getColumn(0).getString());
    return tracks;
  });
}

namespace {

/// The competition's text and file as of an event of the log; absent: it tells of none until then.
std::optional<std::pair<std::string, std::string>> competition_until(SQLite::Database& database,
                                                                     const std::string& id,
                                                                     const std::string& until) {
  SQLite::Statement find(
      database,
      "SELECT json_extract(detail, '$.text'), json_extract(detail, '$.file') FROM log "
      "WHERE kind = 'competition' AND json_extract(detail, '$.competition') = ? AND at_utc <= ? "
      "ORDER BY number DESC LIMIT 1");
  find.bind(1, id);
  find.bind(2, until);
  if (!find.executeStep() || find.isColumnNull(0)) return std::nullopt;
  return std::pair{find.getColumn(0).getString(), find.getColumn(1).getString()};
}

}  // namespace

Competition Store::competition(const std::string& id, const std::string& until_utc) const {
  return speaking_of(state_->file, "cannot read a competition", [&] {
    if (!until_utc.empty()) {
      if (const auto then = competition_until(state_->database, id, until_utc)) {
        return parse_competition(then->first, then->second);
      }
    }
    SQLite::Statement find(state_->database, "SELECT text, file FROM competitions WHERE id = ?");
    find.bind(1, id);
    if (!find.executeStep()) {
      const std::vector<std::string> known = competition_ids();
      std::string names;
      for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
      const std::string near = nearest_name(id, known);
      throw Error({.what = "cannot read a competition",
                   .where = state_->file.string() + " holds no competition \"" + id + "\"",
                   .hint = names.empty() ? "it is empty: joulebench evaluate fills it"
                                         : (near.empty() ? "" : "did you mean \"" + near + "\"? ") +
                                               ("it holds: " + names)});
    }
    return parse_competition(find.getColumn(0).getString(), find.getColumn(1).getString());
  });
}

namespace {

// ?1 competition, ?2 track, ?3 until when. A score counts as long as it was computed from the
// record that is there now; so does an acceptance. Where the record was replaced after ?3, the
// newest score until then was on the board.
constexpr const char* kBoard =
    "SELECT r.id, r.record, r.folder, r.record_sha256, r.origin, s.score, s.rule, "
    "s.program_version, s.scored_at_utc, d.decision, d.reason, d.since_utc, "
    "EXISTS (SELECT 1 FROM decisions WHERE run = r.id AND decision = 'accepted' "
    "  AND since_utc <= ?3 AND (record_sha256 = r.record_sha256 OR r.put_at_utc > ?3)), "
    "r.origin_key, r.origin_signer, r.put_at_utc, coalesce(v.at_utc, ''), w.at_utc, r.joined, "
    "u.name, u.id "
    "FROM runs r JOIN submissions u ON u.id = r.submission "
    "LEFT JOIN scores s ON s.id = (SELECT max(id) FROM scores WHERE run = r.id AND "
    "  scored_at_utc <= ?3) AND (s.record_sha256 = r.record_sha256 OR r.put_at_utc > ?3) "
    "LEFT JOIN decisions d ON d.id = (SELECT max(id) FROM decisions WHERE run = r.id AND "
    "  since_utc <= ?3) "
    "LEFT JOIN received v ON v.competition = r.competition AND v.entry = r.submission "
    "LEFT JOIN withdrawn w ON w.competition = r.competition AND w.entry = r.submission AND "
    "  w.at_utc <= ?3 "
    "WHERE r.competition = ?1 AND r.track = ?2 AND (r.put_at_utc <= ?3 OR s.id IS NOT NULL)";
constexpr const char* kForever = "9999";  // after every time that is stored
constexpr const char* kTeamsWish = "at the wish of its team";

/// What may be told of a record that was replaced since.
RunRecord only_identity(const RunRecord& record, const std::optional<Score>& score) {
  RunRecord known;
  known.competition_id = record.competition_id;
  known.track = record.track;
  known.entry = record.entry;
  known.node_before.hostname = record.node_before.hostname;
  known.outcome = score ? score->outcome : Outcome::infrastructure;
  return known;
}

constexpr std::size_t kTextsAtOnce = 512;  // in memory

/// What a row of the board says in texts that take longest to read.
struct EntryTexts {
  std::string name;    // of the run, for messages
  std::string record;  // JSON
  std::string score;   // likewise; empty: it has none
  std::optional<Decision> newest;
  bool is_accepted = false;
  bool is_replaced = false;  // the record is newer than the board that is asked for
};

void read_text(BoardEntry& entry, EntryTexts& texts, RecordDetail detail) {
  if (detail == RecordDetail::outline) {
    entry.run.record = parse_record_outline(texts.record, texts.name);
    entry.run.text = std::move(texts.record);
  } else {
    entry.run.record = parse_run_record(texts.record, texts.name);
  }
  if (!texts.score.empty()) {
    entry.score = score_from_json(json::parse(texts.score), texts.name);
    entry.score_sha256 = sha256_of_text(texts.score);
    entry.score_text = std::move(texts.score);
  }
  if (texts.is_replaced) {
    entry.run.record = only_identity(entry.run.record, entry.score);
    entry.run.text.clear();
  }
  set_state(entry, texts.newest, texts.is_accepted);
}

/// Reads them on several CPUs: a large board's take most of the time of opening it.
void read_texts(std::span<BoardEntry> entries, std::vector<EntryTexts>& texts,
                RecordDetail detail) {
  constexpr std::size_t kFew = 64;
  constexpr unsigned kMostThreads = 4;
  std::vector<std::size_t> numbers(entries.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  for_each_in_parallel(numbers, entries.size() > kFew ? kMostThreads : 1,
                       [&](std::size_t i) { read_text(entries[i], texts[i], detail); });
}

BoardEntry board_entry_of(SQLite::Statement& row, const Store::State& state,
                          const std::string& until, EntryTexts& texts) {
  const std::int64_t id = row.getColumn(0).getInt64();
  texts = {.name = state.file.string() + ": run " + std::to_string(id),
           .record = row.getColumn(1).getString(),
           .score = row.isColumnNull(5) ? "" : row.getColumn(5).getString(),
           .is_accepted = row.getColumn(12).getInt() != 0};
  BoardEntry entry{.run = {.id = id,
                           .folder = state.absolute(row.getColumn(2).getString()),
                           .record_sha256 = row.getColumn(3).getString(),
                           .origin = row.getColumn(4).getString(),
                           .origin_key = row.getColumn(13).getString(),
                           .origin_signer = row.getColumn(14).getString(),
                           .joined = joined_of(row.getColumn(18).getString()),
                           .put_at_utc = row.getColumn(15).getString()}};
  if (!row.isColumnNull(5)) {
    entry.rule = row.getColumn(6).getString();
    entry.program_version = row.getColumn(7).getString();
    entry.scored_at_utc = row.getColumn(8).getString();
  }
  if (entry.run.put_at_utc > until) {
    texts.is_replaced = true;
    entry.run.folder.clear();
    entry.run.record_sha256.clear();
  }
  if (!row.isColumnNull(9)) {
    texts.newest = decision_from(row.getColumn(9).getString());
    entry.state_reason = row.getColumn(10).getString();
    entry.state_since_utc = row.getColumn(11).getString();
  } else if (!row.isColumnNull(17)) {  // withdrawn before it ran
    texts.newest = Decision::withdrawn;
    entry.state_reason = kTeamsWish;
    entry.state_since_utc = row.getColumn(17).getString();
  }
  entry.received_at_utc = row.getColumn(16).getString();
  return entry;
}

}  // namespace

RunRecord whole_record(const StoredRun& run) {
  if (run.text.empty()) return run.record;
  return parse_run_record(run.text, "run " + std::to_string(run.id));
}

namespace {

/// A board's order: by name, then id, then run. SQLite would carry whole records through its sort.
struct PlaceOnBoard {
  std::string name;
  std::string id;
  std::int64_t run = 0;
  std::size_t row = 0;

  auto operator<=>(const PlaceOnBoard&) const = default;
};

std::vector<BoardEntry> in_order(std::vector<BoardEntry> rows, std::vector<PlaceOnBoard> places) {
  std::sort(places.begin(), places.end());
  std::vector<BoardEntry> entries;
  entries.reserve(rows.size());
  for (const PlaceOnBoard& place : places) entries.push_back(std::move(rows[place.row]));
  return entries;
}

}  // namespace

std::vector<BoardEntry> Store::board(const std::string& competition, const std::string& track,
                                     const std::string& until_utc, RecordDetail detail) const {
  return speaking_of(state_->file, "cannot read a board", [&] {
    const std::string until = until_utc.empty() ? kForever : until_utc;
    SQLite::Statement find(state_->database, kBoard);
    find.bind(1, competition);
    find.bind(2, track);
    find.bind(3, until);
    std::vector<BoardEntry> entries;
    std::vector<EntryTexts> texts;
    std::vector<PlaceOnBoard> places;
    while (find.executeStep()) {
      entries.push_back(board_entry_of(find, *state_, until, texts.emplace_back()));
      places.push_back({.name = find.getColumn(19).getString(),
                        .id = find.getColumn(20).getString(),
                        .run = entries.back().run.id,
                        .row = places.size()});
      if (texts.size() < kTextsAtOnce) continue;
      read_texts(std::span(entries).last(texts.size()), texts, detail);
      texts.clear();
    }
    read_texts(std::span(entries).last(texts.size()), texts, detail);
    return in_order(std::move(entries), std::move(places));
  });
}

std::vector<LogEvent> Store::log() const {
  return speaking_of(state_->file, "cannot read the board's log",
                     [&] { return read_events(state_->database); });
}

LogEvent Store::head() const {
  return speaking_of(state_->file, "cannot read the board's log",
                     [&] { return newest_event(state_->database); });
}

void Store::put_refused(const std::string& competition, const std::string& track,
                        const std::vector<RefusedEntry>& refused, const std::string& at_utc) {
  std::map<std::string, std::string> now;
  for (const RefusedEntry& one : refused) now[one.name] = one.reason;
  speaking_of(state_->file, "cannot store entries that were refused", [&] {
    WriteTransaction transaction(*state_);
    std::map<std::string, std::string> known;
    for (const RefusedEntry& one : this->refused(competition, track)) known[one.name] = one.reason;
    if (now == known) return;
    json entries = json::array();
    for (const auto& [name, reason] : now) entries.push_back({{"name", name}, {"reason", reason}});
    state_->change(
        at_utc, "refused",
        {{"competition", competition}, {"track", track}, {"entries", std::move(entries)}});
    transaction.commit();
  });
}

std::vector<RefusedEntry> Store::refused(const std::string& competition, const std::string& track,
                                         const std::string& until_utc) const {
  return speaking_of(state_->file, "cannot read entries that were refused", [&] {
    SQLite::Statement find(state_->database,
                           "SELECT name, reason FROM refused WHERE competition = ? AND track = ? "
                           "AND since_utc <= ? ORDER BY name");
    find.bind(1, competition);
    find.bind(2, track);
    find.bind(3, until_utc.empty() ? kForever : until_utc);
    std::vector<RefusedEntry> entries;
    while (find.executeStep()) {
      entries.push_back({find.getColumn(0).getString(), find.getColumn(1).getString()});
    }
    return entries;
  });
}

std::string Store::received_at(const std::string& competition, const std::string& entry_id,
                               const std::string& at_utc) {
  return speaking_of(state_->file, "cannot note an entry", [&]() -> std::string {
    WriteTransaction transaction(*state_);
    SQLite::Statement known(state_->database,
                            "SELECT at_utc FROM received WHERE competition = ? AND entry = ?");
    known.bind(1, competition);
    known.bind(2, entry_id);
    if (known.executeStep()) return known.getColumn(0).getString();
    known.reset();
    state_->change(at_utc, "received", {{"competition", competition}, {"entry", entry_id}});
    transaction.commit();
    return at_utc;
  });
}

void Store::note_ingested(const Origin& origin, std::size_t runs, const std::string& at_utc) {
  speaking_of(state_->file, "cannot note where runs came from", [&] {
    WriteTransaction transaction(*state_);
    state_->change(at_utc, "ingest",
                   {{"head_sha256", origin.head_sha256},
                    {"key", origin.key},
                    {"signer", origin.signer},
                    {"runs", runs}});
    transaction.commit();
  });
}

void Store::copy_to(const fs::path& file) const {
  speaking_of(file, "cannot copy the board's database", [&] {
    try {
      SQLite::Database copy(file.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
      SQLite::Backup backup(copy, state_->database);
      // All pages in one step: one moment of the database, and writers wait no longer than that.
      if (backup.executeStep(-1) != SQLITE_DONE) {
        throw Error({.what = "cannot copy the board's database",
                     .where = state_->file.string() + ": it is busy",
                     .hint = "try again"});
      }
    } catch (...) {
      std::error_code ignored;
      fs::remove(file, ignored);
      throw;
    }
  });
}

std::vector<std::string> Store::verify() const {
  return speaking_of(state_->file, "cannot check the board", [&] {
    SQLite::Database& database = state_->database;
    SQLite::Transaction moment(database);  // all that follows is of one moment
    std::vector<std::string> problems;
    if (const std::string state = database.execAndGet("PRAGMA integrity_check").getString();
        state != "ok") {
      problems.push_back("the file is damaged: " + state);
    }
    const std::string mode = database.execAndGet("PRAGMA journal_mode").getString();
    if (state_->file != ":memory:" && mode != "wal") {
      problems.push_back("journal_mode is " + mode + ", where wal was expected");
    }
    const std::vector<LogEvent> events = read_events(database);
    if (const std::string problem = verify_chain(events); !problem.empty()) {
      problems.push_back("log: " + problem);
    }
    SQLite::Database expected(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    bring_up_to_date(expected, ":memory:");
    try {
      replay(expected, events,
             [&](std::int64_t run, const std::string& folder, const std::string& sha256) {
               return state_->record_at_hand(run, folder, sha256);
             });
      const std::vector<std::string> found = differences(database, expected);
      problems.insert(problems.end(), found.begin(), found.end());
    } catch (const Error& error) {
      problems.push_back(error.parts().what + ": " + error.parts().where);
    }
    return problems;
  });
}

void Store::rebuild() {
  speaking_of(state_->file, "cannot rebuild the board", [&] {
    SQLite::Database& database = state_->database;
    SQLite::Database built(":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
    bring_up_to_date(built, ":memory:");
    const WithoutForeignKeys tables_come_and_go(database);
    // Held from here on: what another process stores waits, and is not lost.
    WriteTransaction transaction(*state_);
    const std::vector<LogEvent> events = read_events(database);
    if (const std::string problem = verify_chain(events); !problem.empty()) {
      throw Error({.what = "cannot rebuild the board",
                   .where = state_->file.string() + ": log: " + problem,
                   .hint = "restore the database from a backup"});
    }
    replay(built, events,
           [&](std::int64_t run, const std::string& folder, const std::string& sha256) {
             return state_->record_in_folder(run, folder, sha256);
           });
    copy_log(built, events);
    replace_all(database, built);
    transaction.commit();
    database.exec("PRAGMA journal_mode = WAL");
  });
}

}  // namespace joulebench
