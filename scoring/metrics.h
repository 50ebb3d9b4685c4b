#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "core/statistics.h"

namespace joulebench {

// Metrics as scikit-learn defines them; tests compare the two to 1e-12. Arguments of one length;
// std::logic_error when they are not, or empty.

/// How often each class was answered with each. Classes that occur in neither are left out of
/// means.
class Confusion {
 public:
  /// Errors: std::logic_error when `classes` is 0.
  explicit Confusion(std::size_t classes);
  /// Adds one answer per label; a prediction outside [0, classes) is wrong, whatever the label.
  void add(std::span<const std::int32_t> labels, std::span<const std::int32_t> predictions);
  void add(std::int32_t label, std::int32_t prediction, std::uint64_t times);
  void clear();

  std::size_t classes() const { return classes_; }
  /// How often a label was answered so; the answer classes() stands for all outside.
  std::uint64_t times(std::size_t label, std::size_t answer) const {
    return counts_[label * (classes_ + 1) + answer];
  }
  double accuracy() const;
  double balanced_accuracy() const;  // mean recall over the classes that occur in the labels
  double macro_f1() const;           // mean F1 over the classes that occur in labels or predictions

 private:
  std::size_t classes_;
  std::vector<std::uint64_t> counts_;  // label x (classes + 1), the last column for outside answers
};

// Of one sample; a metric over samples is their mean (of rmse: the root of it).

/// Whether the label is among the k highest scores. Of equal scores the higher class wins.
bool is_among_top(std::size_t label, std::span<const double> scores, std::size_t k);
/// -ln p(label), clipped and normed as below.
double log_loss_of(std::size_t label, std::span<const double> probabilities);
/// Squared distance from the one-hot label.
double brier_of(std::size_t label, std::span<const double> probabilities);

/// Share of samples whose label is among the k highest scores; scores are (samples, classes) in C
/// order. Of equal scores the higher class wins, as scikit-learn's top_k_accuracy_score has it.
double top_k_accuracy(std::span<const std::int32_t> labels, std::span<const double> scores,
                      std::size_t classes, std::size_t k);
/// Mean of -ln p(label); p is clipped to [eps, 1 - eps], eps = 2.220446049250313e-16, rows normed
/// to 1.
double log_loss(std::span<const std::int32_t> labels, std::span<const double> probabilities,
                std::size_t classes);
/// Mean over samples of the summed squared distance from the one-hot label (Brier 1950, 0 to 2).
double brier_score(std::span<const std::int32_t> labels, std::span<const double> probabilities,
                   std::size_t classes);
double rmse(std::span<const double> targets, std::span<const double> predictions);
double mean_absolute_error(std::span<const double> targets, std::span<const double> predictions);

/// The metrics of class predictions that a confusion matrix gives.
struct ClassMetric {
  const char* name;  // "accuracy", "balanced-accuracy", "macro-f1"
  double (Confusion::*value)() const;
};
/// Absent: the name is of no such metric.
std::optional<ClassMetric> class_metric(std::string_view name);

/// One sample's answers: its label, and what was predicted how often over all passes.
struct SampleAnswers {
  std::int32_t label = 0;
  std::vector<std::pair<std::int32_t, std::uint64_t>> predictions;
};

/// Percentile bootstrap over the distinct samples, seeded; the interval contains the value.
/// 1,000 resamples, fewer (at least 200) above 20,000 samples: 20 million draws at most up to
/// there.
Interval bootstrap_metric(std::span<const SampleAnswers> samples, std::size_t classes,
                          const ClassMetric& metric, double confidence, std::uint64_t seed);
/// The same of the mean of one value per distinct sample.
Interval bootstrap_mean(std::span<const double> values, double confidence, std::uint64_t seed);

}  // namespace joulebench
