#include "datasets/idx.h"

#include <gtest/gtest.h>

#include "tests/datasets/message.h"

namespace joulebench {
namespace {

using namespace std::string_literals;

std::string error_of(const std::string& bytes) {
  return where_of_error([&] { parse_idx(bytes, "f"); });
}

TEST(Idx, ReadsBytesInTheirShape) {
  const Tensor tensor = parse_idx(
      "\0\0\x08\x02\0\0\0\x02\0\0\0\x03"
      "abcdef"s,
      "f");
  EXPECT_EQ(tensor.dtype, DType::u8);
  EXPECT_EQ(tensor.shape, (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(element_as_double(tensor, 4), 'e');
}

TEST(Idx, TurnsBigEndianNumbersRound) {
  const Tensor integers = parse_idx("\0\0\x0b\x01\0\0\0\x02\x01\x02\xff\xfe"s, "f");
  EXPECT_EQ(element_as_double(integers, 0), 258);
  EXPECT_EQ(element_as_double(integers, 1), -2);
  const Tensor floats = parse_idx("\0\0\x0d\x01\0\0\0\x01\x3f\xc0\0\0"s, "f");
  EXPECT_EQ(element_as_double(floats, 0), 1.5);
}

TEST(Idx, NamesOffsetAndExpectation) {
  EXPECT_EQ(error_of("\0\0\x08"s), "f: offset 3: the file ends inside its first 4 bytes");
  EXPECT_EQ(error_of("\x1f\x8b\x08\x01"s),
            "f: offset 0: bytes 1f 8b 08, where 00 00 and one of 08 09 0b 0c 0d 0e were expected");
  EXPECT_EQ(error_of("\0\0\x08\x09"s), "f: offset 3: 9 dimensions, where 1 to 8 were expected");
  EXPECT_EQ(error_of("\0\0\x08\x01\0\0"s), "f: offset 6: the file ends inside its dimensions");
  EXPECT_EQ(error_of("\0\0\x08\x01\0\0\0\x03"
                     "ab"s),
            "f: offset 8: 2 bytes of elements, where its dimensions need 3");
  EXPECT_EQ(error_of("\0\0\x08\x01\0\0\0\x01"
                     "ab"s),
            "f: offset 8: 2 bytes of elements, where its dimensions need 1");
  const std::string huge = "\xff\xff\xff\xff"s;
  EXPECT_EQ(error_of("\0\0\x08\x03"s + huge + huge + huge),
            "f: offset 12: dimensions too large to be true");
}

}  // namespace
}  // namespace joulebench
