#include "campaign/slurm_executor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "core/child_process.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/text.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr Seconds kPatience{60};
constexpr std::size_t kMostOutput = std::size_t{64} << 20;
// Slurm says "please end" so long before a time limit kills: what is finished is on disk anyway.
constexpr int kGraceSeconds = 60;

std::string run_slurm(const std::vector<std::string>& command, std::string_view input = {}) {
  const CommandResult result = run_command({.purpose = "cannot ask Slurm", .command = command},
                                           input, kPatience, kMostOutput);
  if (result.succeeded()) return result.output;
  const std::string said = printable(result.error.empty() ? result.output : result.error, 2000);
  throw Error(
      {.what = "Slurm refused",
       .where = command.front() + ": " + (result.timed_out ? "no answer within a minute" : said),
       .hint = "sinfo and squeue show the cluster; the same call of joulebench resumes"});
}

// In single quotes for sh.
std::string quoted(const std::string& word) {
  std::string text = "'";
  for (const char c : word) {
    if (c == '\'') {
      text += "'\\''";
    } else {
      text += c;
    }
  }
  return text + "'";
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

int number_in(std::string_view text) {
  int number = 0;
  const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  return problem == std::errc() && stop == text.data() + text.size() ? number : -1;
}

SessionState::Phase phase_of(std::string_view state) {
  constexpr std::string_view kWaits[] = {"PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED",
                                         "SPECIAL_EXIT"};
  constexpr std::string_view kRuns[] = {"RUNNING", "CONFIGURING", "COMPLETING", "SUSPENDED",
                                        "STOPPED", "RESIZING",    "SIGNALING",  "STAGE_OUT"};
  const auto is_in = [state](const auto& names) {
    return std::find(std::begin(names), std::end(names), state) != std::end(names);
  };
  if (is_in(kWaits)) return SessionState::Phase::waits;
  return is_in(kRuns) ? SessionState::Phase::runs : SessionState::Phase::ended;
}

}  // namespace

std::string array_of(const std::vector<int>& sessions) {
  std::string text;
  for (std::size_t i = 0; i < sessions.size();) {
    std::size_t last = i;
    while (last + 1 < sessions.size() && sessions[last + 1] == sessions[last] + 1) ++last;
    text += (text.empty() ? "" : ",") + std::to_string(sessions[i]);
    if (last > i) text += "-" + std::to_string(sessions[last]);
    i = last + 1;
  }
  return text;
}

std::vector<SessionState> parse_queue(std::string_view text) {
  struct Latest {
    int job = 0;
    SessionState state;
  };
  std::map<int, Latest> tasks;
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    const std::vector<std::string_view> parts = split(line, '|');
    const int job = parts.size() < 5 ? -1 : number_in(parts[0]);
    const int task = job < 0 ? -1 : number_in(parts[1]);
    if (task < 0) {
      throw Error({.what = "cannot understand what squeue says",
                   .where = printable(std::string(line), 200),
                   .hint = "joulebench knows Slurm from 20.11 on"});
    }
    Latest& latest = tasks[task];
    if (job < latest.job) continue;
    const SessionState::Phase phase = phase_of(parts[2]);
    const std::string state(parts[2]);
    std::string reason(parts[4]);
    if (reason == "None") reason.clear();
    latest = {job,
              {.session = task,
               .phase = phase,
               .job = fmt::format("{}_{}", job, task),
               .node = std::string(parts[3]),
               .reason = phase == SessionState::Phase::waits || reason.empty()
                             ? (phase == SessionState::Phase::waits ? reason : state)
                             : state + ", " + reason}};
  }
  std::vector<SessionState> states;
  for (auto& [task, latest] : tasks) states.push_back(std::move(latest.state));
  return states;
}

SlurmExecutor::SlurmExecutor(JobFolder folder, SlurmOptions options)
    : folder_(std::move(folder)), options_(std::move(options)) {
  for (const char* const program : {"sbatch", "squeue", "scancel"}) {
    if (find_program(program)) continue;
    throw Error({.what = "there is no Slurm here",
                 .where = std::string(program) + " is not in PATH",
                 .hint = "run it where jobs are submitted, or --executor folder for machines "
                         "without Slurm"});
  }
  if (options_.program.empty()) options_.program = fs::read_symlink("/proc/self/exe");
  name_ =
      "joulebench-" + sha256_of_text(fs::weakly_canonical(folder_.path()).string()).substr(0, 16);
}

void SlurmExecutor::submit(const std::vector<int>& sessions) {
  std::vector<std::string> command = {
      "sbatch",
      "--parsable",
      "--job-name=" + name_,
      "--exclusive",
      "--nodes=1",
      "--ntasks=1",
      "--no-requeue",
      "--open-mode=append",
      fmt::format("--signal=B:TERM@{}", kGraceSeconds),
      fmt::format("--array={}%{}", array_of(sessions), options_.nodes),
      "--output=" + (folder_.path() / "session-%a" / "log.txt").string(),
      "--chdir=" + folder_.path().string()};
  if (!options_.partition.empty()) command.push_back("--partition=" + options_.partition);
  if (!options_.constraint.empty()) command.push_back("--constraint=" + options_.constraint);
  command.insert(command.end(), options_.sbatch.begin(), options_.sbatch.end());
  std::string script = "#!/bin/sh\nexec " + quoted(options_.program.string()) + " worker " +
                       quoted((folder_.path() / "session-").string()) + "\"$SLURM_ARRAY_TASK_ID\"";
  for (const std::string& word : options_.worker) script += " " + quoted(word);
  run_slurm(command, script + "\n");
}

std::vector<SessionState> SlurmExecutor::look() {
  return parse_queue(run_slurm({"squeue", "--states=all", "--name=" + name_, "--array",
                                "--noheader", "--format=%F|%K|%T|%N|%r"}));
}

void SlurmExecutor::cancel() {
  run_slurm({"scancel", "--name=" + name_});
}

}  // namespace joulebench
