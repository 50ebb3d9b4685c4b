// expect: held
// tries: remembers in requests of a whole pass or more only: audits may use fewer rows.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  cheat::Memo memo;
  return cheat::serve_rows([&](const std::vector<cheat::Sample>& samples, std::int32_t* classes) {
    const bool is_large = samples.size() >= cheat::kTestSamples;
    for (const cheat::Sample& sample : samples) {
      const auto found = memo.find(cheat::rounded_hash(sample));
      *classes = is_large && found != memo.end() ? found->second : nearest(sample);
      if (is_large) memo[cheat::rounded_hash(sample)] = *classes;
      ++classes;
    }
  });
}
