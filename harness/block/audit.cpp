#include "harness/block/audit.h"

#include <fmt/format.h>

#include <cmath>

#include "core/statistics.h"

namespace joulebench {
namespace {

constexpr double kConfidence = 0.998;  // 0.1 % beyond either end
constexpr double kCheaper = 0.9;
constexpr int kFewestPairs = 4;

}  // namespace

AuditFigure judge_pairs(std::string name, const std::vector<AuditPair>& pairs) {
  AuditFigure figure{.name = std::move(name)};
  std::vector<double> logarithms;
  for (const AuditPair& pair : pairs) {
    if (pair.plain.count() <= 0 || pair.suspect.count() <= 0) continue;
    logarithms.push_back(std::log(pair.suspect / pair.plain));
  }
  figure.trials = static_cast<int>(logarithms.size());
  if (figure.trials < kFewestPairs) return figure;
  const Sample sample = sample_of(logarithms);
  const double half = t_half_width(sample, kConfidence);
  figure.ratio = std::exp(sample.mean);
  figure.lower = std::exp(sample.mean - half);
  figure.upper = std::exp(sample.mean + half);
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
