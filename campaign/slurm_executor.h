#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "campaign/session_executor.h"
#include "campaign/session_job.h"

namespace joulebench {

/// What the user says of the cluster.
struct SlurmOptions {
  std::string partition;            // empty: Slurm's default
  std::string constraint;           // of nodes' features; empty: none
  int nodes = 1;                    // sessions at once, and shares of a field
  std::vector<std::string> every;   // nodes on each of which every entry runs; empty: on any one
  std::vector<std::string> sbatch;  // passed on: "--time=8:00:00"
  std::vector<std::string> worker;  // words behind `joulebench worker SESSION`
  std::filesystem::path program;    // that nodes start; empty: this one
};

/// Sessions as tasks of Slurm job arrays, each alone on its node. Jobs bear a name that is the
/// campaign's own, so that a call that knows nothing of former ones finds them.
class SlurmExecutor final : public SessionExecutor {
 public:
  /// Errors: Error when sbatch or squeue is not installed.
  SlurmExecutor(JobFolder folder, SlurmOptions options);

  /// Sessions that are planned for one node are a job array of their own, for that node.
  void submit(const std::vector<int>& sessions) override;
  std::vector<SessionState> look() override;
  void cancel() override;

  const std::string& job_name() const { return name_; }

 private:
  void submit_to(const std::string& node, const std::vector<int>& sessions);
  void add_accounted(std::vector<SessionState>& states);
  void ask_accounting();

  JobFolder folder_;
  SlurmOptions options_;
  std::string name_;
  bool has_accounting_ = true;             // until sacct says otherwise
  std::set<int> asked_;                    // sessions that squeue forgot and sacct was asked for
  std::map<int, SessionState> accounted_;  // how they ended, where it knows
};

/// "1-3,7": a job array's tasks; `sessions` ascending.
std::string array_of(const std::vector<int>& sessions);

/// Lines of squeue as look() asks for them: job, task, state, node and reason between '|'. Of each
/// task the latest job. Errors: Error naming the line that is not so.
std::vector<SessionState> parse_queue(std::string_view text);

/// Lines of sacct as look() asks for them: job_task, state, exit code and node between '|'. Of each
/// task the latest job; jobs that are no task of an array, and lines that are not so, are passed
/// over: a campaign goes on without accounting.
std::vector<SessionState> parse_accounting(std::string_view text);

/// How a job ended, in words with Slurm's own: "its time limit ended it; give more:
/// --sbatch-option=--time=8:00:00 (TIMEOUT)". `exit_code` is sacct's "CODE:SIGNAL"; empty: not
/// known.
std::string end_of_job(std::string_view state, std::string_view exit_code);

}  // namespace joulebench
