#include "cli/power_text.h"

#include <fmt/format.h>

#include <vector>

#include "cli/progress.h"
#include "core/text.h"
#include "scoring/interim_looks.h"
#include "scoring/power.h"
#include "scoring/ranking.h"

namespace joulebench {
namespace {

constexpr double kPower = 0.9;
constexpr int kMostBlocks = 200;

/// Absent: a difference within the margin is never found.
std::optional<int> blocks_for(double difference, double noise, double error) {
  if (difference <= kEquivalenceMargin) return std::nullopt;
  return blocks_to_differ(difference, noise, error, kPower, kMostBlocks).value_or(kMostBlocks + 1);
}

}  // namespace

std::string floor_text(const Track& track, std::uint64_t samples) {
  if (track.metric.name != "accuracy" || samples == 0) return {};
  std::string text;
  for (const double floor : floors_to_prove(track)) {
    const std::string name = fmt::format("floor {} %", percent_text(floor));
    const auto right = right_answers_to_prove(floor, samples, track.ranking.floor_confidence);
    text += right ? fmt::format("  {:<13} {} of {} right answers prove it\n", name, *right, samples)
                  : fmt::format("  {:<13} cannot be met\n", name);
  }
  return text;
}

std::string added_blocks_text(const Track& track) {
  if (!track.protocol.adds_blocks) return {};
  std::string text =
      "  blocks are added for entries that are tied at the top, after a look at all of them after";
  const std::vector<Look> looks = planned_looks(track);
  for (const Look& look : looks) {
    text += fmt::format("{} {} ({:.2g} %)", &look == &looks.front() ? "" : ",", look.blocks,
                        100 * look.error);
  }
  text += fmt::format(" blocks;\n    the errors of a look add up to {:g} %",
                      100 * (1 - track.ranking.confidence));
  const Seconds most = track.protocol.most_time;
  if (most.count() > 0) text += fmt::format("; all blocks take {} at most", spoken(most));
  return text + "\n";
}

std::string power_text(const Track& track, std::optional<double> noise, const BlockTime& block) {
  constexpr double kDifferences[] = {0.01, 0.02, 0.03, 0.05};
  const std::vector<double> noises = noise ? std::vector{*noise} : std::vector{0.005, 0.01, 0.02};
  std::string text = fmt::format(
      "  blocks that tell two entries apart in {:g} % of cases, by how far their energies differ\n"
      "    {:<34} {:>12} {:>12} {:>12} {:>12}\n",
      100 * kPower, "a block's energy scatters by", "1 %", "2 %", "3 %", "5 %");
  for (const double one : noises) {
    text += fmt::format("    {:<34}", fmt::format("{:.2g} %{}", 100 * one,
                                                  noise ? ", as the baseline's did" : ", assumed"));
    std::string times = fmt::format("    {:<34}", "  which take " + block.of);
    for (const double difference : kDifferences) {
      const auto blocks = blocks_for(difference, one, 1 - track.ranking.confidence);
      const bool is_known = blocks && *blocks <= kMostBlocks;
      text += fmt::format(" {:>12}", !blocks    ? std::string("never")
                                     : is_known ? fmt::format("{}", *blocks)
                                                : fmt::format("over {}", kMostBlocks));
      times += fmt::format(" {:>12}", is_known ? spoken(*blocks * block.time) : "-");
    }
    text += "\n" + times + "\n";
  }
  const std::string blocks =
      track.protocol.adds_blocks
          ? fmt::format("{} to {}", track.protocol.blocks, track.protocol.most_blocks)
          : fmt::format("{}", track.protocol.blocks);
  return text + fmt::format("    this track runs {}; energies within {:g} % are called equal\n",
                            blocks, 100 * kEquivalenceMargin);
}

}  // namespace joulebench
