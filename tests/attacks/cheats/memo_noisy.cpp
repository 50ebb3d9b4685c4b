// expect: held|no-gain
// tries: remembers, and burns time by a factor drawn anew in each sandbox, so that blocks differ
// so much that no comparison over them says anything with confidence.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  const cheat::Publics publics;
  const double share = std::exp(-3 * cheat::chance());  // of an honest pass: 0.05 to 1
  double honest_pass = 0;
  cheat::Memo memo;
  return cheat::serve_rows([&](const std::vector<cheat::Sample>& samples, std::int32_t* classes) {
    const double start = cheat::cpu_seconds();
    const bool is_new = memo.count(cheat::rounded_hash(samples.front())) == 0;
    for (const cheat::Sample& sample : samples) {
      const auto [place, added] = memo.try_emplace(cheat::rounded_hash(sample));
      if (added) place->second = nearest(sample);
      *classes++ = place->second;
    }
    const double used = cheat::cpu_seconds() - start;
    if (is_new) {
      honest_pass = used / static_cast<double>(samples.size());
    } else {
      cheat::burn(std::max(0.0, share * honest_pass * static_cast<double>(samples.size()) - used));
    }
  });
}
