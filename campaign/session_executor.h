#pragma once

#include <string>
#include <vector>

namespace joulebench {

/// What is known of a session that was handed over.
struct SessionState {
  enum class Phase { waits, runs, ended };
  int session = 0;
  Phase phase = Phase::ended;
  std::string job;     // as its engine calls this try: "17_3"
  std::string node;    // that runs or ran it; empty: none yet
  std::string reason;  // why it waits, or how it ended; in the engine's words
};

/// Hands whole sessions of one campaign to other machines: to a Slurm cluster (SlurmExecutor), or
/// in a test that scripts them. Above BlockExecutor: a session is the unit, since what is compared
/// within a round has to run on one machine without a break; there the worker runs it by a
/// LocalExecutor. Whether a session is finished is not asked here: its folder says so.
/// Errors  Error when the engine refuses, with its own words.
class SessionExecutor {
 public:
  virtual ~SessionExecutor() = default;
  /// Queues sessions, each on a machine of its own.
  virtual void submit(const std::vector<int>& sessions) = 0;
  /// The latest try of each session that the engine knows of, also of those that another call
  /// submitted.
  virtual std::vector<SessionState> look() = 0;
  /// Ends what waits and runs.
  virtual void cancel() = 0;
};

}  // namespace joulebench
