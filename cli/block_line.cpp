#include "cli/block_line.h"

#include <fmt/format.h>

#include "core/text.h"

namespace joulebench {

std::optional<Watts> watts_of(const BlockRecord& block) {
  const auto total = total_of(block.energy);
  if (!total || block.measured.count() <= 0) return std::nullopt;
  return total->joules / block.measured;
}

std::string block_line(const RunRecord& record) {
  const BlockRecord& block = record.blocks.back();
  std::string text = fmt::format("{}: block {} {}", printable(record.entry.name, 80), block.number,
                                 to_string(block.outcome));
  if (block.outcome != Outcome::valid) {
    if (!block.message.empty()) text += ": " + printable(block.message, 300);
    return text;
  }
  if (block.training) {
    text += fmt::format(", trained in {:.2f} s with {} checkpoints", block.measured.count(),
                        block.training->checkpoints.size());
  } else {
    text += fmt::format(", {} passes of {} samples in {:.2f} s", block.passes,
                        block.samples_per_pass, block.measured.count());
  }
  if (const auto total = total_of(block.energy)) {
    text += fmt::format(", {:.4g} J {}", total->joules.value, to_string(total->energy_class));
    if (const auto watts = watts_of(block)) text += fmt::format(", {:.3g} W", watts->value);
  }
  return text;
}

}  // namespace joulebench
