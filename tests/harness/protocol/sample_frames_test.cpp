#include "harness/protocol/sample_frames.h"

#include <gtest/gtest.h>

namespace joulebench {
namespace {

// The example of submissions/README.md, byte by byte.
TEST(SampleFrames, AreTheBytesOfTheReadme) {
  EXPECT_EQ(stream_request(DType::i16, {2}),
            "{\"op\":\"stream\",\"bytes\":4,\"dtype\":\"<i2\",\"shape\":[2]}\n");
  const Tensor rows{.dtype = DType::i16,
                    .shape = {2, 2},
                    .bytes = {std::byte{7}, std::byte{0}, std::byte{0}, std::byte{1}, std::byte{2},
                              std::byte{0}, std::byte{3}, std::byte{0}}};  // [7, 256] and [2, 3]
  SampleFrames frames(1, 4, 2);
  frames.add(rows);
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_EQ(frames.frame(0), std::string("\x04\0\0\0\x01\0\0\0\x07\0\0\x01", 12));
  EXPECT_EQ(frames.frame(1), std::string("\x04\0\0\0\x02\0\0\0\x02\0\x03\0", 12));
  EXPECT_EQ(frames.number(1), 2U);
  EXPECT_EQ(end_of_stream(), std::string(8, '\0'));
}

TEST(SampleFrames, ASampleMayHaveNoBytes) {
  SampleFrames frames(9, 0, 3);
  frames.add({.dtype = DType::u8, .shape = {3, 0}, .bytes = {}});
  EXPECT_EQ(frames.size(), 3U);
  EXPECT_EQ(frames.frame(2), std::string("\0\0\0\0\x0b\0\0\0", 8));
}

TEST(StreamAnswer, IsReadAsKitsWriteItAndAsAnyJson) {
  for (const char* line : {R"({"event":"answer","sample":17,"class":3})",
                           R"({ "class": 3, "note": [1], "sample": 17, "event": "answer" })"}) {
    const auto answer = parse_stream_answer(line);
    ASSERT_TRUE(answer) << line;
    EXPECT_EQ(answer->sample, 17);
    EXPECT_EQ(answer->answer, 3);
  }
  EXPECT_EQ(parse_stream_answer(R"({"event":"answer","sample":1,"class":-1})")->answer, -1);
}

TEST(StreamAnswer, NothingElseIsOne) {
  for (const char* line :
       {"", "3", "{", R"({"event":"answer","sample":17,"class":3)",
        R"({"event":"answer","sample":17,"class":3}})", R"({"event":"answer","sample":17})",
        R"({"event":"answer","sample":"17","class":3})",
        R"({"event":"answer","sample":17,"class":3.0})",
        R"({"event":"done","sample":17,"class":3})",
        R"({"event":"answer","sample":17,"class":99999999999999999999})", "[17, 3]"}) {
    EXPECT_FALSE(parse_stream_answer(line)) << line;
  }
}

}  // namespace
}  // namespace joulebench
