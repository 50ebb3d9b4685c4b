#include "harness/protocol/predictions.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <stdexcept>

#include "core/error.h"
#include "core/npy.h"
#include "core/text.h"

namespace joulebench {
namespace {

using Result = std::variant<Tensor, PredictionsProblem>;

PredictionsProblem wrong_count(const std::string& name, std::size_t found, std::size_t expected) {
  return {fmt::format("{}: {} predictions, where {} were expected", name, found, expected)};
}

bool is_integer(DType dtype) {
  return dtype != DType::f32 && dtype != DType::f64;
}

template <class Value>
void store(Tensor& to, std::size_t index, Value value) {
  std::memcpy(to.bytes.data() + index * sizeof value, &value, sizeof value);
}

/// Takes rows one after the other, checked, into what is kept.
class Keeper {
 public:
  Keeper(std::size_t count, const PredictionFormat& format, const std::string& name)
      : format_(format), name_(name), kept_{.dtype = format.kept_as(), .shape = {count}} {
    if (format.has_rows()) kept_.shape.push_back(format.width());
    kept_.bytes.resize(count * format.width() * size_of(kept_.dtype));
  }

  /// Empty, or what is wrong with the class of this row.
  std::string put_class(std::size_t row, std::int64_t value) {
    if (value < 0 || value >= static_cast<std::int64_t>(format_.classes)) {
      return fmt::format("{}: row {}: class {} is out of range, 0 to {} was expected", name_, row,
                         value, format_.classes - 1);
    }
    switch (kept_.dtype) {
      case DType::u8:
        store(kept_, row, static_cast<std::uint8_t>(value));
        break;
      case DType::i16:
        store(kept_, row, static_cast<std::int16_t>(value));
        break;
      default:
        store(kept_, row, static_cast<std::int32_t>(value));
    }
    return {};
  }

  /// The same of one number of this row.
  std::string put_number(std::size_t row, std::size_t column, double value) {
    const auto where = [&] {
      return format_.width() == 1 ? fmt::format("{}: row {}", name_, row)
                                  : fmt::format("{}: row {}, class {}", name_, row, column);
    };
    // float32 ends before double does.
    const bool fits =
        kept_.dtype == DType::f64 ? std::isfinite(value) : std::isfinite(static_cast<float>(value));
    if (!fits) return fmt::format("{}: {} is not a finite number", where(), value);
    if (format_.kind == PredictionKind::probabilities && value < 0) {
      return fmt::format("{}: {} is not a probability", where(), value);
    }
    sum_ = column == 0 ? value : sum_ + value;
    if (kept_.dtype == DType::f64) {
      store(kept_, row, value);
    } else {
      store(kept_, row * format_.width() + column, static_cast<float>(value));
    }
    const bool is_last = column + 1 == format_.width();
    if (is_last && format_.kind == PredictionKind::probabilities &&
        std::abs(sum_ - 1) > kProbabilitySumTolerance) {
      return fmt::format("{}: row {}: the probabilities sum to {:.6g}, where 1 ± {:g} was expected",
                         name_, row, sum_, kProbabilitySumTolerance);
    }
    return {};
  }

  Tensor take() { return std::move(kept_); }

 private:
  const PredictionFormat& format_;
  const std::string& name_;
  Tensor kept_;
  double sum_ = 0;  // of the row's probabilities so far
};

std::string expected_shape(const PredictionFormat& format) {
  switch (format.kind) {
    case PredictionKind::classes:
      return "one was expected: a class index per sample";
    case PredictionKind::numbers:
      return "one was expected: a number per sample";
    case PredictionKind::scores:
    case PredictionKind::probabilities:
      break;
  }
  return fmt::format("two were expected: {} {} per sample", format.classes, to_string(format.kind));
}

template <class Value>
std::string keep_classes(const Tensor& tensor, Keeper& keeper) {
  for (std::size_t row = 0; row < tensor.elements(); ++row) {
    Value value;
    std::memcpy(&value, tensor.bytes.data() + row * sizeof value, sizeof value);
    std::string problem = keeper.put_class(row, static_cast<std::int64_t>(value));
    if (!problem.empty()) return problem;
  }
  return {};
}

std::string keep_classes(const Tensor& tensor, Keeper& keeper) {
  switch (tensor.dtype) {
    case DType::u8:
      return keep_classes<std::uint8_t>(tensor, keeper);
    case DType::i8:
      return keep_classes<std::int8_t>(tensor, keeper);
    case DType::i16:
      return keep_classes<std::int16_t>(tensor, keeper);
    case DType::i32:
      return keep_classes<std::int32_t>(tensor, keeper);
    case DType::i64:
      return keep_classes<std::int64_t>(tensor, keeper);
    case DType::f32:
    case DType::f64:
      break;
  }
  throw std::logic_error("bug: classes that are no integers");
}

Result parse_npy_predictions(std::string_view bytes, std::size_t count,
                             const PredictionFormat& format, const std::string& name) {
  Tensor tensor;
  try {
    tensor = parse_npy(bytes, name);
  } catch (const Error& error) {
    return PredictionsProblem{error.parts().where};
  }
  const bool has_rows = format.has_rows();
  if (tensor.shape.size() != (has_rows ? 2 : 1)) {
    return PredictionsProblem{fmt::format("{}: {} dimensions, where {}", name, tensor.shape.size(),
                                          expected_shape(format))};
  }
  if (tensor.rows() != count) return wrong_count(name, tensor.rows(), count);
  if (has_rows && tensor.shape[1] != format.classes) {
    return PredictionsProblem{
        fmt::format("{}: rows of {}, where {} {} were expected, one per class", name,
                    tensor.shape[1], format.classes, to_string(format.kind))};
  }
  Keeper keeper(count, format, name);
  std::string problem;
  if (format.kind == PredictionKind::classes) {
    if (!is_integer(tensor.dtype)) {
      return PredictionsProblem{name +
                                ": floating-point numbers, where integer class indices were "
                                "expected"};
    }
    problem = keep_classes(tensor, keeper);
  } else {
    const std::size_t width = format.width();
    for (std::size_t i = 0; i < tensor.elements() && problem.empty(); ++i) {
      problem = keeper.put_number(i / width, i % width, element_as_double(tensor, i));
    }
  }
  if (!problem.empty()) return PredictionsProblem{std::move(problem)};
  return keeper.take();
}

/// One line of text as a class or a number; the problem with it, or nothing.
std::string keep_line(std::string_view line, std::size_t row, const PredictionFormat& format,
                      const std::string& name, Keeper& keeper) {
  const char* const last = line.data() + line.size();
  if (format.kind == PredictionKind::classes) {
    std::int64_t value = 0;
    const auto [end, code] = std::from_chars(line.data(), last, value);
    if (code == std::errc() && end == last) return keeper.put_class(row, value);
  } else {
    double value = 0;
    const auto [end, code] = std::from_chars(line.data(), last, value);
    if (code == std::errc() && end == last) return keeper.put_number(row, 0, value);
  }
  std::string shown(line.substr(0, 40));
  for (char& c : shown) {
    if (c < 0x20 || c > 0x7e) c = '?';
  }
  return fmt::format("{}: row {}: \"{}\" is not a {}", name, row, shown,
                     format.kind == PredictionKind::classes ? "class index" : "number");
}

Result parse_text_predictions(std::string_view text, std::size_t count,
                              const PredictionFormat& format, const std::string& name) {
  if (format.has_rows()) {
    return PredictionsProblem{fmt::format("{}: no .npy file, where a 2-D array of {} was expected",
                                          name, to_string(format.kind))};
  }
  Keeper keeper(count, format, name);
  std::size_t row = 0;
  while (!text.empty()) {
    const auto newline = text.find('\n');
    std::string_view line = text.substr(0, newline);
    text.remove_prefix(newline == text.npos ? text.size() : newline + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (row == count) {
      if (line.empty() && text.empty()) break;
      return PredictionsProblem{
          fmt::format("{}: more than the {} predictions that were expected", name, count)};
    }
    std::string problem = keep_line(line, row, format, name, keeper);
    if (!problem.empty()) return PredictionsProblem{std::move(problem)};
    ++row;
  }
  if (row != count) return wrong_count(name, row, count);
  return keeper.take();
}

}  // namespace

std::size_t PredictionFormat::width() const {
  return has_rows() ? classes : 1;
}

bool PredictionFormat::has_rows() const {
  return kind == PredictionKind::scores || kind == PredictionKind::probabilities;
}

DType PredictionFormat::kept_as() const {
  switch (kind) {
    case PredictionKind::classes:
      return classes <= 256 ? DType::u8 : classes <= 32768 ? DType::i16 : DType::i32;
    case PredictionKind::numbers:
      return DType::f64;
    case PredictionKind::scores:
    case PredictionKind::probabilities:
      break;
  }
  return DType::f32;
}

Result parse_predictions(std::string_view bytes, std::size_t count, const PredictionFormat& format,
                         const std::string& name) {
  if (bytes.starts_with("\x93NUMPY")) return parse_npy_predictions(bytes, count, format, name);
  return parse_text_predictions(bytes, count, format, name);
}

Tensor class_tensor(std::span<const std::int32_t> classes, const PredictionFormat& format) {
  const std::string name = "the answers";
  Keeper keeper(classes.size(), format, name);
  for (std::size_t i = 0; i < classes.size(); ++i) {
    if (!keeper.put_class(i, classes[i]).empty()) {
      throw std::logic_error("bug: a class that was not checked");
    }
  }
  return keeper.take();
}

}  // namespace joulebench
