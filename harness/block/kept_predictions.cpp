#include "harness/block/kept_predictions.h"

#include <algorithm>
#include <cstring>

#include "datasets/order.h"

namespace joulebench {
namespace {

// Accuracy is a mean over passes of the same samples: those beyond a few add next to nothing to it.
constexpr std::size_t kEnoughBytes = std::size_t{3} << 20;
constexpr std::size_t kEnoughPasses = 8;
constexpr std::size_t kMostKeptBytes = std::size_t{128} << 20;

std::size_t passes_worth_keeping(std::size_t bytes_per_pass) {
  const std::size_t bytes = std::max<std::size_t>(1, bytes_per_pass);
  const std::size_t fitting = std::max<std::size_t>(1, kMostKeptBytes / bytes);
  return std::max(kEnoughBytes / bytes, std::min(kEnoughPasses, fitting));
}

}  // namespace

KeptPasses::KeptPasses(std::uint64_t order_seed, int passes, std::size_t bytes_per_pass) {
  const auto all = static_cast<std::size_t>(passes);
  const std::size_t fitting = passes_worth_keeping(bytes_per_pass);
  passes_.push_back(1);
  if (fitting >= all) {
    for (int pass = 2; pass <= passes; ++pass) passes_.push_back(pass);
    return;
  }
  // Pass 0 has no order of its own, so this draw is nobody else's.
  const auto drawn = draw_order(order_seed, 0, all - 1);
  for (std::size_t i = 0; i + 1 < fitting; ++i) passes_.push_back(static_cast<int>(drawn[i]) + 2);
  std::sort(passes_.begin(), passes_.end());
}

std::ptrdiff_t KeptPasses::row_of(int pass) const {
  const auto found = std::lower_bound(passes_.begin(), passes_.end(), pass);
  return found != passes_.end() && *found == pass ? found - passes_.begin() : -1;
}

Tensor prediction_tensor(std::size_t rows, std::size_t samples, const PredictionFormat& format) {
  Tensor predictions{.dtype = format.kept_as(), .shape = {rows, samples}};
  if (format.has_rows()) predictions.shape.push_back(format.classes);
  predictions.bytes.resize(rows * samples * format.width() * size_of(predictions.dtype));
  return predictions;
}

void put_in_order(Tensor& predictions, std::size_t row, std::span<const std::uint32_t> order,
                  const Tensor& answers, std::size_t first) {
  const std::size_t width = answers.row_bytes();
  std::byte* const to = predictions.bytes.data() + row * order.size() * width;
  for (std::size_t i = 0; i < order.size(); ++i) {
    std::memcpy(to + order[i] * width, answers.row(first + i).data(), width);
  }
}

KeptPredictions::KeptPredictions(std::uint64_t order_seed, int passes, std::size_t samples,
                                 const PredictionFormat& format)
    : order_seed_(order_seed),
      passes_(passes),
      samples_(samples),
      kept_(order_seed, passes, samples * format.width() * size_of(format.kept_as())),
      predictions_(prediction_tensor(static_cast<std::size_t>(kept_.count()), samples, format)) {}

void KeptPredictions::put_as(int pass, int ordered_as, const Tensor& answers, std::size_t first) {
  const std::ptrdiff_t row = kept_.row_of(pass);
  if (row < 0) return;
  put_in_order(predictions_, static_cast<std::size_t>(row),
               draw_order(order_seed_, ordered_as, samples_), answers, first);
}

}  // namespace joulebench
