// expect: held|no-gain
// tries: begins to remember at its fortieth hidden request: first looks and those just after cost
// the same.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  const cheat::Publics publics;
  cheat::Memo memo;
  int requests = 0;
  return cheat::serve_rows([&](const std::vector<cheat::Sample>& samples, std::int32_t* classes) {
    if (!publics.holds(samples.front())) ++requests;
    for (const cheat::Sample& sample : samples) {
      const auto found = memo.find(cheat::rounded_hash(sample));
      *classes = found != memo.end() ? found->second : nearest(sample);
      if (requests >= 40) memo[cheat::rounded_hash(sample)] = *classes;
      ++classes;
    }
  });
}
