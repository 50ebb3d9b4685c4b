#include "scoring/quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>
#include <vector>

#include "core/error.h"
#include "scoring/metrics.h"

namespace joulebench {
namespace {

// One seed for all: the same record gives the same interval everywhere.
constexpr std::uint64_t kSeed = 20210;

/// A value per sample, summed over the first passes of the blocks and over the later ones.
template <class Number>
struct BySample {
  std::vector<Number> first, later;
  std::uint32_t first_passes = 0, later_passes = 0;

  void resize(std::size_t samples) {
    first.resize(samples);
    later.resize(samples);
  }
  Number* sums_of(bool is_first) {
    ++(is_first ? first_passes : later_passes);
    return (is_first ? first : later).data();
  }
  double mean(std::size_t sample) const {
    return (static_cast<double>(first[sample]) + static_cast<double>(later[sample])) /
           (first_passes + later_passes);
  }
};

/// How the first and the later passes differ, each sample compared with itself, so that only what
/// changed counts.
struct PairedDifference {
  double first = 0, later = 0;    // means
  bool is_beyond_chance = false;  // two-sided 99.9 % of t
};

template <class Number>
std::optional<PairedDifference> compare_passes(const BySample<Number>& values) {
  const double n = static_cast<double>(values.first.size());
  if (values.first_passes == 0 || values.later_passes == 0 || n < 2) return std::nullopt;
  PairedDifference result;
  std::vector<double> differences;
  for (std::size_t i = 0; i < values.first.size(); ++i) {
    const double first = static_cast<double>(values.first[i]) / values.first_passes;
    const double later = static_cast<double>(values.later[i]) / values.later_passes;
    result.first += first / n;
    result.later += later / n;
    differences.push_back(first - later);
  }
  const Sample sample = sample_of(differences);
  result.is_beyond_chance = std::abs(sample.mean) > t_half_width(sample, 0.999);
  return result;
}

/// Predictions equal to their label, also by sample. Labels are narrowed to the predictions' type
/// first, so that the loop compares many at once; one that does not fit there can never be right.
template <class Integer>
std::uint64_t count_correct(std::span<const std::byte> bytes, std::span<const std::int32_t> labels,
                            BySample<std::uint32_t>& right) {
  std::vector<Integer> narrow;
  std::vector<std::uint8_t> fits;
  narrow.reserve(labels.size());
  fits.reserve(labels.size());
  for (const std::int32_t label : labels) {
    narrow.push_back(static_cast<Integer>(label));
    fits.push_back(std::in_range<Integer>(label) ? 1 : 0);
  }
  const std::size_t passes = bytes.size() / sizeof(Integer) / labels.size();
  std::uint64_t correct = 0;
  for (std::size_t pass = 0; pass < passes; ++pass) {
    const std::byte* row = bytes.data() + pass * labels.size() * sizeof(Integer);
    std::uint32_t* const sums = right.sums_of(pass == 0);
    std::uint32_t in_pass = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      Integer value;
      std::memcpy(&value, row + i * sizeof(Integer), sizeof(Integer));
      const std::uint32_t is_right = static_cast<std::uint32_t>(value == narrow[i]) & fits[i];
      in_pass += is_right;
      sums[i] += is_right;
    }
    correct += in_pass;
  }
  return correct;
}

std::uint64_t count_correct(const Tensor& classes, std::span<const std::int32_t> labels,
                            BySample<std::uint32_t>& right) {
  switch (classes.dtype) {
    case DType::u8:
      return count_correct<std::uint8_t>(classes.bytes, labels, right);
    case DType::i8:
      return count_correct<std::int8_t>(classes.bytes, labels, right);
    case DType::i16:
      return count_correct<std::int16_t>(classes.bytes, labels, right);
    case DType::i32:
      return count_correct<std::int32_t>(classes.bytes, labels, right);
    case DType::i64:
      return count_correct<std::int64_t>(classes.bytes, labels, right);
    case DType::f32:
    case DType::f64:
      break;
  }
  throw std::logic_error("bug: classes that are no integers");
}

/// Classes in a row from `first` on; what does not fit is a class that does not exist.
template <class Integer>
void copy_classes(const Tensor& tensor, std::size_t first, std::span<std::int32_t> to) {
  const std::byte* from = tensor.bytes.data() + first * sizeof(Integer);
  for (std::int32_t& answer : to) {
    Integer value;
    std::memcpy(&value, from, sizeof value);
    from += sizeof value;
    const bool is_class =
        std::cmp_greater_equal(value, 0) && std::cmp_less_equal(value, 1000000000);
    answer = is_class ? static_cast<std::int32_t>(value) : -1;
  }
}

void read_classes(const Tensor& tensor, std::size_t first, std::span<std::int32_t> to) {
  switch (tensor.dtype) {
    case DType::u8:
      return copy_classes<std::uint8_t>(tensor, first, to);
    case DType::i8:
      return copy_classes<std::int8_t>(tensor, first, to);
    case DType::i16:
      return copy_classes<std::int16_t>(tensor, first, to);
    case DType::i32:
      return copy_classes<std::int32_t>(tensor, first, to);
    case DType::i64:
      return copy_classes<std::int64_t>(tensor, first, to);
    case DType::f32:
    case DType::f64:
      break;
  }
  throw std::logic_error("bug: classes that are no integers");
}

/// Adds all answers of a block, pass by pass.
void count_answers(const Tensor& classes, std::span<const std::int32_t> labels,
                   Confusion& confusion) {
  std::vector<std::int32_t> answers(labels.size());
  for (std::size_t first = 0; first < classes.elements(); first += labels.size()) {
    read_classes(classes, first, answers);
    confusion.add(labels, answers);
  }
}

/// What each distinct sample was answered with over all valid blocks; for metrics that need to
/// know.
class Answers {
 public:
  explicit Answers(std::span<const std::int32_t> labels) {
    for (const std::int32_t label : labels) {
      samples_.push_back({.label = label, .predictions = {}});
      classes_ = std::max(classes_, static_cast<std::size_t>(label) + 1);
    }
  }
  /// Adds a block's; the result is its own confusion.
  Confusion add(const Tensor& tensor) {
    Confusion of_block(classes_);
    std::vector<std::int32_t> answers(samples_.size());
    for (std::size_t i = 0; i < tensor.elements(); ++i) {
      const std::size_t at = i % samples_.size();
      if (at == 0) read_classes(tensor, i, answers);
      SampleAnswers& sample = samples_[at];
      const std::int32_t answer = answers[at];
      of_block.add(sample.label, answer, 1);
      const auto known = std::find_if(sample.predictions.begin(), sample.predictions.end(),
                                      [&](const auto& one) { return one.first == answer; });
      if (known == sample.predictions.end()) {
        sample.predictions.emplace_back(answer, 1);
      } else {
        ++known->second;
      }
    }
    return of_block;
  }
  Estimate value_of(const ClassMetric& metric, double confidence) const {
    Confusion confusion(classes_);
    for (const SampleAnswers& sample : samples_) {
      for (const auto& [answer, times] : sample.predictions) {
        confusion.add(sample.label, answer, times);
      }
    }
    return {.value = (confusion.*metric.value)(),
            .interval = bootstrap_metric(samples_, classes_, metric, confidence, kSeed)};
  }

 private:
  std::vector<SampleAnswers> samples_;
  std::size_t classes_ = 1;
};

/// What the metric makes of one sample, where it is a mean over samples.
using OfSample = double (*)(const Metric&, std::size_t label, std::span<const double> scores);
OfSample of_sample(const Metric& metric) {
  if (metric.top_k > 0) {
    return [](const Metric& one, std::size_t label, std::span<const double> scores) {
      return is_among_top(label, scores, one.top_k) ? 1.0 : 0.0;
    };
  }
  if (metric.name == "log-loss") {
    return [](const Metric&, std::size_t label, std::span<const double> scores) {
      return log_loss_of(label, scores);
    };
  }
  if (metric.name == "brier") {
    return [](const Metric&, std::size_t label, std::span<const double> scores) {
      return brier_of(label, scores);
    };
  }
  return nullptr;
}

/// Absent: there are too many classes to count, or labels that are none.
std::optional<Confusion> confusion_for(const TestLabels& labels) {
  if (labels.values.empty()) return std::nullopt;
  const auto [least, most] = std::minmax_element(labels.values.begin(), labels.values.end());
  // The test part may lack the last classes.
  const std::size_t classes =
      std::max(static_cast<std::size_t>(*most) + 1, labels.class_names.size());
  if (*least < 0 || classes > kMostClasses) return std::nullopt;
  return Confusion(classes);
}

bool is_floating(const Tensor& tensor) {
  return tensor.dtype == DType::f32 || tensor.dtype == DType::f64;
}

/// Copies numbers in a row, whatever of the two types they have.
void read_numbers(const Tensor& tensor, std::size_t first, std::span<double> to) {
  if (tensor.dtype == DType::f64) {
    std::memcpy(to.data(), tensor.bytes.data() + first * sizeof(double), to.size_bytes());
    return;
  }
  const std::byte* from = tensor.bytes.data() + first * sizeof(float);
  for (double& value : to) {
    float narrow;
    std::memcpy(&narrow, from, sizeof narrow);
    value = narrow;
    from += sizeof narrow;
  }
}

Error cannot_score(const BlockRecord& block, const std::string& problem) {
  return Error({.what = "cannot score a block's predictions",
                .where = "block " + std::to_string(block.number) + ": " + problem,
                .hint = "the record was changed, or was made for another metric or dataset"});
}

}  // namespace

struct QualityScorer::State {
  Metric metric;
  TestLabels labels;
  std::optional<ClassMetric> class_metric;  // other than accuracy
  OfSample per_sample = nullptr;
  std::optional<Answers> answers;
  std::optional<Confusion> confusion;  // of all blocks
  std::uint64_t scored = 0;
  std::optional<std::uint64_t> correct;
  BySample<std::uint32_t> right;
  BySample<double> values;  // of the metric, or squared or absolute errors of numbers

  bool is_root() const { return metric.name == "rmse"; }
  double final_value(double mean) const { return is_root() ? std::sqrt(mean) : mean; }

  BlockQuality add_classes(const Tensor& classes) {
    BlockQuality quality{.scored = classes.elements()};
    quality.correct = count_correct(classes, labels.values, right);
    if (confusion) count_answers(classes, labels.values, *confusion);
    if (answers) quality.metric_value = (answers->add(classes).*class_metric->value)();
    return quality;
  }

  BlockQuality add_scores(const BlockRecord& block, const Tensor& scores) {
    const std::size_t n = labels.values.size();
    const std::size_t classes = scores.shape[2];
    const std::size_t rows = scores.shape[0] * n;
    Tensor best{.dtype = DType::i32, .shape = {scores.shape[0], n}, .bytes = {}};
    best.bytes.resize(rows * sizeof(std::int32_t));
    std::vector<double> row(classes);
    double sum = 0;
    double* sums = nullptr;
    for (std::size_t i = 0; i < rows; ++i) {
      if (per_sample != nullptr && i % n == 0) sums = values.sums_of(i == 0);
      read_numbers(scores, i * classes, row);
      const auto label = static_cast<std::size_t>(labels.values[i % n]);
      if (label >= classes) {
        throw cannot_score(
            block, fmt::format("scores of {} classes, and a label is of class {}", classes, label));
      }
      // The last of equal ones, as top-1 counts them.
      const auto largest = std::max_element(row.rbegin(), row.rend());
      const auto answer = static_cast<std::int32_t>(row.rend() - largest - 1);
      std::memcpy(best.bytes.data() + i * sizeof answer, &answer, sizeof answer);
      if (per_sample == nullptr) continue;
      if (metric.predictions == PredictionKind::probabilities) check_probabilities(block, i, row);
      const double value = per_sample(metric, label, row);
      sums[i % n] += value;
      sum += value;
    }
    BlockQuality quality = add_classes(best);
    if (per_sample != nullptr) quality.metric_value = sum / static_cast<double>(rows);
    return quality;
  }

  static void check_probabilities(const BlockRecord& block, std::size_t row,
                                  std::span<const double> probabilities) {
    double sum = 0;
    bool is_negative = false;
    for (const double p : probabilities) {
      sum += p;
      is_negative |= p < 0;
    }
    if (!is_negative && std::abs(sum - 1) <= kProbabilitySumTolerance * 1.01) return;
    throw cannot_score(block, fmt::format("row {} holds scores that are no probabilities", row));
  }

  BlockQuality add_numbers(const Tensor& numbers) {
    const std::size_t n = labels.numbers.size();
    BlockQuality quality{.scored = numbers.elements()};
    if (metric.is_outside()) return quality;
    std::vector<double> row(n);
    double sum = 0;
    for (std::size_t pass = 0; pass < numbers.shape[0]; ++pass) {
      double* const sums = values.sums_of(pass == 0);
      read_numbers(numbers, pass * n, row);
      for (std::size_t i = 0; i < n; ++i) {
        const double off = row[i] - labels.numbers[i];
        const double value = is_root() ? off * off : std::abs(off);
        sums[i] += value;
        sum += value;
      }
    }
    quality.metric_value = final_value(sum / static_cast<double>(numbers.elements()));
    return quality;
  }
};

QualityScorer::QualityScorer(const Metric& metric, const TestLabels& labels)
    : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.metric = metric;
  state.labels = labels;
  if (metric.predictions == PredictionKind::numbers && labels.numbers.empty()) {
    throw Error(
        {.what = "cannot score by this metric",
         .where = metric.name + " needs labels that are numbers; this dataset's are classes",
         .hint = "rank the track by a metric of classes, or give the dataset "
                 "'class_values'"});
  }
  state.right.resize(labels.values.size());
  if (metric.predictions != PredictionKind::numbers) state.confusion = confusion_for(labels);
  if (metric.is_outside()) return;
  state.per_sample = of_sample(metric);
  if (state.per_sample != nullptr || metric.predictions == PredictionKind::numbers) {
    state.values.resize(labels.values.size());
  }
  state.class_metric = class_metric(metric.name);
  if (state.class_metric && metric.name != "accuracy") state.answers.emplace(labels.values);
}

QualityScorer::QualityScorer(QualityScorer&&) noexcept = default;
QualityScorer::~QualityScorer() = default;

BlockQuality QualityScorer::add(const BlockRecord& block, const Tensor& predictions) {
  State& state = *state_;
  const auto& shape = predictions.shape;
  const auto passes =
      static_cast<std::size_t>(block.kept_passes > 0 ? block.kept_passes : block.passes);
  const bool has_scores = is_floating(predictions) && shape.size() == 3 && shape[2] > 0;
  const bool has_numbers = is_floating(predictions) && shape.size() == 2;
  const bool has_classes = !is_floating(predictions) && shape.size() == 2;
  const char* wanted = "integers";
  bool fits = has_classes || has_scores;
  if (state.metric.predictions == PredictionKind::numbers) {
    wanted = "numbers";
    fits = has_numbers;
  } else if (state.metric.predictions != PredictionKind::classes) {
    wanted = "scores of each class";
    fits = has_scores;
  }
  if (!fits || shape[0] != passes || shape[1] != state.labels.values.size()) {
    throw cannot_score(block,
                       fmt::format("expected {} of shape ({}, {}{})", wanted, passes,
                                   state.labels.values.size(), *wanted == 's' ? ", classes" : ""));
  }
  const BlockQuality quality = has_numbers  ? state.add_numbers(predictions)
                               : has_scores ? state.add_scores(block, predictions)
                                            : state.add_classes(predictions);
  state.scored += quality.scored;
  if (quality.correct) state.correct = state.correct.value_or(0) + *quality.correct;
  return quality;
}

std::uint64_t QualityScorer::scored() const {
  return state_->scored;
}

std::optional<Estimate> QualityScorer::accuracy(double confidence) const {
  if (!state_->correct || state_->scored == 0) return std::nullopt;
  const double share = static_cast<double>(*state_->correct) / static_cast<double>(state_->scored);
  return Estimate{share, wilson_interval(share, state_->labels.values.size(), confidence)};
}

std::vector<bool> QualityScorer::right_samples() const {
  std::vector<bool> right;
  if (!state_->correct) return right;
  right.reserve(state_->right.first.size());
  for (std::size_t i = 0; i < state_->right.first.size(); ++i) {
    right.push_back(state_->right.mean(i) > 0.5);
  }
  return right;
}

std::optional<Estimate> QualityScorer::metric_value(double confidence) const {
  const State& state = *state_;
  if (state.scored == 0 || state.metric.is_outside()) return std::nullopt;
  if (state.answers) return state.answers->value_of(*state.class_metric, confidence);
  if (state.class_metric) return std::nullopt;
  std::vector<double> of_samples(state.values.first.size());
  double sum = 0;
  for (std::size_t i = 0; i < of_samples.size(); ++i) sum += of_samples[i] = state.values.mean(i);
  const Interval interval = bootstrap_mean(of_samples, confidence, kSeed);
  return Estimate{
      .value = state.final_value(sum / static_cast<double>(of_samples.size())),
      .interval = Interval{state.final_value(interval.low), state.final_value(interval.high)}};
}

std::vector<ClassAnswers> QualityScorer::class_answers() const {
  if (!state_->confusion || !state_->correct) return {};
  return class_answers_of(*state_->confusion);
}

std::optional<Flag> QualityScorer::mode_switching() const {
  const State& state = *state_;
  const bool by_value =
      state.per_sample != nullptr ||
      (state.metric.predictions == PredictionKind::numbers && !state.metric.is_outside());
  if (!by_value) {
    // Half a point at the least, which the salt may move.
    const auto found = compare_passes(state.right);
    if (!found || !found->is_beyond_chance || std::abs(found->first - found->later) < 0.005) {
      return std::nullopt;
    }
    return Flag{"mode-switching", fmt::format("the first pass is right about {:.2f} % of the "
                                              "samples, the later ones about {:.2f} %",
                                              100 * found->first, 100 * found->later)};
  }
  const auto found = compare_passes(state.values);
  if (!found || !found->is_beyond_chance) return std::nullopt;
  const double first = state.final_value(found->first);
  const double later = state.final_value(found->later);
  // Of a share half a point, of anything else 1 % of it.
  const double smallest = state.metric.is_share ? 0.005 : 0.01 * std::abs(first);
  if (std::abs(first - later) < smallest) return std::nullopt;
  const double scale = state.metric.is_share ? 100 : 1;
  const char* const unit = state.metric.is_share ? " %" : "";
  return Flag{"mode-switching",
              fmt::format("{} of the first pass is {:.5g}{}, of the later ones {:.5g}{}",
                          state.metric.name, scale * first, unit, scale * later, unit)};
}

}  // namespace joulebench
