// expect: held
// tries: remembers hidden samples only, so that nothing shows in a pilot on public ones.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  const cheat::Publics publics;
  cheat::Memo memo;
  return cheat::serve_each([&](const cheat::Sample& sample) {
    if (publics.holds(sample)) return nearest(sample);
    const auto [place, is_new] = memo.try_emplace(cheat::rounded_hash(sample));
    if (is_new) place->second = nearest(sample);
    return place->second;
  });
}
