#include "leaderboard/store.h"

#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <array>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "embedded/leaderboard_sql.h"
#include "scoring/score_json.h"

namespace joulebench {
namespace fs = std::filesystem;

namespace {

using nlohmann::json;

/// Migration N brings a database from version N-1 to N; SQLite's user_version says where it is.
const std::array kMigrations = {leaderboard_sql::k0001BoardSql, leaderboard_sql::k0002RefusedSql};

constexpr int kApplicationId = 0x4a424f41;  // "JBOA": a joulebench board, for `file` and for us

constexpr std::array kStates = {std::pair{EntryState::valid, "valid"},
                                std::pair{EntryState::unverified, "unverified"},
                                std::pair{EntryState::withdrawn, "withdrawn"},
                                std::pair{EntryState::disqualified, "disqualified"}};

std::string chain_digest(const LogEvent& event) {
  return sha256_of_text(event.previous_sha256 + "\n" + std::to_string(event.number) + "\n" +
                        event.at_utc + "\n" + event.kind + "\n" + event.detail);
}

}  // namespace

const char* to_string(EntryState state) {
  for (const auto& [known, name] : kStates) {
    if (known == state) return name;
  }
  throw std::logic_error("bug: unknown entry state");
}

std::optional<EntryState> entry_state_from(std::string_view name) {
  for (const auto& [state, known] : kStates) {
    if (known == name) return state;
  }
  return std::nullopt;
}

struct Store::State {
  fs::path file;
  fs::path base;  // that record folders are relative to
  SQLite::Database database;

  State(const fs::path& path, int flags)
      : file(path),
        base(path == ":memory:" ? fs::path("/")
                                : fs::weakly_canonical(fs::absolute(path)).parent_path()),
        database(path.string(), flags) {
    // Another process may hold the file for the time of one transaction.
    database.setBusyTimeout(10'000);
    database.exec("PRAGMA foreign_keys = ON");
  }

  void bring_up_to_date() {
    const auto version =
        static_cast<std::size_t>(database.execAndGet("PRAGMA user_version").getInt());
    const int application = database.execAndGet("PRAGMA application_id").getInt();
    const bool is_empty = database.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0;
    if (!is_empty && application != kApplicationId) {
      throw Error({.what = "cannot use this file as a board's database",
                   .where = file.string() + ": it is an SQLite database of another program",
                   .hint = "give a new file name to --db"});
    }
    if (version > kMigrations.size()) {
      throw Error({.what = "cannot use this board's database",
                   .where = file.string() + ": it has version " + std::to_string(version) +
                            ", this program knows up to " + std::to_string(kMigrations.size()),
                   .hint = "use a newer joulebench"});
    }
    if (version == kMigrations.size()) return;
    database.exec("PRAGMA journal_mode = WAL");
    SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
    // Read again: another process may have migrated while we waited.
    auto done = static_cast<std::size_t>(database.execAndGet("PRAGMA user_version").getInt());
    for (; done < kMigrations.size(); ++done) {
      database.exec(std::string(kMigrations[done]));
      database.exec("PRAGMA user_version = " + std::to_string(done + 1));
    }
    database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
    transaction.commit();
  }

  /// Call inside a transaction that holds the write lock.
  void append_log(const std::string& at_utc, const std::string& kind, const json& detail) {
    LogEvent event{.number = 1,
                   .at_utc = at_utc,
                   .kind = kind,
                   .detail = detail.dump(-1, ' ', false, json::error_handler_t::replace)};
    SQLite::Statement last(database, "SELECT number, sha256 FROM log ORDER BY number DESC LIMIT 1");
    if (last.executeStep()) {
      event.number = last.getColumn(0).getInt64() + 1;
      event.previous_sha256 = last.getColumn(1).getString();
    }
    SQLite::Statement insert(database, "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)");
    insert.bind(1, event.number);
    insert.bind(2, event.at_utc);
    insert.bind(3, event.kind);
    insert.bind(4, event.detail);
    insert.bind(5, event.previous_sha256);
    insert.bind(6, chain_digest(event));
    insert.exec();
  }

  fs::path relative(const fs::path& folder) const {
    return fs::weakly_canonical(fs::absolute(folder)).lexically_relative(base);
  }
  fs::path absolute(const std::string& folder) const { return (base / folder).lexically_normal(); }
};

namespace {

/// SQLite's complaints as ours, with the file's name.
template <class Function>
auto speaking_of(const fs::path& file, const char* what, Function&& function) {
  try {
    return function();
  } catch (const SQLite::Exception& problem) {
    throw Error({.what = what, .where = file.string() + ": " + problem.what(), .hint = {}});
  }
}

/// One write transaction: taken at once, so that what it reads cannot be stale when it writes.
class WriteTransaction {
 public:
  explicit WriteTransaction(SQLite::Database& database)
      : transaction_(database, SQLite::TransactionBehavior::IMMEDIATE) {}
  void commit() { transaction_.commit(); }

 private:
  SQLite::Transaction transaction_;
};

std::optional<double> column_of_total(const BlockRecord& block) {
  const std::optional<EnergyTotal> total = total_of(block.energy);
  if (!total) return std::nullopt;
  return total->joules.value;
}

void bind_optional(SQLite::Statement& statement, int index, std::optional<double> value) {
  if (value) {
    statement.bind(index, *value);
  } else {
    statement.bind(index);
  }
}

}  // namespace

Store::Store(const fs::path& file)
    : Store(speaking_of(file, "cannot open the board's database", [&] {
        auto state = std::make_unique<State>(file, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        state->bring_up_to_date();
        return state;
      })) {}

Store Store::open_existing(const fs::path& file) {
  std::error_code ignored;
  if (!fs::exists(file, ignored)) {
    throw Error({.what = "cannot open the board's database",
                 .where = file.string() + ": no such file",
                 .hint = "joulebench evaluate makes it"});
  }
  return Store(file);
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::Store(Store&&) noexcept = default;
Store::~Store() = default;

void Store::put_competition(const Competition& competition, const std::string& at_utc) {
  speaking_of(state_->file, "cannot store a competition", [&] {
    SQLite::Database& database = state_->database;
    WriteTransaction transaction(database);
    SQLite::Statement known(database, "SELECT sha256 FROM competitions WHERE id = ?");
    known.bind(1, competition.id);
    if (known.executeStep() && known.getColumn(0).getString() == competition.digest) return;
    SQLite::Statement put(
        database,
        "INSERT INTO competitions VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
        "sha256 = excluded.sha256, file = excluded.file, text = excluded.text, "
        "put_at_utc = excluded.put_at_utc");
    put.bind(1, competition.id);
    put.bind(2, competition.digest);
    put.bind(3, competition.file.string());
    put.bind(4, competition.text);
    put.bind(5, at_utc);
    put.exec();
    state_->append_log(at_utc, "competition",
                       {{"competition", competition.id}, {"sha256", competition.digest}});
    transaction.commit();
  });
}

std::int64_t Store::put_run(const RunRecord& record, const fs::path& folder,
                            const std::string& at_utc) {
  return speaking_of(state_->file, "cannot store a run", [&]() -> std::int64_t {
    SQLite::Database& database = state_->database;
    const std::string text = to_json_text(record);
    const std::string digest = sha256_of_text(text);
    const std::string relative = state_->relative(folder).string();
    WriteTransaction transaction(database);
    SQLite::Statement known(database,
                            "SELECT id, record_sha256, folder FROM runs WHERE competition = ? AND "
                            "track = ? AND submission = ? AND node = ?");
    known.bind(1, record.competition_id);
    known.bind(2, record.track.id);
    known.bind(3, record.entry.id);
    known.bind(4, record.node_before.hostname);
    if (known.executeStep() && known.getColumn(1).getString() == digest &&
        known.getColumn(2).getString() == relative) {
      return known.getColumn(0).getInt64();
    }
    known.reset();
    SQLite::Statement submission(
        database,
        "INSERT INTO submissions VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = "
        "excluded.name, team = excluded.team, version = excluded.version");
    submission.bind(1, record.entry.id);
    submission.bind(2, record.entry.name);
    submission.bind(3, record.entry.team);
    submission.bind(4, record.entry.version);
    submission.exec();
    SQLite::Statement put(
        database,
        "INSERT INTO runs (competition, track, submission, node, outcome, message, dataset_sha256, "
        "started_at_utc, folder, record, record_sha256) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (competition, track, submission, node) DO UPDATE SET outcome = "
        "excluded.outcome, message = excluded.message, dataset_sha256 = excluded.dataset_sha256, "
        "started_at_utc = excluded.started_at_utc, folder = excluded.folder, record = "
        "excluded.record, record_sha256 = excluded.record_sha256 RETURNING id");
    put.bind(1, record.competition_id);
    put.bind(2, record.track.id);
    put.bind(3, record.entry.id);
    put.bind(4, record.node_before.hostname);
    put.bind(5, to_string(record.outcome));
    put.bind(6, record.message);
    put.bind(7, record.dataset_sha256);
    put.bind(8, record.started_at_utc);
    put.bind(9, relative);
    put.bind(10, text);
    put.bind(11, digest);
    put.executeStep();
    const std::int64_t run = put.getColumn(0).getInt64();
    put.reset();
    SQLite::Statement clear(database, "DELETE FROM blocks WHERE run = ?");
    clear.bind(1, run);
    clear.exec();
    SQLite::Statement insert(database, "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const BlockRecord& block : record.blocks) {
      insert.bind(1, run);
      insert.bind(2, block.number);
      insert.bind(3, to_string(block.outcome));
      insert.bind(4, block.passes);
      insert.bind(5, static_cast<std::int64_t>(block.samples));
      insert.bind(6, block.measured.count());
      bind_optional(insert, 7, column_of_total(block));
      insert.bind(8, block.predictions_sha256);
      insert.bind(9, block.trace_sha256);
      insert.exec();
      insert.reset();
    }
    state_->append_log(at_utc, "run",
                       {{"run", run},
                        {"competition", record.competition_id},
                        {"track", record.track.id},
                        {"entry", record.entry.id},
                        {"outcome", to_string(record.outcome)},
                        {"record_sha256", digest}});
    transaction.commit();
    return run;
  });
}

void Store::put_score(std::int64_t run, const Score& score, const std::string& rule,
                      const std::string& program_version, const std::string& at_utc) {
  speaking_of(state_->file, "cannot store a score", [&] {
    SQLite::Database& database = state_->database;
    const std::string text = to_json(score).dump(-1, ' ', false, json::error_handler_t::replace);
    WriteTransaction transaction(database);
    SQLite::Statement of_run(database, "SELECT record_sha256 FROM runs WHERE id = ?");
    of_run.bind(1, run);
    if (!of_run.executeStep()) throw std::logic_error("bug: a score of a run that is not stored");
    const std::string record = of_run.getColumn(0).getString();
    of_run.reset();
    SQLite::Statement newest(database,
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
    SQLite::Statement put(
        database,
        "INSERT INTO scores (run, record_sha256, rule, program_version, scored_at_utc, outcome, "
        "accuracy, joules_per_sample, energy_class, score) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    put.bind(1, run);
    put.bind(2, record);
    put.bind(3, rule);
    put.bind(4, program_version);
    put.bind(5, at_utc);
    put.bind(6, to_string(score.outcome));
    bind_optional(put, 7, score.accuracy ? std::optional(score.accuracy->value) : std::nullopt);
    bind_optional(
        put, 8,
        score.joules_per_sample ? std::optional(score.joules_per_sample->value) : std::nullopt);
    put.bind(9, to_string(score.energy_class));
    put.bind(10, text);
    put.exec();
    state_->append_log(at_utc, "score",
                       {{"run", run},
                        {"rule", rule},
                        {"program_version", program_version},
                        {"record_sha256", record},
                        {"score_sha256", sha256_of_text(text)}});
    transaction.commit();
  });
}

void Store::set_state(std::int64_t run, EntryState state, const std::string& reason,
                      const std::string& at_utc) {
  speaking_of(state_->file, "cannot store an entry's state", [&] {
    SQLite::Database& database = state_->database;
    WriteTransaction transaction(database);
    SQLite::Statement newest(
        database, "SELECT state, reason FROM states WHERE run = ? ORDER BY id DESC LIMIT 1");
    newest.bind(1, run);
    if (newest.executeStep() && newest.getColumn(0).getString() == to_string(state) &&
        newest.getColumn(1).getString() == reason) {
      return;
    }
    newest.reset();
    SQLite::Statement put(database,
                          "INSERT INTO states (run, state, reason, since_utc) VALUES (?, ?, ?, ?)");
    put.bind(1, run);
    put.bind(2, to_string(state));
    put.bind(3, reason);
    put.bind(4, at_utc);
    put.exec();
    state_->append_log(at_utc, "state",
                       {{"run", run}, {"state", to_string(state)}, {"reason", reason}});
    transaction.commit();
  });
}

std::vector<StoredRun> Store::find_runs(const std::string& competition, const std::string& track,
                                        const std::string& entry_id) const {
  return speaking_of(state_->file, "cannot read runs", [&] {
    SQLite::Statement find(state_->database,
                           "SELECT id, record, folder FROM runs WHERE competition = ? AND track = "
                           "? AND submission = ? ORDER BY id");
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
           .folder = state_->absolute(find.getColumn(2).getString())});
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

Competition Store::competition(const std::string& id) const {
  return speaking_of(state_->file, "cannot read a competition", [&] {
    SQLite::Statement find(state_->database, "SELECT text, file FROM competitions WHERE id = ?");
    find.bind(1, id);
    if (!find.executeStep()) {
      const std::vector<std::string> known = competition_ids();
      std::string names;
      for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
      throw Error({.what = "cannot read a competition",
                   .where = state_->file.string() + " holds no competition \"" + id + "\"",
                   .hint = names.empty() ? "it is empty: joulebench evaluate fills it"
                                         : "it holds: " + names});
    }
    return parse_competition(find.getColumn(0).getString(), find.getColumn(1).getString());
  });
}

std::vector<BoardEntry> Store::board(const std::string& competition,
                                     const std::string& track) const {
  return speaking_of(state_->file, "cannot read a board", [&] {
    // A score counts as long as it was computed from the record that is there now.
    SQLite::Statement find(
        state_->database,
        "SELECT r.id, r.record, r.folder, s.score, s.rule, t.state, t.reason, t.since_utc, "
        "s.program_version, s.scored_at_utc "
        "FROM runs r JOIN submissions u ON u.id = r.submission "
        "LEFT JOIN scores s ON s.id = (SELECT max(id) FROM scores WHERE run = r.id) "
        "  AND s.record_sha256 = r.record_sha256 "
        "LEFT JOIN states t ON t.id = (SELECT max(id) FROM states WHERE run = r.id) "
        "WHERE r.competition = ? AND r.track = ? ORDER BY u.name, u.id, r.id");
    find.bind(1, competition);
    find.bind(2, track);
    std::vector<BoardEntry> entries;
    while (find.executeStep()) {
      const std::int64_t id = find.getColumn(0).getInt64();
      const std::string name = state_->file.string() + ": run " + std::to_string(id);
      BoardEntry entry{.run = {.id = id,
                               .record = parse_run_record(find.getColumn(1).getString(), name),
                               .folder = state_->absolute(find.getColumn(2).getString())}};
      if (!find.isColumnNull(3)) {
        entry.score_text = find.getColumn(3).getString();
        entry.score = score_from_json(json::parse(entry.score_text), name);
        entry.rule = find.getColumn(4).getString();
        entry.program_version = find.getColumn(8).getString();
        entry.scored_at_utc = find.getColumn(9).getString();
      }
      if (!find.isColumnNull(5)) {
        entry.state = entry_state_from(find.getColumn(5).getString()).value();
        entry.state_reason = find.getColumn(6).getString();
        entry.state_since_utc = find.getColumn(7).getString();
      }
      entries.push_back(std::move(entry));
    }
    return entries;
  });
}

std::vector<LogEvent> Store::log() const {
  return speaking_of(state_->file, "cannot read the board's log", [&] {
    SQLite::Statement find(state_->database,
                           "SELECT number, at_utc, kind, detail, previous_sha256, sha256 FROM log "
                           "ORDER BY number");
    std::vector<LogEvent> events;
    while (find.executeStep()) {
      events.push_back({.number = find.getColumn(0).getInt64(),
                        .at_utc = find.getColumn(1).getString(),
                        .kind = find.getColumn(2).getString(),
                        .detail = find.getColumn(3).getString(),
                        .previous_sha256 = find.getColumn(4).getString(),
                        .sha256 = find.getColumn(5).getString()});
    }
    return events;
  });
}

std::string verify_chain(const std::vector<LogEvent>& log) {
  std::int64_t number = 0;
  std::string previous;
  for (const LogEvent& event : log) {
    const std::string name = "event " + std::to_string(event.number);
    if (event.number != ++number) return "event " + std::to_string(number) + " is missing";
    if (event.previous_sha256 != previous) return name + " does not follow from the one before";
    if (event.sha256 != chain_digest(event)) return name + " was altered";
    previous = event.sha256;
  }
  return {};
}

std::string Store::verify_log() const {
  return verify_chain(log());
}

void Store::put_refused(const std::string& competition, const std::string& track,
                        const std::vector<RefusedEntry>& refused, const std::string& at_utc) {
  speaking_of(state_->file, "cannot store entries that were refused", [&] {
    SQLite::Database& database = state_->database;
    WriteTransaction transaction(database);
    std::map<std::string, std::string> known;
    SQLite::Statement find(database,
                           "SELECT name, reason FROM refused WHERE competition = ? AND track = ?");
    find.bind(1, competition);
    find.bind(2, track);
    while (find.executeStep()) known[find.getColumn(0).getString()] = find.getColumn(1).getString();
    find.reset();
    std::map<std::string, std::string> now;
    for (const RefusedEntry& one : refused) now[one.name] = one.reason;
    if (now == known) return;
    SQLite::Statement clear(database, "DELETE FROM refused WHERE competition = ? AND track = ?");
    clear.bind(1, competition);
    clear.bind(2, track);
    clear.exec();
    SQLite::Statement put(database, "INSERT INTO refused VALUES (?, ?, ?, ?, ?)");
    json names = json::array();
    for (const auto& [name, reason] : now) {
      put.bind(1, competition);
      put.bind(2, track);
      put.bind(3, name);
      put.bind(4, reason);
      put.bind(5, at_utc);
      put.exec();
      put.reset();
      names.push_back({{"name", name}, {"reason", reason}});
    }
    state_->append_log(
        at_utc, "refused",
        {{"competition", competition}, {"track", track}, {"entries", std::move(names)}});
    transaction.commit();
  });
}

std::vector<RefusedEntry> Store::refused(const std::string& competition,
                                         const std::string& track) const {
  return speaking_of(state_->file, "cannot read entries that were refused", [&] {
    SQLite::Statement find(state_->database,
                           "SELECT name, reason FROM refused WHERE competition = ? AND track = ? "
                           "ORDER BY name");
    find.bind(1, competition);
    find.bind(2, track);
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
    WriteTransaction transaction(state_->database);
    SQLite::Statement known(state_->database,
                            "SELECT at_utc FROM log WHERE kind = 'received' AND "
                            "json_extract(detail, '$.competition') = ? AND "
                            "json_extract(detail, '$.entry') = ? ORDER BY number LIMIT 1");
    known.bind(1, competition);
    known.bind(2, entry_id);
    if (known.executeStep()) return known.getColumn(0).getString();
    known.reset();
    state_->append_log(at_utc, "received", {{"competition", competition}, {"entry", entry_id}});
    transaction.commit();
    return at_utc;
  });
}

void Store::note_ingested(const std::string& head_sha256, std::size_t runs,
                          const std::string& at_utc) {
  speaking_of(state_->file, "cannot note where runs came from", [&] {
    WriteTransaction transaction(state_->database);
    state_->append_log(at_utc, "ingest", {{"head_sha256", head_sha256}, {"runs", runs}});
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
  std::vector<std::string> problems;
  if (std::string problem = verify_log(); !problem.empty()) problems.push_back("log: " + problem);
  // What the log tells last of each row.
  std::map<std::string, std::string> competitions;
  std::map<std::int64_t, std::string> records;
  std::multiset<std::pair<std::int64_t, std::string>> scores;
  std::multiset<std::tuple<std::int64_t, std::string, std::string>> states;
  for (const LogEvent& event : log()) {
    const json detail = json::parse(event.detail, nullptr, false);
    try {
      if (event.kind == "competition") competitions[detail.at("competition")] = detail.at("sha256");
      if (event.kind == "run") records[detail.at("run")] = detail.at("record_sha256");
      if (event.kind == "score") scores.emplace(detail.at("run"), detail.at("score_sha256"));
      if (event.kind == "state") {
        states.emplace(detail.at("run"), detail.at("state"), detail.at("reason"));
      }
    } catch (const json::exception&) {
      problems.push_back("log: event " + std::to_string(event.number) + " cannot be read");
    }
  }
  speaking_of(state_->file, "cannot check the board", [&] {
    SQLite::Statement find(state_->database, "SELECT id, text FROM competitions");
    while (find.executeStep()) {
      const std::string id = find.getColumn(0).getString();
      const auto known = competitions.extract(id);
      if (known.empty() || known.mapped() != sha256_of_text(find.getColumn(1).getString())) {
        problems.push_back("competition " + id + " is not what the log tells of");
      }
    }
    SQLite::Statement runs(state_->database, "SELECT id, record FROM runs");
    while (runs.executeStep()) {
      const std::int64_t id = runs.getColumn(0).getInt64();
      const auto known = records.extract(id);
      if (known.empty() || known.mapped() != sha256_of_text(runs.getColumn(1).getString())) {
        problems.push_back("run " + std::to_string(id) + " is not what the log tells of");
      }
    }
    SQLite::Statement all_scores(state_->database, "SELECT run, score FROM scores");
    while (all_scores.executeStep()) {
      const std::int64_t run = all_scores.getColumn(0).getInt64();
      if (scores.extract({run, sha256_of_text(all_scores.getColumn(1).getString())}).empty()) {
        problems.push_back("a score of run " + std::to_string(run) +
                           " is not what the log tells of");
      }
    }
    SQLite::Statement all_states(state_->database, "SELECT run, state, reason FROM states");
    while (all_states.executeStep()) {
      const std::int64_t run = all_states.getColumn(0).getInt64();
      if (states
              .extract(
                  {run, all_states.getColumn(1).getString(), all_states.getColumn(2).getString()})
              .empty()) {
        problems.push_back("a state of run " + std::to_string(run) +
                           " is not what the log tells of");
      }
    }
  });
  for (const auto& [id, digest] : competitions)
    problems.push_back("competition " + id + " was removed");
  for (const auto& [id, digest] : records) {
    problems.push_back("run " + std::to_string(id) + " was removed");
  }
  if (!scores.empty()) problems.push_back(std::to_string(scores.size()) + " scores were removed");
  if (!states.empty()) problems.push_back(std::to_string(states.size()) + " states were removed");
  return problems;
}

}  // namespace joulebench
