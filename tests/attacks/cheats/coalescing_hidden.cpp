// expect: held|no-gain
// tries: knows public samples by heart, so that a pilot asks for many copies of a pass in a
// request, and answers the copies of a hidden sample once.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  const cheat::Publics publics;
  return cheat::serve_rows([&](const std::vector<cheat::Sample>& samples, std::int32_t* classes) {
    cheat::Memo memo;
    for (const cheat::Sample& sample : samples) {
      const std::uint64_t key = cheat::rounded_hash(sample);
      if (const auto known = publics.answers().find(key); known != publics.answers().end()) {
        *classes++ = known->second;
        continue;
      }
      const auto [place, is_new] = memo.try_emplace(key);
      if (is_new) place->second = nearest(sample);
      *classes++ = place->second;
    }
  });
}
