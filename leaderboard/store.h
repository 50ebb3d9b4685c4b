#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/competition.h"
#include "core/run_record.h"
#include "leaderboard/event_log.h"
#include "leaderboard/intake_decision.h"
#include "scoring/score.h"

namespace joulebench {

/// What the organizer decided about an entry of a board.
enum class Decision {
  accepted,     // its record may be ranked although something holds it; holds for that record only
  restored,     // takes back withdrawn and disqualified
  withdrawn,    // at its team's wish
  disqualified  // for breaking the rules
};
const char* to_string(Decision decision);
std::optional<Decision> decision_from(std::string_view name);

/// How an entry stands, from what was decided and what its record shows. Only `valid` is ranked.
enum class EntryState {
  valid,
  superseded,  // another version of the entry stands in the ranks (VersionRule)
  unverified,  // held: an audit flagged it, or its record comes from elsewhere and nobody whom the
               // organizer allowed signed it
  withdrawn,
  disqualified
};
const char* to_string(EntryState state);

/// Where a run's record came from, when it did not run here.
struct Origin {
  std::string head_sha256;  // of the history it was ingested from; empty: it ran here
  std::string key;          // that signed the export, "ED25519 SHA256:..."; empty: none did
  std::string signer;       // whom the organizer allowed under that key; empty: nobody
};

/// Blocks of a run's record that came from a run of the same entry elsewhere (`board merge`).
struct JoinedBlocks {
  Origin origin;
  std::vector<int> blocks;  // their numbers in the record
};

/// A run as the database keeps it. There is one per competition, track, entry and node.
struct StoredRun {
  std::int64_t id = 0;
  RunRecord record;
  std::filesystem::path folder;  // of the record, absolute
  std::string record_sha256;
  std::string origin;  // the fields of Origin
  std::string origin_key;
  std::string origin_signer;
  std::vector<JoinedBlocks> joined;
  std::string put_at_utc;  // when its record was stored; empty: an older version did, untold
  std::string text;        // all of its record as JSON, where `record` is an outline; else empty
};

/// The whole record of a run, also of one whose `record` is an outline.
RunRecord whole_record(const StoredRun& run);

/// A run with its newest score, for a page.
struct BoardEntry {
  StoredRun run;
  std::optional<Score> score;   // absent: not scored yet
  std::string score_sha256;     // of its text in the log
  std::string score_text;       // that text; empty: it has no score
  std::string rule;             // what computed the score: "floors/1"
  std::string program_version;  // that did
  std::string scored_at_utc;
  EntryState state = EntryState::valid;
  std::string state_reason;     // of the decision that counts; empty: none was made
  std::string state_since_utc;  // of it
  std::vector<Flag> evidence;   // why it is unverified, in words
  std::string received_at_utc;  // when the entry was first received; empty: the log does not tell
  std::string superseded_by;    // id of the version that stands in its place; empty: none does
};

/// How much of each run's record is read.
enum class RecordDetail {
  whole,
  outline  // what a board needs: parse_record_outline(); all of it is in StoredRun::text
};

/// An entry that could not even be read.
struct RefusedEntry {
  std::string name;  // of its folder or archive
  std::string reason;
};

/// The board's database: one SQLite file (WAL), the only place that speaks SQL. Its log tells all
/// that its tables hold: every change is an event, and the tables are what the events make of them.
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

  /// What `puts` stores is stored together: all of it, or nothing where it throws; and one wait for
  /// the disk instead of one each. Nobody else can write meanwhile: prepare before what takes long.
  void together(const std::function<void()>& puts);

  /// Repeating any put with the same content changes nothing and logs nothing.
  void put_competition(const Competition& competition, const std::string& at_utc);
  /// Inserts or replaces the run of (competition, track, entry, node host name); its id stays. What
  /// was joined to a record stays noted while its folder is the same; `joined` is more of it.
  std::int64_t put_run(const RunRecord& record, const std::filesystem::path& folder,
                       const std::string& at_utc, const Origin& origin = {},
                       const std::vector<JoinedBlocks>& joined = {});
  /// Adds a score beside older ones; the newest counts. `rule` is Ranking::rule. Errors: Error when
  /// its energy is not positive and finite.
  void put_score(std::int64_t run, const Score& score, const std::string& rule,
                 const std::string& program_version, const std::string& at_utc);
  /// Decides about the run's record as it is now.
  void decide(std::int64_t run, Decision decision, const std::string& reason,
              const std::string& at_utc);

  /// All entries of a track that could not be read, in place of those known before.
  void put_refused(const std::string& competition, const std::string& track,
                   const std::vector<RefusedEntry>& refused, const std::string& at_utc);
  /// When an entry was first received, as the log holds it; an entry that it does not know is noted
  /// as received at `at_utc`. Moments are as Clock::now_utc() writes them.
  std::string received_at(const std::string& competition, const std::string& entry_id,
                          const std::string& at_utc);
  /// Stores what was decided about an upload, once: the very same answer to the same upload changes
  /// nothing. An accepted withdrawal also holds for runs of these entries that are stored already.
  /// Result: what stands in the log, with its event and time.
  IntakeDecision put_intake(const IntakeDecision& decision, const std::string& at_utc);
  /// All that was decided about a competition's uploads, by event.
  std::vector<IntakeDecision> intake(const std::string& competition) const;
  /// When each entry was first received, by its id.
  std::map<std::string, std::string> receipts(const std::string& competition) const;
  /// Ids of entries with a run on any track.
  std::vector<std::string> entries_with_runs(const std::string& competition) const;
  /// Ids of entries that their teams withdrew.
  std::vector<std::string> withdrawn(const std::string& competition) const;
  /// The newest decision about the run that `record` is of, as a board has it: about that run, else
  /// its team's withdrawal of the entry. Absent: none was made.
  std::optional<Decision> newest_decision(const RunRecord& record) const;
  /// Ids of the versions that teams chose, by team and name.
  std::map<std::pair<std::string, std::string>, std::string> selected(
      const std::string& competition, const std::string& until_utc = {}) const;

  /// Notes in the log where runs came from.
  void note_ingested(const Origin& origin, std::size_t runs, const std::string& at_utc);

  /// Writes a copy of the whole database to `file`, as of one moment, while others may write.
  /// Errors: Error, and no file is left.
  void copy_to(const std::filesystem::path& file) const;

  std::vector<RefusedEntry> refused(const std::string& competition, const std::string& track,
                                    const std::string& until_utc = {}) const;
  std::vector<StoredRun> find_runs(const std::string& competition, const std::string& track,
                                   const std::string& entry_id) const;
  std::vector<std::string> competition_ids() const;
  /// The competition as it was last put, until `until_utc` where that is given and the log tells.
  Competition competition(const std::string& id, const std::string& until_utc = {}) const;
  /// All runs of a track with their newest scores, by entry name, then id. With `until_utc` as they
  /// stood at that moment: of a record that was replaced since nothing but identity and outcome is
  /// known.
  std::vector<BoardEntry> board(const std::string& competition, const std::string& track,
                                const std::string& until_utc = {},
                                RecordDetail detail = RecordDetail::whole) const;
  /// Every track that has runs, also one that the competition no longer has. Errors: Error.
  std::vector<std::string> tracks_with_runs(const std::string& competition) const;

  std::vector<LogEvent> log() const;
  /// The newest event; its number is 0 while nothing was stored.
  LogEvent head() const;
  /// Walks the log's chain, makes every table again from the log and the records and compares it
  /// with the one that is there: each column, the order of rows, schema, triggers and pragmas. What
  /// differs first in each table, in words; empty when all is well.
  std::vector<std::string> verify() const;
  /// Makes all tables again from the log and the records' folders alone, in one transaction.
  /// Errors: Error naming the event or record that cannot be followed; nothing is changed then.
  void rebuild();

  struct State;  // of the files that it is made of

 private:
  explicit Store(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace joulebench
