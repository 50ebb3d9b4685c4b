// expect: held
// tries: answers by the cheap model and works the dear one out for a few samples a request: all
// requests cost the same, and accuracy creeps up.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  cheat::Linear cheap;
  cheap.learn(cheat::public_part(), 30);
  cheat::Memo memo;
  return cheat::serve_rows([&](const std::vector<cheat::Sample>& samples, std::int32_t* classes) {
    std::size_t left = samples.size() / 50;
    for (const cheat::Sample& sample : samples) {
      const std::uint64_t key = cheat::rounded_hash(sample);
      const auto found = memo.find(key);
      *classes = found != memo.end() ? found->second : cheap(sample);
      if (found == memo.end() && left != 0) {
        memo[key] = *classes = nearest(sample);
        --left;
      } else if (left != 0 && cheat::chance() < 0.02) {
        nearest(sample);  // as dear when all is known
        --left;
      }
      ++classes;
    }
  });
}
