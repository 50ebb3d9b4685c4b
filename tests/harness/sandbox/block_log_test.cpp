#include "harness/sandbox/block_log.h"

#include <gtest/gtest.h>

namespace joulebench {
namespace {

TEST(BlockLog, KeepsAllOfAShortLog) {
  BlockLog log(100);
  log.append("one\n");
  log.append("two\n");
  EXPECT_EQ(log.text(), "one\ntwo\n");
  EXPECT_EQ(log.left_out(), 0u);
}

TEST(BlockLog, KeepsStartAndEndOfALongOneWithAMarkBetween) {
  BlockLog log(8);
  log.append("abcdefghijkl");  // 12 bytes: 4 kept at the start, 4 at the end
  log.append("mn");
  EXPECT_EQ(log.text(), "abcd\n[joulebench: 6 bytes of this log were left out here]\nklmn");
}

TEST(BlockLog, IsWholeUpToItsLastByte) {
  BlockLog log(8);
  for (const char* byte : {"a", "b", "c", "d", "e", "f", "g", "h"}) log.append(byte);
  EXPECT_EQ(log.text(), "abcdefgh");
}

TEST(BlockLog, StaysSmallUnderAFlood) {
  BlockLog log(1000);
  const std::string piece(64 << 10, 'x');
  for (int i = 0; i < 1000; ++i) log.append(piece);
  EXPECT_LT(log.text().size(), 1100u);
  EXPECT_EQ(log.left_out(), 1000u * (64 << 10) - 1000);
}

TEST(PrintableTail, ShowsTheLastLinesAndNothingThatActsOnATerminal) {
  EXPECT_EQ(printable_tail("1\n2\n3\n", 2), "2\n3\n");
  EXPECT_EQ(printable_tail("", 2), "");
  EXPECT_EQ(printable_tail("a\x1b[2Jb\r\n", 5), "a?[2Jb\n");
  EXPECT_EQ(printable_tail("\xff\xc3(", 5), "\xef\xbf\xbd\xef\xbf\xbd(\n");
  EXPECT_EQ(printable_tail("a\u202eb\u200bc", 5), "a?b?c\n");
  EXPECT_EQ(printable_tail(std::string(600, 'x'), 1), std::string(500, 'x') + "...\n");
}

}  // namespace
}  // namespace joulebench
