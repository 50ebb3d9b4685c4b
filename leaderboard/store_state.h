#pragma once

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "leaderboard/store.h"

namespace SQLite {
class Database;
class Savepoint;
class Statement;
class Transaction;
}  // namespace SQLite

namespace joulebench {

// What the parts of the store share; nothing else includes this.

struct Store::State {
  std::filesystem::path file;
  std::filesystem::path base;  // that record folders are relative to
  std::unique_ptr<SQLite::Database> owned;
  SQLite::Database& database;
  bool is_together = false;  // within Store::together()

  State(const std::filesystem::path& path, int flags);
  ~State();

  /// Logs a change and makes it: the same code that makes the tables again from the log. Call
  /// inside a transaction that holds the write lock. `record` is a run's. Result: the event.
  LogEvent change(const std::string& at_utc, const std::string& kind, const nlohmann::json& detail,
                  const std::string& record = {});

  std::filesystem::path relative(const std::filesystem::path& folder) const;
  std::filesystem::path absolute(const std::string& folder) const;

  /// The record that the log tells of, from its folder.
  std::string record_in_folder(std::int64_t run, const std::string& folder,
                               const std::string& sha256) const;
  /// The same, from the table where it is still what the log tells of.
  std::string record_at_hand(std::int64_t run, const std::string& folder,
                             const std::string& sha256);
};

/// Called where something was thrown: throws it on, SQLite's complaints as ours with the file's
/// name.
[[noreturn]] void throw_as_ours(const std::filesystem::path& file, const char* what);

template <class Function>
auto speaking_of(const std::filesystem::path& file, const char* what, Function&& function) {
  try {
    return function();
  } catch (...) {
    throw_as_ours(file, what);
  }
}

/// Binds 1 to 4 of a statement to what names a run: competition, track, entry and node.
void bind_run(SQLite::Statement& statement, const RunRecord& record);

/// One write transaction: taken at once, so that what it reads cannot be stale when it writes.
/// Within Store::together() a part of that one, undone alone where it is not committed.
class WriteTransaction {
 public:
  explicit WriteTransaction(Store::State& state);
  ~WriteTransaction();
  void commit();

 private:
  std::unique_ptr<SQLite::Transaction> transaction_;
  std::unique_ptr<SQLite::Savepoint> part_;
};

}  // namespace joulebench
