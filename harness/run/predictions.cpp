#include "harness/run/predictions.h"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "core/error.h"
#include "core/npy.h"

namespace joulebench {
namespace {

using Result = std::variant<std::vector<std::int32_t>, PredictionsProblem>;

PredictionsProblem out_of_range(const std::string& name, std::size_t row, std::int64_t value,
                                std::size_t classes) {
  return {fmt::format("{}: row {}: class {} is out of range, 0 to {} was expected", name, row,
                      value, classes - 1)};
}

PredictionsProblem wrong_count(const std::string& name, std::size_t found, std::size_t expected) {
  return {fmt::format("{}: {} predictions, where {} were expected", name, found, expected)};
}

template <class Value>
Result copy_checked(const Tensor& tensor, std::size_t classes, const std::string& name) {
  std::vector<std::int32_t> predictions(tensor.rows());
  for (std::size_t row = 0; row < predictions.size(); ++row) {
    Value value;
    std::memcpy(&value, tensor.bytes.data() + row * sizeof value, sizeof value);
    const auto wide = static_cast<std::int64_t>(value);
    if (wide < 0 || wide >= static_cast<std::int64_t>(classes)) {
      return out_of_range(name, row, wide, classes);
    }
    predictions[row] = static_cast<std::int32_t>(wide);
  }
  return predictions;
}

Result parse_npy_predictions(std::string_view bytes, std::size_t count, std::size_t classes,
                             const std::string& name) {
  Tensor tensor;
  try {
    tensor = parse_npy(bytes, name);
  } catch (const Error& error) {
    return PredictionsProblem{error.parts().where};
  }
  if (tensor.shape.size() != 1) {
    return PredictionsProblem{
        fmt::format("{}: {} dimensions, where one was expected: a class index per sample", name,
                    tensor.shape.size())};
  }
  if (tensor.rows() != count) return wrong_count(name, tensor.rows(), count);
  switch (tensor.dtype) {
    case DType::u8:
      return copy_checked<std::uint8_t>(tensor, classes, name);
    case DType::i8:
      return copy_checked<std::int8_t>(tensor, classes, name);
    case DType::i16:
      return copy_checked<std::int16_t>(tensor, classes, name);
    case DType::i32:
      return copy_checked<std::int32_t>(tensor, classes, name);
    case DType::i64:
      return copy_checked<std::int64_t>(tensor, classes, name);
    case DType::f32:
    case DType::f64:
      break;
  }
  return PredictionsProblem{name +
                            ": floating-point numbers, where integer class indices were "
                            "expected"};
}

Result parse_text_predictions(std::string_view text, std::size_t count, std::size_t classes,
                              const std::string& name) {
  std::vector<std::int32_t> predictions;
  predictions.reserve(count);
  while (!text.empty()) {
    const auto newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == text.npos ? text.size() : newline + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (predictions.size() == count) {
      if (line.empty() && text.empty()) break;
      return PredictionsProblem{
          fmt::format("{}: more than the {} predictions that were expected", name, count)};
    }
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(line.data(), line.data() + line.size(), value);
    if (code != std::errc() || end != line.data() + line.size()) {
      std::string shown(line.substr(0, 40));
      for (char& c : shown) {
        if (c < 0x20 || c > 0x7e) c = '?';
      }
      return PredictionsProblem{
          fmt::format("{}: row {}: \"{}\" is not a class index", name, predictions.size(), shown)};
    }
    if (value < 0 || value >= static_cast<std::int64_t>(classes)) {
      return out_of_range(name, predictions.size(), value, classes);
    }
    predictions.push_back(static_cast<std::int32_t>(value));
  }
  if (predictions.size() != count) return wrong_count(name, predictions.size(), count);
  return predictions;
}

template <class Value>
void scatter(Tensor& predictions, std::size_t first, std::span<const std::uint32_t> order,
             std::span<const std::int32_t> answers) {
  std::byte* const row = predictions.bytes.data() + first * sizeof(Value);
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto value = static_cast<Value>(answers[i]);
    std::memcpy(row + order[i] * sizeof value, &value, sizeof value);
  }
}

}  // namespace

Result parse_predictions(std::string_view bytes, std::size_t count, std::size_t classes,
                         const std::string& name) {
  if (bytes.starts_with("\x93NUMPY")) return parse_npy_predictions(bytes, count, classes, name);
  return parse_text_predictions(bytes, count, classes, name);
}

Tensor prediction_tensor(std::size_t passes, std::size_t samples, std::size_t classes) {
  Tensor predictions;
  predictions.dtype = classes <= 256 ? DType::u8 : classes <= 32768 ? DType::i16 : DType::i32;
  predictions.shape = {passes, samples};
  predictions.bytes.resize(passes * samples * size_of(predictions.dtype));
  return predictions;
}

void put_in_order(Tensor& predictions, std::size_t pass, std::span<const std::uint32_t> order,
                  std::span<const std::int32_t> answers) {
  const std::size_t first = (pass - 1) * order.size();
  if (predictions.dtype == DType::u8) {
    scatter<std::uint8_t>(predictions, first, order, answers);
  } else if (predictions.dtype == DType::i16) {
    scatter<std::int16_t>(predictions, first, order, answers);
  } else {
    scatter<std::int32_t>(predictions, first, order, answers);
  }
}

}  // namespace joulebench
