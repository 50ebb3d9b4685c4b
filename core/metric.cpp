#include "core/metric.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "core/error.h"
#include "core/nearest_name.h"

namespace joulebench {
namespace {

constexpr std::array kPredictionKinds = {std::pair{PredictionKind::classes, "classes"},
                                         std::pair{PredictionKind::scores, "scores"},
                                         std::pair{PredictionKind::probabilities, "probabilities"},
                                         std::pair{PredictionKind::numbers, "numbers"}};

/// Those whose name is all there is to say; "top-K" has a number in it.
const std::array kMetrics = {Metric{.name = "accuracy"},
                             Metric{.name = "balanced-accuracy"},
                             Metric{.name = "macro-f1"},
                             Metric{.name = "log-loss",
                                    .predictions = PredictionKind::probabilities,
                                    .less_is_better = true,
                                    .is_share = false},
                             Metric{.name = "brier",
                                    .predictions = PredictionKind::probabilities,
                                    .less_is_better = true,
                                    .is_share = false},
                             Metric{.name = "rmse",
                                    .predictions = PredictionKind::numbers,
                                    .less_is_better = true,
                                    .is_share = false},
                             Metric{.name = "mae",
                                    .predictions = PredictionKind::numbers,
                                    .less_is_better = true,
                                    .is_share = false}};

/// 5 of "top-5"; 0: it is no such name.
std::size_t top_of(std::string_view name) {
  if (!name.starts_with("top-")) return 0;
  std::size_t k = 0;
  const char* const last = name.data() + name.size();
  const auto [end, code] = std::from_chars(name.data() + 4, last, k);
  return code == std::errc() && end == last && k <= 100'000 ? k : 0;
}

}  // namespace

const char* to_string(PredictionKind kind) {
  for (const auto& [known, name] : kPredictionKinds) {
    if (known == kind) return name;
  }
  throw std::logic_error("bug: unknown kind of predictions");
}

std::optional<PredictionKind> prediction_kind_from(std::string_view name) {
  for (const auto& [kind, known] : kPredictionKinds) {
    if (known == name) return kind;
  }
  return std::nullopt;
}

bool is_known_metric(std::string_view name) {
  return top_of(name) > 0 || std::any_of(kMetrics.begin(), kMetrics.end(),
                                         [&](const Metric& one) { return one.name == name; });
}

Metric metric_named(const std::string& name, const std::string& where) {
  if (const std::size_t k = top_of(name); k > 0) {
    return {.name = name, .predictions = PredictionKind::scores, .top_k = k};
  }
  std::vector<std::string> known;
  std::string list;
  for (const Metric& metric : kMetrics) {
    if (metric.name == name) return metric;
    known.push_back(metric.name);
    list += metric.name + ", ";
  }
  known.push_back("top-5");
  const std::string near = nearest_name(name, known);
  throw Error({.what = "cannot score by this metric",
               .where = where + ": field 'metric': there is no \"" + name + "\"; there are " +
                        list + "top-K (top-5)",
               .hint = near.empty() ? "a program of your own can be one too: core/README.md"
                                    : "did you mean \"" + near + "\"?"});
}

}  // namespace joulebench
