#include "campaign/board_check.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "campaign/board_scoring.h"
#include "leaderboard/exchange.h"

namespace joulebench {
namespace {

constexpr unsigned kMostThreads = 4;  // each holds the dataset's labels and reads predictions

/// Predictions and checkpoints; see block_files().
bool is_answers(const std::string& name) {
  return name.ends_with(".npy");
}

/// Entries that several threads take one after the other.
class Work {
 public:
  Work(const Competition& competition, const Track& track, std::span<const BoardEntry> entries,
       const ScoreCheck& scores)
      : competition_(competition), track_(track), entries_(entries), scores_(scores) {
    checks_.resize(entries.size());
  }

  /// Takes entries until there is none, or one has failed; never throws.
  void run() noexcept {
    try {
      BoardScoring scoring(scores_.datasets, scores_.callbacks);
      for (std::size_t i = next_++; i < entries_.size() && !has_failed_; i = next_++) {
        check(entries_[i], scoring, checks_[i]);
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!has_failed_.exchange(true)) failure_ = std::current_exception();
    }
  }

  std::vector<EntryCheck> take() {
    if (failure_) std::rethrow_exception(failure_);
    return std::move(checks_);
  }

 private:
  void check(const BoardEntry& entry, BoardScoring& scoring, EntryCheck& result) const {
    // Answers are most of a record. Where its score is computed again they are read for that,
    // digest checked, and not a second time. An outside scorer reads files itself, so they are
    // checked before it runs.
    const bool is_scored = scores_.wanted && entry.score.has_value();
    const bool scoring_reads = is_scored && !track_.metric.is_outside();
    result.problems = check_record(entry.run, result.files, [&](const auto&, const auto& name) {
      return !scoring_reads || !is_answers(name);
    });
    FilesRead read;
    ScoreDifference difference;
    // A record that is not the one that was stored has no score to compare, and may not be
    // readable.
    if (is_scored && result.problems.empty()) {
      difference = scoring.check(competition_, track_, entry, &read);
      result.is_scored = true;
    }
    if (scoring_reads) add_answers_not_read(entry.run, read, result);
    if (!result.problems.empty()) {
      result.is_scored = false;
      return;
    }
    if (!difference.problem.empty()) result.problems.push_back(std::move(difference.problem));
    result.note = std::move(difference.note);
    if (scores_.wanted && !entry.score) {
      result.note = "it has no score; joulebench score computes it";
    }
  }

  static void add_answers_not_read(const StoredRun& run, const FilesRead& read,
                                   EntryCheck& result) {
    result.files += read.size();
    const std::vector<std::string> problems =
        check_block_files(run, result.files, [&](const BlockRecord& block, const auto& name) {
          return is_answers(name) && !read.contains({block.number, name});
        });
    result.problems.insert(result.problems.end(), problems.begin(), problems.end());
  }

  const Competition& competition_;
  const Track& track_;
  std::span<const BoardEntry> entries_;
  const ScoreCheck& scores_;
  std::vector<EntryCheck> checks_;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<bool> has_failed_ = false;
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace

std::vector<EntryCheck> check_entries(const Competition& competition, const Track& track,
                                      std::span<const BoardEntry> entries,
                                      const ScoreCheck& scores) {
  Work work(competition, track, entries, scores);
  const std::size_t count = std::min<std::size_t>(
      {entries.size(), kMostThreads, std::max(1U, std::thread::hardware_concurrency())});
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < count; ++i) others.emplace_back([&work] { work.run(); });
    work.run();
  }
  return work.take();
}

}  // namespace joulebench
