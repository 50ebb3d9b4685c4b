// expect: held|no-gain
// tries: answers samples that a request holds several times once, and forgets them with the
// request.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  return cheat::serve_rows([&](const std::vector<cheat::Sample>& samples, std::int32_t* classes) {
    cheat::Memo memo;
    for (const cheat::Sample& sample : samples) {
      const auto [place, is_new] = memo.try_emplace(cheat::rounded_hash(sample));
      if (is_new) place->second = nearest(sample);
      *classes++ = place->second;
    }
  });
}
