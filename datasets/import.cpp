#include "datasets/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/npy.h"
#include "datasets/data_file.h"
#include "datasets/idx.h"
#include "datasets/labels.h"
#include "datasets/locate.h"
#include "datasets/manifest.h"
#include "datasets/order.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxCategories = 1000;
constexpr std::size_t kMaxNumbers = 100'000;  // different labels, where they are numbers
constexpr std::uint64_t kMaxContent = std::uint64_t{8} << 30;

[[noreturn]] void fail(const std::string& where, const std::string& hint = {}) {
  throw Error({.what = "cannot import a dataset", .where = where, .hint = hint});
}

bool is_number(std::string_view text, double& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

// Numbers by value, texts by bytes, numbers first.
void sort_values(std::vector<std::string>& values) {
  std::sort(values.begin(), values.end(), [](const std::string& a, const std::string& b) {
    double x = 0, y = 0;
    const bool a_is = is_number(a, x), b_is = is_number(b, y);
    if (a_is && b_is && x != y) return x < y;
    if (a_is != b_is) return a_is;
    return a < b;
  });
}

// What one look at a CSV file tells of one column.
struct Column {
  std::string name;
  bool numeric = true;
  bool numeric_below = true;  // from the second line on
  bool fractions = false;     // some number is not whole
  bool bytes = true;          // whole numbers from 0 to 255
  double highest = 0;
  std::set<std::string, std::less<>> values;
  bool many = false;  // more values than a category may have; no longer kept
};

struct CsvSurvey {
  char delimiter = ',';
  std::size_t rows = 0;
  std::vector<Column> columns;

  // The columns with a text on the first line and numbers alone below it.
  std::string named_columns() const {
    std::string names;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].numeric || !columns[i].numeric_below || rows < 2) continue;
      names += fmt::format("{}{}", names.empty() ? "" : ", ", i);
    }
    return names;
  }
};

char likely_delimiter(std::string_view line) {
  char best = ',';
  for (const char one : {',', ';', '\t'}) {
    if (std::count(line.begin(), line.end(), one) > std::count(line.begin(), line.end(), best)) {
      best = one;
    }
  }
  return best;
}

CsvSurvey survey(std::string_view text, const ImportOptions& options) {
  CsvSurvey result;
  const bool has_header = options.header.value_or(false);
  const std::size_t most = options.label_is_number ? kMaxNumbers : kMaxCategories;
  result.delimiter = options.delimiter.value_or(likely_delimiter(text.substr(0, text.find('\n'))));
  CsvFields fields;
  for (std::size_t line_number = 1; !text.empty(); ++line_number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::string where = options.csv.string() + ": line " + std::to_string(line_number);
    const auto wrong = fields.split(line, result.delimiter, 1000000);
    const auto& row = fields.get();
    if (!wrong.empty()) fail(fmt::format("{}: column {}: {}", where, row.size() + 1, wrong));
    if (line_number == 1) {
      result.columns.resize(row.size());
      for (std::size_t i = 0; i < row.size(); ++i) {
        result.columns[i].name = has_header ? std::string(row[i]) : std::to_string(i);
      }
      if (has_header) continue;
    }
    if (row.size() != result.columns.size()) {
      fail(fmt::format("{}: {} fields, where {} were expected", where, row.size(),
                       result.columns.size()));
    }
    ++result.rows;
    for (std::size_t i = 0; i < row.size(); ++i) {
      Column& column = result.columns[i];
      double value = 0;
      const bool numeric = (column.numeric || column.numeric_below) && is_number(row[i], value);
      column.numeric = column.numeric && numeric;
      column.numeric_below = column.numeric_below && (numeric || line_number == 1);
      if (column.numeric) {
        column.fractions = column.fractions || value != std::trunc(value);
        column.bytes = column.bytes && value >= 0 && value <= 255 && value == std::trunc(value);
        column.highest = std::max(column.highest, value);
      }
      if (!column.many && !column.values.contains(row[i])) {
        column.values.emplace(row[i]);
        column.many = column.values.size() > most;
      }
    }
  }
  if (result.rows < 2 || result.columns.size() < 2) {
    fail(options.csv.string() + ": fewer than 2 rows or 2 columns");
  }
  return result;
}

std::size_t label_column(const CsvSurvey& survey, const ImportOptions& options) {
  if (options.label.empty()) return survey.columns.size() - 1;
  for (std::size_t i = 0; i < survey.columns.size(); ++i) {
    if (survey.columns[i].name == options.label) return i;
  }
  std::size_t index = 0;
  const char* end = options.label.data() + options.label.size();
  const auto [at, error] = std::from_chars(options.label.data(), end, index);
  if (error == std::errc() && at == end && index < survey.columns.size()) return index;
  fail(fmt::format("{}: there is no column '{}' among {}", options.csv.string(), options.label,
                   survey.columns.size()),
       options.header.value_or(false)
           ? ""
           : "its name can be given when the first line holds names: --header");
}

// The manifest in the making, in a folder that gets its place when all is well.
class Import {
 public:
  explicit Import(const ImportOptions& options)
      : options_(options),
        temporary_("import", options.store),
        folder_(temporary_.path() / options.name) {
    fs::create_directory(folder_);
  }

  ImportReport run() {
    manifest_.id = options_.name;
    manifest_.title = options_.title.empty() ? options_.name : options_.title;
    manifest_.licence = options_.licence;
    manifest_.citation = options_.citation;
    if (options_.csv.empty()) {
      add_arrays();
    } else {
      add_csv();
    }
    manifest_.split = {.seed = options_.seed, .hidden_fraction = options_.hidden_fraction};
    write_manifest();
    const DatasetLocations here{{temporary_.path()}};
    const LabelledSamples samples = read_samples(find_manifest(options_.name, here), here);
    add_split(samples);
    write_manifest();
    open_dataset(options_.name, here);  // exactly as a run will
    const fs::path place = options_.store / options_.name;
    publish_folder(folder_, place);
    report_.manifest = place / "dataset.json";
    return std::move(report_);
  }

 private:
  void write_manifest() const {
    write_file_atomically(folder_ / "dataset.json", to_json_text(manifest_));
  }

  // Copies a file and lists it; returns its content.
  Content add_file(const fs::path& source) {
    DataFile file{.name = source.filename().string()};
    const MappedFile mapped(source);
    file.bytes = mapped.bytes().size();
    file.sha256 = sha256_of_text(mapped.bytes());
    write_file_atomically(folder_ / file.name, mapped.bytes());
    if (file.is_gzip()) {
      Sha256 sha;
      std::uint64_t size = 0;
      decompress_gzip(mapped.bytes(), kMaxContent, source.string(), [&](std::string_view piece) {
        sha.update(piece);
        size += piece.size();
      });
      file.content_bytes = size;
      file.content_sha256 = sha.finish();
    }
    manifest_.files.push_back(file);
    return open_content(folder_ / file.name, file);
  }

  void add_csv() {
    const Content content = add_file(options_.csv);
    const CsvSurvey found = survey(content.bytes(), options_);
    check_first_line(found);
    const std::size_t label = label_column(found, options_);
    check_label(found, found.columns[label]);
    std::vector<CsvCategories> categorical;
    std::size_t elements = 0;
    bool bytes = true;
    double highest = 0;
    for (std::size_t i = 0; i < found.columns.size(); ++i) {
      const Column& column = found.columns[i];
      if (i == label) continue;
      if (column.numeric) {
        ++elements;
        bytes = bytes && column.bytes;
        highest = std::max(highest, column.highest);
        continue;
      }
      if (column.many) {
        fail(fmt::format("{}: column '{}' has more than {} different texts", options_.csv.string(),
                         column.name, kMaxCategories),
             "leave out identifiers and free text, and fill in missing numbers");
      }
      std::vector<std::string> values(column.values.begin(), column.values.end());
      sort_values(values);
      elements += values.size();
      categorical.push_back({.column = i, .name = column.name, .values = values});
      report_.categorical_columns.push_back(column.name);
    }
    std::vector<std::string> classes(found.columns[label].values.begin(),
                                     found.columns[label].values.end());
    sort_values(classes);
    SampleSource source{.format = SampleSource::Format::csv,
                        .inputs_file = options_.csv.filename().string()};
    source.csv = {.delimiter = found.delimiter,
                  .header = options_.header.value_or(false),
                  .rows = found.rows,
                  .columns = found.columns.size(),
                  .label_column = label,
                  .label_values = classes};
    source.csv.categorical = categorical;
    manifest_.samples = {source};
    manifest_.dtype = bytes ? DType::u8 : DType::f32;
    manifest_.sample_shape = {elements};
    // A lowest bit means little only where values are many, and nothing of the kind in a category.
    manifest_.salt = !bytes                                 ? SaltKind::ulp
                     : categorical.empty() && highest >= 16 ? SaltKind::lowest_bit
                                                            : SaltKind::none;
    set_classes(classes);
    if (!options_.label_is_number) return;
    for (const std::string& value : classes) manifest_.class_values.push_back(std::stod(value));
  }

  // A line of names would become one sample more, and make categories of all numbers below it.
  void check_first_line(const CsvSurvey& found) const {
    const std::string columns = options_.header ? "" : found.named_columns();
    if (columns.empty()) return;
    fail(fmt::format("{}: line 1 holds texts where all lines below it hold numbers (columns {})",
                     options_.csv.string(), columns),
         "where it names the columns: --header; where it is a sample like the others: --no-header");
  }

  void check_label(const CsvSurvey& found, const Column& label) const {
    const std::string column =
        fmt::format("{}: column '{}', the label,", options_.csv.string(), label.name);
    if (options_.label_is_number) {
      if (!label.numeric) fail(column + " holds texts, where numbers were expected");
      if (label.many)
        fail(fmt::format("{} has more than {} different numbers", column, kMaxNumbers));
      return;
    }
    constexpr std::size_t kMostClasses = 20;  // of numbers with fractions
    const bool is_quantity =
        label.numeric && (label.many || (label.fractions && label.values.size() > kMostClasses) ||
                          (label.values.size() > 100 && 5 * label.values.size() > found.rows));
    if (is_quantity) {
      fail(fmt::format("{} has {}{} different numbers in {} rows: a quantity, and no class", column,
                       label.many ? "more than " : "",
                       label.many ? kMaxCategories : label.values.size(), found.rows),
           "name another column: --label; to have the quantity predicted, by rmse or mae: "
           "--label-numbers");
    }
    if (label.many) {
      fail(fmt::format("{} has more than {} different values", column, kMaxCategories),
           "name the label's column: --label");
    }
  }

  static Tensor parse(const Content& content, const fs::path& path, bool& is_npy) {
    is_npy = content.bytes().starts_with("\x93NUMPY");
    return is_npy ? parse_npy(content.bytes(), path.string())
                  : parse_idx(content.bytes(), path.string());
  }

  void add_arrays() {
    bool npy = false, labels_npy = false;
    const Tensor inputs = parse(add_file(options_.inputs), options_.inputs, npy);
    const Tensor labels = parse(add_file(options_.labels), options_.labels, labels_npy);
    if (npy != labels_npy)
      fail(options_.labels.string() + ": not of the same format as the inputs");
    if (inputs.shape.size() < 2) {
      fail(options_.inputs.string() +
           ": one dimension, where samples of one or more were expected");
    }
    double highest = 1;
    for (std::size_t i = 0; i < labels.elements(); ++i) {
      highest = std::max(highest, element_as_double(labels, i));
    }
    if (!(highest < 100000)) fail(options_.labels.string() + ": a class above 99999");
    std::vector<std::string> classes;
    for (int i = 0; i <= static_cast<int>(highest); ++i) classes.push_back(std::to_string(i));
    double highest_input = 0;
    const bool is_float = inputs.dtype == DType::f32 || inputs.dtype == DType::f64;
    for (std::size_t i = 0; !is_float && i < inputs.elements(); ++i) {
      highest_input = std::max(highest_input, element_as_double(inputs, i));
    }
    manifest_.dtype = inputs.dtype;
    manifest_.sample_shape.assign(inputs.shape.begin() + 1, inputs.shape.end());
    manifest_.samples = {{.format = npy ? SampleSource::Format::npy : SampleSource::Format::idx,
                          .inputs_file = options_.inputs.filename().string(),
                          .labels_file = options_.labels.filename().string()}};
    manifest_.salt = is_float              ? SaltKind::ulp
                     : highest_input >= 16 ? SaltKind::lowest_bit
                                           : SaltKind::none;
    set_classes(classes);
  }

  void set_classes(const std::vector<std::string>& classes) {
    if (classes.size() < 2) fail("all samples have the same label", "name its column: --label");
    std::vector<std::string> names = classes;
    for (std::string& name : names) {
      if (name.empty()) name = "(empty)";
    }
    manifest_.class_names = names;
    report_.class_names = std::move(names);
  }

  void add_split(const LabelledSamples& samples) {
    std::vector<bool> hidden;
    if (options_.rows_file.empty()) {
      // Numbers are drawn from as they come: few occur twice.
      const std::vector<std::int32_t> strata =
          options_.label_is_number ? std::vector<std::int32_t>(samples.labels.size())
                                   : samples.labels;
      hidden = draw_hidden_rows(samples.inputs, strata, options_.hidden_fraction, options_.seed);
    } else {
      hidden = read_hidden_rows(read_text_file(options_.rows_file), samples.labels.size(),
                                options_.rows_file.string());
    }
    const std::string rows = write_hidden_rows(hidden);
    write_file_atomically(folder_ / "hidden_rows.txt", rows);
    manifest_.files.push_back(
        {.name = "hidden_rows.txt", .bytes = rows.size(), .sha256 = sha256_of_text(rows)});
    manifest_.split = {.rows_file = "hidden_rows.txt"};
    report_.hidden_rows = static_cast<std::size_t>(std::count(hidden.begin(), hidden.end(), true));
    report_.public_rows = hidden.size() - report_.hidden_rows;
    if (report_.hidden_rows == 0 || report_.public_rows == 0) {
      fail("the split leaves one part empty", "hide more or fewer samples: --hidden FRACTION");
    }
    report_.twins = find_twins(samples.inputs, samples.labels, hidden);
    std::vector<bool> plain(hidden.size(), false);
    const auto order = draw_order(options_.seed, 0, hidden.size());
    for (std::size_t i = 0; i < report_.hidden_rows; ++i) plain[order[i]] = true;
    report_.leaked_by_plain_split = find_twins(samples.inputs, samples.labels, plain).leaked;
  }

  const ImportOptions& options_;
  TemporaryFolder temporary_;
  fs::path folder_;
  Manifest manifest_;
  ImportReport report_;
};

}  // namespace

bool first_line_names_columns(const ImportOptions& options) {
  if (options.csv.empty()) return false;
  DataFile file{.name = options.csv.filename().string()};
  const MappedFile mapped(options.csv);
  std::string content;
  if (file.is_gzip()) {
    decompress_gzip(mapped.bytes(), kMaxContent, options.csv.string(),
                    [&content](std::string_view piece) { content += piece; });
  }
  const std::string_view text = file.is_gzip() ? std::string_view(content) : mapped.bytes();
  const CsvSurvey found = survey(text, options);
  if (!found.named_columns().empty()) return true;
  CsvFields fields;
  std::string_view line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  double number = 0;
  return !options.label.empty() && !is_number(options.label, number) &&
         fields.split(line, found.delimiter, 1'000'000).empty() &&
         std::find(fields.get().begin(), fields.get().end(), options.label) != fields.get().end();
}

ImportReport import_dataset(const ImportOptions& options) {
  if (options.csv.empty() == (options.inputs.empty() || options.labels.empty())) {
    fail("either one CSV file, or inputs and labels, was expected");
  }
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  };
  if (options.name.empty() || !std::all_of(options.name.begin(), options.name.end(), is_plain) ||
      options.name.front() == '.' || options.name.front() == '-' || options.name.front() == '_') {
    fail("the name '" + options.name + "'", "use a-z, 0-9, '.', '_' and '-', a-z or 0-9 first");
  }
  std::error_code code;
  fs::create_directories(options.store, code);
  if (code) fail(options.store.string() + ": " + code.message());
  if (fs::exists(options.store / options.name)) {
    fail((options.store / options.name).string() + ": is already there",
         "take another name, or remove the folder");
  }
  return Import(options).run();
}

}  // namespace joulebench
