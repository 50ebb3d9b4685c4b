#pragma once

#include <filesystem>
#include <optional>
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

  void submit(const std::vector<int>& sessions) override;
  std::vector<SessionState> look() override;
  void cancel() override;

  const std::string& job_name() const { return name_; }

 private:
  JobFolder folder_;
  SlurmOptions options_;
  std::string name_;
};

/// "1-3,7": a job array's tasks; `sessions` ascending.
std::string array_of(const std::vector<int>& sessions);

/// Lines of squeue as look() asks for them: job, task, state, node and reason between '|'. Of each
/// task the latest job. Errors: Error naming the line that is not so.
std::vector<SessionState> parse_queue(std::string_view text);

}  // namespace joulebench
