#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace joulebench {

class Confusion;

/// A class that was answered although another one was right.
struct WrongAnswer {
  std::int32_t answer = 0;  // a class; -1: none of those that the labels have
  std::uint64_t times = 0;
};

/// How the samples of one class were answered, over all passes that were kept.
struct ClassAnswers {
  std::int32_t label = 0;
  std::uint64_t times = 0;         // answers to its samples
  std::uint64_t right = 0;         // of these
  std::vector<WrongAnswer> wrong;  // the most frequent first

  double share() const { return static_cast<double>(right) / static_cast<double>(times); }
};

constexpr std::size_t kMostClassRows = 20;   // of a score
constexpr std::size_t kMostClasses = 2'000;  // that are counted at all: 32 MB of counts

/// What a score keeps of a confusion matrix, of a bounded size: up to kMostClassRows classes all of
/// it, by class; of more those that are answered worst, the worst first, each with its three most
/// frequent wrong answers.
std::vector<ClassAnswers> class_answers_of(const Confusion& confusion);

}  // namespace joulebench
