#include "harness/protocol/input_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "core/file.h"
#include "core/npy.h"
#include "tests/support/error_text.h"

namespace joulebench {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::array kFour = {std::byte{1}, std::byte{2}, std::byte{3}, std::byte{4}};

TEST(InputFile, PieceByPieceIsTheSameFileAsAtOnce) {
  const TemporaryFolder folder("inputs");
  write_input(folder.path() / "whole.npy", DType::u8, {4, 1}, kFour);
  InputFile out(folder.path() / "pieces.npy", DType::u8, {4, 1});
  out.append(std::span(kFour).first(1));
  out.append(std::span(kFour).subspan(1));
  out.close();
  const std::string whole = read_text_file(folder.path() / "whole.npy", 4096);
  EXPECT_EQ(read_text_file(folder.path() / "pieces.npy", 4096), whole);
  EXPECT_EQ(whole.size(), npy_header(DType::u8, {4, 1}).size() + 4);
}

TEST(InputFile, AFullDiskIsSaidWithTheFileAndARemedy) {
  // Small pieces wait in a buffer, large ones do not: both must be missed.
  for (const std::size_t size : {std::size_t{4}, std::size_t{1} << 20}) {
    const std::vector<std::byte> bytes(size);
    EXPECT_THAT(error_text([&] { write_input("/dev/full", DType::u8, {size}, bytes); }),
                AllOf(HasSubstr("/dev/full: No space left on device"), HasSubstr("--scratch")));
  }
}

}  // namespace
}  // namespace joulebench
