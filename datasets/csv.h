#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/tensor.h"

namespace joulebench {

/// A column of names. It becomes one element of 0 or 1 for each of its values, in their order.
struct CsvCategories {
  std::size_t column = 0;
  std::string name;  // for messages
  std::vector<std::string> values;
};

/// What a CSV file must look like. A line that differs is an error, never a guess.
struct CsvFormat {
  char delimiter = ',';
  bool header = false;  // the first line holds names, as many as there are columns
  std::size_t rows = 0;
  std::size_t columns = 0;
  std::size_t label_column = 0;
  std::vector<std::string> label_values;   // what stands for class 0, 1, ...
  std::vector<CsvCategories> categorical;  // the other columns hold numbers
  DType dtype = DType::f32;                // of the inputs

  std::size_t elements_per_row() const;  // categorical columns unfolded, the label left out
};

/// The fields of one line, quotes undone. They point into the line and into this.
class CsvFields {
 public:
  /// Splits at most `max_fields` and one more. Returns what is wrong with the next field, or
  /// nothing.
  std::string_view split(std::string_view line, char delimiter, std::size_t max_fields);
  const std::vector<std::string_view>& get() const { return fields_; }

 private:
  std::vector<std::string_view> fields_;
  std::deque<std::string> unquoted_;  // fields with "" inside
};

/// Reads lines of fields, fed piece by piece, into inputs of shape (rows, elements) and labels.
/// A field may be quoted ("" is a quote inside); a line ends with LF or CRLF; lines are at most 1
/// MiB. Memory  the result, and one line. Errors  Error naming `name`, the line and column, what
/// was expected and what was found: a wrong
///         number of fields, text where a number belongs, a number that the element type cannot
///         hold (a fraction or an out-of-range value for integers, infinity), an unknown category
///         or label.
class CsvReader {
 public:
  CsvReader(std::string name, CsvFormat format);
  void feed(std::string_view text);
  void finish();  // the text has ended; checks the number of rows

  Tensor inputs;  // complete after finish()
  std::vector<std::int32_t> labels;

 private:
  void read_line(std::string_view line);
  void store(double value, std::string_view text, std::size_t column);
  [[noreturn]] void fail(std::size_t column, const std::string& expected,
                         std::string_view found) const;

  std::string name_;
  CsvFormat format_;
  std::vector<const CsvCategories*> categories_of_column_;
  std::vector<std::unordered_map<std::string, std::size_t>> places_;  // by column: value to place
  std::string carry_;  // the beginning of a line that is not complete yet
  CsvFields fields_;
  std::size_t line_number_ = 0;
  std::size_t rows_read_ = 0;
  std::byte* next_ = nullptr;  // where the next element goes
};

}  // namespace joulebench
