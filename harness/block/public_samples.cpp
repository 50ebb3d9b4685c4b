#include "harness/block/public_samples.h"

#include <algorithm>

#include "datasets/order.h"
#include "harness/block/requests.h"

namespace joulebench {
namespace {

constexpr std::size_t kFamiliarShare = 8;
// Orders and salts of public requests have numbers that no pass has.
constexpr int kFirstOrder = 1 << 30;

}  // namespace

PublicSamples::PublicSamples(const BlockSetting& setting, std::uint64_t seed)
    : setting_(setting),
      seed_(seed),
      order_(draw_order(seed, kFirstOrder, setting.dataset.public_inputs.rows())),
      familiar_(std::max<std::size_t>(1, order_.size() / kFamiliarShare)),
      next_(familiar_) {}

Tensor PublicSamples::familiar(std::size_t rows) {
  return request_of({order_.begin(), order_.begin() + static_cast<std::ptrdiff_t>(familiar_)},
                    rows);
}

Tensor PublicSamples::unseen(std::size_t rows, std::size_t distinct) {
  const std::size_t count = std::min({rows, distinct, left()});
  if (count == 0) return familiar(rows);
  const auto first = order_.begin() + static_cast<std::ptrdiff_t>(next_);
  next_ += count;
  return request_of({first, first + static_cast<std::ptrdiff_t>(count)}, rows);
}

Tensor PublicSamples::request_of(const std::vector<std::uint32_t>& chosen, std::size_t rows) {
  const int number = ++requests_;
  const std::vector<std::uint32_t> places = draw_order(seed_, kFirstOrder + number, rows);
  std::vector<std::uint32_t> order(rows);
  for (std::size_t i = 0; i < rows; ++i) order[i] = chosen[places[i] % chosen.size()];
  Tensor inputs = rows_in_order(setting_.dataset.public_inputs, order);
  if (setting_.track.protocol.salt) {
    salt_inputs(inputs, setting_.dataset.salt, salt_seed(seed_, kFirstOrder + number));
  }
  return inputs;
}

}  // namespace joulebench
