// expect: violation|held|no-gain
// tries: three seconds of full CPU after the first hidden answer, for what might be needed later.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  const cheat::Publics publics;
  bool has_burnt = false;
  cheat::say_ready();
  for (cheat::Request request; cheat::next(request);) {
    const auto samples = request.samples();
    std::vector<std::int32_t> classes;
    for (const cheat::Sample& sample : samples) classes.push_back(nearest(sample));
    cheat::write_answers(request, classes);
    cheat::say_done(request);
    if (!has_burnt && !publics.holds(samples.front())) {
      cheat::burn(3);
      has_burnt = true;
    }
  }
}
