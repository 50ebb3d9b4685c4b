#include "datasets/csv.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <utility>

#include "core/error.h"

namespace joulebench {
namespace {

constexpr std::size_t kMaxLine = std::size_t{1} << 20;

// At most 40 characters of a field, safe to print.
std::string shown(std::string_view text) {
  std::string printable;
  for (const char c : text.substr(0, 40)) {
    printable += c >= ' ' && c <= '~' ? std::string(1, c)
                                      : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return "'" + printable + (text.size() > 40 ? "...'" : "'");
}

template <class Integer>
bool holds(double value) {
  // Both bounds are exact: -2^k, and 2^k as the first value beyond.
  return value >= static_cast<double>(std::numeric_limits<Integer>::min()) &&
         value < std::ldexp(1.0, std::numeric_limits<Integer>::digits) &&
         value == std::trunc(value);
}

template <class Value>
void append(std::byte*& next, Value value) {
  std::memcpy(next, &value, sizeof value);
  next += sizeof value;
}

const char* what_fits(DType dtype) {
  switch (dtype) {
    case DType::u8:
      return "an integer from 0 to 255";
    case DType::i8:
      return "an integer from -128 to 127";
    case DType::i16:
      return "an integer of 16 bits";
    case DType::i32:
      return "an integer of 32 bits";
    case DType::i64:
      return "an integer of 64 bits";
    case DType::f32:
    case DType::f64:
      return "a finite number";
  }
  throw std::logic_error("bug: unknown element type");
}

}  // namespace

std::size_t CsvFormat::elements_per_row() const {
  std::size_t elements = columns - 1;
  for (const CsvCategories& one : categorical) elements += one.values.size() - 1;
  return elements;
}

CsvReader::CsvReader(std::string name, CsvFormat format)
    : name_(std::move(name)),
      format_(std::move(format)),
      categories_of_column_(format_.columns),
      places_(format_.columns) {
  if (format_.label_column >= format_.columns) {
    throw std::logic_error("bug: a CSV label column beyond the last column");
  }
  for (const CsvCategories& one : format_.categorical) {
    if (one.column >= format_.columns || one.column == format_.label_column) {
      throw std::logic_error("bug: a categorical CSV column that cannot be one");
    }
    categories_of_column_[one.column] = &one;
    for (std::size_t i = 0; i < one.values.size(); ++i) places_[one.column][one.values[i]] = i;
  }
  for (std::size_t i = 0; i < format_.label_values.size(); ++i) {
    places_[format_.label_column][format_.label_values[i]] = i;
  }
  const std::size_t elements = format_.elements_per_row();
  inputs.dtype = format_.dtype;
  inputs.shape = {format_.rows, elements};
  inputs.bytes.resize(format_.rows * elements * size_of(format_.dtype));
  next_ = inputs.bytes.data();
  labels.reserve(format_.rows);
}

void CsvReader::feed(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (carry_.size() + std::min(end, text.size()) > kMaxLine) {
      throw Error({.what = "cannot read a CSV file",
                   .where = fmt::format("{}: line {}: a line above 1 MiB", name_, line_number_ + 1),
                   .hint = {}});
    }
    if (end == std::string_view::npos) {
      carry_.append(text);
      return;
    }
    if (carry_.empty()) {
      read_line(text.substr(0, end));
    } else {
      carry_.append(text.substr(0, end));
      read_line(carry_);
      carry_.clear();
    }
    text.remove_prefix(end + 1);
  }
}

void CsvReader::finish() {
  if (!carry_.empty()) read_line(std::exchange(carry_, {}));
  if (rows_read_ != format_.rows) {
    throw Error({.what = "cannot read a CSV file",
                 .where = fmt::format("{}: line {}: the file ends after {} rows, where {} were "
                                      "expected",
                                      name_, line_number_, rows_read_, format_.rows),
                 .hint = {}});
  }
}

void CsvReader::read_line(std::string_view line) {
  ++line_number_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::string_view wrong = fields_.split(line, format_.delimiter, format_.columns);
  const std::vector<std::string_view>& fields = fields_.get();
  if (!wrong.empty()) {
    throw Error({.what = "cannot read a CSV file",
                 .where = fmt::format("{}: line {}: column {}: {}", name_, line_number_,
                                      fields.size() + 1, wrong),
                 .hint = {}});
  }
  if (fields.size() != format_.columns) {
    throw Error({.what = "cannot read a CSV file",
                 .where = fmt::format("{}: line {}: {} fields, where {} were expected", name_,
                                      line_number_, fields.size(), format_.columns),
                 .hint = {}});
  }
  if (line_number_ == 1 && format_.header) return;
  if (rows_read_ == format_.rows) {
    throw Error({.what = "cannot read a CSV file",
                 .where = fmt::format("{}: line {}: a row beyond the {} that were expected", name_,
                                      line_number_, format_.rows),
                 .hint = {}});
  }
  for (std::size_t column = 0; column < fields.size(); ++column) {
    const std::string_view field = fields[column];
    if (column == format_.label_column) {
      const auto place = places_[column].find(std::string(field));
      if (place == places_[column].end()) fail(column, "one of the class labels", field);
      labels.push_back(static_cast<std::int32_t>(place->second));
    } else if (categories_of_column_[column] != nullptr) {
      const auto place = places_[column].find(std::string(field));
      if (place == places_[column].end()) fail(column, "one of the column's values", field);
      const std::size_t count = categories_of_column_[column]->values.size();
      for (std::size_t i = 0; i < count; ++i) store(i == place->second ? 1 : 0, field, column);
    } else {
      double value = 0;
      const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
      if (error != std::errc() || end != field.data() + field.size()) {
        fail(column, "a number", field);
      }
      store(value, field, column);
    }
  }
  ++rows_read_;
}

std::string_view CsvFields::split(std::string_view line, char delimiter, std::size_t max_fields) {
  fields_.clear();
  unquoted_.clear();
  for (;;) {
    std::string_view field;
    if (line.starts_with('"')) {
      line.remove_prefix(1);
      std::size_t end = line.find('"');
      std::string* joined = nullptr;
      while (end != std::string_view::npos && line.substr(end + 1).starts_with('"')) {
        if (joined == nullptr) joined = &unquoted_.emplace_back();
        joined->append(line.substr(0, end + 1));
        line.remove_prefix(end + 2);
        end = line.find('"');
      }
      if (end == std::string_view::npos) return "a quote that is never closed";
      field = line.substr(0, end);
      if (joined != nullptr) {
        joined->append(field);
        field = *joined;
      }
      line.remove_prefix(end + 1);
      if (!line.empty() && line.front() != delimiter) return "text behind a closing quote";
    } else {
      field = line.substr(0, line.find(delimiter));
      if (field.find('"') != std::string_view::npos) {
        return "a quote inside a field that does not start with one";
      }
      line.remove_prefix(field.size());
    }
    fields_.push_back(field);
    if (line.empty() || fields_.size() > max_fields) return {};
    line.remove_prefix(1);
  }
}

void CsvReader::store(double value, std::string_view text, std::size_t column) {
  bool fits = true;
  switch (format_.dtype) {
    case DType::u8:
      fits = holds<std::uint8_t>(value);
      if (fits) append(next_, static_cast<std::uint8_t>(value));
      break;
    case DType::i8:
      fits = holds<std::int8_t>(value);
      if (fits) append(next_, static_cast<std::int8_t>(value));
      break;
    case DType::i16:
      fits = holds<std::int16_t>(value);
      if (fits) append(next_, static_cast<std::int16_t>(value));
      break;
    case DType::i32:
      fits = holds<std::int32_t>(value);
      if (fits) append(next_, static_cast<std::int32_t>(value));
      break;
    case DType::i64:
      fits = holds<std::int64_t>(value);
      if (fits) append(next_, static_cast<std::int64_t>(value));
      break;
    case DType::f32:
      fits = std::abs(value) <= std::numeric_limits<float>::max();
      if (fits) append(next_, static_cast<float>(value));
      break;
    case DType::f64:
      fits = std::isfinite(value);
      if (fits) append(next_, value);
      break;
  }
  if (!fits) fail(column, what_fits(format_.dtype), text);
}

void CsvReader::fail(std::size_t column, const std::string& expected,
                     std::string_view found) const {
  throw Error({.what = "cannot read a CSV file",
               .where = fmt::format("{}: line {}: column {}: {}, where {} was expected", name_,
                                    line_number_, column + 1, shown(found), expected),
               .hint = {}});
}

}  // namespace joulebench
