// expect: held
// tries: learns a cheap model from its own answers to the first three requests, and goes on with
// it.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  const cheat::Publics publics;
  cheat::Labelled seen;
  cheat::Linear cheap;
  int requests = 0;
  return cheat::serve_rows([&](const std::vector<cheat::Sample>& samples, std::int32_t* classes) {
    const bool is_public = publics.holds(samples.front());
    for (std::size_t i = 0; i < samples.size(); ++i) {
      classes[i] = requests < 3 ? nearest(samples[i]) : cheap(samples[i]);
    }
    if (is_public || requests >= 3) return;
    seen.samples.insert(seen.samples.end(), samples.begin(), samples.end());
    seen.labels.insert(seen.labels.end(), classes, classes + samples.size());
    const int passes = static_cast<int>(seen.samples.size() / cheat::kTestSamples);
    if (++requests == 3) cheap.learn(seen, 300 / std::max(1, passes));
  });
}
