#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "leaderboard/store.h"

namespace joulebench {

// Boards leave and enter a database as folders of plain files, with digests. Nothing that comes in
// is believed: names and paths are ours, digests are computed, texts are read strictly.

/// Whether a block's file is to be looked at: `name` as block_files() has it. Empty: every one is.
using FileChoice = std::function<bool(const BlockRecord& block, const std::string& name)>;

/// What is wrong with the files of a run's record: missing, altered, not the record that is stored.
/// `files` counts those that were looked at.
std::vector<std::string> check_record(const StoredRun& run, std::size_t& files,
                                      const FileChoice& wanted = {});
/// The part of it that is about the files of blocks, whose folders are as they should be.
std::vector<std::string> check_block_files(const StoredRun& run, std::size_t& files,
                                           const FileChoice& wanted);

struct Exported {
  std::size_t runs = 0;
  LogEvent head;
};
/// Writes boards (of one competition, or all when `competition` is empty) to `folder`, complete or
/// absent: export.json (README.md has its keys), competitions, the log, and every run's record. The
/// scores and decisions are in the log. With a `key` of OpenSSH (empty: none) export.sig is its
/// signature of export_text(). Errors: Error when the folder is there already, a record is missing
/// or altered, the key does not sign, or there is no space.
Exported export_boards(const Store& store, const std::string& competition,
                       const std::filesystem::path& folder, const std::filesystem::path& key = {});

/// What is signed, to the byte: "joulebench export SHA-256\n", of export.json. That names the
/// digest of each record, which names those of its files.
std::string export_text(const std::string& sha256);

/// Computes the score of a record that lies in `folder` under a track's rules; for boards that
/// know the dataset. Errors: Error when it cannot be scored.
using RecordScoring =
    std::function<Score(const Competition& competition, const Track& track, const RunRecord& record,
                        const std::filesystem::path& folder)>;

/// Two runs of one entry as one.
struct JoinedRecord {
  RunRecord record;         // the blocks of `here`, behind them those that only `there` has
  std::vector<int> blocks;  // of `there`: numbers of these, in order
};
/// Joins the blocks of two runs of one entry on one machine; pure. Errors: Error when they cannot
/// be of one run.
using RecordJoining = std::function<JoinedRecord(const RunRecord& here, const RunRecord& there)>;

/// A run that was not joined with the one that is here.
struct KeptApart {
  std::string entry;
  std::string track;
  std::string reason;  // in words
};

struct Ingested {
  std::size_t added = 0;
  std::size_t known = 0;      // the very same record was here before
  std::size_t confirmed = 0;  // of these: held until now, and now signed by somebody allowed
  std::size_t joined = 0;     // runs that were here and have blocks of the export now
  std::vector<KeptApart> apart;
  Origin origin;  // of the export
};
/// Takes in what export_boards() wrote; records are copied to `records`, under names of ours. First
/// everything is checked: the log's chain, each text against the log, each number against what is
/// possible, each file against its digest. Scores are computed here from the records; what the
/// export says of scores is not read. What comes in is held until the organizer accepts it, unless
/// it ran where the export was made and a key that `allowed_signers` (OpenSSH's file; empty:
/// nobody) allows signed the export; that it was withdrawn or disqualified elsewhere holds here
/// too. Idempotent. Errors: Error naming what was altered, out of range or missing; a signature
/// that is not the export's; a competition of the same id and other text, or another run of the
/// same entry on the same node, that is here already (unless `joining` is given, below); a record
/// that cannot be scored. What was taken in before the error stays, whole.
///
/// With `joining` a run of an entry that has another one here, on the same node, is joined with it:
/// the record here gets the blocks that only the export has. Each session of these must have two
/// blocks of a baseline on that node, through which they are compared. What cannot be joined is
/// left apart and named. Only exports that somebody allowed signed: the run keeps its place in the
/// ranks.
Ingested ingest_boards(const std::filesystem::path& folder, Store& store,
                       const std::filesystem::path& records, const RecordScoring& scoring,
                       const std::string& at_utc, const std::filesystem::path& allowed_signers = {},
                       const RecordJoining& joining = {});

/// Copies a board's database as it is at one moment, also while others write to it, and the records
/// that it names, to `folder`, complete or absent; then checks the copy. Result: runs copied.
/// Errors: Error when the folder is there already, records lie elsewhere than below the database's
/// own folder, a file is missing or altered, or there is no space.
std::size_t back_up(const std::filesystem::path& database, const std::filesystem::path& folder);

}  // namespace joulebench
