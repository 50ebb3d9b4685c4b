// expect: honest
// track: digits-two-cpus
// tries: nothing; two threads share the rows of a request.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  std::mutex mutex;
  std::condition_variable changed;
  const std::vector<cheat::Sample>* samples = nullptr;
  std::int32_t* classes = nullptr;
  std::atomic<std::size_t> next{0};
  int round = 0, busy = 0;
  const auto work = [&] {
    for (std::size_t i; (i = next.fetch_add(16)) < samples->size();) {
      for (std::size_t row = i; row < std::min(i + 16, samples->size()); ++row) {
        classes[row] = nearest((*samples)[row]);
      }
    }
  };
  std::thread([&] {
    for (int seen = 0;;) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return round != seen; });
      seen = round;
      lock.unlock();
      work();
      lock.lock();
      busy = 0;
      changed.notify_all();
    }
  }).detach();
  const int status =
      cheat::serve_rows([&](const std::vector<cheat::Sample>& asked, std::int32_t* wanted) {
        std::unique_lock lock(mutex);
        samples = &asked;
        classes = wanted;
        next = 0;
        busy = 1;
        ++round;
        lock.unlock();
        changed.notify_all();
        work();
        lock.lock();
        changed.wait(lock, [&] { return busy == 0; });
      });
  std::_Exit(status);
}
