#include "datasets/data_file.h"

#include <gtest/gtest.h>

#include "core/file.h"
#include "core/gzip.h"
#include "tests/datasets/message.h"

namespace joulebench {
namespace {

std::string unpacked(const std::string& packed, std::uint64_t max_content = 1 << 22) {
  std::string content;
  decompress_gzip(packed, max_content, "f.gz",
                  [&content](std::string_view piece) { content += piece; });
  return content;
}

TEST(Gzip, GivesBackWhatWasPacked) {
  std::string content;
  for (int i = 0; i < 300000; ++i) content += std::to_string(i % 1000 * 7919 % 1000);
  EXPECT_TRUE(unpacked(pack_gzip(content)) == content);  // no diff of a megabyte
  EXPECT_EQ(unpacked(pack_gzip("")), "");
  EXPECT_EQ(unpacked(pack_gzip("one ") + pack_gzip("two")), "one two");
}

TEST(Gzip, RefusesEveryTruncation) {
  const std::string packed = pack_gzip("some content to be cut");
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_EQ(where_of_error([&] { unpacked(packed.substr(0, size)); }),
              "f.gz: offset " + std::to_string(size) + ": the file is cut short");
  }
}

TEST(Gzip, RefusesDamageAndBombs) {
  std::string packed = pack_gzip("some content to be damaged");
  packed[packed.size() - 6] = static_cast<char>(packed[packed.size() - 6] ^ 1);  // in the CRC
  EXPECT_NE(where_of_error([&] { unpacked(packed); }).find("incorrect data check"),
            std::string::npos);
  EXPECT_EQ(where_of_error([&] { unpacked(pack_gzip("x") + "trailing"); }),
            "f.gz: offset 23: incorrect header check");
  const std::string bomb = pack_gzip(std::string(1 << 24, '0'));
  EXPECT_NE(where_of_error([&] {
              unpacked(bomb, 1000);
            }).find("more than the 1000 bytes of content that were expected"),
            std::string::npos);
}

TEST(DataFile, SaysHowAFileDiffers) {
  // SHA-256 of "abc", FIPS 180-2 appendix B.1.
  const std::string digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  verify_bytes("abc", 3, digest, "a.txt");
  EXPECT_EQ(where_of_error([&] { verify_bytes("abcd", 3, digest, "a.txt"); }),
            "a.txt: 4 bytes, where 3 were expected");
  EXPECT_EQ(where_of_error([&] { verify_bytes("abd", 3, digest, "a.txt"); }),
            "a.txt: SHA-256 is a52d159f262b2c6ddb724a61840befc36eb30c88877a4030b65cbe86298449c9, "
            "where " +
                digest + " was expected");
}

TEST(MappedFile, ReadsRegularFilesOnly) {
  const TemporaryFolder folder("test");
  write_file_atomically(folder.path() / "f", "content");
  write_file_atomically(folder.path() / "empty", "");
  EXPECT_EQ(MappedFile(folder.path() / "f").bytes(), "content");
  EXPECT_EQ(MappedFile(folder.path() / "empty").bytes(), "");
  EXPECT_EQ(where_of_error([&] { MappedFile{folder.path()}; }),
            folder.path().string() + ": not a regular file");
  EXPECT_EQ(where_of_error([&] { MappedFile{folder.path() / "none"}; }),
            (folder.path() / "none").string() + ": No such file or directory");
}

}  // namespace
}  // namespace joulebench
