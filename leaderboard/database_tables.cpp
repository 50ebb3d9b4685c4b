#include "leaderboard/database_tables.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "core/parallel.h"
#include "core/run_record.h"
#include "core/text.h"
#include "embedded/leaderboard_sql.h"
#include "leaderboard/intake_decision.h"
#include "scoring/score_json.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// Migration N brings a database from version N-1 to N; SQLite's user_version says where it is.
const std::array kMigrations = {
    leaderboard_sql::k0001BoardSql,      leaderboard_sql::k0002RefusedSql,
    leaderboard_sql::k0003LogIsTruthSql, leaderboard_sql::k0004OriginsSql,
    leaderboard_sql::k0005IntakeSql,     leaderboard_sql::k0006JoinedSql};

constexpr int kApplicationId = 0x4a424f41;  // "JBOA": a joulebench board, for `file` and for us
constexpr std::size_t kFullLog = 3;         // from this version on each event tells all of its rows

/// All tables but the log, parents first.
constexpr std::array kTables = {"competitions", "submissions", "runs",    "blocks",
                                "scores",       "decisions",   "refused", "received",
                                "intake",       "withdrawn",   "selected"};

std::optional<double> joules_of(const BlockRecord& block) {
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

// ---- what each kind of event changes ----

void apply_competition(SQLite::Database& database, const LogEvent& event, const json& detail) {
  SQLite::Statement put(
      database,
      "INSERT INTO competitions VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET "
      "sha256 = excluded.sha256, file = excluded.file, text = excluded.text, "
      "put_at_utc = excluded.put_at_utc");
  put.bind(1, detail.at("competition").get<std::string>());
  put.bind(2, detail.at("sha256").get<std::string>());
  put.bind(3, detail.at("file").get<std::string>());
  put.bind(4, detail.at("text").get<std::string>());
  put.bind(5, event.at_utc);
  put.exec();
}

void put_submission(SQLite::Database& database, const json& detail) {
  SQLite::Statement put(
      database,
      "INSERT INTO submissions VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET name = "
      "excluded.name, team = excluded.team, version = excluded.version");
  put.bind(1, detail.at("entry").get<std::string>());
  put.bind(2, detail.at("name").get<std::string>());
  put.bind(3, detail.at("team").get<std::string>());
  put.bind(4, detail.at("version").get<std::string>());
  put.exec();
}

void put_blocks(SQLite::Database& database, std::int64_t run, const RunRecord& record) {
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
    bind_optional(insert, 7, joules_of(block));
    insert.bind(8, block.predictions_sha256);
    insert.bind(9, block.trace_sha256);
    insert.exec();
    insert.reset();
  }
}

/// A run's record as it is stored, and what that says.
struct GivenRecord {
  std::string text;
  RunRecord record;
};

void put_run(SQLite::Database& database, const LogEvent& event, const json& detail,
             const GivenRecord& given) {
  const std::int64_t run = detail.at("run");
  const RunRecord& record = given.record;
  SQLite::Statement put(
      database,
      "INSERT INTO runs (id, competition, track, submission, node, outcome, message, "
      "dataset_sha256, started_at_utc, folder, record, record_sha256, origin, origin_key, "
      "origin_signer, put_at_utc, joined) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
      "?) "
      "ON CONFLICT DO UPDATE SET outcome = "
      "excluded.outcome, message = excluded.message, dataset_sha256 = excluded.dataset_sha256, "
      "started_at_utc = excluded.started_at_utc, folder = excluded.folder, record = "
      "excluded.record, record_sha256 = excluded.record_sha256, origin = excluded.origin, "
      "origin_key = excluded.origin_key, origin_signer = excluded.origin_signer, "
      "put_at_utc = excluded.put_at_utc, joined = excluded.joined");
  put.bind(1, run);
  put.bind(2, record.competition_id);
  put.bind(3, record.track.id);
  put.bind(4, record.entry.id);
  put.bind(5, record.node_before.hostname);
  put.bind(6, to_string(record.outcome));
  put.bind(7, record.message);
  put.bind(8, record.dataset_sha256);
  put.bind(9, record.started_at_utc);
  put.bind(10, detail.at("folder").get<std::string>());
  put.bind(11, given.text);
  put.bind(12, detail.at("record_sha256").get<std::string>());
  put.bind(13, detail.at("origin").get<std::string>());
  put.bind(14, detail.value("origin_key", ""));
  put.bind(15, detail.value("origin_signer", ""));
  put.bind(16, event.at_utc);
  put.bind(17, detail.contains("joined") ? detail.at("joined").dump() : "");
  put.exec();
  put_blocks(database, run, record);
}

std::string record_text_of(const json& detail, const RecordText& record_text) {
  return record_text(detail.at("run"), detail.at("folder"), detail.at("record_sha256"));
}

RunRecord parse_record_of(const json& detail, const std::string& text) {
  return parse_run_record(text, fmt::format("run {}", detail.at("run").get<std::int64_t>()));
}

void apply_run(SQLite::Database& database, const LogEvent& event, const json& detail,
               const GivenRecord& given) {
  put_submission(database, detail);
  put_run(database, event, detail, given);
}

void apply_score(SQLite::Database& database, const LogEvent& event, const json& detail) {
  const std::string text = detail.at("score");
  const Score score = score_from_json(json::parse(text), fmt::format("event {}", event.number));
  SQLite::Statement put(
      database,
      "INSERT INTO scores (run, record_sha256, rule, program_version, scored_at_utc, outcome, "
      "accuracy, joules_per_sample, energy_class, score) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  put.bind(1, detail.at("run").get<std::int64_t>());
  put.bind(2, detail.at("record_sha256").get<std::string>());
  put.bind(3, detail.at("rule").get<std::string>());
  put.bind(4, detail.at("program_version").get<std::string>());
  put.bind(5, event.at_utc);
  put.bind(6, to_string(score.outcome));
  const std::optional<Estimate>& energy = score.joules_per_sample;
  bind_optional(put, 7, score.accuracy ? std::optional(score.accuracy->value) : std::nullopt);
  bind_optional(put, 8, energy ? std::optional(energy->value) : std::nullopt);
  put.bind(9, to_string(score.energy_class));
  put.bind(10, text);
  put.exec();
}

void apply_decision(SQLite::Database& database, const LogEvent& event, const json& detail) {
  SQLite::Statement put(
      database,
      "INSERT INTO decisions (run, decision, reason, record_sha256, since_utc) VALUES "
      "(?, ?, ?, ?, ?)");
  put.bind(1, detail.at("run").get<std::int64_t>());
  put.bind(2, detail.at("decision").get<std::string>());
  put.bind(3, detail.at("reason").get<std::string>());
  put.bind(4, detail.at("record_sha256").get<std::string>());
  put.bind(5, event.at_utc);
  put.exec();
}

void apply_refused(SQLite::Database& database, const LogEvent& event, const json& detail) {
  const std::string competition = detail.at("competition");
  const std::string track = detail.at("track");
  SQLite::Statement clear(database, "DELETE FROM refused WHERE competition = ? AND track = ?");
  clear.bind(1, competition);
  clear.bind(2, track);
  clear.exec();
  SQLite::Statement put(database, "INSERT INTO refused VALUES (?, ?, ?, ?, ?)");
  for (const json& one : detail.at("entries")) {
    put.bind(1, competition);
    put.bind(2, track);
    put.bind(3, one.at("name").get<std::string>());
    put.bind(4, one.at("reason").get<std::string>());
    put.bind(5, event.at_utc);
    put.exec();
    put.reset();
  }
}

/// The first receipt counts.
void apply_received(SQLite::Database& database, const LogEvent& event, const json& detail) {
  SQLite::Statement put(database, "INSERT OR IGNORE INTO received VALUES (?, ?, ?)");
  put.bind(1, detail.at("competition").get<std::string>());
  put.bind(2, detail.at("entry").get<std::string>());
  put.bind(3, event.at_utc);
  put.exec();
}

void put_entry_at(SQLite::Database& database, const char* query,
                  const std::vector<std::string>& values) {
  SQLite::Statement put(database, query);
  for (std::size_t i = 0; i < values.size(); ++i) put.bind(static_cast<int>(i) + 1, values[i]);
  put.exec();
}

/// An accepted entry is received when its upload was; what a team wishes holds from the event on.
void apply_intake(SQLite::Database& database, const LogEvent& event, const json& detail) {
  const IntakeDecision decision = intake_decision_from_json(detail);
  SQLite::Statement put(database, "INSERT INTO intake VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  put.bind(1, event.number);
  put.bind(2, decision.competition);
  put.bind(3, to_string(decision.kind));
  put.bind(4, decision.accepted ? 1 : 0);
  put.bind(5, decision.upload);
  put.bind(6, decision.sha256);
  put.bind(7, decision.team);
  put.bind(8, decision.name);
  put.bind(9, decision.entry);
  put.bind(10, event.at_utc);
  put.bind(11, event.detail);
  put.exec();
  if (!decision.accepted) return;
  const std::string& competition = decision.competition;
  switch (decision.kind) {
    case UploadKind::entry:
      put_entry_at(database, "INSERT OR IGNORE INTO received VALUES (?, ?, ?)",
                   {competition, decision.entry, decision.received_at_utc});
      break;
    case UploadKind::withdraw:
      for (const std::string& entry : decision.entries) {
        put_entry_at(database, "INSERT OR REPLACE INTO withdrawn VALUES (?, ?, ?)",
                     {competition, entry, event.at_utc});
      }
      break;
    case UploadKind::select:
      put_entry_at(database, "INSERT OR REPLACE INTO selected VALUES (?, ?, ?, ?, ?)",
                   {competition, decision.team, decision.name, decision.entry, event.at_utc});
      break;
  }
}

// ---- logs of older versions ----

/// Tables whose rows an event of kind "migrate" tells; those of `runs` without the record's text.
constexpr std::array kTold = {"competitions", "submissions", "runs",
                              "scores",       "decisions",   "refused"};

json cell(const SQLite::Column& column) {
  if (column.isNull()) return nullptr;
  if (column.isInteger()) return column.getInt64();
  if (column.isFloat()) return column.getDouble();
  return column.getString();
}

json rows_of(SQLite::Database& database, const std::string& table) {
  json rows = json::array();
  SQLite::Statement find(database, "SELECT * FROM " + table + " ORDER BY 1, 2, 3");
  while (find.executeStep()) {
    json row = json::object();
    for (int i = 0; i < find.getColumnCount(); ++i) {
      const std::string name = find.getColumnName(i);
      if (table != "runs" || name != "record") row[name] = cell(find.getColumn(i));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

/// Events before version 3 have digests where later ones have the rows themselves: one event tells
/// all that there is.
void tell_all(SQLite::Database& database, std::size_t from_version) {
  const std::vector<LogEvent> log = read_events(database);
  if (log.empty()) return;
  json tables;
  for (const char* table : kTold) tables[table] = rows_of(database, table);
  const json detail{{"from_version", from_version}, {"tables", std::move(tables)}};
  append_event(database, log.back().at_utc, "migrate",
               detail.dump(-1, ' ', false, json::error_handler_t::replace));
}

void insert_row(SQLite::Database& database, const std::string& table, const json& row) {
  std::string names, marks;
  for (const auto& [name, value] : row.items()) {
    names += (names.empty() ? "" : ", ") + name;
    marks += marks.empty() ? "?" : ", ?";
  }
  SQLite::Statement put(database,
                        "INSERT INTO " + table + " (" + names + ") VALUES (" + marks + ")");
  int index = 0;
  for (const auto& [name, value] : row.items()) {
    ++index;
    if (value.is_null()) {
      put.bind(index);
    } else if (value.is_number_integer()) {
      put.bind(index, value.get<std::int64_t>());
    } else if (value.is_number()) {
      put.bind(index, value.get<double>());
    } else {
      put.bind(index, value.get<std::string>());
    }
  }
  put.exec();
}

void apply_migrate(SQLite::Database& database, const json& detail, const RecordText& record_text) {
  for (const char* table : kTold) {
    for (json row : detail.at("tables").at(table)) {
      const bool is_run = std::string_view(table) == "runs";
      if (is_run)
        row["record"] = record_text(row.at("id"), row.at("folder"), row.at("record_sha256"));
      insert_row(database, table, row);
      if (is_run) {
        put_blocks(database, row.at("id"),
                   parse_run_record(row.at("record").get<std::string>(), "a migrated run"));
      }
    }
  }
}

/// What the events of older versions tell, in the form of the event that took their place.
struct OldLog {
  std::map<std::string, std::string> competitions;              // id -> SHA-256 of the text
  std::map<std::int64_t, std::string> records;                  // run -> SHA-256
  std::vector<std::pair<std::int64_t, std::string>> scores;     // run, SHA-256, in order
  std::vector<std::pair<std::int64_t, std::string>> decisions;  // run, decision and reason

  bool operator==(const OldLog&) const = default;
};

OldLog old_log(const std::vector<LogEvent>& log, std::size_t count) {
  OldLog old;
  for (std::size_t i = 0; i < count; ++i) {
    const json detail = json::parse(log[i].detail);
    if (log[i].kind == "competition") {
      old.competitions[detail.at("competition")] = detail.at("sha256");
    } else if (log[i].kind == "run") {
      old.records[detail.at("run")] = detail.at("record_sha256");
    } else if (log[i].kind == "score") {
      old.scores.emplace_back(detail.at("run"), detail.at("score_sha256"));
    } else if (log[i].kind == "state") {
      std::string state = detail.at("state");
      if (state == "valid" || state == "unverified") state = "restored";
      old.decisions.emplace_back(detail.at("run"),
                                 state + " " + detail.at("reason").get<std::string>());
    }
  }
  return old;
}

OldLog old_log(const json& migrate) {
  OldLog told;
  const json& tables = migrate.at("tables");
  for (const json& row : tables.at("competitions")) {
    told.competitions[row.at("id")] = sha256_of_text(row.at("text").get<std::string>());
  }
  for (const json& row : tables.at("runs")) told.records[row.at("id")] = row.at("record_sha256");
  for (const json& row : tables.at("scores")) {
    told.scores.emplace_back(row.at("run"), sha256_of_text(row.at("score").get<std::string>()));
  }
  for (const json& row : tables.at("decisions")) {
    told.decisions.emplace_back(row.at("run"), row.at("decision").get<std::string>() + " " +
                                                   row.at("reason").get<std::string>());
  }
  return told;
}

Error unfollowable(const LogEvent& event, const std::string& reason) {
  return Error({.what = "cannot make the board's tables from its log",
                .where = fmt::format("event {} ({}): {}", event.number, printable(event.kind, 40),
                                     printable(reason, 500)),
                .hint = {}});
}

/// Whether a version before kFullLog wrote it.
bool is_of_older_version(const LogEvent& event) {
  if (event.kind == "competition") return !json::parse(event.detail).contains("text");
  if (event.kind == "run") return !json::parse(event.detail).contains("folder");
  return event.kind == "score" || event.kind == "state" || event.kind == "received" ||
         event.kind == "refused" || event.kind == "ingest";
}

/// Errors: Error where the event "migrate" at this place does not tell what the older events before
/// it do, or would hide newer ones.
void require_migration(const std::vector<LogEvent>& log, std::size_t place) {
  for (std::size_t i = 0; i < place; ++i) {
    if (is_of_older_version(log[i])) continue;
    throw unfollowable(log[place],
                       fmt::format("event {} before it is of no older version", log[i].number));
  }
  if (old_log(log, place) == old_log(json::parse(log[place].detail))) return;
  throw unfollowable(log[place], "it is not what the events before it tell of");
}

/// The last event that tells of each run: earlier ones are of records that were replaced.
std::map<std::int64_t, std::int64_t> newest_records(const std::vector<LogEvent>& log,
                                                    std::size_t first) {
  std::map<std::int64_t, std::int64_t> newest;
  for (std::size_t i = first; i < log.size(); ++i) {
    if (log[i].kind == "run") newest[json::parse(log[i].detail).at("run")] = log[i].number;
  }
  return newest;
}

/// An event that is about to be followed, with what takes longest: reading a record.
struct NextEvent {
  const LogEvent* event = nullptr;
  std::optional<GivenRecord> record;  // of a run whose record was not replaced later
  json detail;                        // of that run
  std::exception_ptr problem;         // with that record
};

/// Reads the records of some events: their texts one after the other, what they say on several
/// CPUs.
void read_records(std::vector<NextEvent>& events) {
  constexpr unsigned kMostThreads = 4;
  for_each_in_parallel(events, kMostThreads, [](NextEvent& one) {
    if (!one.record || one.problem) return;
    try {
      one.record->record = parse_record_of(one.detail, one.record->text);
    } catch (...) {
      one.problem = std::current_exception();
    }
  });
}

std::vector<NextEvent> prepare(std::span<const LogEvent> log,
                               const std::map<std::int64_t, std::int64_t>& newest,
                               const RecordText& record_text) {
  std::vector<NextEvent> events;
  for (const LogEvent& event : log) {
    NextEvent& one = events.emplace_back();
    one.event = &event;
    if (event.kind != "run") continue;
    try {
      one.detail = json::parse(event.detail);
      if (newest.at(one.detail.at("run")) != event.number) continue;
      one.record = GivenRecord{.text = record_text_of(one.detail, record_text)};
    } catch (...) {
      one.problem = std::current_exception();
    }
  }
  read_records(events);
  return events;
}

/// Follows one event; of a run whose record was replaced later only what it tells of the entry.
void follow(SQLite::Database& target, const NextEvent& next,
            const std::map<std::int64_t, std::int64_t>& newest, const RecordText& record_text) {
  const LogEvent& event = *next.event;
  if (next.problem) std::rethrow_exception(next.problem);
  if (event.kind == "run") {
    if (next.record) {
      apply_run(target, event, next.detail, *next.record);
    } else {
      put_submission(target, next.detail);
    }
    return;
  }
  if (event.kind == "migrate") {
    // A record that was replaced since is told of by the event that did.
    json detail = json::parse(event.detail);
    json runs = json::array();
    for (const json& row : detail.at("tables").at("runs")) {
      if (!newest.contains(row.at("id"))) runs.push_back(row);
    }
    detail["tables"]["runs"] = std::move(runs);
    apply_migrate(target, detail, record_text);
    return;
  }
  apply_event(target, event, record_text);
}

// ---- comparing ----

std::string shown_cell(const json& value) {
  if (value.is_null()) return "nothing";
  const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
  return "\"" + printable(text, 60) + "\"";
}

/// Without a copy: most cells are the same, and a record's text is long.
bool is_same_cell(const SQLite::Column& a, const SQLite::Column& b) {
  if (a.getType() != b.getType()) return false;
  if (a.isNull()) return true;
  if (a.isInteger()) return a.getInt64() == b.getInt64();
  if (a.isFloat()) return a.getDouble() == b.getDouble();
  const auto view = [](const SQLite::Column& column) {
    const auto* const text = static_cast<const char*>(column.getBlob());
    return std::string_view(text, static_cast<std::size_t>(column.getBytes()));
  };
  return view(a) == view(b);
}

/// "" when the tables are the same.
std::string first_difference(SQLite::Database& actual, SQLite::Database& expected,
                             const std::string& name, const std::string& query) {
  SQLite::Statement is(actual, query);
  SQLite::Statement should(expected, query);
  for (int row = 1;; ++row) {
    const bool has = is.executeStep();
    const bool must = should.executeStep();
    if (!has && !must) return {};
    if (!has) {
      return fmt::format("{}: row {} ({}) is missing", name, row,
                         shown_cell(cell(should.getColumn(0))));
    }
    if (!must) {
      return fmt::format("{}: row {} ({}) is not in the log", name, row,
                         shown_cell(cell(is.getColumn(0))));
    }
    for (int i = 0; i < should.getColumnCount(); ++i) {
      if (is_same_cell(is.getColumn(i), should.getColumn(i))) continue;
      const json a = cell(is.getColumn(i));
      const json b = cell(should.getColumn(i));
      return fmt::format("{}: row {}, column {} is {}, the log tells of {}", name, row,
                         should.getColumnName(i), shown_cell(a), shown_cell(b));
    }
  }
}

}  // namespace

namespace {

/// What is written next would build on it.
void require_whole_head(SQLite::Database& database, const fs::path& file) {
  if (!database.tableExists("log")) return;
  const LogEvent head = newest_event(database);
  if (head.number == 0 || head.sha256 == chain_digest(head)) return;
  throw Error({.what = "cannot use this board's database",
               .where = fmt::format("{}: log: event {} was altered", file.string(), head.number),
               .hint = "restore it from a backup"});
}

}  // namespace

void bring_up_to_date(SQLite::Database& database, const fs::path& file) {
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
  require_whole_head(database, file);
  if (version == kMigrations.size()) return;
  database.exec("PRAGMA journal_mode = WAL");
  SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
  // Read again: another process may have migrated while we waited.
  const auto from = static_cast<std::size_t>(database.execAndGet("PRAGMA user_version").getInt());
  for (std::size_t done = from; done < kMigrations.size(); ++done) {
    database.exec(std::string(kMigrations[done]));
    database.exec("PRAGMA user_version = " + std::to_string(done + 1));
  }
  database.exec("PRAGMA application_id = " + std::to_string(kApplicationId));
  if (from > 0 && from < kFullLog) tell_all(database, from);
  transaction.commit();
}

LogEvent append_event(SQLite::Database& database, const std::string& at_utc,
                      const std::string& kind, const std::string& detail) {
  LogEvent event{.number = 1, .at_utc = at_utc, .kind = kind, .detail = detail};
  SQLite::Statement last(database, "SELECT number, sha256 FROM log ORDER BY number DESC LIMIT 1");
  if (last.executeStep()) {
    event.number = last.getColumn(0).getInt64() + 1;
    event.previous_sha256 = last.getColumn(1).getString();
  }
  event.sha256 = chain_digest(event);
  copy_log(database, {event});
  return event;
}

void copy_log(SQLite::Database& target, const std::vector<LogEvent>& log) {
  SQLite::Statement insert(target, "INSERT INTO log VALUES (?, ?, ?, ?, ?, ?)");
  for (const LogEvent& event : log) {
    insert.bind(1, event.number);
    insert.bind(2, event.at_utc);
    insert.bind(3, event.kind);
    insert.bind(4, event.detail);
    insert.bind(5, event.previous_sha256);
    insert.bind(6, event.sha256);
    insert.exec();
    insert.reset();
  }
}

namespace {

LogEvent event_of(SQLite::Statement& row) {
  return {.number = row.getColumn(0).getInt64(),
          .at_utc = row.getColumn(1).getString(),
          .kind = row.getColumn(2).getString(),
          .detail = row.getColumn(3).getString(),
          .previous_sha256 = row.getColumn(4).getString(),
          .sha256 = row.getColumn(5).getString()};
}

}  // namespace

std::vector<LogEvent> read_events(SQLite::Database& database) {
  SQLite::Statement find(database,
                         "SELECT number, at_utc, kind, detail, previous_sha256, sha256 FROM log "
                         "ORDER BY number");
  std::vector<LogEvent> events;
  while (find.executeStep()) events.push_back(event_of(find));
  return events;
}

LogEvent newest_event(SQLite::Database& database) {
  SQLite::Statement find(database,
                         "SELECT number, at_utc, kind, detail, previous_sha256, sha256 FROM log "
                         "ORDER BY number DESC LIMIT 1");
  return find.executeStep() ? event_of(find) : LogEvent{};
}

void apply_event(SQLite::Database& database, const LogEvent& event, const RecordText& record_text) {
  const json detail = json::parse(event.detail);
  if (event.kind == "competition") {
    apply_competition(database, event, detail);
  } else if (event.kind == "run") {
    GivenRecord given{.text = record_text_of(detail, record_text)};
    given.record = parse_record_of(detail, given.text);
    apply_run(database, event, detail, given);
  } else if (event.kind == "score") {
    apply_score(database, event, detail);
  } else if (event.kind == "decision") {
    apply_decision(database, event, detail);
  } else if (event.kind == "refused") {
    apply_refused(database, event, detail);
  } else if (event.kind == "migrate") {
    apply_migrate(database, detail, record_text);
  } else if (event.kind == "received") {
    apply_received(database, event, detail);
  } else if (event.kind == "intake") {
    apply_intake(database, event, detail);
  } else if (event.kind != "ingest") {  // there is no table of these
    throw unfollowable(event, "its kind is not known");
  }
}

void replay(SQLite::Database& target, const std::vector<LogEvent>& log,
            const RecordText& record_text) {
  target.exec("PRAGMA foreign_keys = OFF");  // a run's row comes with its newest record
  SQLite::Transaction transaction(target);
  std::size_t first = 0;
  for (std::size_t i = 0; i < log.size(); ++i) {
    if (log[i].kind == "migrate") first = i;
  }
  const LogEvent* current = nullptr;
  try {
    if (!log.empty() && log[first].kind == "migrate") {
      current = &log[first];
      require_migration(log, first);
    }
    for (std::size_t i = 0; i < first;
         ++i) {  // the event that took their place tells of no receipt
      current = &log[i];
      if (log[i].kind == "received") apply_event(target, log[i], record_text);
    }
    const auto newest = newest_records(log, first);
    constexpr std::size_t kAtOnce = 256;  // records in memory
    for (std::size_t i = first; i < log.size(); i += kAtOnce) {
      const auto some = std::span(log).subspan(i, std::min(kAtOnce, log.size() - i));
      for (const NextEvent& next : prepare(some, newest, record_text)) {
        current = next.event;
        follow(target, next, newest, record_text);
      }
    }
  } catch (const json::exception& problem) {
    throw unfollowable(current != nullptr ? *current : LogEvent{}, problem.what());
  } catch (const SQLite::Exception& problem) {
    throw unfollowable(current != nullptr ? *current : LogEvent{}, problem.what());
  }
  transaction.commit();
}

namespace {

struct SchemaThing {
  std::string type, name, sql;
};

// SQLite's own counter: nothing that we read, and nobody can drop it.
constexpr const char* kSomebodysSchema = "sqlite_schema WHERE name <> 'sqlite_sequence'";

/// All tables, indexes, views and triggers that somebody made. Names tell nothing about who: what
/// is called sqlite_... can be made too.
std::vector<SchemaThing> schema_of(SQLite::Database& database) {
  SQLite::Statement find(database, fmt::format("SELECT type, name, sql FROM {} AND sql IS NOT NULL "
                                               "ORDER BY rowid",
                                               kSomebodysSchema));
  std::vector<SchemaThing> things;
  while (find.executeStep()) {
    things.push_back({find.getColumn(0).getString(), find.getColumn(1).getString(),
                      find.getColumn(2).getString()});
  }
  return things;
}

std::string quoted_name(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) text += c == '"' ? "\"\"" : std::string(1, c);
  return text + "\"";
}

void drop_all(SQLite::Database& database) {
  // Indexes and triggers go with their tables.
  for (const SchemaThing& thing : schema_of(database)) {
    if (thing.type == "view") database.exec("DROP VIEW " + quoted_name(thing.name));
    // One that a virtual table kept its rows in went with that.
    if (thing.type == "table") database.exec("DROP TABLE IF EXISTS " + quoted_name(thing.name));
  }
}

void copy_rows(SQLite::Database& target, SQLite::Database& source, const std::string& table) {
  SQLite::Statement find(source, "SELECT * FROM " + table);
  std::string marks;
  for (int i = 0; i < find.getColumnCount(); ++i) marks += i == 0 ? "?" : ", ?";
  SQLite::Statement put(target, "INSERT INTO " + table + " VALUES (" + marks + ")");
  while (find.executeStep()) {
    for (int i = 0; i < find.getColumnCount(); ++i) {
      const SQLite::Column column = find.getColumn(i);
      if (column.isNull()) {
        put.bind(i + 1);
      } else if (column.isInteger()) {
        put.bind(i + 1, column.getInt64());
      } else if (column.isFloat()) {
        put.bind(i + 1, column.getDouble());
      } else {
        put.bind(i + 1, column.getString());
      }
    }
    put.exec();
    put.reset();
  }
}

}  // namespace

void replace_all(SQLite::Database& target, SQLite::Database& source) {
  drop_all(target);
  const std::vector<SchemaThing> things = schema_of(source);
  for (const SchemaThing& thing : things) {
    if (thing.type != "table") continue;
    target.exec(thing.sql);
    copy_rows(target, source, thing.name);
  }
  for (const SchemaThing& thing : things) {
    if (thing.type != "table") target.exec(thing.sql);
  }
  for (const char* pragma : {"user_version", "application_id"}) {
    const int value = source.execAndGet(std::string("PRAGMA ") + pragma).getInt();
    target.exec(fmt::format("PRAGMA {} = {}", pragma, value));
  }
}

std::vector<std::string> differences(SQLite::Database& actual, SQLite::Database& expected) {
  std::vector<std::string> found;
  const auto compare = [&](const std::string& name, const std::string& query) {
    std::string difference = first_difference(actual, expected, name, query);
    if (!difference.empty()) found.push_back(std::move(difference));
  };
  compare("schema",
          fmt::format("SELECT type || ' ' || name AS thing, tbl_name, sql FROM {} ORDER BY 1",
                      kSomebodysSchema));
  for (const char* pragma : {"user_version", "application_id", "encoding"}) {
    compare(pragma, std::string("PRAGMA ") + pragma);
  }
  if (!found.empty()) return found;  // rows of other tables cannot be compared
  for (const char* table : kTables) {
    compare(std::string("table ") + table,
            std::string("SELECT * FROM ") + table + " ORDER BY 1, 2, 3");
  }
  return found;
}

}  // namespace joulebench
