#include "cli/board_watch.h"

#include <algorithm>
#include <exception>
#include <iostream>
#include <system_error>

#include "cli/board_publication.h"
#include "cli/interruption.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/text.h"
#include "core/units.h"
#include "leaderboard/public_view.h"

namespace joulebench {
namespace {

/// Sleeps in slices: a wish to stop is seen soon. Errors: Interrupted.
void rest(SystemClock& clock, Seconds period) {
  constexpr std::chrono::milliseconds kSlice{100};
  const SteadyTime end = clock.now() + std::chrono::duration_cast<std::chrono::nanoseconds>(period);
  while (clock.now() < end && !is_stopping()) {
    clock.sleep_until(std::min<SteadyTime>(end, clock.now() + kSlice));
  }
  if (is_stopping()) throw Interrupted();
}

}  // namespace

void watch_site(const BoardOptions& options) {
  if (!options.at.empty()) {
    throw Error({.what = "--watch publishes what is public now",
                 .where = "--at " + options.at,
                 .hint = "leave out --at, or --watch"});
  }
  catch_interruptions();
  SystemClock clock;
  const Store store = Store::open_existing(options.database);
  std::string published;
  std::string told;
  for (;; rest(clock, Seconds(options.period_s))) {
    try {
      // Asked before the pages are made: what is stored meanwhile makes them again.
      const std::string state = public_state(store, parse_instant(clock.now_utc()).value());
      if (state == published) continue;
      write_site(options);
      published = state;
      told.clear();
    } catch (const std::exception& problem) {  // of Error and of std::filesystem
      if (published.empty()) throw;
      if (told != problem.what()) {
        std::cerr << "joulebench: " << printable(problem.what(), 4000) << std::endl;
      }
      told = problem.what();
    }
    std::cout.flush();
  }
}

}  // namespace joulebench
