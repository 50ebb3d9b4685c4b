#include "datasets/copies.h"
#include "test_paths.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <random>

#include "core/error.h"
#include "core/file.h"
#include "core/gzip.h"
#include "core/npy.h"
#include "datasets/data_file.h"
#include "datasets/locate.h"
#include "datasets/store.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::string_literals;

const DatasetLocations kShipped{.folders = {fs::path(JOULEBENCH_SOURCE_DIR) / "datasets"}};

void write_archive(const fs::path& path, int format, int filter, const std::string& name,
                   const std::string& content) {
  archive* const out = archive_write_new();
  archive_write_set_format(out, format);
  archive_write_add_filter(out, filter);
  archive_write_open_filename(out, path.c_str());
  archive_entry* const entry = archive_entry_new();
  archive_entry_set_pathname(entry, name.c_str());
  archive_entry_set_filetype(entry, AE_IFREG);
  archive_entry_set_perm(entry, 0644);
  archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
  archive_write_header(out, entry);
  archive_write_data(out, content.data(), content.size());
  archive_entry_free(entry);
  archive_write_free(out);
}

template <class Number>
std::string npy_of(DType dtype, const std::vector<double>& values,
                   const std::vector<std::size_t>& shape) {
  Tensor tensor{.dtype = dtype, .shape = shape};
  tensor.bytes.resize(values.size() * sizeof(Number));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto number = static_cast<Number>(values[i]);
    std::memcpy(tensor.bytes.data() + i * sizeof number, &number, sizeof number);
  }
  return to_npy(tensor);
}

// A root of files, and the dataset that copies are looked for in it.
class Copies : public ::testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(root_ / "deep/er");
    use("digits");
  }
  void use(const std::string& name) {
    labelled_ = open_dataset(name, kShipped);
    patterns_.emplace(labelled_, kShipped);
    all_ = read_samples(find_manifest(name, kShipped), kShipped);
  }
  void put(const std::string& name, const std::string& content) {
    write_file_atomically(root_ / name, content);
  }
  FoundCopies find(const fs::path& cache = {}) const {
    return find_copies(*patterns_, {.roots = {root_}, .cache = cache});
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const DatasetCopy& one : find().copies) {
      names.push_back(one.path.lexically_relative(root_).string());
    }
    return names;
  }
  std::string original(const std::string& file) const {
    return read_text_file(fs::path(JOULEBENCH_SOURCE_DIR) / "datasets" / labelled_.dataset.id /
                          file);
  }
  std::string original_text() const {
    std::string text;
    decompress_gzip(original("digits.csv.gz"), 1 << 20, "digits",
                    [&text](std::string_view piece) { text += piece; });
    return text;
  }
  std::vector<double> numbers(const Tensor& tensor) const {
    std::vector<double> values;
    for (std::size_t i = 0; i < tensor.elements(); ++i) {
      values.push_back(element_as_double(tensor, i));
    }
    return values;
  }

  TemporaryFolder place_{"copies"};
  fs::path root_ = place_.path() / "root";
  LabelledDataset labelled_;
  LabelledSamples all_;
  std::optional<CopyPatterns> patterns_;
};

TEST_F(Copies, AnExactCopyIsFoundUnderAnyName) {
  put("deep/er/notes.bin", original("digits.csv.gz"));
  put("digits.csv.gz", "not really");
  const FoundCopies found = find();
  ASSERT_EQ(found.copies.size(), 1u);
  EXPECT_EQ(found.copies[0].path, root_ / "deep/er/notes.bin");
  EXPECT_EQ(found.copies[0].reason, "is digits.csv.gz");
  EXPECT_EQ(found.files, 2u);
}

TEST_F(Copies, TheUnpackedFileIsFound) {
  put("a", original_text());
  EXPECT_EQ(find().copies.at(0).reason, "is digits.csv.gz, unpacked");
}

TEST_F(Copies, PackedOnceMoreOrOtherwiseItIsFound) {
  put("again.gz", pack_gzip(original_text() + "\n"));
  put("twice", pack_gzip(original("digits.csv.gz")));
  write_archive(root_ / "a.xz", ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_XZ, "data", original_text());
  write_archive(root_ / "a.zip", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "x/y", original_text());
  write_archive(root_ / "a.tar.bz2", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_BZIP2, "y",
                original("digits.csv.gz"));
  EXPECT_THAT(names(), ElementsAre("a.tar.bz2", "a.xz", "a.zip", "again.gz", "twice"));
}

TEST_F(Copies, OtherSeparatorsAndDecimalsDoNotHideIt) {
  std::string text = original_text();
  std::replace(text.begin(), text.end(), ',', '\t');
  put("tabs", text);
  std::string floats = "# inputs\n";
  for (std::size_t i = 0; i < all_.inputs.elements(); ++i) {
    floats += fmt::format("{:.2f}{}", element_as_double(all_.inputs, i), i % 8 == 7 ? "\n" : " ");
  }
  put("floats", floats);
  EXPECT_THAT(names(), ElementsAre("floats", "tabs"));
}

TEST_F(Copies, ArraysOfTheSameValuesAreFoundInAnyType) {
  const std::vector<double> values = numbers(all_.inputs);
  put("f4.npy", npy_of<float>(DType::f32, values, {1797, 8, 8}));
  put("f8.npy", npy_of<double>(DType::f64, values, {1797, 64}));
  put("i8.npy", npy_of<std::int64_t>(DType::i64, values, {1797, 64}));
  put("pickle",
      "\x80\x04 something before \0"s + npy_of<std::uint8_t>(DType::u8, values, {1797 * 64}));
  std::string idx("\0\0\x08\x03\0\0\x07\x05\0\0\0\x08\0\0\0\x08", 16);
  for (const double value : values) idx += static_cast<char>(value);
  put("idx.gz", pack_gzip(idx));
  write_archive(root_ / "digits.npz", ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "x.npy",
                npy_of<std::int16_t>(DType::i16, values, {1797, 64}));
  EXPECT_THAT(names(), ElementsAre("digits.npz", "f4.npy", "f8.npy", "i8.npy", "idx.gz", "pickle"));
}

TEST_F(Copies, HiddenLabelsAloneAreFound) {
  std::string lines = "row,label\n", plain;
  for (std::size_t i = 0; i < labelled_.hidden_labels.size(); ++i) {
    lines += fmt::format("{},{}\n", i, labelled_.hidden_labels[i]);
    plain += fmt::format("{}\n", labelled_.hidden_labels[i]);
  }
  put("table.csv", lines);
  put("list.txt", plain);
  const std::vector<double> every(all_.labels.begin(), all_.labels.end());
  put("target.npy", npy_of<std::int64_t>(DType::i64, every, {1797}));
  EXPECT_THAT(names(), ElementsAre("list.txt", "table.csv", "target.npy"));
}

TEST_F(Copies, LookalikesAreNotMasked) {
  write_public_part(labelled_.dataset, root_);  // what every participant has
  std::string csv;
  std::mt19937 draw(1);
  for (int row = 0; row < 1797; ++row) {
    for (int i = 0; i < 64; ++i) csv += std::to_string(draw() % 17) + ",";
    csv += std::to_string(draw() % 10) + "\n";
  }
  put("other.csv", csv);
  put("other.csv.gz", pack_gzip(csv));
  put("counting.txt", std::string(4000, '0') + "\n1\n2\n");
  put("empty", "");
  put("damaged.gz", original("digits.csv.gz").substr(0, 3000));
  put("wine.csv", read_text_file(fs::path(JOULEBENCH_SOURCE_DIR) / "datasets/iris/iris.csv"));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(Copies, ShortSamplesAreFoundAsWritten) {
  use("iris");
  std::string csv = "150,4,setosa,versicolor,virginica\n";
  for (std::size_t row = 0; row < 150; ++row) {
    for (std::size_t i = 0; i < 4; ++i) {
      csv += fmt::format("{:.1f},", element_as_double(all_.inputs, row * 4 + i));
    }
    csv += fmt::format("{}\n", all_.labels[row]);
  }
  put("iris.csv", csv);
  EXPECT_THAT(names(), ElementsAre("iris.csv"));
}

TEST_F(Copies, SamplesOfNamesAreFoundWithOtherSeparators) {
  use("mushroom");
  std::string text = original("agaricus-lepiota.data");
  std::replace(text.begin(), text.end(), ',', ' ');
  put("m.txt", text);
  EXPECT_THAT(names(), ElementsAre("m.txt"));
}

TEST_F(Copies, LinksAreNotFollowedAndBothNamesOfAFileAreFound) {
  put("one", original("digits.csv.gz"));
  fs::create_hard_link(root_ / "one", root_ / "deep/two");
  fs::create_symlink(root_ / "one", root_ / "three");
  fs::create_directory_symlink("/", root_ / "all");
  EXPECT_THAT(names(), ElementsAre("deep/two", "one"));
}

TEST_F(Copies, WhatDidNotChangeIsNotReadAgain) {
  put("copy", original("digits.csv.gz"));
  put("clean", std::string(5000, 'x'));
  const fs::path cache = place_.path() / "cache";
  EXPECT_EQ(find(cache).looked_at, 2u);
  const FoundCopies again = find(cache);
  EXPECT_EQ(again.looked_at, 0u);
  ASSERT_EQ(again.copies.size(), 1u);
  EXPECT_EQ(again.copies[0].reason, "is digits.csv.gz");

  put("clean", original("digits.csv.gz"));  // the same name, another file
  const FoundCopies changed = find(cache);
  EXPECT_EQ(changed.looked_at, 1u);
  EXPECT_EQ(changed.copies.size(), 2u);

  // A damaged cache is none.
  for (const auto& file : fs::directory_iterator(cache)) {
    std::string text = read_text_file(file.path());
    text[text.size() / 2] ^= 1;
    write_file_atomically(file.path(), text);
  }
  EXPECT_EQ(find(cache).looked_at, 2u);
  EXPECT_EQ(find(cache).copies.size(), 2u);
}

TEST_F(Copies, OfAnotherDatasetNothingIsKnownFromBefore) {
  const fs::path cache = place_.path() / "cache";
  put("iris", read_text_file(fs::path(JOULEBENCH_SOURCE_DIR) / "datasets/iris/iris.csv"));
  EXPECT_THAT(find(cache).copies, IsEmpty());
  use("iris");
  EXPECT_EQ(find(cache).copies.size(), 1u);
}

TEST_F(Copies, AnArchiveInManyLayersIsToldNotTrusted) {
  std::string packed = original_text() + "\n";
  for (int i = 0; i < 5; ++i) {
    const fs::path layer = place_.path() / "layer.zip";
    write_archive(layer, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "inside", packed);
    packed = read_text_file(layer);
  }
  put("layers", packed);
  const FoundCopies found = find();
  EXPECT_THAT(found.copies, IsEmpty());
  ASSERT_EQ(found.unread.size(), 1u);
  EXPECT_EQ(found.unread[0].reason, "more than 3 archives in one another");
}

TEST_F(Copies, AnArchiveThatEndsEarlyIsToldAndADamagedFileIsNot) {
  write_archive(place_.path() / "a.tar", ARCHIVE_FORMAT_TAR_USTAR, ARCHIVE_FILTER_NONE, "y",
                std::string(5000, 'x'));
  put("cut.tar", read_text_file(place_.path() / "a.tar").substr(0, 3000));
  put("cut.gz", pack_gzip(std::string(500'000, 'x')).substr(0, 300));
  put("begins.7z", "7z\xbc\xaf\x27\x1c" + std::string(5000, 'x'));
  std::vector<std::string> unread;
  for (const DatasetCopy& one : find().unread) unread.push_back(one.path.filename());
  EXPECT_THAT(unread, ElementsAre("cut.tar"));
}

TEST_F(Copies, AnArrayTooLargeToLookForLabelsIsTold) {
  put("large.npy", "\x93NUMPY\x01\0"s);
  put("zeros", "\0\0"s);
  fs::resize_file(root_ / "large.npy", (64 << 20) + 1);
  fs::resize_file(root_ / "zeros", (64 << 20) + 1);
  const FoundCopies found = find();
  ASSERT_EQ(found.unread.size(), 1u);
  EXPECT_EQ(found.unread[0].path.filename(), "large.npy");
}

TEST_F(Copies, TextInFrontDoesNotHideAnArray) {
  put("polyglot",
      std::string(5000, 'x') + npy_of<float>(DType::f32, numbers(all_.inputs), {1797, 8, 8}));
  EXPECT_THAT(names(), ElementsAre("polyglot"));
}

TEST_F(Copies, AStopIsAskedForInsideAnArchive) {
  put("a.gz", pack_gzip(std::string(500'000, 'x')));
  int asked = 0;
  EXPECT_THROW(
      find_copies(*patterns_,
                  {.roots = {root_}, .threads = 1, .stopped = [&asked] { return ++asked == 3; }}),
      Interrupted);
}

}  // namespace
}  // namespace joulebench
