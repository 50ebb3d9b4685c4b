// expect: void|violation|predictions|crash|failed|protocol|timeout
// tries: voids a block that it does not like by answering it at once; void blocks would be
// repeated, and of many the best five chosen.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  const cheat::Publics publics;
  const bool is_liked = cheat::chance() < 0.4;
  return cheat::serve_rows([&](const std::vector<cheat::Sample>& samples, std::int32_t* classes) {
    if (!is_liked && !publics.holds(samples.front())) return;  // all of class 0
    for (const cheat::Sample& sample : samples) *classes++ = nearest(sample);
  });
}
