// expect: held
// tries: looks for an earlier sample that differs by the salt at most, among those of a like sum.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  std::array<std::vector<std::pair<cheat::Sample, std::int32_t>>, 40> by_sum;
  return cheat::serve_each([&](const cheat::Sample& sample) {
    std::size_t sum = 0;
    for (const std::uint8_t pixel : sample) sum += pixel;
    const std::size_t group = std::min<std::size_t>(sum / 32, 38);
    for (std::size_t near = group == 0 ? 0 : group - 1; near <= group + 1; ++near) {
      for (const auto& [seen, label] : by_sum[near]) {
        if (cheat::squared_distance(seen, sample) <= 64) return label;
      }
    }
    by_sum[group].emplace_back(sample, nearest(sample));
    return by_sum[group].back().second;
  });
}
