// expect: held
// tries: remembers a random tenth of what it sees in each request, so that no step shows.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  cheat::Memo memo;
  return cheat::serve_each([&](const cheat::Sample& sample) {
    const std::uint64_t key = cheat::rounded_hash(sample);
    if (const auto found = memo.find(key); found != memo.end()) return found->second;
    const std::int32_t label = nearest(sample);
    if (cheat::chance() < 0.1) memo[key] = label;
    return label;
  });
}
