#include "core/npy.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/support/error_text.h"

namespace joulebench {
namespace {

Tensor three_floats() {
  Tensor tensor{.dtype = DType::f32, .shape = {3}, .bytes = {}};
  const float values[] = {1.5F, -2.0F, 0.25F};
  tensor.bytes.resize(sizeof values);
  std::memcpy(tensor.bytes.data(), values, sizeof values);
  return tensor;
}

std::string with_header(const std::string& dictionary, const std::string& payload) {
  std::string bytes = "\x93NUMPY";
  bytes += std::string("\x01\x00", 2);
  bytes += static_cast<char>(dictionary.size() & 0xff);
  bytes += static_cast<char>(dictionary.size() >> 8);
  return bytes + dictionary + payload;
}

TEST(Npy, ReadsWhatItWrites) {
  const std::string bytes = to_npy(three_floats());
  EXPECT_EQ((bytes.size() - 12) % 64, 0U);  // elements start at a multiple of 64 bytes
  const Tensor back = parse_npy(bytes, "a.npy");
  EXPECT_EQ(back.dtype, DType::f32);
  EXPECT_EQ(back.shape, std::vector<std::size_t>{3});
  EXPECT_EQ(element_as_double(back, 1), -2.0);
}

TEST(Npy, ReadsNumPysOwnHeader) {
  // As numpy.save() of NumPy 1.24 writes an array of int64.
  const Tensor tensor =
      parse_npy(with_header("{'descr': '<i8', 'fortran_order': False, 'shape': (2, 1), }   \n",
                            std::string(16, '\0')),
                "a.npy");
  EXPECT_EQ(tensor.shape, (std::vector<std::size_t>{2, 1}));
}

TEST(Npy, EveryTruncationIsRefused) {
  const std::string bytes = to_npy(three_floats());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(parse_npy(bytes.substr(0, size), "a.npy"), Error) << size;
  }
  EXPECT_THROW(parse_npy(bytes + "x", "a.npy"), Error);
}

TEST(Npy, AShapeTooLargeToBeTrueIsRefusedBeforeMemoryIsTaken) {
  const char* shapes[] = {"(999999999999999, 999999999999999)", "(99999999999999999999,)",
                          "(1000000000000,)"};
  for (const char* shape : shapes) {
    const std::string header =
        std::string("{'descr': '<f8', 'fortran_order': False, 'shape': ") + shape + ", }\n";
    EXPECT_THROW(parse_npy(with_header(header, "12345678"), "a.npy"), Error) << shape;
  }
}

TEST(Npy, SaysWhatItFoundAndWhatItExpected) {
  const std::string header = "{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }\n";
  EXPECT_EQ(error_text([&] { parse_npy(with_header(header, "1234"), "a.npy"); }),
            "not a .npy file that can be read\n"
            "  a.npy: elements of type '>f4', where one of |u1 |i1 <i2 <i4 <i8 <f4 <f8 was "
            "expected\n"
            "  write it with numpy.save() as a little-endian array in C order");
}

}  // namespace
}  // namespace joulebench
