// expect: violation|held|no-gain
// tries: answers by the cheap model, says done, and works the dear one out before it reads on.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  const cheat::Publics publics;
  cheat::Linear cheap;
  cheap.learn(cheat::public_part(), 30);
  cheat::Memo memo;
  cheat::say_ready();
  for (cheat::Request request; cheat::next(request);) {
    const auto samples = request.samples();
    std::vector<std::int32_t> classes;
    for (const cheat::Sample& sample : samples) {
      const auto found = memo.find(cheat::rounded_hash(sample));
      classes.push_back(found != memo.end() ? found->second : cheap(sample));
    }
    cheat::write_answers(request, classes);
    cheat::say_done(request);
    if (publics.holds(samples.front())) continue;
    for (const cheat::Sample& sample : samples) {
      const auto [place, is_new] = memo.try_emplace(cheat::rounded_hash(sample));
      if (is_new) place->second = nearest(sample);
    }
  }
}
