// expect: less-accurate|violation|held|no-gain|predictions|timeout
// track: digits-two-cpus
// tries: wrong files at done; the right ones are worked out by a thread and renamed in afterwards.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  std::vector<std::thread> workers;
  cheat::say_ready();
  for (cheat::Request request; cheat::next(request);) {
    const auto samples = request.samples();
    cheat::write_answers(request, std::vector<std::int32_t>(samples.size()));
    cheat::say_done(request);
    const auto correct = [&nearest, request, samples] {
      try {
        std::vector<std::int32_t> classes;
        for (const cheat::Sample& sample : samples) classes.push_back(nearest(sample));
        const std::string right = request.value("predictions") + ".right";
        joulebench::write_predictions(right, classes);
        std::rename(right.c_str(), request.value("predictions").c_str());
      } catch (const std::exception&) {
        // Too late: the folder is gone, or full.
      }
    };
    try {
      workers.emplace_back(correct);
    } catch (const std::system_error&) {
      // As many threads as the track allows are at work already.
    }
  }
  for (std::thread& worker : workers) worker.join();
}
