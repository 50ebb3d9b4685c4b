#include "leaderboard/site/entry_conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "leaderboard/number_text.h"

namespace joulebench {
namespace {

std::string joined_words(const std::set<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// A limit of the record in words.
std::string limit_words(const std::string& name) {
  static const std::map<std::string, std::string> kWords = {
      {"cpus", "CPUs"},           {"cpu_time", "CPU time"},
      {"output_bytes", "output"}, {"output_files", "files written"},
      {"log_bytes", "log"},       {"freeze", "pausing it"},
      {"wall_time", "wall time"}, {"open_files", "open files"}};
  if (const auto words = kWords.find(name); words != kWords.end()) return words->second;
  std::string label = name;
  std::replace(label.begin(), label.end(), '_', ' ');
  return label;
}

void add_row(std::vector<Values>& rows, const std::string& name, const std::string& value,
             const std::string& how) {
  rows.emplace_back().text("name", name).text("value", value).text("how", how);
}

}  // namespace

std::vector<Values> limit_rows(const RunRecord& record, const Texts& say) {
  const Limits& limits = record.track.limits;
  const auto seconds = [](Seconds value) { return fmt::format("{:g} s", value.count()); };
  const std::map<std::string, std::string> allowed = {
      {"memory", bytes_text(limits.memory_bytes)},
      {"processes", std::to_string(limits.processes)},
      {"cpus", std::to_string(limits.cpus)},
      {"wall_time", seconds(limits.wall)},
      {"output_bytes", bytes_text(limits.output_bytes)},
      {"log_bytes", bytes_text(limits.log_bytes)}};
  std::map<std::string, std::set<std::string>> how;
  for (const auto& [name, value] : allowed) how[name];
  for (const BlockRecord& block : record.blocks) {
    for (const auto& [name, value] : block.enforcement) how[name].insert(value);
  }
  std::vector<Values> rows;
  for (const auto& [name, ways] : how) {
    add_row(rows, say(limit_words(name)), allowed.contains(name) ? allowed.at(name) : kNoFigure,
            ways.empty() ? say("not recorded") : joined_words(ways));
  }
  add_row(rows, say("load"), seconds(limits.load), say("the harness’s clock"));
  add_row(rows, say("one request"), seconds(limits.request), say("the harness’s clock"));
  if (record.track.task == Task::train) {
    add_row(rows, say("training"), seconds(limits.train), say("the harness’s clock"));
  }
  return rows;
}

namespace {

/// One line of the machine's table.
struct NodeFact {
  std::string name;
  std::string value;
  bool is_fixed = true;  // load and temperature always move; what must not is the rest
};

std::vector<NodeFact> facts_of(const NodeState& node) {
  const auto on_off = [](const std::optional<bool>& value) {
    return value ? std::string(*value ? "on" : "off") : std::string(kNoFigure);
  };
  std::string gpus;
  for (const std::string& gpu : node.gpus) gpus += (gpus.empty() ? "" : ", ") + gpu;
  return {
      {"Host", node.hostname},
      {"CPU", fmt::format("{} × {}", node.cpus, node.cpu_model)},
      {"Memory", bytes_text(node.memory_bytes)},
      {"GPUs", gpus.empty() ? "none" : gpus},
      {"System", node.operating_system},
      {"Kernel", node.kernel},
      {"Governor", node.governor.value_or(kNoFigure)},
      {"Turbo", on_off(node.turbo)},
      {"SMT", on_off(node.smt)},
      {"Load, one minute", node.load_average ? rounded_number(*node.load_average, 3) : kNoFigure,
       false},
      {"Temperature",
       node.temperature_celsius ? fmt::format("{:.1f} °C", *node.temperature_celsius) : kNoFigure,
       false},
      {"Swap used", node.swap_used_bytes ? bytes_text(*node.swap_used_bytes) : kNoFigure, false}};
}

}  // namespace

std::vector<Values> machine_rows(const RunRecord& record, const Texts& say) {
  const std::vector<NodeFact> before = facts_of(record.node_before);
  const std::vector<NodeFact> after = facts_of(record.node_after.value_or(record.node_before));
  std::vector<Values> rows;
  for (std::size_t i = 0; i < before.size(); ++i) {
    rows.emplace_back()
        .text("name", say(before[i].name))
        .text("before", before[i].value)
        .text("after", record.node_after ? after[i].value : kNoFigure)
        .flag("changed", before[i].is_fixed && after[i].value != before[i].value);
  }
  return rows;
}

namespace {

const char* question_of(const std::string& audit) {
  if (audit == "answer-caching") return "Does it answer what it has seen before for less?";
  if (audit == "coalescing") return "Does it answer copies of a sample for less?";
  if (audit == "trend") return "Does it get cheaper the longer it runs?";
  return "";
}

}  // namespace

std::vector<Values> audit_rows(const RunRecord& record, const Texts& say) {
  std::vector<Values> rows;
  for (const AuditFigure& audit : record.audits) {
    Values& row = rows.emplace_back();
    row.text("name", audit.name)
        .text("question", say(question_of(audit.name)))
        .flag("flagged", audit.flagged);
    if (!audit.ratio) {
      row.text("result", say("Too few trials to say."));
      continue;
    }
    row.text("result",
             say("It cost {} times what an honest program’s answers would, over {} blocks.",
                 {rounded_number(*audit.ratio, 3), std::to_string(audit.trials)}));
    if (audit.interval) {
      row.text("interval",
               say("99 % interval {} to {}.", {rounded_number(audit.interval->low, 3),
                                               rounded_number(audit.interval->high, 3)}));
    }
    if (audit.detectable_gain) {
      row.text("power", say("A gain above {} % would have been flagged.",
                            {rounded_number(100 * *audit.detectable_gain, 2)}));
    }
  }
  return rows;
}

}  // namespace joulebench
