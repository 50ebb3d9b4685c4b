#include "datasets/copy_patterns.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "core/digest.h"
#include "core/error.h"
#include "core/npy.h"
#include "datasets/idx.h"
#include "datasets/locate.h"
#include "datasets/number_runs.h"
#include "datasets/text_tokens.h"
#include "datasets/value_keys.h"

namespace joulebench {
namespace {

// Changes whenever something else counts as a copy: then what was found before does not hold.
constexpr const char* kCopiesVersion = "joulebench-copies/2";

using Key = std::uint64_t;  // of one value: equal numbers and equal words have equal keys

// Hidden samples that are looked for: a copy holds these too.
constexpr std::size_t kMostRows = 512;
// A file with this share of them is a copy.
constexpr std::size_t kShare = 4;  // a quarter
constexpr std::size_t kLeastFound = 8;
// A sample that says less than this could stand anywhere by chance.
constexpr std::size_t kLeastElements = 4;
constexpr double kLeastBits = 16;
// Labels in a row say something when they change this often: sorted ones could be anything.
constexpr std::size_t kLeastChanges = 32;
// Tables of labels have few columns; of wider ones the outer columns are looked at.
constexpr std::size_t kFewColumns = 4;
// Where any piece counts: one sample is a copy if files of 16 million values hold none by chance.
constexpr double kTellingBits = 24;       // beyond those that tell the samples apart
constexpr std::size_t kTellingRows = 16;  // row numbers of a split
constexpr std::size_t kFewestRows = 6;
constexpr std::uint64_t kLeastPieceBytes = 8;
constexpr std::size_t kLargestLabelText = std::size_t{64} << 20;
constexpr std::size_t kLargestLabelArray = std::size_t{64} << 20;  // as a file
// A row of bytes is looked for by a telling piece of it: of elements of 8 bytes by a longer one.
constexpr std::size_t kAnchorBytes = 16;
constexpr std::size_t kLongAnchorBytes = 32;
// As 32-bit floats, so that "5.1" is the same from text, from f32 and from f64.
Key key_of_number(double value) {
  const float narrow = value == 0 ? 0.0F : static_cast<float>(value);
  return mixed_bits(std::bit_cast<std::uint32_t>(narrow) + kKeyBase);
}

Key key_of_token(std::string_view token) {
  if (token.size() <= 7) {
    unsigned value = 0;
    bool digits = true;
    for (const char c : token) {
      digits &= c >= '0' && c <= '9';
      value = value * 10 + static_cast<unsigned>(c - '0');
    }
    if (digits) return key_of_number(value);
  }
  const char first = token.front();
  const bool maybe = (first >= '0' && first <= '9') || first == '-' || first == '.' || first == '+';
  if (maybe && token.size() <= 64) {
    double value = 0;
    const char* const begin = token.data() + (first == '+' ? 1 : 0);
    const char* const end = token.data() + token.size();
    const auto [stop, error] = std::from_chars(begin, end, value);
    if (error == std::errc() && stop == end) return key_of_number(value);
  }
  return key_of_word(token);
}

bool is_text(std::string_view content) {
  return content.substr(0, 4096).find('\0') == content.npos;
}

bool is_npy(std::string_view content) {
  return content.starts_with("\x93NUMPY");
}

// Two zeros, type and number of dimensions: other files begin with zeros as well.
bool may_be_idx(std::string_view content) {
  return content.size() >= 4 && content.starts_with(std::string_view("\0\0", 2)) &&
         content[2] >= 0x08 && content[2] <= 0x0e && content[3] >= 1 && content[3] <= 8;
}

/// A set of hashes with a number each, and a filter before it that most questions end at.
class HashTable {
 public:
  void add(std::uint64_t hash, std::uint32_t value) {
    values_.emplace(hash, value);
    for (const std::size_t slot : {first_slot(hash), second_slot(hash)}) {
      filter_[slot / 64] |= std::uint64_t{1} << slot % 64;
    }
  }
  bool may_have(std::uint64_t hash) const {
    return is_set(first_slot(hash)) && is_set(second_slot(hash));
  }
  auto all(std::uint64_t hash) const { return values_.equal_range(hash); }
  bool has(std::uint64_t hash) const { return values_.contains(hash); }
  bool empty() const { return values_.empty(); }

 private:
  static constexpr unsigned kBits = 18;
  static std::size_t first_slot(std::uint64_t hash) { return hash >> (64 - kBits); }
  static std::size_t second_slot(std::uint64_t hash) { return (hash >> 20) % (1u << kBits); }
  bool is_set(std::size_t slot) const { return ((filter_[slot / 64] >> slot % 64) & 1) != 0; }
  std::unordered_multimap<std::uint64_t, std::uint32_t> values_;
  std::vector<std::uint64_t> filter_ = std::vector<std::uint64_t>((1u << kBits) / 64);
};

/// Values in a row, as a hash that rolls over a stream of them.
struct Window {
  std::size_t length = 0;
  Key power = 1;  // kKeyBase to the length
  HashTable rows;
};

/// One row of samples in bytes, as an array of one element type has it.
struct EncodedRow {
  std::uint32_t row = 0;
  std::size_t anchor = 0;  // where in `bytes` its most telling piece begins
  std::string bytes;
};

std::uint64_t anchor_hash(const char* at) {
  return word_at(at) * kKeyBase + (word_at(at + 8) ^ (word_at(at) >> 31)) * 0xbf58476d1ce4e5b9u;
}

std::uint64_t long_anchor_hash(std::uint64_t hash, const char* at) {
  return hash * 3 + word_at(at + 16) * 0x94d049bb133111ebu +
         (word_at(at + 24) ^ (word_at(at + 16) >> 31)) * 0xd6e8feb86659fd93u;
}

template <class Number>
void append(std::string& bytes, double value, bool swapped) {
  const auto number = static_cast<Number>(value);
  char raw[sizeof number];
  std::memcpy(raw, &number, sizeof number);
  if (swapped) std::reverse(raw, raw + sizeof number);
  bytes.append(raw, sizeof number);
}

std::string encoded(const std::vector<double>& values, DType dtype, bool swapped) {
  std::string bytes;
  for (const double value : values) {
    switch (dtype) {
      case DType::u8:
        append<std::uint8_t>(bytes, value, swapped);
        break;
      case DType::i8:
        append<std::int8_t>(bytes, value, swapped);
        break;
      case DType::i16:
        append<std::int16_t>(bytes, value, swapped);
        break;
      case DType::i32:
        append<std::int32_t>(bytes, value, swapped);
        break;
      case DType::i64:
        append<std::int64_t>(bytes, value, swapped);
        break;
      case DType::f32:
        append<float>(bytes, value, swapped);
        break;
      case DType::f64:
        append<double>(bytes, value, swapped);
        break;
    }
  }
  return bytes;
}

// The piece with the most different bytes; absent where none says anything.
std::optional<std::size_t> anchor_of(std::string_view bytes, std::size_t length) {
  constexpr std::size_t kLeastDifferent = 4;
  std::size_t best = 0, most = 0;
  for (std::size_t at = 0; at + length <= bytes.size(); ++at) {
    std::array<bool, 256> seen{};
    std::size_t different = 0;
    for (const char c : bytes.substr(at, length)) {
      bool& one = seen[static_cast<unsigned char>(c)];
      different += one ? 0 : 1;
      one = true;
    }
    if (different > most) {
      most = different;
      best = at;
    }
  }
  if (most < kLeastDifferent) return std::nullopt;
  return best;
}

// "5.1" as a double, not the double that the f32 nearest to it is.
double as_written(const Tensor& tensor, std::size_t index) {
  const double value = element_as_double(tensor, index);
  if (tensor.dtype != DType::f32) return value;
  const std::string text = fmt::format("{}", static_cast<float>(value));
  double written = value;
  std::from_chars(text.data(), text.data() + text.size(), written);
  return written;
}

/// The values of one sample as a CSV file of this dataset has them, without the label.
std::vector<Key> keys_in_text(const std::vector<double>& values, const CsvFormat* csv) {
  std::vector<Key> keys;
  std::size_t next = 0;
  const std::size_t columns = csv == nullptr ? values.size() : csv->columns;
  for (std::size_t column = 0; column < columns; ++column) {
    if (csv != nullptr && column == csv->label_column) continue;
    const CsvCategories* categories = nullptr;
    for (std::size_t i = 0; csv != nullptr && i < csv->categorical.size(); ++i) {
      if (csv->categorical[i].column == column) categories = &csv->categorical[i];
    }
    if (categories == nullptr) {
      keys.push_back(key_of_number(values[next++]));
      continue;
    }
    for (const std::string& value : categories->values) {
      if (values[next++] != 0) keys.push_back(key_of_token(value));
    }
  }
  return keys;
}

std::size_t changes_in(const std::vector<std::int32_t>& labels) {
  std::size_t changes = 0;
  for (std::size_t i = 1; i < labels.size(); ++i) changes += labels[i] != labels[i - 1] ? 1 : 0;
  return changes;
}

std::string_view view_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::set<std::string_view> rows_of_bytes(const Tensor& tensor) {
  std::set<std::string_view> rows;
  for (std::size_t row = 0; row < tensor.rows(); ++row) rows.insert(view_of(tensor.row(row)));
  return rows;
}

template <class NumberOf>
std::vector<std::int64_t> numbers_of(const std::vector<std::int32_t>& labels,
                                     const NumberOf& number_of) {
  std::vector<std::int64_t> numbers;
  for (const std::int32_t label : labels) numbers.push_back(number_of(label));
  return numbers;
}

std::vector<std::string> names_of(const std::vector<std::int32_t>& labels,
                                  const std::vector<std::string>& names) {
  std::vector<std::string> words;
  for (const std::int32_t label : labels) words.push_back(names[static_cast<std::size_t>(label)]);
  return words;
}

}  // namespace

struct CopyPatterns::State {
  std::string sha256;
  std::vector<DataFile> files;
  std::size_t rows = 0;         // that are looked for
  std::size_t least_found = 0;  // of them make a copy; 0: rows are not looked for
  std::vector<Window> windows;  // over the values of a text
  HashTable anchors;            // number in `encodings` by its telling piece
  HashTable long_anchors;
  std::vector<EncodedRow> encodings;
  std::vector<std::vector<Key>> label_runs;
  std::uint64_t least_bytes = 64;
  CopyCare care = CopyCare::enough;
  NumberRuns runs;  // of labels and row numbers, where any piece counts

  void add_rows(const LabelledDataset& labelled, const Manifest& manifest);
  void add_runs(const LabelledDataset& labelled, const Manifest& manifest,
                const DatasetLocations& locations);
  void add_text_row(std::vector<Key> keys, std::uint32_t row);
  void add_encodings(const std::vector<double>& values, std::uint32_t row,
                     std::optional<DType> only);
  void add_labels(const std::vector<std::int32_t>& labels, const Manifest& manifest);

  std::string whole_file(std::string_view content) const;
  std::string rows_found(const std::vector<bool>& found) const;
  std::string match_text(std::string_view text) const;
  std::string match_bytes(std::string_view bytes) const;
  std::string match_label_text(std::string_view text) const;
  std::string match_label_array(const Tensor& tensor) const;
  std::string match_columns(const std::vector<std::vector<Key>>& columns) const;
};

void CopyPatterns::State::add_text_row(std::vector<Key> keys, std::uint32_t row) {
  auto window = std::find_if(windows.begin(), windows.end(),
                             [&](const Window& one) { return one.length == keys.size(); });
  if (window == windows.end()) {
    windows.push_back({.length = keys.size()});
    window = windows.end() - 1;
    for (std::size_t i = 0; i < keys.size(); ++i) window->power *= kKeyBase;
  }
  const Key hash = hash_of_keys(keys);
  if (!window->rows.has(hash)) window->rows.add(hash, row);
}

void CopyPatterns::State::add_encodings(const std::vector<double>& values, std::uint32_t row,
                                        std::optional<DType> only) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const bool whole =
      std::all_of(values.begin(), values.end(), [](double v) { return v == std::floor(v); });
  for (const DType dtype :
       {DType::u8, DType::i8, DType::i16, DType::i32, DType::i64, DType::f32, DType::f64}) {
    if (only && dtype != *only) continue;
    const bool is_float = dtype == DType::f32 || dtype == DType::f64;
    const double bits = 8.0 * static_cast<double>(size_of(dtype)) - (dtype == DType::u8 ? 0 : 1);
    const double least = dtype == DType::u8 ? 0 : -std::exp2(bits);
    if (!is_float && (!whole || *low < least || *high >= std::exp2(bits))) continue;
    if (dtype == DType::i8 && *low >= 0) continue;  // the same bytes as u8
    for (const bool swapped : {false, true}) {
      if (swapped && (size_of(dtype) == 1 || only)) continue;
      EncodedRow one{.row = row, .bytes = encoded(values, dtype, swapped)};
      const bool is_long = size_of(dtype) == 8 && one.bytes.size() >= kLongAnchorBytes;
      const auto anchor = anchor_of(one.bytes, is_long ? kLongAnchorBytes : kAnchorBytes);
      if (!anchor) continue;
      one.anchor = *anchor;
      const char* const at = one.bytes.data() + one.anchor;
      const auto number = static_cast<std::uint32_t>(encodings.size());
      if (is_long) {
        long_anchors.add(long_anchor_hash(anchor_hash(at), at), number);
      } else {
        anchors.add(anchor_hash(at), number);
      }
      encodings.push_back(std::move(one));
    }
  }
}

void CopyPatterns::State::add_rows(const LabelledDataset& labelled, const Manifest& manifest) {
  const Tensor& inputs = labelled.dataset.hidden_inputs;
  const SampleSource* source = nullptr;
  for (const auto* list : {&manifest.samples, &manifest.hidden_samples}) {
    if (!list->empty()) source = &list->front();
  }
  const CsvFormat* const csv =
      source != nullptr && source->format == SampleSource::Format::csv ? &source->csv : nullptr;
  const std::size_t width = inputs.rows() == 0 ? 0 : inputs.elements() / inputs.rows();
  std::set<std::uint64_t> known;
  std::set<Key> alphabet;
  const std::set<std::string_view> open_to_all = care == CopyCare::any
                                                     ? rows_of_bytes(labelled.dataset.public_inputs)
                                                     : std::set<std::string_view>{};
  const std::size_t step = std::max<std::size_t>((inputs.rows() + kMostRows - 1) / kMostRows, 1);
  for (std::size_t row = 0; row < inputs.rows(); ++row) {
    const bool is_in_step = row % step == 0;
    if (!is_in_step && care == CopyCare::enough) continue;
    if (open_to_all.contains(view_of(inputs.row(row)))) continue;
    std::vector<double> values(width);
    for (std::size_t i = 0; i < width; ++i) values[i] = as_written(inputs, row * width + i);
    const std::vector<Key> keys = keys_in_text(values, csv);
    const std::set<Key> different(keys.begin(), keys.end());
    if (different.size() < 2 || !known.insert(hash_of_keys(keys)).second) continue;
    alphabet.insert(different.begin(), different.end());
    const auto number = static_cast<std::uint32_t>(rows++);
    // In every type only as many as memory has room for.
    add_encodings(values, number, is_in_step ? std::nullopt : std::optional(inputs.dtype));
    if (csv != nullptr && csv->label_column != 0 && csv->label_column + 1 != csv->columns) {
      const auto label = static_cast<std::size_t>(labelled.hidden_labels[row]);
      std::vector<Key> with_label = keys;
      with_label.insert(with_label.begin() + static_cast<std::ptrdiff_t>(csv->label_column),
                        key_of_token(csv->label_values.empty() ? std::to_string(label)
                                                               : csv->label_values[label]));
      add_text_row(std::move(with_label), number);
    }
    add_text_row(keys, number);
  }
  const std::size_t length = windows.empty() ? 0 : windows.back().length;
  const double bits = static_cast<double>(length) *
                      std::log2(static_cast<double>(std::max<std::size_t>(alphabet.size(), 1)));
  least_found = std::max(kLeastFound, (rows + kShare - 1) / kShare);
  if (care == CopyCare::any && rows > 0 &&
      bits >= kTellingBits + std::log2(static_cast<double>(rows))) {
    least_found = 1;
  } else if (rows < kLeastFound || length < kLeastElements || bits < kLeastBits) {
    least_found = 0;
  }
}

void CopyPatterns::State::add_runs(const LabelledDataset& labelled, const Manifest& manifest,
                                   const DatasetLocations& locations) {
  const std::vector<std::int32_t>& hidden = labelled.hidden_labels;
  const std::vector<std::int32_t>& given = labelled.dataset.public_labels;
  const std::size_t length = telling_length(hidden);
  // Sorted labels could be anything.
  if (length > 0 && changes_in(hidden) >= kLeastChanges) {
    const auto add_as = [&](auto number_of) {
      runs.add(numbers_of(hidden, number_of), length, numbers_of(given, number_of),
               "holds labels of the hidden part");
    };
    add_as([](std::int32_t label) { return std::int64_t{label}; });
    add_as([](std::int32_t label) { return std::int64_t{label} + 1; });
    const auto add_names = [&](const std::vector<std::string>& names) {
      if (names.empty()) return;
      runs.add_words(names_of(hidden, names), length, names_of(given, names),
                     "holds labels of the hidden part");
    };
    add_names(manifest.class_names);
    for (const auto* list : {&manifest.samples, &manifest.hidden_samples}) {
      if (!list->empty()) add_names(list->front().csv.label_values);
    }
  }
  if (!manifest.split) return;
  const std::vector<bool> rows_hidden = hidden_rows(manifest, locations);
  std::vector<std::int64_t> numbers[2];  // of the public rows, of the hidden ones
  for (std::size_t row = 0; row < rows_hidden.size(); ++row) {
    numbers[rows_hidden[row] ? 1 : 0].push_back(static_cast<std::int64_t>(row));
  }
  for (const auto& list : numbers) {
    const std::size_t telling = std::min(kTellingRows, list.size());
    if (telling >= kFewestRows) runs.add(list, telling, {}, "holds row numbers of the split");
  }
}

void CopyPatterns::State::add_labels(const std::vector<std::int32_t>& labels,
                                     const Manifest& manifest) {
  if (changes_in(labels) < kLeastChanges) return;
  const auto add_as = [&](auto key_of_label) {
    std::vector<Key> run;
    for (const std::int32_t label : labels) run.push_back(key_of_label(label));
    if (std::find(label_runs.begin(), label_runs.end(), run) == label_runs.end()) {
      label_runs.push_back(std::move(run));
    }
  };
  add_as([](std::int32_t label) { return key_of_number(label); });
  add_as([](std::int32_t label) { return key_of_number(label + 1); });
  add_as([&](std::int32_t label) {
    return key_of_token(manifest.class_names[static_cast<std::size_t>(label)]);
  });
  if (!manifest.class_values.empty()) {
    add_as([&](std::int32_t label) {
      return key_of_number(manifest.class_values[static_cast<std::size_t>(label)]);
    });
  }
  for (const auto* list : {&manifest.samples, &manifest.hidden_samples}) {
    if (list->empty() || list->front().csv.label_values.empty()) continue;
    add_as([&](std::int32_t label) {
      return key_of_token(list->front().csv.label_values[static_cast<std::size_t>(label)]);
    });
  }
}

// Files that hold nothing but the public part are not secret.
std::vector<DataFile> secret_files(const Manifest& manifest) {
  std::set<std::string> open_to_all, secret;
  for (const SampleSource& source : manifest.public_samples) {
    open_to_all.insert({source.inputs_file, source.labels_file});
  }
  for (const SampleSource& source : manifest.hidden_samples) {
    secret.insert({source.inputs_file, source.labels_file});
  }
  std::vector<DataFile> files;
  for (const DataFile& file : manifest.files) {
    if (open_to_all.contains(file.name) && !secret.contains(file.name)) continue;
    files.push_back(file);
  }
  return files;
}

std::string CopyPatterns::State::whole_file(std::string_view content) const {
  std::string digest;
  for (const DataFile& file : files) {
    const bool packed = content.size() == file.bytes;
    const bool unpacked =
        file.content_bytes && content.size() == *file.content_bytes && !file.content_sha256.empty();
    if (!packed && !unpacked) continue;
    if (digest.empty()) digest = sha256_of_text(content);
    if (packed && digest == file.sha256) return "is " + file.name;
    if (unpacked && digest == file.content_sha256) return "is " + file.name + ", unpacked";
  }
  return {};
}

std::string CopyPatterns::State::rows_found(const std::vector<bool>& found) const {
  const auto count = static_cast<std::size_t>(std::count(found.begin(), found.end(), true));
  if (least_found == 0 || count < least_found) return {};
  return fmt::format("holds hidden samples ({} of {} looked for)", count, rows);
}

std::string CopyPatterns::State::match_text(std::string_view text) const {
  if (least_found == 0) return {};
  std::vector<bool> found(rows);
  std::size_t longest = 0;
  for (const Window& window : windows) longest = std::max(longest, window.length);
  std::vector<Key> last(std::bit_ceil(longest + 1));  // a ring
  const std::size_t mask = last.size() - 1;
  std::vector<Key> hashes(windows.size());
  std::size_t count = 0;
  for_each_token(text, [&](std::string_view token) {
    const Key key = key_of_token(token);
    last[count & mask] = key;
    for (std::size_t i = 0; i < windows.size(); ++i) {
      const Window& window = windows[i];
      hashes[i] = hashes[i] * kKeyBase + key;
      if (count >= window.length) hashes[i] -= last[(count - window.length) & mask] * window.power;
      if (!window.rows.may_have(hashes[i])) continue;
      const auto [from, to] = window.rows.all(hashes[i]);
      for (auto one = from; one != to; ++one) found[one->second] = true;
    }
    ++count;
    return true;
  });
  return rows_found(found);
}

std::string CopyPatterns::State::match_bytes(std::string_view bytes) const {
  if (least_found == 0 || encodings.empty()) return {};
  std::vector<bool> found(rows);
  const auto compare = [&](const HashTable& table, std::uint64_t hash, std::size_t offset) {
    const auto [from, to] = table.all(hash);
    for (auto one = from; one != to; ++one) {
      const EncodedRow& row = encodings[one->second];
      if (offset < row.anchor) continue;
      if (bytes.substr(offset - row.anchor).starts_with(row.bytes)) found[row.row] = true;
    }
  };
  for (std::size_t at = 0; at + kAnchorBytes <= bytes.size(); ++at) {
    const std::uint64_t hash = anchor_hash(bytes.data() + at);
    if (anchors.may_have(hash)) compare(anchors, hash, at);
    if (at + kLongAnchorBytes > bytes.size()) continue;
    const std::uint64_t longer = long_anchor_hash(hash, bytes.data() + at);
    if (long_anchors.may_have(longer)) compare(long_anchors, longer, at);
  }
  return rows_found(found);
}

std::string CopyPatterns::State::match_columns(const std::vector<std::vector<Key>>& columns) const {
  for (const std::vector<Key>& column : columns) {
    for (const std::vector<Key>& run : label_runs) {
      if (column.size() < run.size()) continue;
      if (std::search(column.begin(), column.end(), run.begin(), run.end()) != column.end()) {
        return fmt::format("holds labels ({} in a row)", run.size());
      }
    }
  }
  return {};
}

std::string CopyPatterns::State::match_label_text(std::string_view text) const {
  if (label_runs.empty() || text.size() > kLargestLabelText) return {};
  std::vector<std::vector<Key>> columns;
  std::size_t width = 0, lines = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::vector<std::string_view> tokens;
    for_each_token(text.substr(0, end), [&tokens](std::string_view token) {
      tokens.push_back(token);
      return tokens.size() <= 4096;
    });
    text.remove_prefix(std::min(end + 1, text.size()));
    if (tokens.empty()) continue;
    ++lines;
    // Names of columns may differ in number; from the second line on it is a table or none.
    if (lines <= 2) width = tokens.size();
    if (tokens.size() != width) return {};
    if (lines == 2 || columns.empty()) columns.resize(width <= kFewColumns ? width : 2);
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i].push_back(
          key_of_token(width <= kFewColumns ? tokens[i] : tokens[i == 0 ? 0 : width - 1]));
    }
  }
  return match_columns(columns);
}

std::string CopyPatterns::State::match_label_array(const Tensor& tensor) const {
  if (label_runs.empty() || tensor.rows() == 0) return {};
  const std::size_t width = tensor.elements() / tensor.rows();
  if (width == 0) return {};
  std::vector<std::vector<Key>> columns;
  for (std::size_t column = 0; column < width; ++column) {
    if (width > kFewColumns && column != 0 && column + 1 != width) continue;
    columns.emplace_back();
    for (std::size_t row = 0; row < tensor.rows(); ++row) {
      columns.back().push_back(key_of_number(element_as_double(tensor, row * width + column)));
    }
  }
  return match_columns(columns);
}

CopyPatterns::CopyPatterns(const LabelledDataset& labelled, const DatasetLocations& locations,
                           CopyCare care) {
  auto state = std::make_unique<State>();
  const Manifest manifest = find_manifest(labelled.dataset.id, locations);
  state->care = care;
  state->sha256 = sha256_of_text(std::string(kCopiesVersion) + labelled.dataset.sha256 +
                                 (care == CopyCare::any ? " any" : ""));
  state->files = secret_files(manifest);
  state->add_rows(labelled, manifest);
  state->add_labels(labelled.hidden_labels, manifest);
  if (manifest.split) state->add_labels(read_samples(manifest, locations).labels, manifest);
  if (care == CopyCare::any) {
    state->add_runs(labelled, manifest, locations);
    state->least_bytes = kLeastPieceBytes;
  }
  for (const DataFile& file : state->files) {
    state->least_bytes = std::min(state->least_bytes, file.bytes);
  }
  state_ = std::move(state);
}

CopyPatterns::~CopyPatterns() = default;
CopyPatterns::CopyPatterns(CopyPatterns&&) noexcept = default;

std::string CopyPatterns::match(std::string_view content) const {
  if (std::string whole = state_->whole_file(content); !whole.empty()) return whole;
  if (state_->care == CopyCare::any) {
    if (std::string found = state_->runs.match(content); !found.empty()) return found;
  }
  if (is_text(content)) {
    std::string found = state_->match_text(content);
    if (found.empty()) found = state_->match_label_text(content);
    // Text in front does not hide what follows.
    if (!found.empty() || content.find('\0') == content.npos) return found;
  }
  if (std::string found = state_->match_bytes(content); !found.empty()) return found;
  if (!is_npy(content) && !may_be_idx(content)) return {};
  if (content.size() > kLargestLabelArray) return {};
  try {
    const std::string name = "array";
    return state_->match_label_array(is_npy(content) ? parse_npy(content, name)
                                                     : parse_idx(content, name));
  } catch (const Error&) {
    return {};  // not such an array after all
  }
}

std::string CopyPatterns::unread(std::string_view content) const {
  if (state_->label_runs.empty() || content.size() <= kLargestLabelArray) return {};
  if (!is_npy(content) && !may_be_idx(content)) return {};
  return "an array too large to look for labels in";
}

std::uint64_t CopyPatterns::least_bytes() const {
  return state_->least_bytes;
}

const std::string& CopyPatterns::sha256() const {
  return state_->sha256;
}

}  // namespace joulebench
