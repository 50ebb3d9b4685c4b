#include "core/block_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "tests/support/error_text.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class BlockFile : public ::testing::Test {
 protected:
  TemporaryFolder folder_{"block-file"};
  fs::path path_ = folder_.path() / "predictions.npy";
  fs::path compressed_ = folder_.path() / "predictions.npy.gz";
};

TEST_F(BlockFile, ComesBackAsItWas) {
  std::string passes;  // one pass of 360 classes, as often as fits into 3 MB
  while (passes.size() < 3'000'000) passes += static_cast<char>(passes.size() % 360 * 7 % 10);
  for (const std::string& content : {std::string(), std::string("x"), passes}) {
    write_block_file(path_, content);
    EXPECT_EQ(read_block_file(path_), content);
    EXPECT_EQ(find_block_file(path_), compressed_);
  }
  EXPECT_LT(fs::file_size(compressed_), 60'000u);
  EXPECT_FALSE(fs::exists(path_));
}

TEST_F(BlockFile, OfAFormerVersionIsReadAsItIs) {
  write_file_atomically(path_, "plain");
  EXPECT_EQ(read_block_file(path_), "plain");
}

TEST_F(BlockFile, ThatIsNotWholeIsRefused) {
  write_block_file(path_, std::string(1'000'000, 'x'));
  const std::string whole = read_text_file(compressed_);
  for (const std::string& text : {whole + " ", whole + whole, whole.substr(0, whole.size() - 1),
                                  whole.substr(1), std::string("text"), std::string()}) {
    write_file_atomically(compressed_, text);
    EXPECT_THAT(error_text([&] { read_block_file(path_); }),
                HasSubstr("predictions.npy.gz: it is no whole gzip file"));
  }
  fs::remove(compressed_);
  EXPECT_THAT(error_text([&] { read_block_file(path_); }), HasSubstr("no such file"));
  fs::create_symlink("/etc/passwd", compressed_);
  EXPECT_THAT(error_text([&] { read_block_file(path_); }), HasSubstr("no such file"));
}

TEST_F(BlockFile, ThatIsLargerInsideThanItMayBeIsRefused) {
  write_block_file(path_, std::string(20'000'000, 'x'));
  EXPECT_LT(fs::file_size(compressed_), 100'000u);
  EXPECT_THAT(error_text([&] { read_block_file(path_, 1'000'000); }),
              HasSubstr("it holds more than 1000000 bytes"));
}

}  // namespace
}  // namespace joulebench
