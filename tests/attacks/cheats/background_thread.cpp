// expect: violation|held|no-gain|less-accurate
// tries: the cheap model answers; a thread works the dear one out while the program waits, with
// too little CPU time to look busy.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  cheat::Linear cheap;
  cheap.learn(cheat::public_part(), 30);
  cheat::SharedTable table;
  std::mutex mutex;
  std::vector<cheat::Sample> todo;
  std::atomic<bool> is_asked{false};
  std::thread([&] {
    for (;;) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      for (int count = 0; count < 8 && !is_asked; ++count) {
        const std::lock_guard lock(mutex);
        if (todo.empty()) break;
        table.put(todo.back(), nearest(todo.back()));
        todo.pop_back();
      }
    }
  }).detach();
  cheat::say_ready();
  bool has_todo = false;
  const cheat::Publics publics;
  for (cheat::Request request; cheat::next(request);) {
    is_asked = true;
    const auto samples = request.samples();
    std::vector<std::int32_t> classes;
    for (const cheat::Sample& sample : samples) {
      const std::int32_t known = table.find(sample);
      classes.push_back(known >= 0 ? known : cheap(sample));
    }
    if (!has_todo && !publics.holds(samples.front())) {
      const std::lock_guard lock(mutex);
      todo = samples;
      todo.resize(std::min(todo.size(), cheat::kTestSamples));
      has_todo = true;
    }
    cheat::write_answers(request, classes);
    is_asked = false;
    cheat::say_done(request);
  }
  std::_Exit(0);
}
