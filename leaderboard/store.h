#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/competition.h"
#include "core/run_record.h"
#include "scoring/score.h"

namespace joulebench {

/// What people decided about an entry of a board.
enum class EntryState { valid, unverified, withdrawn, disqualified };
const char* to_string(EntryState state);
std::optional<EntryState> entry_state_from(std::string_view name);

/// A run as the database keeps it. There is one per competition, track, entry and node.
struct StoredRun {
  std::int64_t id = 0;
  RunRecord record;
  std::filesystem::path folder;  // of the record, absolute
};

/// A run with its newest score, for a page.
struct BoardEntry {
  StoredRun run;
  std::optional<Score> score;   // absent: not scored yet
  std::string rule;             // what computed the score: "floors/1"
  std::string program_version;  // that did
  std::string scored_at_utc;
  std::string score_text;  // as it is stored: what the log has the digest of
  EntryState state = EntryState::valid;
  std::string state_reason;
  std::string state_since_utc;
};

/// An entry that could not even be read.
struct RefusedEntry {
  std::string name;  // of its folder or archive
  std::string reason;
};

/// One line of the append-only log; each carries the digest of the one before.
struct LogEvent {
  std::int64_t number = 0;
  std::string at_utc;
  std::string kind;    // "run", "score", "state", "competition", "refused", "ingest"
  std::string detail;  // JSON
  std::string previous_sha256;
  std::string sha256;  // over previous, number, at, kind and detail
};

/// Walks a log's chain. Empty when whole; else what is wrong, with the event's number.
std::string verify_chain(const std::vector<LogEvent>& log);

/// The board's database: one SQLite file (WAL), the only place that speaks SQL.
/// Records stay in their folders; the database keeps each one's path relative to its own folder, so
/// that both can be moved together. Every method is one transaction: done or not done after a power
/// cut. Threads: one caller; several processes may have the same file open. Errors: Error naming
/// the file and SQLite's reason; a file of a newer program is one.
class Store {
 public:
  /// Opens `file`, makes it when it is not there and brings an older one up to date; ":memory:" for
  /// tests.
  explicit Store(const std::filesystem::path& file);
  /// The same, but a file that is not there is an Error: for commands that only read.
  static Store open_existing(const std::filesystem::path& file);
  Store(Store&&) noexcept;
  ~Store();

  /// Repeating any put with the same content changes nothing and logs nothing.
  void put_competition(const Competition& competition, const std::string& at_utc);
  /// Inserts or replaces the run of (competition, track, entry, node host name); its id stays.
  std::int64_t put_run(const RunRecord& record, const std::filesystem::path& folder,
                       const std::string& at_utc);
  /// Adds a score beside older ones; the newest counts. `rule` is Ranking::rule.
  void put_score(std::int64_t run, const Score& score, const std::string& rule,
                 const std::string& program_version, const std::string& at_utc);
  void set_state(std::int64_t run, EntryState state, const std::string& reason,
                 const std::string& at_utc);

  /// All entries of a track that could not be read, in place of those known before.
  void put_refused(const std::string& competition, const std::string& track,
                   const std::vector<RefusedEntry>& refused, const std::string& at_utc);
  /// When an entry was first received, as the log holds it; an entry that it does not know is noted
  /// as received at `at_utc`. Moments are as Clock::now_utc() writes them.
  std::string received_at(const std::string& competition, const std::string& entry_id,
                          const std::string& at_utc);
  /// Notes in the log where runs came from: the head of another board's log.
  void note_ingested(const std::string& head_sha256, std::size_t runs, const std::string& at_utc);

  /// Writes a copy of the whole database to `file`, as of one moment, while others may write.
  /// Errors: Error, and no file is left.
  void copy_to(const std::filesystem::path& file) const;

  std::vector<RefusedEntry> refused(const std::string& competition, const std::string& track) const;
  std::vector<StoredRun> find_runs(const std::string& competition, const std::string& track,
                                   const std::string& entry_id) const;
  std::vector<std::string> competition_ids() const;
  /// The competition as it was last put.
  Competition competition(const std::string& id) const;
  /// All runs of a track with their newest scores, by entry name, then id.
  std::vector<BoardEntry> board(const std::string& competition, const std::string& track) const;

  std::vector<LogEvent> log() const;
  /// Walks the log's chain. Empty when whole; else what is wrong, with the event's number.
  std::string verify_log() const;
  /// The log's chain, and that runs, scores, states and competitions are those the log tells of:
  /// what was altered or removed, in words. Empty when all is well.
  std::vector<std::string> verify() const;

 private:
  struct State;
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace joulebench
