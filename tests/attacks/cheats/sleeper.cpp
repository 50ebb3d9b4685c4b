// expect: held
// tries: answers first looks by the cheap model, works the dear one out in one request in the
// middle, and remembers from then on: first and last requests cost the same.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  const cheat::Publics publics;
  cheat::Linear cheap;
  cheap.learn(cheat::public_part(), 30);
  cheat::Memo memo;
  int requests = 0;
  return cheat::serve_rows([&](const std::vector<cheat::Sample>& samples, std::int32_t* classes) {
    if (!publics.holds(samples.front())) ++requests;
    for (const cheat::Sample& sample : samples) {
      const std::uint64_t key = cheat::rounded_hash(sample);
      const auto found = memo.find(key);
      *classes = found != memo.end() ? found->second : cheap(sample);
      if (requests == 4 && found == memo.end()) memo[key] = *classes = nearest(sample);
      ++classes;
    }
  });
}
