#include "datasets/dataset.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "core/digest.h"
#include "core/file.h"
#include "datasets/manifest.h"
#include "tests/datasets/message.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

const fs::path kDatasets = fs::path(JOULEBENCH_SOURCE_DIR) / "datasets";

// A dataset of our own: 4 rows of 2 numbers, 2 classes, rows 1 and 3 hidden.
class SmallDataset : public ::testing::Test {
 protected:
  SmallDataset() { fs::create_directory(folder_); }

  void write(std::string csv = "1,2,0\n3,4,1\n5,6,1\n7,8,0\n", std::string rows = "1\n3\n") {
    write_file_atomically(folder_ / "t.csv", csv);
    write_file_atomically(folder_ / "rows.txt", rows);
    manifest_ = R"({"format": "joulebench-dataset/1", "id": "small", "title": "Small",
 "licence": "CC0", "citation": "none", "class_names": ["no", "yes"],
 "files": [{"name": "t.csv", "bytes": )" +
                std::to_string(csv.size()) + R"(, "sha256": ")" + sha256_of_text(csv) + R"("},
  {"name": "rows.txt", "bytes": )" +
                std::to_string(rows.size()) + R"(, "sha256": ")" + sha256_of_text(rows) + R"("}],
 "inputs": {"dtype": "u8", "shape": [2]},
 "samples": [{"format": "csv", "file": "t.csv", "rows": 4, "columns": 3, "label_column": 2}],
 "split": {"rows_file": "rows.txt"}, "salt": "lowest-bit"})";
    write_file_atomically(folder_ / "dataset.json", manifest_);
  }
  void edit(std::string_view from, std::string_view to) {
    manifest_.replace(manifest_.find(from), from.size(), to);
    write_file_atomically(folder_ / "dataset.json", manifest_);
  }
  Dataset open() const { return open_dataset("small", {{kDatasets, place_.path()}}); }
  std::string error() const {
    return where_of_error([this] { open(); });
  }

  TemporaryFolder place_{"test"};
  fs::path folder_ = place_.path() / "small";
  std::string manifest_;
};

TEST_F(SmallDataset, IsSplitByItsRowsFile) {
  write();
  const Dataset dataset = open();
  EXPECT_EQ(dataset.title, "Small");
  EXPECT_EQ(dataset.class_names, (std::vector<std::string>{"no", "yes"}));
  EXPECT_EQ(dataset.salt, SaltKind::lowest_bit);
  EXPECT_EQ(dataset.sha256, sha256_of_text(manifest_));
  EXPECT_EQ(dataset.public_inputs.shape, (std::vector<std::size_t>{2, 2}));
  EXPECT_EQ(dataset.public_inputs.bytes,
            (std::vector<std::byte>{std::byte{1}, std::byte{2}, std::byte{5}, std::byte{6}}));
  EXPECT_EQ(dataset.public_labels, (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(dataset.hidden_inputs.bytes,
            (std::vector<std::byte>{std::byte{3}, std::byte{4}, std::byte{7}, std::byte{8}}));
  EXPECT_EQ(dataset.hidden_labels, (std::vector<std::int32_t>{1, 0}));
}

TEST_F(SmallDataset, WithAFlippedByteIsRefusedByItsDigest) {
  write();
  const std::string digest = sha256_of_file(folder_ / "t.csv");
  std::string csv = read_text_file(folder_ / "t.csv");
  csv[0] = '0';  // still a good CSV file
  write_file_atomically(folder_ / "t.csv", csv);
  EXPECT_EQ(error(), (folder_ / "t.csv").string() + ": SHA-256 is " + sha256_of_text(csv) +
                         ", where " + digest + " was expected");
}

TEST_F(SmallDataset, WithoutAFileSaysWhereItWasLookedFor) {
  write();
  fs::remove(folder_ / "t.csv");
  EXPECT_EQ(error(), "looked in " + folder_.string() + ", " + (kDatasets / "small").string());
}

TEST_F(SmallDataset, RefusesARowsFileThatIsNotAscending) {
  write("1,2,0\n3,4,1\n5,6,1\n7,8,0\n", "3\n1\n");
  EXPECT_EQ(error(), "rows.txt: line 2: a row number from 4 to 3 was expected");
  write("1,2,0\n3,4,1\n5,6,1\n7,8,0\n", "1\nx\n");
  EXPECT_EQ(error(), "rows.txt: line 2: a row number from 2 to 3 was expected");
}

TEST_F(SmallDataset, RefusesAManifestThatDoesNotFitTogether) {
  const std::string path = (folder_ / "dataset.json").string();
  write();
  edit(R"("shape": [2])", R"("shape": [3])");
  EXPECT_EQ(error(), path + ": field 'inputs.shape': 3 elements, where samples[0] gives 2 a row");
  write();
  edit(R"("rows_file": "rows.txt")", R"("rows_file": "row.txt")");
  EXPECT_EQ(error(), path + ": field 'split.rows_file': 'row.txt' is not one of files");
  write();
  edit(R"("id": "small")", R"("id": "other")");
  EXPECT_EQ(error(), path + ": field 'id': 'other' in a folder named 'small'");
  write();
  edit("lowest-bit", "ulp");
  EXPECT_EQ(error(), path + ": field 'salt': 'ulp' does not go with elements of type u8");
  write();
  edit(R"("label_column": 2)", R"("label_column": 3)");
  EXPECT_EQ(error(), path + ": field 'samples[0].label_column': 3, where columns are 0 to 2");
}

TEST(Datasets, NameTheNearestOne) {
  try {
    open_dataset("digit", {{kDatasets}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.parts().what, "there is no dataset 'digit'");
    EXPECT_EQ(error.parts().where, "looked in " + kDatasets.string());
    EXPECT_EQ(error.parts().hint, "did you mean 'digits'?");
  }
}

TEST(Digits, HasThePublishedCountsAndSplit) {
  const Dataset digits = open_dataset("digits", {{kDatasets}});
  EXPECT_EQ(digits.public_inputs.shape, (std::vector<std::size_t>{1437, 8, 8}));
  EXPECT_EQ(digits.hidden_inputs.shape, (std::vector<std::size_t>{360, 8, 8}));
  EXPECT_EQ(digits.public_inputs.dtype, DType::u8);
  std::array<int, 10> counts{};
  for (const auto label : digits.public_labels) ++counts[static_cast<std::size_t>(label)];
  for (const auto label : digits.hidden_labels) ++counts[static_cast<std::size_t>(label)];
  EXPECT_EQ(counts, (std::array{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}));
  // The file's first row is public: a 0 that starts 0 0 5 13 9 1 0 0.
  EXPECT_EQ(digits.public_labels[0], 0);
  EXPECT_EQ(element_as_double(digits.public_inputs, 3), 13);
  const auto highest =
      std::max_element(digits.hidden_inputs.bytes.begin(), digits.hidden_inputs.bytes.end());
  EXPECT_EQ(*highest, std::byte{16});
}

}  // namespace
}  // namespace joulebench
