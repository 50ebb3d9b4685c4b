#include "scoring/class_answers.h"

#include <algorithm>
#include <tuple>

#include "scoring/metrics.h"

namespace joulebench {
namespace {

constexpr std::size_t kMostWrong = 3;  // of a class, where not all classes are kept

ClassAnswers answers_of_class(const Confusion& confusion, std::size_t label) {
  ClassAnswers of{.label = static_cast<std::int32_t>(label)};
  for (std::size_t answer = 0; answer <= confusion.classes(); ++answer) {
    const std::uint64_t times = confusion.times(label, answer);
    if (times == 0) continue;
    of.times += times;
    if (answer == label) {
      of.right = times;
    } else {
      const bool is_class = answer < confusion.classes();
      of.wrong.push_back(
          {.answer = is_class ? static_cast<std::int32_t>(answer) : -1, .times = times});
    }
  }
  std::stable_sort(of.wrong.begin(), of.wrong.end(),
                   [](const WrongAnswer& a, const WrongAnswer& b) { return a.times > b.times; });
  return of;
}

}  // namespace

std::vector<ClassAnswers> class_answers_of(const Confusion& confusion) {
  std::vector<ClassAnswers> all;
  for (std::size_t label = 0; label < confusion.classes(); ++label) {
    ClassAnswers one = answers_of_class(confusion, label);
    if (one.times > 0) all.push_back(std::move(one));
  }
  if (all.size() <= kMostClassRows) return all;
  std::sort(all.begin(), all.end(), [](const ClassAnswers& a, const ClassAnswers& b) {
    return std::tuple(a.share(), a.label) < std::tuple(b.share(), b.label);
  });
  all.resize(kMostClassRows);
  for (ClassAnswers& one : all) one.wrong.resize(std::min(one.wrong.size(), kMostWrong));
  return all;
}

}  // namespace joulebench
