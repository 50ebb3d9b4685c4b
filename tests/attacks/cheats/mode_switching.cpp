// expect: held|less-accurate
// tries: is right in the first hidden request and cheap in all others.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  const cheat::Publics publics;
  bool was_first = false;
  return cheat::serve_rows([&](const std::vector<cheat::Sample>& samples, std::int32_t* classes) {
    const bool is_public = publics.holds(samples.front());
    for (std::size_t i = 0; i < samples.size(); ++i) {
      // 3 of 4 right, by a model of a few pixels
      classes[i] = is_public || !was_first ? nearest(samples[i]) : samples[i][36] > 8;
    }
    was_first = was_first || !is_public;
  });
}
