// expect: held
// tries: remembers answers by inputs without their lowest bit, so that salt does not help.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  cheat::Memo memo;
  return cheat::serve_each([&](const cheat::Sample& sample) {
    const auto [place, is_new] = memo.try_emplace(cheat::rounded_hash(sample));
    if (is_new) place->second = nearest(sample);
    return place->second;
  });
}
