// expect: honest
// track: digits|digits-stream
// tries: nothing; a cascade: the cheap model where it is sure, the dear one elsewhere.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  std::array<cheat::Linear, 2> pair;
  const cheat::Labelled data = cheat::public_part();
  pair[0].learn(data, 3);
  pair[1].learn(data, 30);
  return cheat::serve_each([&](const cheat::Sample& sample) {
    const std::int32_t first = pair[0](sample);
    return first == pair[1](sample) ? first : nearest(sample);
  });
}
