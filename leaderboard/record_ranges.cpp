#include "leaderboard/record_ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <stdexcept>

#include "core/calendar.h"
#include "core/text.h"

namespace joulebench {
namespace {

constexpr double kLongestSeconds = 30.0 * 24 * 3600;
constexpr double kMostCpus = 1e5;
constexpr std::size_t kLongestName = 200;  // bytes
constexpr std::size_t kLongestText = 64'000;
constexpr std::size_t kLongestLog = 2'000'000;
constexpr std::size_t kMostItems = 1'000'000;
constexpr std::size_t kMostDomains = 1000;

/// Collects problems under the name of the part that is looked at.
class Findings {
 public:
  void at(std::string part) { part_ = std::move(part); }
  void add(const std::string& problem) {
    found_.push_back(part_.empty() ? problem : part_ + ": " + problem);
  }
  void require(bool is_so, const char* problem) {
    if (!is_so) add(problem);
  }
  void within(const char* name, double value, double most) {
    if (std::isfinite(value) && value >= 0 && value <= most) return;
    add(fmt::format("{} is {}", name, value));
  }
  void digest(const char* name, const std::string& text, bool may_be_empty) {
    if ((may_be_empty && text.empty()) || is_sha256(text)) return;
    add(fmt::format("{} is no SHA-256: \"{}\"", name, printable(text, 80)));
  }
  void text(const char* name, const std::string& text, std::size_t longest) {
    if (text.size() > longest) add(fmt::format("{} has more than {} bytes", name, longest));
  }
  // What stands within a line where it is shown: a line of its own could pass for one of ours.
  void line(const char* name, const std::string& text) {
    this->text(name, text, kLongestName);
    if (text.find_first_of("\n\r\t") != text.npos) {
      add(fmt::format("{} has more than one line", name));
    }
  }
  std::vector<std::string> take() { return std::move(found_); }

 private:
  std::string part_;
  std::vector<std::string> found_;
};

void check_energy(Findings& findings, const std::vector<DomainEnergy>& domains, Seconds wall) {
  for (const DomainEnergy& energy : domains) {
    const double most = most_watts(energy.domain.kind).value * std::max(wall.count(), 1e-3);
    if (energy.joules) findings.within("the energy of a domain", energy.joules->value, most);
    findings.within("the error of a domain's energy", energy.error.value, most);
  }
}

void check_domains(Findings& findings, const std::vector<DomainEnergy>& domains, unsigned cpus) {
  std::set<std::string> names;
  unsigned packages = 0;
  for (const DomainEnergy& energy : domains) {
    findings.require(names.insert(energy.domain.name).second, "it has a domain twice");
    if (energy.domain.kind == DomainKind::cpu_package) ++packages;
  }
  findings.require(packages <= std::max(cpus, 1U),
                   "it has more packages than the machine has CPUs");
}

/// A block's energy is what its windows used, domain by domain, and what was charged besides.
void check_sum(Findings& findings, const BlockRecord& block) {
  for (const DomainEnergy& energy : block.energy) {
    double sum = 0;
    for (const WindowRecord& window : block.windows) {
      for (const DomainEnergy& part : window.domains) {
        if (part.domain.name == energy.domain.name) sum += part.joules.value_or(Joules{0}).value;
      }
    }
    const double joules = energy.joules.value_or(Joules{sum}).value;
    findings.require(block.windows.empty() || joules >= sum - 1e-6 * (1 + std::abs(sum)),
                     "its energy is less than its windows'");
  }
}

void check_windows(Findings& findings, const BlockRecord& block) {
  std::uint64_t samples = 0;
  SteadyTime last{};
  for (const WindowRecord& window : block.windows) {
    findings.within("a window's time", window.wall.count(), kLongestSeconds);
    findings.require(window.started >= last, "its windows are not in order of time");
    last = window.started;
    samples += window.samples;
    check_energy(findings, window.domains, window.wall);
    for (const auto& cpu : {window.submission_cpu, window.rest_cpu}) {
      findings.within("the CPU time of a window", cpu.value_or(Seconds{0}).count(),
                      kMostCpus * kLongestSeconds);
    }
    findings.within("the harness's CPU time", window.harness_cpu.count(),
                    kMostCpus * kLongestSeconds);
  }
  findings.require(block.windows.empty() || samples == block.samples,
                   "its windows' samples do not add up to its own");
}

void check_latency(Findings& findings, const Latency& latency) {
  findings.within("the latency of 99 %", latency.p99.count(), kLongestSeconds);
  findings.within("the latency of 90 %", latency.p90.count(), latency.p99.count());
  findings.within("the median latency", latency.p50.count(), latency.p90.count());
}

void check_training(Findings& findings, const BlockRecord& block) {
  Seconds last{0};
  for (const CheckpointRecord& checkpoint : block.training->checkpoints) {
    findings.within("the time of a checkpoint", checkpoint.at.count(), kLongestSeconds);
    findings.require(checkpoint.at >= last, "its checkpoints are not in order of time");
    last = checkpoint.at;
    check_energy(findings, checkpoint.energy, block.measured);
  }
  findings.digest("model_sha256", block.training->model_sha256, true);
  findings.digest("checkpoints_sha256", block.training->checkpoints_sha256, true);
}

void check_times(Findings& findings, const BlockRecord& block) {
  findings.within("the measured time", block.measured.count(), kLongestSeconds);
  findings.within("the load time", block.load.count(), kLongestSeconds);
  findings.within("the warm-up's time", block.warm_up.count(), kLongestSeconds);
  findings.within("the tail's time", block.tail.count(), kLongestSeconds);
  findings.within("the cool-down's time", block.cool_down.count(), kLongestSeconds);
  for (const LookRecord& look : block.looks) {
    findings.within("the time of a look", look.wall.count(), kLongestSeconds);
    findings.within("the CPU time of a look", look.cpu.value_or(Seconds{0}).count(),
                    kMostCpus * kLongestSeconds);
  }
}

void check_counts(Findings& findings, const BlockRecord& block) {
  findings.within("the count of passes", block.passes, 1e9);
  findings.within("the count of kept passes", block.kept_passes, block.passes);
  findings.within("the count of samples a pass", static_cast<double>(block.samples_per_pass), 1e9);
  findings.within("the count of samples", static_cast<double>(block.samples), 1e18);
  findings.require(block.windows.size() <= kMostItems && block.looks.size() <= kMostItems &&
                       block.flags.size() <= kMostItems && block.energy.size() <= kMostDomains,
                   "it has too many windows, looks, flags or domains");
  findings.text("its message", block.message, kLongestText);
  findings.text("its log", block.log_tail, kLongestLog);
}

/// The total over the measured time is what a machine that runs draws.
void check_total(Findings& findings, const BlockRecord& block) {
  const auto total = total_of(block.energy);
  if (!total) return;
  findings.require(total->joules.value > 0, "its total energy is not positive");
  const bool is_measured =
      std::all_of(block.energy.begin(), block.energy.end(), [](const DomainEnergy& energy) {
        return !energy.domain.in_total || energy.domain.energy_class == EnergyClass::measured;
      });
  findings.require(!is_measured || total->joules.value <= 0 ||
                       total->joules.value >= kLeastWatts * block.measured.count(),
                   "its total energy is less than a machine that runs draws");
}

void check_valid(Findings& findings, const BlockRecord& block) {
  findings.require(block.measured.count() > 0, "it is valid and was not measured");
  findings.require(block.passes > 0 && block.samples_per_pass > 0, "it is valid without a pass");
  // Passes count looks outside the windows too.
  findings.require(block.training || block.samples <= block.samples_per_pass *
                                                          static_cast<unsigned>(block.passes),
                   "it has more samples than passes times samples a pass");
  check_total(findings, block);
}

void check_block(Findings& findings, const BlockRecord& block, unsigned cpus) {
  check_times(findings, block);
  check_counts(findings, block);
  check_energy(findings, block.energy, block.measured);
  check_energy(findings, block.tail_energy, block.tail);
  check_domains(findings, block.energy, cpus);
  check_windows(findings, block);
  for (const IdlePower& idle : block.idle) {
    const double most = most_watts(DomainKind::wall).value;
    findings.within("idle power before", idle.before.value_or(Watts{0}).value, most);
    findings.within("idle power after", idle.after.value_or(Watts{0}).value, most);
  }
  if (block.latency) check_latency(findings, *block.latency);
  if (block.training) check_training(findings, block);
  findings.digest("predictions_sha256", block.predictions_sha256, true);
  findings.digest("trace_sha256", block.trace_sha256, true);
  if (block.outcome == Outcome::valid) check_valid(findings, block);
  check_sum(findings, block);
}
void check_node(Findings& findings, const NodeState& node) {
  findings.within("the count of CPUs", node.cpus, kMostCpus);
  findings.within("the load average", node.load_average.value_or(0), 1e6);
  const double celsius = node.temperature_celsius.value_or(20);
  findings.require(std::isfinite(celsius) && std::abs(celsius) < 500, "its temperature is absurd");
  for (const std::string* text :
       {&node.hostname, &node.cpu_model, &node.kernel, &node.operating_system}) {
    findings.text("a text about the machine", *text, kLongestName);
  }
}

void check_entry(Findings& findings, const EntryIdentity& entry) {
  findings.digest("the entry's id", entry.id, false);
  findings.require(!entry.name.empty(), "the entry's name is empty");
  findings.line("the entry's name", entry.name);
  findings.line("the team", entry.team);
  findings.line("the version", entry.version);
  findings.text("the licence", entry.licence, kLongestName);
  findings.text("the address", entry.url, kLongestText);
  findings.text("the description", entry.description, kLongestText);
}

}  // namespace

bool is_sha256(const std::string& text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

Watts most_watts(DomainKind kind) {
  switch (kind) {
    case DomainKind::cpu_package:
    case DomainKind::core:
    case DomainKind::uncore:
    case DomainKind::dram:
      return Watts{2e3};
    case DomainKind::gpu:
      return Watts{5e3};
    case DomainKind::psys:
    case DomainKind::wall:
    case DomainKind::model:
      return Watts{100e3};
  }
  throw std::logic_error("bug: unknown kind of domain");
}

std::vector<std::string> out_of_range(const RunRecord& record) {
  Findings findings;
  check_entry(findings, record.entry);
  findings.digest("dataset_sha256", record.dataset_sha256, false);
  findings.digest("competition_sha256", record.competition_sha256, false);
  findings.require(!record.node_before.hostname.empty(), "the node has no name");
  check_node(findings, record.node_before);
  if (record.node_after) check_node(findings, *record.node_after);
  findings.text("the message", record.message, kLongestText);
  findings.text("the log", record.log_tail, kLongestLog);
  findings.require(parse_instant(record.started_at_utc).has_value(), "its start is no date");
  int last = 0;
  for (const BlockRecord& block : record.blocks) {
    findings.at(fmt::format("block {}", block.number));
    findings.require(block.number > last, "blocks are not in order");
    last = block.number;
    findings.require(parse_instant(block.started_at_utc).has_value(), "its start is no date");
    check_block(findings, block, record.node_before.cpus);
  }
  return findings.take();
}

std::vector<std::string> out_of_range(const EnergyTrace& trace) {
  Findings findings;
  findings.at("trace");
  std::map<std::size_t, const EnergySample*> last;
  for (const EnergySample& sample : trace.samples) {
    findings.require(sample.before <= sample.after, "a reading ends before it begins");
    if (sample.joules) findings.within("a reading", sample.joules->value, 1e15);
    const EnergySample*& former = last[static_cast<std::size_t>(sample.domain)];
    if (former != nullptr) {
      findings.require(former->before <= sample.before, "readings are not in order of time");
      findings.require(!former->joules || !sample.joules || *former->joules <= *sample.joules,
                       "a counter goes backwards");
    }
    if (sample.joules || former == nullptr) former = &sample;
  }
  return findings.take();
}

}  // namespace joulebench
