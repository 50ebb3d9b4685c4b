#include "cli/doctor_on_cluster.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <vector>

#include "campaign/slurm_nodes.h"
#include "core/text.h"

namespace joulebench {
namespace {

using nlohmann::ordered_json;

std::string text_at(const ordered_json& report, const char* pointer) {
  const ordered_json::json_pointer place(pointer);
  if (!report.contains(place) || report.at(place).is_null()) return "?";
  const ordered_json& value = report.at(place);
  return printable(value.is_string() ? value.get<std::string>() : value.dump(), 60);
}

/// What stands against a ranked run, in few words.
std::string problems_of(const ordered_json& report) {
  std::string problems;
  const auto add = [&problems](const std::string& one) {
    problems += (problems.empty() ? "" : ", ") + one;
  };
  if (report.value("/energy/ok"_json_pointer, false) == false) add("no energy counter");
  const ordered_json sandbox = report.value("sandbox", ordered_json::object());
  if (!sandbox.value("works", false)) add("no sandbox");
  for (const ordered_json& limit : sandbox.value("limits", ordered_json::array())) {
    if (limit.value("enough_to_rank", true)) continue;
    add("limit " + printable(limit.value("name", std::string("?")), 40));
  }
  return problems;
}

std::vector<std::string> row_of(const NodeAnswer& answer, const ordered_json& report) {
  if (report.is_null()) {
    return {answer.node,
            answer.state,
            "-",
            "-",
            "-",
            "-",
            answer.state == "idle" ? "it did not answer" : "not asked: it is not idle"};
  }
  const std::string problems = problems_of(report);
  return {answer.node,
          answer.state,
          text_at(report, "/machine/cpus") + " x " + text_at(report, "/machine/cpu_model"),
          text_at(report, "/machine/kernel"),
          text_at(report, "/machine/governor"),
          text_at(report, "/energy/total_formula"),
          problems.empty() ? "a ranked run is possible" : problems};
}

std::string laid_out(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return text;
}

}  // namespace

ClusterFindings doctor_on_cluster(const SlurmOptions& options, const std::string& meters) {
  const std::vector<NodeAnswer> answers =
      ask_nodes(options, {"doctor", "--format", "json", "--meters", meters});
  ClusterFindings findings{.can_rank = true};
  std::vector<std::vector<std::string>> rows = {
      {"node", "state", "processor", "kernel", "governor", "energy", "verdict"}};
  ordered_json nodes = ordered_json::array();
  for (const NodeAnswer& answer : answers) {
    ordered_json report = ordered_json::parse(answer.output, nullptr, false);
    if (!report.is_object()) report = nullptr;
    findings.can_rank &= report.is_object() && report.value("ranked_run_possible", false);
    rows.push_back(row_of(answer, report));
    nodes.push_back(
        {{"node", answer.node}, {"state", answer.state}, {"report", std::move(report)}});
  }
  findings.text = laid_out(rows);
  findings.json = ordered_json{{"format", "joulebench-doctor-cluster/1"}, {"nodes", nodes}}.dump(
                      2, ' ', true, nlohmann::json::error_handler_t::replace) +
                  "\n";
  return findings;
}

}  // namespace joulebench
