#include "scoring/metrics.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <stdexcept>

namespace joulebench {
namespace {

void require(bool condition) {
  if (!condition) throw std::logic_error("bug: a metric of nothing, or of unequal lengths");
}

}  // namespace

Confusion::Confusion(std::size_t classes) : classes_(classes), counts_(classes * (classes + 1), 0) {
  require(classes > 0);
}

void Confusion::add(std::span<const std::int32_t> labels,
                    std::span<const std::int32_t> predictions) {
  require(labels.size() == predictions.size());
  for (std::size_t i = 0; i < labels.size(); ++i) add(labels[i], predictions[i], 1);
}

void Confusion::add(std::int32_t label, std::int32_t prediction, std::uint64_t times) {
  const auto row = static_cast<std::size_t>(label);
  require(label >= 0 && row < classes_);
  // One comparison: as unsigned, a negative answer is a large one.
  const auto column = std::min<std::size_t>(static_cast<std::uint32_t>(prediction), classes_);
  counts_[row * (classes_ + 1) + column] += times;
}

void Confusion::clear() {
  std::fill(counts_.begin(), counts_.end(), 0);
}

double Confusion::accuracy() const {
  std::uint64_t right = 0;
  std::uint64_t all = 0;
  for (std::size_t label = 0; label < classes_; ++label) {
    for (std::size_t answer = 0; answer <= classes_; ++answer) {
      all += counts_[label * (classes_ + 1) + answer];
    }
    right += counts_[label * (classes_ + 1) + label];
  }
  require(all > 0);
  return static_cast<double>(right) / static_cast<double>(all);
}

double Confusion::balanced_accuracy() const {
  double recalls = 0;
  int present = 0;
  for (std::size_t label = 0; label < classes_; ++label) {
    std::uint64_t all = 0;
    for (std::size_t answer = 0; answer <= classes_; ++answer) {
      all += counts_[label * (classes_ + 1) + answer];
    }
    if (all == 0) continue;
    recalls +=
        static_cast<double>(counts_[label * (classes_ + 1) + label]) / static_cast<double>(all);
    ++present;
  }
  require(present > 0);
  return recalls / present;
}

double Confusion::macro_f1() const {
  double sum = 0;
  int present = 0;
  for (std::size_t one = 0; one < classes_; ++one) {
    std::uint64_t of_label = 0;
    std::uint64_t of_answer = 0;
    for (std::size_t other = 0; other <= classes_; ++other) {
      of_label += counts_[one * (classes_ + 1) + other];
      if (other < classes_) of_answer += counts_[other * (classes_ + 1) + one];
    }
    if (of_label + of_answer == 0) continue;
    sum += 2 * static_cast<double>(counts_[one * (classes_ + 1) + one]) /
           static_cast<double>(of_label + of_answer);
    ++present;
  }
  require(present > 0);
  return sum / present;
}

bool is_among_top(std::size_t label, std::span<const double> scores, std::size_t k) {
  require(label < scores.size());
  std::size_t above = 0;
  for (std::size_t other = 0; other < scores.size(); ++other) {
    if (scores[other] > scores[label] || (scores[other] == scores[label] && other > label)) ++above;
  }
  return above < k;
}

double log_loss_of(std::size_t label, std::span<const double> probabilities) {
  require(label < probabilities.size());
  constexpr double kEps = 2.220446049250313e-16;
  double total = 0;
  for (const double p : probabilities) total += std::clamp(p, kEps, 1 - kEps);
  return -std::log(std::clamp(probabilities[label], kEps, 1 - kEps) / total);
}

double brier_of(std::size_t label, std::span<const double> probabilities) {
  require(label < probabilities.size());
  double sum = 0;
  for (std::size_t one = 0; one < probabilities.size(); ++one) {
    const double off = probabilities[one] - (one == label ? 1 : 0);
    sum += off * off;
  }
  return sum;
}

namespace {

/// Mean of what `of_sample` makes of each label and its row.
template <class OfSample>
double mean_over(std::span<const std::int32_t> labels, std::span<const double> rows,
                 std::size_t classes, OfSample&& of_sample) {
  require(!labels.empty() && rows.size() == labels.size() * classes);
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    sum += of_sample(static_cast<std::size_t>(labels[i]), rows.subspan(i * classes, classes));
  }
  return sum / static_cast<double>(labels.size());
}

}  // namespace

double top_k_accuracy(std::span<const std::int32_t> labels, std::span<const double> scores,
                      std::size_t classes, std::size_t k) {
  require(k > 0);
  return mean_over(labels, scores, classes, [k](std::size_t label, std::span<const double> row) {
    return is_among_top(label, row, k) ? 1.0 : 0.0;
  });
}

double log_loss(std::span<const std::int32_t> labels, std::span<const double> probabilities,
                std::size_t classes) {
  return mean_over(labels, probabilities, classes, log_loss_of);
}

double brier_score(std::span<const std::int32_t> labels, std::span<const double> probabilities,
                   std::size_t classes) {
  return mean_over(labels, probabilities, classes, brier_of);
}

double rmse(std::span<const double> targets, std::span<const double> predictions) {
  require(!targets.empty() && targets.size() == predictions.size());
  double sum = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) sum += std::pow(targets[i] - predictions[i], 2);
  return std::sqrt(sum / static_cast<double>(targets.size()));
}

double mean_absolute_error(std::span<const double> targets, std::span<const double> predictions) {
  require(!targets.empty() && targets.size() == predictions.size());
  double sum = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) sum += std::abs(targets[i] - predictions[i]);
  return sum / static_cast<double>(targets.size());
}

std::optional<ClassMetric> class_metric(std::string_view name) {
  static constexpr ClassMetric kMetrics[] = {{"accuracy", &Confusion::accuracy},
                                             {"balanced-accuracy", &Confusion::balanced_accuracy},
                                             {"macro-f1", &Confusion::macro_f1}};
  for (const ClassMetric& metric : kMetrics) {
    if (metric.name == name) return metric;
  }
  return std::nullopt;
}

namespace {

/// Draws places in [0, n), the same with every standard library: the generator's sequence is
/// standard, a distribution's is not. Two to a number; the high half times n is as even as modulo.
class Draws {
 public:
  Draws(std::size_t n, std::uint64_t seed) : n_(n), random_(seed) {
    require(n > 0 && n <= 0xffffffff);
  }
  /// Calls `take` with as many places as there are samples.
  template <class Take>
  void resample(Take&& take) {
    for (std::size_t i = 0; i + 1 < n_; i += 2) {
      const std::uint64_t both = random_();
      take(((both >> 32) * n_) >> 32);
      take(((both & 0xffffffff) * n_) >> 32);
    }
    if (n_ % 2 == 1) take(((random_() >> 32) * n_) >> 32);
  }
  int resamples() const {
    return static_cast<int>(std::clamp<std::size_t>(20'000'000 / n_, 200, 1000));
  }

 private:
  std::size_t n_;
  std::mt19937_64 random_;
};

Interval percentiles(std::vector<double> values, double confidence, double value) {
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  return {std::min(at((1 - confidence) / 2), value), std::max(at((1 + confidence) / 2), value)};
}

}  // namespace

Interval bootstrap_metric(std::span<const SampleAnswers> samples, std::size_t classes,
                          const ClassMetric& metric, double confidence, std::uint64_t seed) {
  Draws draws(samples.size(), seed);
  // Samples with one label and the same answers weigh alike: a resample only counts how many of
  // each kind it holds.
  std::map<std::pair<std::int32_t, decltype(SampleAnswers::predictions)>, std::uint32_t> kinds;
  std::vector<std::uint32_t> kind_of;
  std::vector<const SampleAnswers*> first_of;
  for (const SampleAnswers& sample : samples) {
    auto answers = sample.predictions;
    std::sort(answers.begin(), answers.end());
    const auto [kind, is_new] = kinds.try_emplace({sample.label, std::move(answers)},
                                                  static_cast<std::uint32_t>(first_of.size()));
    if (is_new) first_of.push_back(&sample);
    kind_of.push_back(kind->second);
  }
  Confusion confusion(classes);
  std::vector<std::uint32_t> counts(first_of.size());
  const auto value_of_counts = [&] {
    confusion.clear();
    for (std::size_t kind = 0; kind < counts.size(); ++kind) {
      for (const auto& [prediction, times] : first_of[kind]->predictions) {
        confusion.add(first_of[kind]->label, prediction, times * counts[kind]);
      }
    }
    return (confusion.*metric.value)();
  };
  std::vector<double> values;
  for (int i = 0; i < draws.resamples(); ++i) {
    std::fill(counts.begin(), counts.end(), 0);
    draws.resample([&](std::size_t drawn) { ++counts[kind_of[drawn]]; });
    values.push_back(value_of_counts());
  }
  std::fill(counts.begin(), counts.end(), 0);
  for (const std::uint32_t kind : kind_of) ++counts[kind];
  return percentiles(std::move(values), confidence, value_of_counts());
}

Interval bootstrap_mean(std::span<const double> values, double confidence, std::uint64_t seed) {
  Draws draws(values.size(), seed);
  const double n = static_cast<double>(values.size());
  std::vector<double> means;
  for (int i = 0; i < draws.resamples(); ++i) {
    double sum = 0;
    draws.resample([&](std::size_t drawn) { sum += values[drawn]; });
    means.push_back(sum / n);
  }
  double sum = 0;
  for (const double value : values) sum += value;
  return percentiles(std::move(means), confidence, sum / n);
}

}  // namespace joulebench
