#pragma once

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace joulebench {

/// Calls `action` with each of `items`, on this thread and up to `most_threads` - 1 others, no more
/// than the machine has CPUs. Errors: the first that `action` throws, once all threads have ended;
/// items that were not begun then are left out.
template <class Items, class Action>
void for_each_in_parallel(Items& items, unsigned most_threads, const Action& action) {
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> has_failed = false;
  std::exception_ptr problem;
  std::mutex mutex;
  const auto work = [&] {
    try {
      for (std::size_t i = next++; i < items.size() && !has_failed; i = next++) action(items[i]);
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!has_failed.exchange(true)) problem = std::current_exception();
    }
  };
  {
    const unsigned threads =
        std::min({most_threads, std::max(1U, std::thread::hardware_concurrency()),
                  static_cast<unsigned>(std::min<std::size_t>(items.size(), most_threads))});
    std::vector<std::jthread> others;
    for (unsigned i = 1; i < threads; ++i) others.emplace_back(work);
    work();
  }
  if (problem) std::rethrow_exception(problem);
}

}  // namespace joulebench
