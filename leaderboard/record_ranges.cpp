#include "leaderboard/record_ranges.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.h"

namespace joulebench {
namespace {

constexpr double kLongestSeconds = 30.0 * 24 * 3600;
constexpr std::size_t kLongestName = 200;  // bytes

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
  std::vector<std::string> take() { return std::move(found_); }

 private:
  std::string part_;
  std::vector<std::string> found_;
};

void check_energy(Findings& findings, const std::vector<DomainEnergy>& domains, Seconds wall) {
  const double most = kMostWatts * std::max(wall.count(), 1e-3);
  for (const DomainEnergy& energy : domains) {
    if (energy.joules) findings.within("the energy of a domain", energy.joules->value, most);
    findings.within("the error of a domain's energy", energy.error.value, most);
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
  }
  findings.require(block.windows.empty() || samples == block.samples,
                   "its windows' samples do not add up to its own");
}

void check_block(Findings& findings, const BlockRecord& block) {
  findings.within("the measured time", block.measured.count(), kLongestSeconds);
  findings.within("the load time", block.load.count(), kLongestSeconds);
  findings.within("the warm-up's time", block.warm_up.count(), kLongestSeconds);
  findings.within("the tail's time", block.tail.count(), kLongestSeconds);
  findings.within("the count of passes", block.passes, 1e9);
  check_energy(findings, block.energy, block.measured);
  check_windows(findings, block);
  for (const IdlePower& idle : block.idle) {
    findings.within("idle power before", idle.before.value_or(Watts{0}).value, kMostWatts);
    findings.within("idle power after", idle.after.value_or(Watts{0}).value, kMostWatts);
  }
  findings.digest("predictions_sha256", block.predictions_sha256, true);
  findings.digest("trace_sha256", block.trace_sha256, true);
  if (block.outcome != Outcome::valid) return;
  findings.require(block.measured.count() > 0, "it is valid and was not measured");
  findings.require(block.passes > 0 && block.samples_per_pass > 0, "it is valid without a pass");
  // Passes count looks outside the windows too.
  findings.require(block.training || block.samples <= block.samples_per_pass *
                                                          static_cast<unsigned>(block.passes),
                   "it has more samples than passes times samples a pass");
  const auto total = total_of(block.energy);
  findings.require(!total || total->joules.value > 0, "its total energy is not positive");
}

}  // namespace

bool is_sha256(const std::string& text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

std::vector<std::string> out_of_range(const RunRecord& record) {
  Findings findings;
  findings.digest("the entry's id", record.entry.id, false);
  findings.digest("dataset_sha256", record.dataset_sha256, false);
  findings.digest("competition_sha256", record.competition_sha256, false);
  findings.require(!record.entry.name.empty() && record.entry.name.size() <= kLongestName,
                   "the entry's name is empty or too long");
  findings.require(!record.node_before.hostname.empty(), "the node has no name");
  int last = 0;
  for (const BlockRecord& block : record.blocks) {
    findings.at(fmt::format("block {}", block.number));
    findings.require(block.number > last, "blocks are not in order");
    last = block.number;
    check_block(findings, block);
  }
  return findings.take();
}

}  // namespace joulebench
