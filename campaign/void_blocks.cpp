#include "campaign/void_blocks.h"

#include <fmt/format.h>

#include <algorithm>

namespace joulebench {
namespace {

// Honest programs scatter by some percent from block to block; on a machine whose clock changes
// between blocks, by more.
constexpr double kLeastCpuShare = 0.8;

// Absent: not readable, or other programs slowed it down.
std::optional<double> cpu_per_sample(const BlockRecord& block) {
  const bool is_disturbed =
      std::any_of(block.flags.begin(), block.flags.end(),
                  [](const Flag& flag) { return flag.name == "foreign-load"; });
  if (is_disturbed || block.samples == 0) return std::nullopt;
  double sum = 0;
  for (const WindowRecord& window : block.windows) {
    if (!window.submission_cpu) return std::nullopt;
    sum += window.submission_cpu->count();
  }
  return sum / static_cast<double>(block.samples);
}

}  // namespace

bool is_too_short(const RunRecord& record, const BlockRecord& block) {
  return record.track.task == Task::predict && block.measured.count() > 0 &&
         block.measured < record.track.protocol.min_block;
}

std::optional<std::string> entry_made_void(const RunRecord& record, const BlockRecord& block) {
  if (block.outcome != Outcome::voided || !is_too_short(record, block)) return std::nullopt;
  const auto cost = cpu_per_sample(block);
  std::optional<double> least;
  for (const BlockRecord& other : record.blocks) {
    if (other.outcome != Outcome::valid) continue;
    const auto of_other = cpu_per_sample(other);
    if (of_other && (!least || *of_other < *least)) least = of_other;
  }
  if (!cost || !least || *cost >= kLeastCpuShare * *least) return std::nullopt;
  return fmt::format(
      "it was answered with {:.2f} of the CPU time per sample of the entry's valid blocks; a "
      "block that the entry itself makes void is not repeated",
      *cost / *least);
}

}  // namespace joulebench
