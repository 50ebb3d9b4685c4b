#include "harness/block/audit.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace joulebench {
namespace {

constexpr double kOneSidedDoubt = 0.001;
constexpr double kCheaper = 0.9;
constexpr int kFewestPairs = 4;

}  // namespace

AuditFigure judge_pairs(std::string name, const std::vector<AuditPair>& pairs) {
  AuditFigure figure{.name = std::move(name)};
  double sum = 0, squares = 0;
  for (const AuditPair& pair : pairs) {
    if (pair.plain.count() <= 0 || pair.suspect.count() <= 0) continue;
    const double logarithm = std::log(pair.suspect / pair.plain);
    sum += logarithm;
    squares += logarithm * logarithm;
    ++figure.trials;
  }
  if (figure.trials < kFewestPairs) return figure;
  const double n = figure.trials;
  const double mean = sum / n;
  const double variance = std::max(0.0, (squares - n * mean * mean) / (n - 1));
  const boost::math::students_t distribution(n - 1);
  const double t = boost::math::quantile(complement(distribution, kOneSidedDoubt));
  const double half = t * std::sqrt(variance / n);
  figure.ratio = std::exp(mean);
  figure.lower = std::exp(mean - half);
  figure.upper = std::exp(mean + half);
  figure.flagged = *figure.upper < kCheaper;
  return figure;
}

Flag flag_of(const AuditFigure& figure) {
  const char* what = figure.name == "coalescing"
                         ? "one sample repeated costs {:.2f} of samples that differ by a bit"
                         : "samples seen before cost {:.2f} of new ones";
  return {figure.name,
          fmt::format(fmt::runtime(what), figure.ratio.value_or(1)) +
              fmt::format(" ({:.2f} to {:.2f} in {} trials, CPU time)", figure.lower.value_or(1),
                          figure.upper.value_or(1), figure.trials)};
}

}  // namespace joulebench
