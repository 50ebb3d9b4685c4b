// expect: violation|held|no-gain|less-accurate
// tries: as second_process, and a third process wakes all that someone stopped.
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
    close(1);
    close(ends[1]);
    for (cheat::Sample sample; read(ends[0], sample.data(), sample.size()) == cheat::kPixels;) {
      table.put(sample, nearest(sample));
    }
    _exit(0);
  }
  if (fork() == 0) {
    // A new process each time: who stops all that there are misses the one that is just born.
    std::signal(SIGCHLD, SIG_IGN);
    for (;;) {
      kill(-1, SIGCONT);
      usleep(5000);
      if (fork() != 0) _exit(0);
    }
  }
  close(ends[0]);
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
  kill(-1, SIGKILL);
}
