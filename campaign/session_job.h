#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/competition.h"
#include "core/run_record.h"
#include "submissions/submission.h"

namespace joulebench {

/// One session of a track's campaign, planned: who runs in it, and how. It runs as a whole on one
/// machine, whichever takes it. As session.json in the session's folder (README.md has the layout).
struct SessionJob {
  struct Entry {
    std::string id;
    std::string name;  // for people
    bool is_baseline = false;
    std::optional<EnvironmentIdentity> environment;  // absent: the machine's own /usr
  };
  std::string competition_text;  // of competition.json
  std::string competition_file;  // where that lies: datasets/ beside it is looked in
  std::string track;
  std::string dataset_sha256;
  std::vector<std::string> meters;  // the --meters list
  std::uint64_t order_seed = 0;
  std::string datasets;        // folder looked in first; empty: the usual places
  std::string environments;    // folder of their store; empty: the usual one
  std::vector<Entry> entries;  // baselines first
  std::string node;            // the only machine that may run it; empty: any
};

/// How a session ended: written once, by the first machine that has all of its blocks.
struct FinishedSession {
  struct Run {
    std::string entry_id;
    std::string record;   // name of its folder below records_of()
    bool is_done = true;  // else the machine could not run it: it needs another session
  };
  std::string node;
  std::string at_utc;
  std::vector<Run> runs;
};

/// Why a machine could not finish a session, in its own words.
struct SessionFailure {
  std::string node;
  std::string at_utc;
  std::string message;
};

/// The folder of one track's campaign that machines share, or that is copied to them:
///
///     entries/ID/                 files of each entry, beside all campaigns of a board
///     CAMPAIGN/session-N/         session.json, finished.json, failed-NODE.json, log
///     CAMPAIGN/nodes/NODE/RUN/    records, written there by the machine of that name
///
/// Each file and folder is complete or absent. Nothing here is believed to come from elsewhere than
/// the organizer's own machines; records that come over others are ingested as signed exports.
/// Errors  Error naming the file that cannot be read or written.
class JobFolder {
 public:
  explicit JobFolder(const std::filesystem::path& campaign);
  /// Of a session's folder. Its campaign is the folder that it lies in.
  static JobFolder of_session(const std::filesystem::path& session, int& number);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path session_folder(int number) const;
  std::filesystem::path entry_folder(const std::string& entry_id) const;
  std::filesystem::path records_of(const std::string& node) const;

  /// Numbers of the sessions that are planned, ascending.
  std::vector<int> sessions() const;
  SessionJob job(int number) const;
  void add(int number, const SessionJob& job) const;
  /// Copies an entry's files where they are not there yet.
  void add_entry(const Submission& submission) const;

  std::optional<FinishedSession> finished(int number) const;
  /// False: another machine was faster, and its end stands.
  bool finish(int number, const FinishedSession& end) const;
  void note_failure(int number, const SessionFailure& failure) const;
  /// The latest of all machines'.
  std::optional<SessionFailure> failure(int number) const;

 private:
  std::filesystem::path path_;
};

/// A name that can be that of a node, so that it can be a folder's: letters, digits, '-', '_', '.'.
bool is_node_name(const std::string& name);

}  // namespace joulebench
