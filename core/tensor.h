#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace joulebench {

enum class DType { u8, i8, i16, i32, i64, f32, f64 };

std::size_t size_of(DType dtype);     // bytes of one element
const char* numpy_name(DType dtype);  // "|u1", "<f4", as .npy headers say it

/// Numbers in C order, owned. Samples lie along the first axis.
struct Tensor {
  DType dtype = DType::u8;
  std::vector<std::size_t> shape;
  std::vector<std::byte> bytes;  // size_of(dtype) x the product of shape

  std::size_t rows() const { return shape.empty() ? 0 : shape.front(); }
  std::size_t row_bytes() const { return rows() == 0 ? 0 : bytes.size() / rows(); }
  std::size_t elements() const { return bytes.size() / size_of(dtype); }
  std::span<const std::byte> row(std::size_t index) const {
    return std::span(bytes).subspan(index * row_bytes(), row_bytes());
  }
};

/// Element `index` as a number, whatever the type (64-bit integers above 2^53 lose digits).
double element_as_double(const Tensor& tensor, std::size_t index);

}  // namespace joulebench
