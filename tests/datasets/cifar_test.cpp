#include "datasets/cifar.h"

#include <gtest/gtest.h>

#include "datasets/tar.h"
#include "tests/datasets/message.h"

namespace joulebench {
namespace {

std::string record(std::string labels, char pixel) {
  return labels + std::string(3072, pixel);
}

TEST(Cifar, ReadsRecordsOfTenClasses) {
  const auto samples = parse_cifar(record("\x03", 'r') + record("\x09", 's'), 1, 10, "f");
  EXPECT_EQ(samples.labels, (std::vector<std::int32_t>{3, 9}));
  EXPECT_EQ(samples.inputs.shape, (std::vector<std::size_t>{2, 3, 32, 32}));
  EXPECT_EQ(element_as_double(samples.inputs, 3071), 'r');
  EXPECT_EQ(element_as_double(samples.inputs, 3072), 's');
}

TEST(Cifar, TakesTheFineLabelOfAHundredClasses) {
  EXPECT_EQ(parse_cifar(record("\x07\x63", 'r'), 2, 100, "f").labels[0], 99);
}

TEST(Cifar, NamesOffsetAndRecord) {
  const auto error = [](const std::string& bytes) {
    return where_of_error([&] { parse_cifar(bytes, 1, 10, "f"); });
  };
  EXPECT_EQ(error(record("\x01", 'a') + "xyz"),
            "f: offset 3073: 3 bytes, where a record of 3073 was expected");
  EXPECT_EQ(error(record("\x01", 'a') + record("\x0a", 'a')),
            "f: offset 3073: record 1 has label 10, where 0 to 9 were expected");
}

// One ustar header, as POSIX.1-1988 lays it out.
std::string tar_entry(const std::string& path, const std::string& content) {
  std::string header(512, '\0');
  const auto put = [&header](std::size_t at, const std::string& text) {
    header.replace(at, text.size(), text);
  };
  char size[12];
  std::snprintf(size, sizeof size, "%011zo", content.size());
  put(0, path);
  put(124, size);
  put(148, "        ");
  put(156, "0");
  put(257, "ustar");
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  put(148, digits);
  return header + content + std::string((512 - content.size() % 512) % 512, '\0');
}

TEST(Tar, FindsAMember) {
  const std::string archive = tar_entry("a/one", "first") +
                              tar_entry("a/two", std::string(600, 'x')) +
                              tar_entry("a/three", "third") + std::string(1024, '\0');
  EXPECT_EQ(tar_member(archive, "a/one", "t"), "first");
  EXPECT_EQ(tar_member(archive, "a/three", "t"), "third");
  EXPECT_EQ(where_of_error([&] { tar_member(archive, "a/four", "t"); }), "t: no member 'a/four'");
}

TEST(Tar, RefusesDamage) {
  std::string archive = tar_entry("one", "first");
  EXPECT_EQ(where_of_error([&] { tar_member(archive.substr(0, 514), "one", "t"); }),
            "t: Truncated tar archive");
  archive[3] = 'X';
  EXPECT_EQ(where_of_error([&] { tar_member(archive, "one", "t"); }),
            "t: Unrecognized archive format");
}

}  // namespace
}  // namespace joulebench
