#include "datasets/csv.h"

#include <gtest/gtest.h>

#include "tests/datasets/message.h"

namespace joulebench {
namespace {

// Two numbers and a label of three classes.
CsvFormat small_format(std::size_t rows) {
  CsvFormat format;
  format.rows = rows;
  format.columns = 3;
  format.label_column = 2;
  format.label_values = {"0", "1", "2"};
  format.dtype = DType::f32;
  return format;
}

CsvReader read(std::string_view text, const CsvFormat& format) {
  CsvReader reader("t.csv", format);
  reader.feed(text);
  reader.finish();
  return reader;
}

std::string error_of(std::string_view text, const CsvFormat& format) {
  return where_of_error([&] { read(text, format); });
}

std::vector<double> elements(const Tensor& tensor) {
  std::vector<double> values;
  for (std::size_t i = 0; i < tensor.elements(); ++i)
    values.push_back(element_as_double(tensor, i));
  return values;
}

TEST(CsvReader, ReadsNumbersAndLabels) {
  const CsvReader reader = read("1.5,-2,0\r\n3e1,.25,2", small_format(2));
  EXPECT_EQ(reader.inputs.shape, (std::vector<std::size_t>{2, 2}));
  EXPECT_EQ(elements(reader.inputs), (std::vector<double>{1.5, -2, 30, 0.25}));
  EXPECT_EQ(reader.labels, (std::vector<std::int32_t>{0, 2}));
}

TEST(CsvReader, GivesTheSameForEveryCutOfTheText) {
  const std::string text = "\"a \"\"x\"\"\";b;\"c;d\"\n1;\"2\";1\n3;4;0\n";
  CsvFormat format = small_format(2);
  format.delimiter = ';';
  format.header = true;
  const CsvReader whole = read(text, format);
  EXPECT_EQ(elements(whole.inputs), (std::vector<double>{1, 2, 3, 4}));
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    CsvReader reader("t.csv", format);
    reader.feed(std::string_view(text).substr(0, cut));
    reader.feed(std::string_view(text).substr(cut));
    reader.finish();
    EXPECT_EQ(reader.inputs.bytes, whole.inputs.bytes) << cut;
    EXPECT_EQ(reader.labels, whole.labels) << cut;
  }
}

TEST(CsvReader, UnfoldsCategoriesInTheirRecordedOrder) {
  CsvFormat format = small_format(2);
  format.dtype = DType::u8;
  format.label_values = {"e", "p"};
  format.categorical = {{.column = 0, .name = "cap", .values = {"b", "x", "?"}}};
  const CsvReader reader = read("x,7,p\n?,8,e\n", format);
  EXPECT_EQ(reader.inputs.shape, (std::vector<std::size_t>{2, 4}));
  EXPECT_EQ(elements(reader.inputs), (std::vector<double>{0, 1, 0, 7, 0, 0, 1, 8}));
  EXPECT_EQ(reader.labels, (std::vector<std::int32_t>{1, 0}));
  EXPECT_EQ(error_of("x,7,p\nq,8,e\n", format),
            "t.csv: line 2: column 1: 'q', where one of the column's values was expected");
}

TEST(CsvReader, NamesLineAndColumnOfWhatItRefuses) {
  const CsvFormat format = small_format(2);
  EXPECT_EQ(error_of("1,2,0\n1,2\n", format), "t.csv: line 2: 2 fields, where 3 were expected");
  EXPECT_EQ(error_of("1,2,0\n1,2,0,9\n", format), "t.csv: line 2: 4 fields, where 3 were expected");
  EXPECT_EQ(error_of("1,2,0\n\n1,2,0\n", format), "t.csv: line 2: 1 fields, where 3 were expected");
  EXPECT_EQ(error_of("1,two,0\n", format),
            "t.csv: line 1: column 2: 'two', where a number was expected");
  EXPECT_EQ(error_of("1, 2,0\n", format),
            "t.csv: line 1: column 2: ' 2', where a number was expected");
  EXPECT_EQ(error_of("1,,0\n", format), "t.csv: line 1: column 2: '', where a number was expected");
  EXPECT_EQ(error_of("1,nan,0\n", format),
            "t.csv: line 1: column 2: 'nan', where a finite number was expected");
  EXPECT_EQ(error_of("1,1e39,0\n", format),
            "t.csv: line 1: column 2: '1e39', where a finite number was expected");
  EXPECT_EQ(error_of("1,2,3\n", format),
            "t.csv: line 1: column 3: '3', where one of the class labels was expected");
  EXPECT_EQ(error_of("1,\"2,0\n", format), "t.csv: line 1: column 2: a quote that is never closed");
  EXPECT_EQ(error_of("1,\"2\"x,0\n", format),
            "t.csv: line 1: column 2: text behind a closing quote");
  EXPECT_EQ(error_of("1,2\",0\n", format),
            "t.csv: line 1: column 2: a quote inside a field that does not start with one");
  EXPECT_EQ(error_of("1,2,0\n", format),
            "t.csv: line 1: the file ends after 1 rows, where 2 were expected");
  EXPECT_EQ(error_of("1,2,0\n1,2,0\n1,2,0\n", format),
            "t.csv: line 3: a row beyond the 2 that were expected");
  EXPECT_EQ(error_of(std::string((1 << 20) + 1, '1'), format), "t.csv: line 1: a line above 1 MiB");
}

TEST(CsvReader, RefusesIntegersThatDoNotFit) {
  CsvFormat format = small_format(1);
  format.dtype = DType::u8;
  EXPECT_EQ(elements(read("0,255,0\n", format).inputs), (std::vector<double>{0, 255}));
  for (const char* wrong : {"256", "-1", "1.5"}) {
    EXPECT_EQ(error_of(std::string(wrong) + ",0,0\n", format),
              "t.csv: line 1: column 1: '" + std::string(wrong) +
                  "', where an integer from 0 to 255 was expected");
  }
}

}  // namespace
}  // namespace joulebench
