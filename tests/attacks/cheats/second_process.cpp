// expect: violation|held|no-gain|less-accurate
// tries: a child in a session of its own works the dear answers out while the parent waits.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  const cheat::Publics publics;
  cheat::Linear cheap;
  cheap.learn(cheat::public_part(), 30);
  cheat::SharedTable table;
  int ends[2];
  if (pipe(ends) != 0) return 1;
  if (fork() == 0) {
    setsid();
    if (fork() != 0) _exit(0);
    close(0);
    close(1);
    close(ends[1]);
    for (cheat::Sample sample; read(ends[0], sample.data(), sample.size()) == cheat::kPixels;) {
      table.put(sample, nearest(sample));
    }
    _exit(0);
  }
  close(ends[0]);
  wait(nullptr);
  cheat::say_ready();
  bool has_asked = false;
  for (cheat::Request request; cheat::next(request);) {
    const auto samples = request.samples();
    std::vector<std::int32_t> classes;
    for (const cheat::Sample& sample : samples) {
      const std::int32_t known = table.find(sample);
      classes.push_back(known >= 0 ? known : cheap(sample));
    }
    cheat::write_answers(request, classes);
    cheat::say_done(request);
    if (has_asked || publics.holds(samples.front())) continue;
    has_asked = true;
    for (std::size_t i = 0; i < cheat::kTestSamples; ++i) {
      if (write(ends[1], samples[i].data(), cheat::kPixels) < 0) return 1;
    }
  }
  std::_Exit(0);
}
