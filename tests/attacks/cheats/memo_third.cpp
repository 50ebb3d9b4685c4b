// expect: held
// tries: remembers a third of the samples, in the hope to stay below what is noticed.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  cheat::Memo memo;
  return cheat::serve_each([&](const cheat::Sample& sample) {
    const std::uint64_t key = cheat::rounded_hash(sample);
    if (key % 3 != 0) return nearest(sample);
    const auto [place, is_new] = memo.try_emplace(key);
    if (is_new) place->second = nearest(sample);
    return place->second;
  });
}
