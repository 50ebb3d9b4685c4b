#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "leaderboard/event_log.h"

namespace SQLite {
class Database;
}

namespace joulebench {

// The tables of a board's database as a view of its log: what an event changes in them, and whether
// they are what the log tells of. Part of the store; nothing else includes this.

/// Makes the tables in an empty database, or brings older ones up to date, in one transaction.
/// Errors: Error naming `file` when it is of another program or of a newer version.
void bring_up_to_date(SQLite::Database& database, const std::filesystem::path& file);

/// Appends an event that follows from the last one and returns it. Call inside a transaction that
/// holds the write lock.
LogEvent append_event(SQLite::Database& database, const std::string& at_utc,
                      const std::string& kind, const std::string& detail);
std::vector<LogEvent> read_events(SQLite::Database& database);
/// The last event; number 0: there is none.
LogEvent newest_event(SQLite::Database& database);

/// The text of a run's record; `folder` is relative to the database's own.
using RecordText = std::function<std::string(std::int64_t run, const std::string& folder,
                                             const std::string& sha256)>;

/// Changes the tables as one event tells, the same for a new event and one that is read again.
/// Errors: nlohmann::json's exceptions and Error when the event or the record cannot be read.
void apply_event(SQLite::Database& database, const LogEvent& event, const RecordText& record_text);

/// Makes the tables of `target`, an empty database, from a log and its records; with `with_log` the
/// log too. Errors: Error naming the event that cannot be followed.
void replay(SQLite::Database& target, const std::vector<LogEvent>& log,
            const RecordText& record_text);
void copy_log(SQLite::Database& target, const std::vector<LogEvent>& log);

/// Puts all that `source` holds, schema and rows, in place of what `target` holds. Call inside a
/// transaction that holds the write lock, with foreign keys off.
void replace_all(SQLite::Database& target, SQLite::Database& source);

/// Compares schema, triggers, pragmas and every column of every row but the log's, in order. One
/// line for each table that differs: its first difference, in words.
std::vector<std::string> differences(SQLite::Database& actual, SQLite::Database& expected);

}  // namespace joulebench
