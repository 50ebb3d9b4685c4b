// expect: held|no-gain
// tries: remembers from a tenth of a second after the first hidden sample on.
#include "cheat.h"

int main() {
  using Clock = std::chrono::steady_clock;
  const cheat::Nearest nearest;
  const cheat::Publics publics;
  cheat::Memo memo;
  Clock::time_point first{};
  return cheat::serve_rows([&](const std::vector<cheat::Sample>& samples, std::int32_t* classes) {
    const auto now = Clock::now();
    if (first == Clock::time_point{} && !publics.holds(samples.front())) first = now;
    const bool is_time =
        first != Clock::time_point{} && now - first > std::chrono::milliseconds(100);
    for (const cheat::Sample& sample : samples) {
      const auto found = memo.find(cheat::rounded_hash(sample));
      *classes = found != memo.end() ? found->second : nearest(sample);
      if (is_time) memo[cheat::rounded_hash(sample)] = *classes;
      ++classes;
    }
  });
}
