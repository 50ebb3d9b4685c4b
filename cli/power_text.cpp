#include "cli/power_text.h"

#include <fmt/format.h>

#include <vector>

#include "scoring/contest.h"
#include "scoring/power.h"

namespace joulebench {
namespace {

constexpr double kPower = 0.9;
constexpr int kMostBlocks = 200;

std::string blocks_for(double difference, double noise, double error) {
  if (difference <= kEquivalenceMargin) return "never";
  const auto blocks = blocks_to_differ(difference, noise, error, kPower, kMostBlocks);
  return blocks ? fmt::format("{}", *blocks) : fmt::format("over {}", kMostBlocks);
}

}  // namespace

std::string power_text(const Track& track, std::optional<double> noise) {
  constexpr double kDifferences[] = {0.01, 0.02, 0.03, 0.05};
  const std::vector<double> noises = noise ? std::vector{*noise} : std::vector{0.005, 0.01, 0.02};
  std::string text = fmt::format(
      "  blocks that tell two entries apart in {:g} % of cases, by how far their energies differ\n"
      "    {:<34} {:>8} {:>8} {:>8} {:>8}\n",
      100 * kPower, "a block's energy scatters by", "1 %", "2 %", "3 %", "5 %");
  for (const double one : noises) {
    text += fmt::format("    {:<34}", fmt::format("{:.2g} %{}", 100 * one,
                                                  noise ? ", as the baseline's did" : ", assumed"));
    for (const double difference : kDifferences) {
      text += fmt::format(" {:>8}", blocks_for(difference, one, 1 - track.ranking.confidence));
    }
    text += "\n";
  }
  return text + fmt::format("    this track runs {}; energies within {:g} % are called equal\n",
                            track.protocol.blocks, 100 * kEquivalenceMargin);
}

}  // namespace joulebench
