#include "datasets/labels.h"
#include "test_paths.h"

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
  LabelledDataset open() const { return open_dataset("small", {{kDatasets, place_.path()}}); }
  std::string error() const {
    return where_of_error([this] { open(); });
  }

  TemporaryFolder place_{"test"};
  fs::path folder_ = place_.path() / "small";
  std::string manifest_;
};

TEST_F(SmallDataset, IsSplitByItsRowsFile) {
  write();
  const auto [dataset, hidden_labels] = open();
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
  EXPECT_EQ(hidden_labels, (std::vector<std::int32_t>{1, 0}));
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
  EXPECT_EQ(error(), "rows.txt: line 2: '1', where the end of the file was expected");
  write("1,2,0\n3,4,1\n5,6,1\n7,8,0\n", "1\nx\n");
  EXPECT_EQ(error(), "rows.txt: line 2: 'x', where a row number from 2 to 3 was expected");
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
  const auto [digits, hidden_labels] = open_dataset("digits", {{kDatasets}});
  EXPECT_EQ(digits.public_inputs.shape, (std::vector<std::size_t>{1437, 8, 8}));
  EXPECT_EQ(digits.hidden_inputs.shape, (std::vector<std::size_t>{360, 8, 8}));
  EXPECT_EQ(digits.public_inputs.dtype, DType::u8);
  std::array<int, 10> counts{};
  for (const auto label : digits.public_labels) ++counts[static_cast<std::size_t>(label)];
  for (const auto label : hidden_labels) ++counts[static_cast<std::size_t>(label)];
  EXPECT_EQ(counts, (std::array{178, 182, 177, 183, 181, 182, 181, 179, 174, 180}));
  // The file's first row is public: a 0 that starts 0 0 5 13 9 1 0 0.
  EXPECT_EQ(digits.public_labels[0], 0);
  EXPECT_EQ(element_as_double(digits.public_inputs, 3), 13);
  const auto highest =
      std::max_element(digits.hidden_inputs.bytes.begin(), digits.hidden_inputs.bytes.end());
  EXPECT_EQ(*highest, std::byte{16});
}

TEST_F(SmallDataset, CanBeSplitBySeed) {
  write();
  edit(R"({"rows_file": "rows.txt"})", R"({"hidden_fraction": 0.5, "seed": 3})");
  const auto [dataset, hidden_labels] = open();
  EXPECT_EQ(hidden_labels.size(), 2u);  // one of each class
  EXPECT_EQ(hidden_labels[0] + hidden_labels[1], 1);
  EXPECT_EQ(dataset.public_labels.size(), 2u);
}

TEST_F(SmallDataset, ReadsTheHiddenPartAlone) {
  write();
  const auto [dataset, hidden_labels] =
      open_dataset("small", {{place_.path()}}, DatasetPart::hidden);
  EXPECT_EQ(hidden_labels.size(), 2u);
  EXPECT_TRUE(dataset.public_labels.empty());
}

TEST_F(SmallDataset, NamesKeysThatDoNotBelongToAFormat) {
  const std::string path = (folder_ / "dataset.json").string();
  write();
  edit(R"("format": "csv", "file": "t.csv")", R"("format": "idx", "file": "t.csv")");
  EXPECT_EQ(error(), path + ": field 'samples[0].inputs' is missing");
  write();
  edit(R"("columns": 3,)", R"("columns": 3, "member": "x",)");
  EXPECT_EQ(error(),
            path + ": field 'samples[0].member' does not belong to a source of format csv");
  write();
  edit(R"("split": {"rows_file": "rows.txt"})", R"("hidden": [{"format": "csv", "file": "t.csv",
       "rows": 4, "columns": 3, "label_column": 2}])");
  EXPECT_EQ(error(),
            path +
                ": field 'samples': a manifest has either samples and split, or public and "
                "hidden");
}

std::vector<int> class_counts(const std::vector<std::int32_t>& labels, std::size_t classes) {
  std::vector<int> counts(classes);
  for (const auto label : labels) ++counts[static_cast<std::size_t>(label)];
  return counts;
}

std::vector<int> sum(std::vector<int> a, const std::vector<int>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

TEST(Iris, HasItsPublishedCounts) {
  const auto [iris, hidden_labels] = open_dataset("iris", {{kDatasets}});
  EXPECT_EQ(sum(class_counts(iris.public_labels, 3), class_counts(hidden_labels, 3)),
            (std::vector<int>{50, 50, 50}));
  EXPECT_EQ(iris.hidden_inputs.shape, (std::vector<std::size_t>{30, 4}));
  EXPECT_FLOAT_EQ(static_cast<float>(element_as_double(iris.hidden_inputs, 0)), 5.1f);  // row 0
  EXPECT_EQ(iris.validation_rows.size(), 12u);
  EXPECT_TRUE(std::is_sorted(iris.validation_rows.begin(), iris.validation_rows.end()));
}

TEST(WineQuality, IsRankedOnTheGroupedSplit) {
  const auto [wine, hidden_labels] = open_dataset("wine-quality", {{kDatasets}});
  EXPECT_EQ(sum(class_counts(wine.public_labels, 7), class_counts(hidden_labels, 7)),
            (std::vector<int>{20, 163, 1457, 2198, 880, 175, 5}));
  EXPECT_EQ(wine.public_inputs.shape, (std::vector<std::size_t>{3912, 11}));
  EXPECT_EQ(wine.hidden_inputs.shape, (std::vector<std::size_t>{986, 11}));
  EXPECT_EQ(hidden_labels[0], 6 - 3);  // the file's first row, of quality 6
}

TEST(Mushroom, HasOneElementPerValue) {
  const auto [mushroom, hidden_labels] = open_dataset("mushroom", {{kDatasets}});
  EXPECT_EQ(sum(class_counts(mushroom.public_labels, 2), class_counts(hidden_labels, 2)),
            (std::vector<int>{4208, 3916}));
  EXPECT_EQ(mushroom.hidden_inputs.shape, (std::vector<std::size_t>{1625, 117}));
  const auto row = mushroom.hidden_inputs.row(0);
  EXPECT_EQ(std::count(row.begin(), row.end(), std::byte{1}), 22);  // one value per property
}

// The real files, where they are at hand; their cached content goes to a folder of our own.
class RealDataset : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    // The originals may lie in a folder that cannot be written; links show where they are.
    const std::string name = GetParam();
    fs::path originals = fs::path(JOULEBENCH_SHARED_DIR) / "datasets" / name;
    if (name == "cifar-10-partial") originals = originals.parent_path() / "cifar10-partial";
    if (!fs::is_directory(originals)) GTEST_SKIP() << "needs " << originals;
    fs::create_directory(place_.path() / name);
    for (const auto& file : fs::directory_iterator(originals)) {
      fs::create_symlink(fs::absolute(file.path()), place_.path() / name / file.path().filename());
    }
  }
  DatasetLocations locations() const { return {{kDatasets, place_.path()}}; }
  TemporaryFolder place_{"test"};
};

TEST_P(RealDataset, OpensAgainFromItsKeptContent) {
  const std::string name = GetParam();
  const auto [first, first_labels] = open_dataset(name, locations());
  const fs::path kept = place_.path() / name /
                        (name == "cifar-10-partial" ? "test_batch.first1017.bin.gz.content"
                                                    : "t10k-images-idx3-ubyte.gz.content");
  ASSERT_TRUE(fs::exists(kept));
  const auto [second, second_labels] = open_dataset(name, locations(), DatasetPart::hidden);
  EXPECT_TRUE(first.hidden_inputs.bytes == second.hidden_inputs.bytes);
  EXPECT_EQ(first_labels, second_labels);
  std::string damaged = read_text_file(kept);
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 1);
  write_file_atomically(kept, damaged);
  const auto [third, third_labels] = open_dataset(name, locations(), DatasetPart::hidden);
  EXPECT_TRUE(first.hidden_inputs.bytes == third.hidden_inputs.bytes);
  if (name == "mnist") {
    EXPECT_EQ(class_counts(first.public_labels, 10),
              (std::vector<int>{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}));
    EXPECT_EQ(class_counts(first_labels, 10),
              (std::vector<int>{980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}));
  } else if (name == "fashion-mnist") {
    EXPECT_EQ(class_counts(first.public_labels, 10), std::vector<int>(10, 6000));
    EXPECT_EQ(class_counts(first_labels, 10), std::vector<int>(10, 1000));
  } else {
    EXPECT_EQ(first.public_inputs.shape, (std::vector<std::size_t>{8068, 3, 32, 32}));
    EXPECT_EQ(class_counts(first_labels, 10),
              (std::vector<int>{105, 93, 100, 104, 92, 87, 114, 102, 110, 110}));
  }
}

INSTANTIATE_TEST_SUITE_P(Datasets, RealDataset,
                         ::testing::Values("mnist", "fashion-mnist", "cifar-10-partial"),
                         [](const auto& param) {
                           std::string name = param.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace joulebench
