// expect: honest
// track: digits|digits-stream
// tries: nothing; nearest neighbour whose sums stop where they are too large already: what a
// sample costs depends on the sample.
#include "cheat.h"

int main() {
  const cheat::Labelled known = cheat::public_part();
  return cheat::serve_each([&](const cheat::Sample& sample) {
    std::int32_t best = 1 << 30, label = 0;
    for (std::size_t i = 0; i < known.samples.size(); ++i) {
      std::int32_t sum = 0;
      for (std::size_t row = 0; row < cheat::kPixels && sum < best; row += 16) {
        for (std::size_t p = row; p < row + 16; ++p) {
          const auto difference = static_cast<std::int16_t>(sample[p] - known.samples[i][p]);
          sum += difference * difference;
        }
      }
      if (sum >= best) continue;
      best = sum;
      label = known.labels[i];
    }
    return label;
  });
}
