#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/node_check.h"
#include "cli/colour.h"
#include "cli/commands.h"
#include "cli/doctor_on_cluster.h"
#include "cli/json_output.h"
#include "cli/remedies.h"
#include "core/version.h"
#include "harness/meter/meter_report.h"
#include "harness/sandbox/leftovers.h"
#include "harness/sandbox/support_report.h"
#include "harness/sandbox/systemd_scope.h"

namespace joulebench {
namespace {

using nlohmann::ordered_json;

struct DoctorOptions {
  std::string meters = "auto";
  std::filesystem::path sysfs = "/sys";
  std::string format = "text";
  bool clear = false;
  std::string executor = "local";
  SlurmOptions slurm;
};

struct DoctorFindings {
  MeterReport meters;
  NodeCheck node;
  SandboxSupport sandbox;
  std::vector<Leftover> leftovers;
  std::vector<Leftover> cleared;

  bool can_rank() const { return meters.can_rank() && sandbox.can_rank(); }
};

const char* to_string(EnergyFilter filter) {
  switch (filter) {
    case EnergyFilter::on:
      return "on";
    case EnergyFilter::off:
      return "off";
    case EnergyFilter::not_readable:
      break;
  }
  return "not readable";
}

template <class Value>
ordered_json or_null(const std::optional<Value>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

ordered_json to_json(const SourceReport& source) {
  const auto seen = [](Seconds time) {
    return time > Seconds{0} ? ordered_json(time.count()) : ordered_json();
  };
  ordered_json json = {{"name", source.domain.name},
                       {"kind", to_string(source.domain.kind)},
                       {"source", source.domain.source},
                       {"class", to_string(source.domain.energy_class)},
                       {"in_total", source.domain.in_total}};
  json["unit_joules"] = source.traits.quantum.value;
  json["range_joules"] =
      source.traits.wraps_at ? ordered_json(source.traits.wraps_at->value) : ordered_json();
  json["update_period_s"] = seen(source.statistics.period);
  json["update_jitter_s"] = seen(source.statistics.jitter);
  json["read_s_median"] = source.statistics.read_median.count();
  json["watts"] = source.power ? ordered_json(source.power->value) : ordered_json();
  json["flags"] = to_json(source.flags);
  return json;
}

const char* kind_of(const Leftover& leftover) {
  return leftover.kind == Leftover::Kind::folder ? "folder" : "control group";
}

ordered_json to_json(const std::vector<Leftover>& leftovers) {
  ordered_json json = ordered_json::array();
  for (const Leftover& leftover : leftovers) {
    json.push_back(
        {{"kind", kind_of(leftover)}, {"path", leftover.path.string()}, {"owner", leftover.owner}});
  }
  return json;
}

ordered_json to_json(const DoctorFindings& findings) {
  ordered_json json = {{"format", "joulebench-doctor/1"},
                       {"version", kVersion},
                       {"ranked_run_possible", findings.can_rank()}};
  ordered_json& energy = json["energy"];
  energy["ok"] = findings.meters.can_rank();
  energy["total_formula"] = findings.meters.total_formula;
  energy["sources"] = ordered_json::array();
  for (const SourceReport& source : findings.meters.sources)
    energy["sources"].push_back(to_json(source));
  energy["missing"] = ordered_json::array();
  for (const MissingSource& missing : findings.meters.missing) {
    energy["missing"].push_back({{"source", missing.source},
                                 {"class", "unavailable"},
                                 {"reason", missing.reason},
                                 {"remedy", missing.remedy}});
  }
  energy["energy_filter"] = to_string(findings.meters.filter);

  const NodeState& state = findings.node.state;
  json["machine"] = {{"hostname", state.hostname},
                     {"cpu_model", state.cpu_model},
                     {"cpus", state.cpus},
                     {"memory_bytes", state.memory_bytes},
                     {"kernel", state.kernel},
                     {"operating_system", state.operating_system},
                     {"governor", or_null(state.governor)},
                     {"turbo", or_null(state.turbo)},
                     {"smt", or_null(state.smt)},
                     {"load_average", or_null(state.load_average)},
                     {"foreign_cpus", or_null(findings.node.foreign_cpus)},
                     {"throttle_events", or_null(findings.node.throttle_events)},
                     {"temperature_celsius", or_null(state.temperature_celsius)},
                     {"swap_used_bytes", or_null(state.swap_used_bytes)},
                     {"flags", to_json(findings.node.flags)}};

  ordered_json& sandbox = json["sandbox"];
  sandbox["ok"] = findings.sandbox.can_rank();
  sandbox["works"] = findings.sandbox.works;
  sandbox["problem"] = findings.sandbox.problem;
  sandbox["remedy"] = findings.sandbox.remedy;
  sandbox["bubblewrap"] = findings.sandbox.bubblewrap;
  sandbox["limits"] = ordered_json::array();
  for (const SandboxSupport::Limit& limit : findings.sandbox.limits) {
    sandbox["limits"].push_back({{"name", limit.name},
                                 {"enforcement", limit.enforcement},
                                 {"enough_to_rank", limit.enough_to_rank},
                                 {"reason", limit.reason},
                                 {"remedy", limit.remedy}});
  }
  sandbox["leftovers"] = to_json(findings.leftovers);
  sandbox["cleared"] = to_json(findings.cleared);
  return json;
}

// How a line of the report stands, four columns wide.
std::string ok_word() {
  return marked(Mark::good, "ok  ");
}
std::string no_word() {
  return marked(Mark::bad, "no  ");
}
std::string odd_word() {
  return marked(Mark::warning, "??  ");
}

std::string micro(Seconds time) {
  return time > Seconds{0} ? fmt::format("{:.3g} us", time.count() * 1e6) : std::string("-");
}

void add_reason(std::string& text, const std::string& reason) {
  if (!reason.empty()) text += fmt::format("      {}\n", reason);
}

// What the filter does to numbers, for those who never heard of it.
const char* filter_words(EnergyFilter filter) {
  switch (filter) {
    case EnergyFilter::on:
      return "on: the CPU adds noise to its energy counters, so that secrets cannot be read from "
             "them; short windows are less exact. A BIOS setting, or SGX";
    case EnergyFilter::off:
      return "off: the CPU's energy counters are as exact as they get";
    case EnergyFilter::not_readable:
      break;
  }
  return "not readable (it takes root and the module msr): where it is on, the CPU adds noise to "
         "its energy counters";
}

std::string energy_text(const MeterReport& meters) {
  std::string text = "Energy\n";
  for (const SourceReport& source : meters.sources) {
    text += fmt::format("  {} {:<20} {:<11} {}\n", source.flags.empty() ? ok_word() : odd_word(),
                        source.domain.name, to_string(source.domain.energy_class),
                        source.domain.source);
    text += fmt::format(
        "       unit {:.6g} uJ, range {}, update every {} (+- {}), a read costs {}{}\n",
        source.traits.quantum.value * 1e6,
        source.traits.wraps_at ? fmt::format("{:.6g} J", source.traits.wraps_at->value) : "-",
        micro(source.statistics.period), micro(source.statistics.jitter),
        micro(source.statistics.read_median),
        source.power ? fmt::format(", {:.3g} W now", source.power->value) : "");
    for (const Flag& flag : source.flags)
      text += fmt::format("      {}: {}\n", flag.name, flag.detail);
  }
  for (const MissingSource& missing : meters.missing) {
    text += fmt::format("  {} {:<20} unavailable\n", no_word(), missing.source);
    add_reason(text, missing.reason);
  }
  text += fmt::format("  total: {}\n",
                      meters.total_formula.empty() ? "nothing can be read" : meters.total_formula);
  return text + fmt::format("  energy filter (MSR 0xBC) {}\n", filter_words(meters.filter));
}

std::string machine_text(const NodeCheck& node) {
  const NodeState& state = node.state;
  const auto yes_no = [](const std::optional<bool>& value) {
    return !value ? "not readable" : *value ? "on" : "off";
  };
  std::string text = fmt::format("\nMachine\n  {}, {} CPUs, {:.1f} GB, {}, {}\n", state.cpu_model,
                                 state.cpus, static_cast<double>(state.memory_bytes) / 1e9,
                                 state.kernel, state.operating_system);
  text += fmt::format(
      "  governor {}, turbo {}, SMT {}, load {}, other work {} CPUs, throttled {} times\n",
      state.governor.value_or("not readable"), yes_no(state.turbo), yes_no(state.smt),
      state.load_average ? fmt::format("{:.2f}", *state.load_average) : "not readable",
      node.foreign_cpus ? fmt::format("{:.2f}", *node.foreign_cpus) : "?",
      node.throttle_events ? fmt::format("{}", *node.throttle_events) : "an unknown number of");
  for (const Flag& flag : node.flags)
    text += fmt::format("  {} {}: {}\n", odd_word(), flag.name, flag.detail);
  return text;
}

std::string isolation_text(const DoctorFindings& findings) {
  const SandboxSupport& sandbox = findings.sandbox;
  std::string text = fmt::format("\nIsolation\n  {} {}\n", sandbox.works ? ok_word() : no_word(),
                                 sandbox.bubblewrap);
  add_reason(text, sandbox.problem);
  for (const SandboxSupport::Limit& limit : sandbox.limits) {
    text += fmt::format("  {} {:<20} {}\n", limit.enough_to_rank ? ok_word() : no_word(),
                        limit.name, limit.enforcement);
    add_reason(text, limit.reason);
  }
  for (const Leftover& leftover : findings.cleared) {
    text += fmt::format("  cleared {} {}, left by process {}\n", kind_of(leftover),
                        leftover.path.string(), leftover.owner);
  }
  for (const Leftover& leftover : findings.leftovers) {
    text += fmt::format("  {} {} {} was left by process {}\n", odd_word(), kind_of(leftover),
                        leftover.path.string(), leftover.owner);
  }
  if (!findings.leftovers.empty()) {
    text += "      to remove what was left: joulebench doctor --clear\n";
  }
  return text;
}

// Why people meet closed counters on a machine that has them.
constexpr const char* kWhyClosed =
    "  CPU counters are closed to users since they can give secrets of other programs away\n"
    "  (CVE-2020-8694); open them where all who log in are trusted.\n";

std::string remedies_text(const DoctorFindings& findings) {
  Remedies energy, isolation;
  for (const MissingSource& missing : findings.meters.missing) {
    energy.add(missing.remedy, missing.source);
  }
  isolation.add(findings.sandbox.remedy, "the sandbox");
  for (const SandboxSupport::Limit& limit : findings.sandbox.limits) {
    isolation.add(limit.remedy, limit.name);
  }
  const bool has_closed =
      std::any_of(energy.all().begin(), energy.all().end(),
                  [](const Remedy& one) { return one.text.starts_with("sudo "); });
  std::string text;
  if (!energy.empty()) {
    text +=
        "\n" + energy.text(findings.meters.can_rank()
                               ? "More energy can be measured: each of these adds a source"
                           : energy.all().size() > 1 ? "To measure energy, one of these is enough"
                                                     : "To measure energy");
    if (has_closed) text += kWhyClosed;
  }
  if (!isolation.empty()) text += "\n" + isolation.text("To enforce all limits");
  return text;
}

std::string to_text(const DoctorFindings& findings) {
  std::string text = energy_text(findings.meters) + machine_text(findings.node) +
                     isolation_text(findings) + remedies_text(findings);
  const SandboxSupport& sandbox = findings.sandbox;
  text += findings.can_rank()
              ? "\nA ranked run is possible here.\n"
              : fmt::format("\nNo ranked run is possible here: {}{}{}.\n",
                            findings.meters.can_rank() ? "" : "the energy cannot be measured",
                            findings.meters.can_rank() || sandbox.can_rank() ? "" : ", and ",
                            sandbox.can_rank() ? "" : "not all limits can be enforced");
  return text;
}

void run_doctor_on_cluster(const DoctorOptions& options) {
  const ClusterFindings findings = doctor_on_cluster(options.slurm, options.meters);
  std::cout << (options.format == "json" ? findings.json : findings.text) << std::flush;
  if (!findings.can_rank) throw CLI::RuntimeError(1);
}

void run_doctor(const DoctorOptions& options) {
  SystemClock clock;
  const Seconds kWatch{0.2};
  DoctorFindings findings;
  findings.node = check_node(clock, kWatch, options.sysfs);
  findings.meters = inspect_meters(
      {.names = CLI::detail::split(options.meters, ','), .sysfs = options.sysfs}, clock, kWatch);
  findings.sandbox = sandbox_support();
  findings.leftovers = find_leftovers();
  if (options.clear && !findings.leftovers.empty()) {
    findings.cleared = findings.leftovers;
    findings.leftovers = clear_leftovers(findings.cleared);
    std::erase_if(findings.cleared, [&](const Leftover& leftover) {
      return std::any_of(findings.leftovers.begin(), findings.leftovers.end(),
                         [&](const Leftover& kept) { return kept.path == leftover.path; });
    });
  }
  if (options.format == "json") {
    print_json(to_json(findings));
  } else {
    std::cout << to_text(findings);
  }
  std::cout << std::flush;
  if (!findings.can_rank()) throw CLI::RuntimeError(1);
}

}  // namespace

void add_doctor_command(CLI::App& app) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* command = app.add_subcommand(
      "doctor", "Say what can be measured and enforced on this machine, and how to get the rest");
  command->add_option("--meters", options->meters, "Which meters to look for, as in measure")
      ->capture_default_str();
  command->add_option("--sysfs", options->sysfs, "Root of the kernel's device files")
      ->capture_default_str();
  command->add_option("--format", options->format, "How the report is written")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_flag("--clear", options->clear,
                    "Remove what a run that was cut off has left behind");
  command
      ->add_option("--executor", options->executor,
                   "local: this machine; slurm: each idle node of a cluster, in one table")
      ->check(CLI::IsMember({"local", "slurm"}))
      ->capture_default_str();
  command->add_option("--partition", options->slurm.partition, "Slurm partition (default: all)");
  command->footer("Exit status 0: a ranked run is possible here; 1: it is not.");
  command->callback([options] {
    if (options->executor == "slurm") return run_doctor_on_cluster(*options);
    // Slurm gave a job its control group, by which it counts and ends what is the job's.
    if (std::getenv("SLURM_JOB_ID") == nullptr) enter_systemd_scope();
    run_doctor(*options);
  });
}

}  // namespace joulebench
