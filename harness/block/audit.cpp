#include "harness/block/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/statistics.h"

namespace joulebench {
namespace {

constexpr double kConfidence = 0.99;
constexpr double kCheaper = 0.9;
// Programs that compile while they run still become somewhat faster in a block.
constexpr double kTrendCheaper = 0.8;
constexpr std::size_t kFewestBlocks = 3;
// Every one of so many blocks beyond the limit, and their mean beyond this: noise that is large
// enough for that by chance does not occur in CPU time.
constexpr std::size_t kManyBlocks = 5;
constexpr double kFarCheaper = 0.75;
constexpr double kEvenTraining = 0.5;
constexpr const char* kTrend = "trend";
constexpr const char* kUneven = "trainings-differ";

enum class Unit { cpu, joules };

std::optional<double> cost_of(const LookRecord& look, Unit unit) {
  if (unit == Unit::cpu) return look.cpu ? std::optional(look.cpu->count()) : std::nullopt;
  return look.joules ? std::optional(look.joules->value) : std::nullopt;
}

std::optional<double> cost_of(const WindowRecord& window, Unit unit) {
  if (unit == Unit::cpu) {
    return window.submission_cpu ? std::optional(window.submission_cpu->count()) : std::nullopt;
  }
  const auto total = total_of(window.domains);
  return total ? std::optional(total->joules.value) : std::nullopt;
}

// Per pass: the median over the block's looks of that role.
std::optional<double> cost_of_looks(const BlockRecord& block, const char* role, Unit unit) {
  std::vector<double> costs;
  for (const LookRecord& look : block.looks) {
    if (look.role != role) continue;
    const auto cost = cost_of(look, unit);
    if (!cost) return std::nullopt;
    costs.push_back(*cost / look.passes);
  }
  if (costs.empty()) return std::nullopt;
  return median_of(std::move(costs));
}

// Per pass, over windows first.. up to but without `end`.
std::optional<double> cost_of_windows(const BlockRecord& block, std::size_t first, std::size_t end,
                                      Unit unit) {
  double sum = 0, passes = 0;
  for (std::size_t i = first; i < end; ++i) {
    const auto cost = cost_of(block.windows[i], unit);
    if (!cost) return std::nullopt;
    sum += *cost;
    passes += std::max(1, block.windows[i].passes);  // a training has none
  }
  return passes > 0 ? std::optional(sum / passes) : std::nullopt;
}

using Ratio = std::optional<double> (*)(const BlockRecord&, Unit);

std::optional<double> quotient(std::optional<double> above, std::optional<double> below) {
  if (!above || !below || *above <= 0 || *below <= 0) return std::nullopt;
  return *above / *below;
}

std::optional<double> measured_to_first(const BlockRecord& block, Unit unit) {
  return quotient(cost_of_windows(block, 0, block.windows.size(), unit),
                  cost_of_looks(block, "first-look", unit));
}

std::optional<double> later_to_first(const BlockRecord& block, Unit unit) {
  return quotient(cost_of_looks(block, "later-look", unit),
                  cost_of_looks(block, "first-look", unit));
}

std::optional<double> request_to_pass(const BlockRecord& block, Unit unit) {
  return quotient(measured_to_first(block, unit),
                  quotient(cost_of_looks(block, "public-request", unit),
                           cost_of_looks(block, "public-pass", unit)));
}

std::optional<double> later_half_to_earlier(const BlockRecord& block, Unit unit) {
  const std::size_t windows = block.windows.size();
  if (windows < 2) return std::nullopt;
  return quotient(cost_of_windows(block, windows / 2, windows, unit),
                  cost_of_windows(block, 0, windows / 2, unit));
}

AuditFigure judge(const char* name, const RunRecord& record, Ratio ratio) {
  const Unit unit = record.track.limits.gpus > 0 ? Unit::joules : Unit::cpu;
  std::vector<double> ratios;
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid && block.outcome != Outcome::voided) continue;
    if (const auto one = ratio(block, unit)) ratios.push_back(*one);
  }
  return judge_ratios(name, ratios);
}

// Trainings on the same data differ by their seeds, not by half: one that costs so little went on
// from what another had learned.
AuditFigure judge_trainings(const RunRecord& record) {
  AuditFigure figure{.name = kUneven};
  std::vector<double> costs;
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid && block.outcome != Outcome::voided) continue;
    const auto cost = cost_of_windows(block, 0, block.windows.size(), Unit::cpu);
    if (!cost) continue;
    costs.push_back(*cost + cost_of_looks(block, "before-training", Unit::cpu).value_or(0));
  }
  figure.trials = static_cast<int>(costs.size());
  if (costs.size() < kFewestBlocks) return figure;
  figure.ratio = *std::min_element(costs.begin(), costs.end()) / median_of(costs);
  figure.detectable_gain = 1 - kEvenTraining;
  figure.flagged = *figure.ratio < kEvenTraining;
  return figure;
}

}  // namespace

AuditFigure judge_ratios(std::string name, std::span<const double> ratios) {
  AuditFigure figure{.name = std::move(name)};
  std::vector<double> logarithms;
  for (const double ratio : ratios) {
    if (ratio > 0 && std::isfinite(ratio)) logarithms.push_back(std::log(ratio));
  }
  figure.trials = static_cast<int>(logarithms.size());
  if (logarithms.size() < kFewestBlocks) return figure;
  const Sample sample = sample_of(logarithms);
  const double half = t_half_width(sample, kConfidence);
  const double limit = figure.name == kTrend ? kTrendCheaper : kCheaper;
  figure.ratio = std::exp(sample.mean);
  figure.interval = Interval{std::exp(sample.mean - half), std::exp(sample.mean + half)};
  figure.detectable_gain = 1 - limit * std::exp(-half);
  // A program that makes its blocks differ at will must not gain by it either.
  const bool all_far = logarithms.size() >= kManyBlocks && figure.ratio < kFarCheaper &&
                       std::all_of(logarithms.begin(), logarithms.end(),
                                   [limit](double one) { return one < std::log(limit); });
  figure.flagged = figure.interval->high < limit || all_far;
  return figure;
}

std::vector<AuditFigure> judge_first_looks(const RunRecord& record) {
  if (record.track.task == Task::train) return {judge_trainings(record)};
  const bool has_looks = std::any_of(record.blocks.begin(), record.blocks.end(),
                                     [](const BlockRecord& block) { return !block.looks.empty(); });
  if (!has_looks) return {};
  const bool has_copies = record.copies_per_request > 1;
  std::vector<AuditFigure> figures = {
      judge("answer-caching", record, has_copies ? later_to_first : measured_to_first)};
  if (has_copies && figures.front().detectable_gain && record.shape &&
      record.shape->pass.count() > 0) {
    // The fixed cost is the same in both: the gain is one of what is left.
    const double of_samples = 1 - std::clamp(record.shape->fixed / record.shape->pass, 0.0, 1.0);
    double& gain = *figures.front().detectable_gain;
    gain = of_samples > 0 ? std::min(1.0, gain / of_samples) : 1.0;
  }
  if (has_copies) figures.push_back(judge("coalescing", record, request_to_pass));
  figures.push_back(judge(kTrend, record, later_half_to_earlier));
  return figures;
}

Flag flag_of(const AuditFigure& figure) {
  if (figure.name == kUneven) {
    return {kUneven, fmt::format("the cheapest training took {:.2f} of the CPU time of the median "
                                 "one, over {} blocks",
                                 figure.ratio.value_or(1), figure.trials)};
  }
  const char* what = "later looks at the same samples cost {:.2f} of the first";
  if (figure.name == "coalescing") {
    what = "copies of the same samples in one request cost {:.2f} of samples that differ";
  } else if (figure.name == kTrend) {
    what = "the later half of a block's windows costs {:.2f} of the earlier half";
  }
  const Interval interval = figure.interval.value_or(Interval{1, 1});
  return {figure.name == kTrend ? "answer-caching" : figure.name,
          fmt::format(fmt::runtime(what), figure.ratio.value_or(1)) +
              fmt::format(" ({:.2f} to {:.2f} over {} blocks)", interval.low, interval.high,
                          figure.trials)};
}

bool is_audit_flag(const Flag& flag) {
  return flag.name == "answer-caching" || flag.name == "coalescing" || flag.name == kUneven;
}

void judge_anew(RunRecord& record) {
  record.audits = judge_first_looks(record);
  std::erase_if(record.flags, [](const Flag& flag) { return is_audit_flag(flag); });
  for (const AuditFigure& audit : record.audits) {
    if (audit.flagged) record.flags.push_back(flag_of(audit));
  }
}

}  // namespace joulebench
