#include <gtest/gtest.h>

#include <random>

#include "core/file.h"
#include "core/npy.h"
#include "tests/datasets/fuzz_readers.h"

namespace joulebench {
namespace {

using namespace std::string_literals;

struct Target {
  const char* name;
  bool (*entry)(std::string_view);
  std::string seed;
};

// Changes of the kinds that find faults in readers: bits, bytes at their limits, cuts, repeats.
std::string mutated(std::string bytes, std::mt19937& random) {
  for (unsigned changes = random() % 4 + 1; changes > 0 && !bytes.empty(); --changes) {
    const std::size_t at = random() % bytes.size();
    switch (random() % 6) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
        break;
      case 1:
        bytes[at] = "\x00\xff\x7f\x80\"\n,;'({9-"[random() % 14];
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.insert(at, bytes.substr(random() % bytes.size(), random() % 40));
        break;
      case 4:
        bytes.erase(at, random() % 8 + 1);
        break;
      default:
        bytes.insert(at, 1, static_cast<char>(random()));
    }
  }
  return bytes;
}

class Fuzz : public ::testing::TestWithParam<Target> {};

// A reader that throws anything but a full Error fails the test; under the sanitizers, so does any
// other fault. A reader that refuses all, or takes all, would not have been tested.
TEST_P(Fuzz, ReadersRefuseOrRead) {
  std::mt19937 random(1);
  EXPECT_TRUE(GetParam().entry(GetParam().seed)) << "the bytes before any change";
  int read = 0;
  constexpr int kInputs = 20000;
  for (int i = 0; i < kInputs; ++i) read += GetParam().entry(mutated(GetParam().seed, random));
  EXPECT_GT(read, 0);
  EXPECT_LT(read, kInputs);
}

std::string tar_seed() {
  std::string header(512, '\0');
  header[0] = 'a';
  header.replace(124, 11, "00000000003");
  header.replace(148, 8, "        ");
  header[156] = '0';
  unsigned sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  header.replace(148, 8, digits, 8);
  return header + "abc" + std::string(509, '\0') + std::string(512, '\0');
}

INSTANTIATE_TEST_SUITE_P(
    Readers, Fuzz,
    ::testing::Values(
        Target{"csv", fuzz_csv, "1,a,0\n\"2\",\"b\",1\n3e2,a,0\n"},
        Target{"idx", fuzz_idx,
               "\0\0\x0d\x02\0\0\0\x02\0\0\0\x01"
               "abcdefgh"s},
        Target{"npy", fuzz_npy,
               to_npy({.dtype = DType::i16, .shape = {2, 2}, .bytes = std::vector<std::byte>(8)})},
        Target{"cifar", fuzz_cifar, std::string(2 * 3073, '\x01')},
        Target{"tar", fuzz_tar, tar_seed()},
        Target{"gzip", fuzz_gzip,
               "\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b\x4c\x4a\x06\0\xc2\x41\x24\x35\x03\0\0\0"s},
        Target{"hidden_rows", fuzz_hidden_rows, "1\n5\n77\n"}),
    [](const auto& param) { return std::string(param.param.name); });

}  // namespace
}  // namespace joulebench
