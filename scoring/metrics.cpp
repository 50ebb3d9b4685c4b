#include "scoring/metrics.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <stdexcept>

#include "core/error.h"
#include "core/nearest_name.h"

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

double top_k_accuracy(std::span<const std::int32_t> labels, std::span<const double> scores,
                      std::size_t classes, std::size_t k) {
  require(!labels.empty() && scores.size() == labels.size() * classes && k > 0);
  std::size_t right = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = scores.subspan(i * classes, classes);
    const auto label = static_cast<std::size_t>(labels[i]);
    require(label < classes);
    std::size_t above = 0;
    for (std::size_t other = 0; other < classes; ++other) {
      if (row[other] > row[label] || (row[other] == row[label] && other > label)) ++above;
    }
    if (above < k) ++right;
  }
  return static_cast<double>(right) / static_cast<double>(labels.size());
}

double log_loss(std::span<const std::int32_t> labels, std::span<const double> probabilities,
                std::size_t classes) {
  require(!labels.empty() && probabilities.size() == labels.size() * classes);
  constexpr double kEps = 2.220446049250313e-16;
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto row = probabilities.subspan(i * classes, classes);
    const auto label = static_cast<std::size_t>(labels[i]);
    require(label < classes);
    double total = 0;
    for (const double p : row) total += std::clamp(p, kEps, 1 - kEps);
    sum -= std::log(std::clamp(row[label], kEps, 1 - kEps) / total);
  }
  return sum / static_cast<double>(labels.size());
}

double brier_score(std::span<const std::int32_t> labels, std::span<const double> probabilities,
                   std::size_t classes) {
  require(!labels.empty() && probabilities.size() == labels.size() * classes);
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    for (std::size_t one = 0; one < classes; ++one) {
      const double target = static_cast<std::size_t>(labels[i]) == one ? 1 : 0;
      sum += std::pow(probabilities[i * classes + one] - target, 2);
    }
  }
  return sum / static_cast<double>(labels.size());
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

const ClassMetric& class_metric(const std::string& name) {
  static constexpr ClassMetric kMetrics[] = {{"accuracy", &Confusion::accuracy},
                                             {"balanced-accuracy", &Confusion::balanced_accuracy},
                                             {"macro-f1", &Confusion::macro_f1}};
  std::vector<std::string> known;
  std::string list;
  for (const ClassMetric& metric : kMetrics) {
    if (metric.name == name) return metric;
    known.emplace_back(metric.name);
    list += (list.empty() ? "" : ", ") + known.back();
  }
  const std::string near = nearest_name(name, known);
  throw Error({.what = "cannot score by this metric",
               .where = "metric: there is no \"" + name + "\"; there are " + list,
               .hint = near.empty() ? "" : "did you mean \"" + near + "\"?"});
}

Interval bootstrap_metric(std::span<const SampleAnswers> samples, std::size_t classes,
                          const ClassMetric& metric, double confidence, std::uint64_t seed,
                          int resamples) {
  require(!samples.empty() && resamples > 0);
  std::mt19937_64 random(seed);
  Confusion confusion(classes);
  std::vector<double> values;
  for (int i = 0; i < resamples; ++i) {
    confusion.clear();
    for (std::size_t j = 0; j < samples.size(); ++j) {
      // The high half times n: as even as modulo, and the same with every standard library.
      const std::size_t drawn = ((random() >> 32) * samples.size()) >> 32;
      for (const auto& [prediction, times] : samples[drawn].predictions) {
        confusion.add(samples[drawn].label, prediction, times);
      }
    }
    values.push_back((confusion.*metric.value)());
  }
  confusion.clear();
  for (const SampleAnswers& sample : samples) {
    for (const auto& [prediction, times] : sample.predictions) {
      confusion.add(sample.label, prediction, times);
    }
  }
  const double value = (confusion.*metric.value)();
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  return {std::min(at((1 - confidence) / 2), value), std::max(at((1 + confidence) / 2), value)};
}

}  // namespace joulebench
