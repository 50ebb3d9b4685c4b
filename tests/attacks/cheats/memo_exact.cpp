// expect: held|no-gain
// tries: remembers answers by the bytes of a sample. Salt of later passes defeats most of it.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  cheat::Memo memo;
  return cheat::serve_each([&](const cheat::Sample& sample) {
    const auto [place, is_new] = memo.try_emplace(cheat::hash_of(sample));
    if (is_new) place->second = nearest(sample);
    return place->second;
  });
}
