#include "leaderboard/site/chart/block_strip.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "leaderboard/site/chart/axes.h"

namespace joulebench {
namespace {

constexpr double kHeight = 110;

Axis axis_of(const std::vector<StripBlock>& blocks, const Estimate& figure) {
  Interval seen = reach(figure);
  for (const StripBlock& block : blocks) {
    seen = joined(seen, {block.joules - block.error, block.joules + block.error});
  }
  const double room = std::max(seen.high - seen.low, seen.high * 1e-3) * 0.12;
  return {seen.low - room, seen.high + room, kHeight, 0};
}

double middle_of(std::size_t i, std::size_t blocks) {
  return kAcross * (static_cast<double>(i) + 0.5) / static_cast<double>(blocks);
}

std::string labels_of(const std::vector<StripBlock>& blocks, const Axis& y, const EnergyUnit& unit,
                      const Texts& say) {
  std::string svg = text_at(-50, -8, "axis", unit.name);
  const double step = nice_step((y.high - y.low) / unit.joules, 4);
  const double from = y.low / unit.joules;
  for (double tick = std::ceil(from / step) * step; tick * unit.joules <= y.high; tick += step) {
    svg += text_at(-6, y.at(tick * unit.joules) + 4, "tick", tick_label(tick, step), "end");
  }
  const std::size_t every = (blocks.size() + 9) / 10;
  for (std::size_t i = 0; i < blocks.size(); i += every) {
    svg += fmt::format("<text x=\"{}%\" y=\"{}\" class=\"tick\" text-anchor=\"middle\">{}</text>",
                       px(middle_of(i, blocks.size()) / kAcross * 100), kHeight + 15,
                       blocks[i].number);
  }
  return svg +
         fmt::format("<text x=\"50%\" y=\"{}\" class=\"axis\" text-anchor=\"middle\">{}</text>",
                     kHeight + 30, escape_html(say("block")));
}

}  // namespace

std::string block_strip(const std::vector<StripBlock>& blocks, const Estimate& figure,
                        const EnergyUnit& unit, const Texts& say) {
  if (blocks.empty()) return {};
  const Axis y = axis_of(blocks, figure);
  std::string svg = fmt::format(
      "<svg class=\"chart strip\" width=\"100%\" height=\"{0}\" role=\"img\" aria-label=\"{1}\">"
      "<svg class=\"plot-area\" y=\"18\" width=\"100%\" height=\"{2}\"><svg class=\"fill\" "
      "viewBox=\"0 0 "
      "{3} {2}\" preserveAspectRatio=\"none\" width=\"100%\" height=\"{2}\">",
      kHeight + 54,
      escape_html(say("Energy of each of {} blocks; the table has the figures",
                      {std::to_string(blocks.size())})),
      kHeight, kAcross);
  if (figure.interval) {
    svg += fmt::format("<path class=\"band\" d=\"M0 {}H{}V{}H0z\"/>",
                       px(y.at(figure.interval->high)), kAcross, px(y.at(figure.interval->low)));
  }
  svg += fmt::format("<path class=\"mean\" d=\"M0 {}h{}\"/>", px(y.at(figure.value)), kAcross);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const StripBlock& block = blocks[i];
    const std::string x = px(middle_of(i, blocks.size()));
    svg += fmt::format(
        "<path class=\"interval\" d=\"M{} {}V{}\"/><path class=\"dot best\" "
        "d=\"M{} {}h0\"/>",
        x, px(y.at(block.joules - block.error)), px(y.at(block.joules + block.error)), x,
        px(y.at(block.joules)));
  }
  return svg + "</svg>" + labels_of(blocks, y, unit, say) + "</svg></svg>";
}

}  // namespace joulebench
