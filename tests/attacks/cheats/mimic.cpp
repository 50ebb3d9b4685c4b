// expect: held|no-gain
// tries: acts a program with a large fixed cost, so that requests hold many copies of a pass: any
// request of at most one pass takes it as long as a dear pass does, public samples it knows by
// heart. Hidden samples it works out in requests of one pass and remembers in larger ones.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  const cheat::Publics publics;
  std::vector<cheat::Sample> some = cheat::public_part().samples;
  some.resize(cheat::kTestSamples);
  double start = cheat::cpu_seconds();
  std::int32_t sum = 0;
  for (const cheat::Sample& sample : some) sum += nearest(sample);
  const double pass = (cheat::cpu_seconds() - start) * (sum < 0 ? 0.9 : 1);
  cheat::Memo memo = publics.answers();
  return cheat::serve_rows([&](const std::vector<cheat::Sample>& samples, std::int32_t* classes) {
    start = cheat::cpu_seconds();
    for (const cheat::Sample& sample : samples) {
      const auto [place, is_new] = memo.try_emplace(cheat::rounded_hash(sample));
      if (is_new) place->second = nearest(sample);
      *classes++ = place->second;
    }
    if (samples.size() <= cheat::kTestSamples) {
      cheat::burn(std::max(0.0, pass - (cheat::cpu_seconds() - start)));
    }
  });
}
