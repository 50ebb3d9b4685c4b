#include "campaign/slurm_nodes.h"

#include <fmt/format.h>

#include <map>
#include <sstream>

#include "core/child_process.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr Seconds kPatienceOfOne{60};
constexpr Seconds kPatienceOfAll{300};
constexpr int kImmediate = 30;  // seconds to wait for nodes that were idle a moment ago
// Slurm knows a node by a name that need not be its host name: the node says which it is.
constexpr const char* kNameFirst = "echo \"$SLURMD_NODENAME\"; exec \"$0\" \"$@\"";

std::map<std::string, std::string> states_of_nodes(const SlurmOptions& options) {
  std::vector<std::string> command = {"sinfo", "--noheader", "--Node", "--format=%N|%T"};
  if (!options.partition.empty()) command.push_back("--partition=" + options.partition);
  const CommandResult result = run_command({.purpose = "cannot ask Slurm", .command = command}, {},
                                           kPatienceOfOne, std::size_t{16} << 20);
  if (!result.succeeded()) {
    throw Error({.what = "Slurm does not say which nodes there are",
                 .where = "sinfo: " + printable(result.error, 2000),
                 .hint = "run it where jobs are submitted"});
  }
  std::map<std::string, std::string> states;
  std::istringstream lines(result.output);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t bar = line.find('|');
    if (bar != line.npos) states[line.substr(0, bar)] = line.substr(bar + 1);
  }
  if (states.empty()) {
    throw Error({.what = "there is no node to ask",
                 .where = options.partition.empty() ? "the cluster has none"
                                                    : "partition '" + options.partition + "'",
                 .hint = "sinfo lists partitions"});
  }
  return states;
}

void ask(const std::vector<std::string>& nodes, const SlurmOptions& options,
         const std::vector<std::string>& words, const fs::path& folder) {
  std::string list;
  for (const std::string& node : nodes) list += (list.empty() ? "" : ",") + node;
  std::vector<std::string> command = {"srun",
                                      "--nodelist=" + list,
                                      fmt::format("--nodes={}", nodes.size()),
                                      "--ntasks-per-node=1",
                                      "--exclusive",
                                      fmt::format("--immediate={}", kImmediate),
                                      "--kill-on-bad-exit=0",
                                      "--output=" + (folder / "%t").string()};
  if (!options.partition.empty()) command.push_back("--partition=" + options.partition);
  const fs::path program =
      options.program.empty() ? fs::read_symlink("/proc/self/exe") : options.program;
  command.insert(command.end(), {"sh", "-c", kNameFirst, program.string()});
  command.insert(command.end(), words.begin(), words.end());
  // Its status says no more than the answers: a doctor that finds something ends with 1.
  run_command({.purpose = "cannot ask Slurm", .command = command}, {}, kPatienceOfAll);
}

}  // namespace

std::vector<NodeAnswer> ask_nodes(const SlurmOptions& options,
                                  const std::vector<std::string>& words) {
  for (const char* const program : {"sinfo", "srun"}) {
    if (find_program(program)) continue;
    throw Error({.what = "there is no Slurm here",
                 .where = std::string(program) + " is not in PATH",
                 .hint = "run it where jobs are submitted"});
  }
  std::vector<NodeAnswer> answers;
  std::vector<std::string> idle;
  for (const auto& [node, state] : states_of_nodes(options)) {
    answers.push_back({.node = node, .state = state, .output = {}});
    if (state == "idle") idle.push_back(node);
  }
  if (idle.empty()) return answers;
  TemporaryFolder folder("nodes");
  ask(idle, options, words, folder.path());
  for (const auto& file : fs::directory_iterator(folder.path())) {
    const std::string text = read_text_file(file.path());
    const std::size_t end = text.find('\n');
    for (NodeAnswer& answer : answers) {
      if (end != text.npos && answer.node == text.substr(0, end))
        answer.output = text.substr(end + 1);
    }
  }
  return answers;
}

}  // namespace joulebench
