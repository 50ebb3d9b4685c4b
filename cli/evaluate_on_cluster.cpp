#include "cli/evaluate_on_cluster.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/progress.h"
#include "core/clock.h"
#include "core/text.h"

namespace joulebench {
namespace {

using Stage = SessionView::Stage;

std::size_t count(const ClusterState& state, Stage stage) {
  return static_cast<std::size_t>(
      std::count_if(state.sessions.begin(), state.sessions.end(),
                    [stage](const SessionView& view) { return view.stage == stage; }));
}

std::string counts_of(const ClusterState& state) {
  std::string text = fmt::format("{} of {} sessions finished", count(state, Stage::finished),
                                 state.sessions.size());
  for (const Stage stage : {Stage::runs, Stage::waits, Stage::planned, Stage::given_up}) {
    if (const std::size_t n = count(state, stage)) {
      text += fmt::format(", {} {}", n, to_string(stage));
    }
  }
  return text + fmt::format("; {} of about {} blocks", std::min(state.blocks_done, state.blocks),
                            state.blocks);
}

std::size_t count_of(const SlurmOptions& machines) {
  return machines.every.empty() ? static_cast<std::size_t>(machines.nodes) : machines.every.size();
}

// The first of what may be several lines.
std::string one_line(const std::string& text) {
  return printable(text.substr(0, text.find('\n')), 200);
}

// Where a person is there to ask; elsewhere jobs are left.
bool asks_to_cancel() {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDERR_FILENO) == 0) {
    std::cerr << "interrupted: jobs are left to run; the same command follows them again, scancel "
                 "ends them\n";
    return false;
  }
  std::cerr << "\njobs wait or run: leave them (the same command follows them again), or cancel "
               "them? [l/c] ";
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "c" || answer == "cancel";
}

}  // namespace

void ClusterOptions::add_to(CLI::App& command) {
  command
      .add_option("--executor", executor,
                  "Who runs the blocks: local (this machine), slurm (jobs on a cluster), folder "
                  "(sessions that you start with joulebench worker on each machine)")
      ->check(CLI::IsMember({"local", "slurm", "folder"}))
      ->capture_default_str();
  command
      .add_option("--nodes", request.slurm.nodes,
                  "Machines that run sessions at once, of slurm and folder")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  command
      .add_option(
          "--every-node", request.slurm.every,
          "Machines that every entry runs on, where the track's ranking.nodes is \"every\", "
          "as node1,node2")
      ->delimiter(',')
      ->allow_extra_args(false);
  command.add_option("--partition", request.slurm.partition, "Slurm partition");
  command.add_option("--constraint", request.slurm.constraint,
                     "Features that nodes must have, as sbatch --constraint");
  command
      .add_option("--sbatch-option", request.slurm.sbatch,
                  "Passed on to sbatch, as --sbatch-option=--time=8:00:00; may be repeated")
      ->allow_extra_args(false);
  command
      .add_option("--retries", request.retries,
                  "How often a session is queued again when its job fails")
      ->check(CLI::Range(0, 1000))
      ->capture_default_str();
  command
      .add_option("--node-environments", node_environments,
                  "Folder on each node's own disk that environments are copied to once, from the "
                  "store that nodes share (--environments), of slurm")
      ->check([](const std::string& path) {
        return path.starts_with('/') ? "" : "a path from the root on, as each node has it";
      });
  command.add_flag(
      "--status", status,
      "Only say how the sessions of slurm or folder stand; may run beside another call");
}

ClusterRequest ClusterOptions::resolved(const std::vector<std::string>& worker_words) const {
  const bool has_slurm_words = !node_environments.empty() || !request.slurm.partition.empty() ||
                               !request.slurm.constraint.empty() || !request.slurm.sbatch.empty();
  if (executor != "slurm" && has_slurm_words) {
    throw CLI::ValidationError("--partition, --constraint, --sbatch-option, --node-environments",
                               "these need --executor slurm");
  }
  if (is_local() && (status || request.slurm.nodes != 1 || !request.slurm.every.empty())) {
    throw CLI::ValidationError("--status, --nodes, --every-node",
                               "these need --executor slurm or folder");
  }
  if (!request.slurm.every.empty() && request.slurm.nodes != 1) {
    throw CLI::ValidationError("--nodes, --every-node",
                               "one of the two: every entry runs on each machine that is named");
  }
  ClusterRequest resolved = request;
  std::vector<std::string>& every = resolved.slurm.every;
  std::sort(every.begin(), every.end());
  every.erase(std::unique(every.begin(), every.end()), every.end());
  resolved.by_hand = executor == "folder";
  resolved.slurm.worker = worker_words;
  return resolved;
}

ClusterObserver cluster_observer_on(Progress& progress, EvaluationObserver evaluation) {
  struct Speed {
    SystemClock clock;
    std::optional<SteadyTime> start;
    std::size_t done_at_start = 0;
  };
  auto speed = std::make_shared<Speed>();
  ClusterObserver observer;
  observer.evaluation = std::move(evaluation);
  observer.on_note = [&progress](const std::string& note) { progress.line(note); };
  observer.on_progress = [&progress, speed](const std::vector<ClusterState>& states) {
    std::string where;
    std::size_t done = 0, all = 0;
    for (const ClusterState& state : states) {
      where += (where.empty() ? "" : " · ") + state.track + ": " + counts_of(state);
      done += std::min(state.blocks_done, state.blocks);
      all += state.blocks;
    }
    if (!speed->start) {
      speed->start = speed->clock.now();
      speed->done_at_start = done;
    }
    std::optional<Seconds> left;
    if (done > speed->done_at_start) {
      const Seconds since = speed->clock.now() - *speed->start;
      left = since / static_cast<double>(done - speed->done_at_start) *
             static_cast<double>(all - done);
    }
    progress.stand(std::move(where), left);
  };
  observer.cancels = asks_to_cancel;
  return observer;
}

std::string status_text(const std::vector<ClusterState>& states) {
  std::string text;
  for (const ClusterState& state : states) {
    text += fmt::format("track {}: {}\n", state.track,
                        state.sessions.empty() ? "no session is planned" : counts_of(state));
    for (const SessionView& view : state.sessions) {
      text += fmt::format("  session {:<4} {:<9} {:>4} entries  {:<12} {:<10} {}\n", view.number,
                          to_string(view.stage), view.entries,
                          printable(view.node.empty() ? view.planned_for : view.node, 40),
                          printable(view.job, 40), one_line(view.reason));
    }
  }
  return text;
}

std::string status_json(const std::vector<ClusterState>& states) {
  nlohmann::ordered_json tracks = nlohmann::ordered_json::array();
  for (const ClusterState& state : states) {
    nlohmann::ordered_json sessions = nlohmann::ordered_json::array();
    for (const SessionView& view : state.sessions) {
      sessions.push_back({{"number", view.number},
                          {"stage", to_string(view.stage)},
                          {"entries", view.entries},
                          {"node", view.node},
                          {"planned_for", view.planned_for},
                          {"job", view.job},
                          {"reason", view.reason}});
    }
    tracks.push_back({{"track", state.track},
                      {"folder", state.folder.path().string()},
                      {"blocks", state.blocks},
                      {"blocks_done", state.blocks_done},
                      {"sessions", sessions}});
  }
  const nlohmann::ordered_json document = {{"format", "joulebench-sessions/1"}, {"tracks", tracks}};
  return document.dump(2, ' ', true, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string plan_text(const std::vector<SessionPlan>& plans, const SlurmOptions& machines) {
  const std::size_t count = count_of(machines);
  std::string text;
  for (const SessionPlan& plan : plans) {
    text += fmt::format(
        "track {}: {} entries{}; {} new sessions of {} blocks in all, about {} on {} {}\n",
        plan.track, plan.entries,
        machines.every.empty() ? "" : ", each on every machine (ranked by ratios to its baseline)",
        plan.sessions, plan.blocks, spoken(plan.time), count, count == 1 ? "machine" : "machines");
  }
  return text;
}

std::string plan_json(const std::vector<SessionPlan>& plans, const SlurmOptions& machines) {
  nlohmann::json tracks = nlohmann::json::array();
  for (const SessionPlan& plan : plans) {
    tracks.push_back({{"track", plan.track},
                      {"entries", plan.entries},
                      {"sessions", plan.sessions},
                      {"blocks", plan.blocks},
                      {"time_s", plan.time.count()}});
  }
  nlohmann::json result = {
      {"format", "joulebench-plan/1"}, {"nodes", count_of(machines)}, {"tracks", tracks}};
  if (!machines.every.empty()) result["every_node"] = machines.every;
  return result.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::string commands_by_hand(const std::vector<ClusterState>& states) {
  std::string text;
  for (const ClusterState& state : states) {
    for (const SessionView& view : state.sessions) {
      if (view.stage == Stage::finished) continue;
      text += fmt::format("  joulebench worker {}{}\n",
                          state.folder.session_folder(view.number).string(),
                          view.planned_for.empty() ? "" : " --node " + view.planned_for);
    }
  }
  if (text.empty()) return text;
  return "sessions to run, each on one machine; then the same evaluate again:\n" + text;
}

}  // namespace joulebench
