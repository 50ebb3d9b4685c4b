#include "datasets/order.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <utility>

// Orders and salts are part of a record: anyone must get the same ones from its seed, so the
// generator and the draws are our own and not the standard library's, whose distributions differ
// between systems.

namespace joulebench {
namespace {

// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014).
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t state) : state_(state) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }

  // 0 <= result < bound, all equally likely: draws above the last multiple of bound are repeated.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t uneven = (0 - bound) % bound;  // 2^64 mod bound
    for (;;) {
      const std::uint64_t draw = next();
      if (draw >= uneven) return draw % bound;
    }
  }

 private:
  std::uint64_t state_;
};

// Elements of each sample that get salt: 1 below 256 elements, at most 8.
std::size_t salted_elements(std::size_t elements) {
  return std::clamp<std::size_t>(elements / 256, 1, 8);
}

template <class Value>
Value load(const std::byte* at) {
  Value value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// The neighbouring value, or the value itself where that would leave what occurs in the data.
template <class Value>
Value neighbour(Value value, bool up, Value lowest, Value highest) {
  if constexpr (std::is_floating_point_v<Value>) {
    // 0 stays: its neighbour is subnormal, which costs some processors hundreds of cycles.
    if (value == 0 || !std::isfinite(value)) return value;
    const Value changed = std::nextafter(value, up ? std::numeric_limits<Value>::infinity()
                                                   : -std::numeric_limits<Value>::infinity());
    return changed < lowest || changed > highest ? value : changed;
  } else {
    const auto changed = static_cast<Value>(value ^ 1);
    return changed < lowest || changed > highest ? value : changed;
  }
}

template <class Value>
void salt_elements(Tensor& inputs, std::uint64_t seed) {
  const std::size_t rows = inputs.rows();
  const std::size_t elements = rows == 0 ? 0 : inputs.elements() / rows;
  if (elements == 0) return;
  Value lowest = std::numeric_limits<Value>::max();
  Value highest = std::numeric_limits<Value>::lowest();
  const std::byte* const bytes = inputs.bytes.data();
  for (std::size_t i = 0; i < rows * elements; ++i) {
    const auto value = load<Value>(bytes + i * sizeof(Value));
    lowest = std::min(lowest, value);
    highest = std::max(highest, value);
  }
  // Of whole numbers only those in the upper half of the range are changed, by little of their
  // value. The same bit of a background that is 0 would carry samples over many a tree's threshold:
  // on digits it costs a decision tree 1.5 points of accuracy, and this costs it 0.1.
  const Value least = std::is_integral_v<Value> ? static_cast<Value>(std::midpoint(lowest, highest))
                                                : std::numeric_limits<Value>::lowest();
  SplitMix64 random(seed);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t k = 0; k < salted_elements(elements); ++k) {
      std::uint64_t draw = random.below(2 * elements);
      for (std::size_t tried = 0; tried < elements; ++tried) {  // the next one that may be changed
        const std::size_t at = row * elements + static_cast<std::size_t>(draw / 2);
        if (!(load<Value>(inputs.bytes.data() + at * sizeof(Value)) < least)) break;
        draw = (draw + 2) % (2 * elements);
      }
      std::byte* at = inputs.bytes.data() +
                      (row * elements + static_cast<std::size_t>(draw / 2)) * sizeof(Value);
      if (load<Value>(at) < least) continue;  // none in this sample
      const Value salted = neighbour(load<Value>(at), draw % 2 == 1, lowest, highest);
      std::memcpy(at, &salted, sizeof salted);
    }
  }
}

}  // namespace

std::vector<std::uint32_t> draw_order(std::uint64_t seed, int pass, std::size_t count) {
  if (count > std::numeric_limits<std::uint32_t>::max()) {
    throw std::logic_error("bug: an order of more than 2^32 samples");
  }
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  // The pass goes through the generator once, so that seeds and passes that lie close do not
  // overlap.
  SplitMix64 random(
      SplitMix64(seed).next() ^
      SplitMix64(~static_cast<std::uint64_t>(static_cast<std::uint32_t>(pass))).next());
  for (std::size_t i = count; i > 1; --i) {  // Fisher and Yates
    std::swap(order[i - 1], order[static_cast<std::size_t>(random.below(i))]);
  }
  return order;
}

Tensor rows_in_order(const Tensor& inputs, std::span<const std::uint32_t> order) {
  Tensor rows;
  rows.dtype = inputs.dtype;
  rows.shape = inputs.shape;
  if (rows.shape.empty()) throw std::logic_error("bug: rows of a tensor without axes");
  rows.shape[0] = order.size();
  const std::size_t row_bytes = inputs.row_bytes();
  rows.bytes.resize(order.size() * row_bytes);
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] >= inputs.rows()) throw std::logic_error("bug: an order beyond the last row");
    if (row_bytes == 0) continue;
    std::memcpy(rows.bytes.data() + i * row_bytes, inputs.row(order[i]).data(), row_bytes);
  }
  return rows;
}

void salt_inputs(Tensor& inputs, SaltKind kind, std::uint64_t seed) {
  if (kind == SaltKind::none) return;
  const bool is_float = inputs.dtype == DType::f32 || inputs.dtype == DType::f64;
  if (is_float != (kind == SaltKind::ulp)) {
    throw std::logic_error("bug: a salt that does not go with the inputs' type");
  }
  switch (inputs.dtype) {
    case DType::u8:
      return salt_elements<std::uint8_t>(inputs, seed);
    case DType::i8:
      return salt_elements<std::int8_t>(inputs, seed);
    case DType::i16:
      return salt_elements<std::int16_t>(inputs, seed);
    case DType::i32:
      return salt_elements<std::int32_t>(inputs, seed);
    case DType::i64:
      return salt_elements<std::int64_t>(inputs, seed);
    case DType::f32:
      return salt_elements<float>(inputs, seed);
    case DType::f64:
      return salt_elements<double>(inputs, seed);
  }
}

}  // namespace joulebench
