#include "campaign/watch.h"

#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "core/error.h"
#include "leaderboard/public_view.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

class Watching {
 public:
  explicit Watching(const WatchSetting& setting) : setting_(setting) {}

  void round() {
    take_in();
    evaluate_queue();
    publish();
    rest();
  }

 private:
  bool is_stopping() const {
    const auto& stopped = setting_.request.measuring.stopped;
    return stopped && stopped();
  }

  /// Runs a step; what goes wrong is told once, until something else does.
  bool attempt(const std::function<void()>& step) {
    try {
      step();
      return true;
    } catch (const Error& error) {
      tell(error.what());
    } catch (const std::system_error& error) {  // of std::filesystem too
      tell(error.what());
    }
    return false;
  }
  void tell(const std::string& problem) {
    if (told_.insert(problem).second && setting_.on_problem) setting_.on_problem(problem);
    if (told_.size() > kMostTold) told_.clear();
  }

  void take_in() {
    attempt([this] {
      const IntakePass pass = setting_.intake.pass(setting_.on_decision);
      for (const std::string& note : pass.notes) tell(note);
      for (const std::string& problem : pass.problems) tell(problem);
    });
  }

  void evaluate_queue() {
    const std::vector<fs::path> queue =
        queued_entries(setting_.request.competition, setting_.request.database);
    if (queue.empty() || queue == evaluated_ || setting_.clock.now() < not_before_) return;
    EvaluationObserver observer = setting_.observer;
    observer.before_block = [this](const EntryRun& run, const EvaluationState& state) {
      if (setting_.on_evaluation) setting_.on_evaluation(true);
      take_in();
      if (setting_.observer.before_block) setting_.observer.before_block(run, state);
    };
    const auto ends = [this] {
      if (setting_.on_evaluation) setting_.on_evaluation(false);
    };
    bool is_done = false;
    try {
      is_done = attempt([&] { evaluate(setting_.request, observer); });
    } catch (...) {
      ends();
      throw;
    }
    ends();
    if (is_done) evaluated_ = queue;
    constexpr std::chrono::minutes kAfterProblem{1};
    if (!is_done) not_before_ = setting_.clock.now() + kAfterProblem;
  }

  void publish() {
    if (!setting_.publish) return;
    const Instant now = parse_instant(setting_.clock.now_utc()).value();
    std::string state = public_state(setting_.store, now);
    if (state == published_) return;
    if (attempt(setting_.publish)) published_ = std::move(state);
  }

  void rest() const {
    constexpr std::chrono::milliseconds kSlice{200};
    const SteadyTime end = setting_.clock.now() +
                           std::chrono::duration_cast<std::chrono::nanoseconds>(setting_.period);
    while (setting_.clock.now() < end) {
      if (is_stopping()) throw Interrupted();
      setting_.clock.sleep_until(std::min<SteadyTime>(end, setting_.clock.now() + kSlice));
    }
    if (is_stopping()) throw Interrupted();
  }

  static constexpr std::size_t kMostTold = 1000;
  const WatchSetting& setting_;
  std::vector<fs::path> evaluated_;  // the queue of the last evaluation that came to its end
  SteadyTime not_before_{};
  std::string published_;
  std::set<std::string> told_;
};

}  // namespace

void watch(const WatchSetting& setting) {
  Watching watching(setting);
  for (;;) watching.round();
}

}  // namespace joulebench
