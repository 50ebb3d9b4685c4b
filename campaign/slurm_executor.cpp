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

// As sacct and squeue both name it: "CANCELLED by 0" is CANCELLED.
std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find_first_of(" +"));
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

std::string end_of_job(std::string_view state, std::string_view exit_code) {
  struct Words {
    std::string_view state;
    const char* words;
  };
  constexpr Words kKnown[] = {
      {"TIMEOUT", "its time limit ended it; give more: --sbatch-option=--time=8:00:00"},
      {"DEADLINE", "its deadline ended it"},
      {"NODE_FAIL", "its node failed"},
      {"BOOT_FAIL", "its node did not boot"},
      {"OUT_OF_MEMORY", "the job's memory limit ended it; give more: --sbatch-option=--mem=0"},
      {"PREEMPTED", "another job took its node; name a partition that is not preempted"},
      {"CANCELLED", "it was cancelled"},
      {"COMPLETED", "it ended without a result"},
      {"FAILED", "it failed"},
  };
  const auto known = std::find_if(std::begin(kKnown), std::end(kKnown),
                                  [&](const Words& one) { return one.state == state; });
  std::string text = known == std::end(kKnown) ? "" : std::string(known->words) + " ";
  text += known == std::end(kKnown) ? std::string(state) : fmt::format("({})", state);
  const std::size_t colon = exit_code.find(':');
  const int code = number_in(exit_code.substr(0, colon));
  const int signal = colon == exit_code.npos ? 0 : number_in(exit_code.substr(colon + 1));
  if (code > 0) text += fmt::format(", exit status {}", code);
  if (signal > 0) text += fmt::format(", signal {}", signal);
  return text;
}

namespace {

/// Of each session the state of its latest job.
class LatestJobs {
 public:
  void add(int job, SessionState state) {
    Latest& latest = tasks_[state.session];
    if (job >= latest.job) latest = {job, std::move(state)};
  }
  std::vector<SessionState> states() && {
    std::vector<SessionState> states;
    for (auto& [task, latest] : tasks_) states.push_back(std::move(latest.state));
    return states;
  }

 private:
  struct Latest {
    int job = 0;
    SessionState state;
  };
  std::map<int, Latest> tasks_;
};

[[noreturn]] void refuse_line(std::string_view line) {
  throw Error({.what = "cannot understand what squeue says",
               .where = printable(std::string(line), 200),
               .hint = "joulebench knows Slurm from 20.11 on"});
}

}  // namespace

std::vector<SessionState> parse_accounting(std::string_view text) {
  LatestJobs jobs;
  for (const std::string_view line : split(text, '\n')) {
    const std::vector<std::string_view> parts = split(line, '|');
    if (parts.size() < 4) continue;  // a site's banner
    const std::size_t bar = parts[0].find('_');
    if (bar == parts[0].npos) continue;
    const int job = number_in(parts[0].substr(0, bar));
    const int task = number_in(parts[0].substr(bar + 1));
    // "12_[3-5]" waits as a whole: squeue knows it.
    if (job < 0 || task < 0) continue;
    const std::string_view state = first_word(parts[1]);
    const SessionState::Phase phase = phase_of(state);
    const bool has_ended = phase == SessionState::Phase::ended;
    jobs.add(job, {.session = task,
                   .phase = phase,
                   .job = fmt::format("{}_{}", job, task),
                   .node = std::string(parts[3] == "None assigned" ? "" : parts[3]),
                   .reason = has_ended ? end_of_job(state, parts[2]) : std::string(state)});
  }
  return std::move(jobs).states();
}

std::vector<SessionState> parse_queue(std::string_view text) {
  LatestJobs jobs;
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    const std::vector<std::string_view> parts = split(line, '|');
    const int job = parts.size() < 5 ? -1 : number_in(parts[0]);
    const int task = job < 0 ? -1 : number_in(parts[1]);
    if (task < 0) refuse_line(line);
    const SessionState::Phase phase = phase_of(parts[2]);
    std::string reason(parts[4]);
    if (reason == "None") reason.clear();
    if (phase != SessionState::Phase::waits) {
      const std::string state =
          phase == SessionState::Phase::ended ? end_of_job(parts[2], "") : std::string(parts[2]);
      reason = reason.empty() ? state : state + ", " + reason;
    }
    jobs.add(job, {.session = task,
                   .phase = phase,
                   .job = fmt::format("{}_{}", job, task),
                   .node = std::string(parts[3]),
                   .reason = std::move(reason)});
  }
  return std::move(jobs).states();
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
  std::map<std::string, std::vector<int>> by_node;
  for (const int session : sessions) by_node[folder_.job(session).node].push_back(session);
  for (const auto& [node, of_node] : by_node) submit_to(node, of_node);
}

void SlurmExecutor::submit_to(const std::string& node, const std::vector<int>& sessions) {
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
  if (!node.empty()) command.push_back("--nodelist=" + node);
  if (!options_.partition.empty()) command.push_back("--partition=" + options_.partition);
  if (!options_.constraint.empty()) command.push_back("--constraint=" + options_.constraint);
  command.insert(command.end(), options_.sbatch.begin(), options_.sbatch.end());
  std::string script = "#!/bin/sh\nexec " + quoted(options_.program.string()) + " worker " +
                       quoted((folder_.path() / "session-").string()) + "\"$SLURM_ARRAY_TASK_ID\"";
  for (const std::string& word : options_.worker) script += " " + quoted(word);
  run_slurm(command, script + "\n");
}

std::vector<SessionState> SlurmExecutor::look() {
  std::vector<SessionState> states =
      parse_queue(run_slurm({"squeue", "--states=all", "--name=" + name_, "--array", "--noheader",
                             "--format=%F|%K|%T|%N|%r"}));
  add_accounted(states);
  return states;
}

// squeue forgets a job some minutes after its end (MinJobAge); accounting, where the cluster keeps
// it, says how that end was. Asked once for what squeue does not know.
void SlurmExecutor::add_accounted(std::vector<SessionState>& states) {
  for (const SessionState& state : states) {
    asked_.erase(state.session);
    accounted_.erase(state.session);
  }
  const auto is_queued = [&states](int session) {
    return std::any_of(states.begin(), states.end(),
                       [&](const SessionState& one) { return one.session == session; });
  };
  std::set<int> forgotten;
  bool is_new = false;
  for (const int session : folder_.sessions()) {
    if (is_queued(session) || folder_.finished(session)) continue;
    forgotten.insert(session);
    is_new |= asked_.insert(session).second;
  }
  if (is_new && has_accounting_) ask_accounting();
  for (const int session : forgotten) {
    const auto known = accounted_.find(session);
    if (known != accounted_.end()) states.push_back(known->second);
  }
}

void SlurmExecutor::ask_accounting() {
  has_accounting_ = find_program("sacct").has_value();
  if (!has_accounting_) return;
  const CommandResult result =
      run_command({.purpose = "cannot ask Slurm's accounting",
                   .command = {"sacct", "--name=" + name_, "--allocations", "--array", "--noheader",
                               "--parsable2", "--starttime=now-30days",
                               "--format=JobID,State,ExitCode,NodeList"}},
                  {}, kPatience, kMostOutput);
  has_accounting_ = result.succeeded();  // most small clusters keep none
  if (!has_accounting_) return;
  for (SessionState& state : parse_accounting(result.output)) {
    // What it takes for running is only what nobody told it the end of.
    if (state.phase == SessionState::Phase::ended) accounted_[state.session] = std::move(state);
  }
}

void SlurmExecutor::cancel() {
  run_slurm({"scancel", "--name=" + name_});
}

}  // namespace joulebench
