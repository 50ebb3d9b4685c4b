#include "core/text.h"

#include <gtest/gtest.h>

namespace joulebench {
namespace {

TEST(Printable, KeepsTextAndReplacesWhatCouldHarmATerminal) {
  EXPECT_EQ(printable("k-NN \xc3\xa9t\xc3\xa9\n", 100), "k-NN \xc3\xa9t\xc3\xa9\n");
  EXPECT_EQ(printable("\x1b[31mred\x07\r", 100), "?[31mred??");
  EXPECT_EQ(printable("\xc2\x9b"
                      "31m",
                      100),
            "?31m");  // C1 control: another way to say ESC [
}

TEST(Printable, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("a\xff\xc3", 100), "a\xef\xbf\xbd\xef\xbf\xbd");
  EXPECT_EQ(printable("\xc0\xaf", 100), "\xef\xbf\xbd\xef\xbf\xbd");       // overlong '/'
  EXPECT_EQ(printable("\xed\xa0\x80", 100).substr(0, 3), "\xef\xbf\xbd");  // surrogate
}

TEST(Printable, ReplacesWhatReordersOrHidesText) {
  EXPECT_EQ(printable("a\u202eb\u200bc\ufeff\u2028\U000e0041", 100), "a?b?c???");
  EXPECT_EQ(printable(std::string_view("a\0b\x7f", 4), 100), "a?b?");
}

TEST(Printable, CutsAtWholeCharactersWithAMark) {
  EXPECT_EQ(printable("\xc3\xa9\xc3\xa9", 3), "\xc3\xa9...");
  EXPECT_EQ(printable("abc", 3), "abc");
}

TEST(LastLines, AreThoseAtTheEnd) {
  EXPECT_EQ(last_lines("a\nb\nc\n", 2), "b\nc");
  EXPECT_EQ(last_lines("a\nb", 5), "a\nb");
  EXPECT_EQ(last_lines("", 3), "");
}

}  // namespace
}  // namespace joulebench
