#include "core/tensor.h"

#include <cstring>
#include <stdexcept>

namespace joulebench {
namespace {

template <class Value>
double value_at(const Tensor& tensor, std::size_t index) {
  Value value;
  std::memcpy(&value, tensor.bytes.data() + index * sizeof value, sizeof value);
  return static_cast<double>(value);
}

}  // namespace

std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::u8:
    case DType::i8:
      return 1;
    case DType::i16:
      return 2;
    case DType::i32:
    case DType::f32:
      return 4;
    case DType::i64:
    case DType::f64:
      return 8;
  }
  throw std::logic_error("bug: unknown element type");
}

const char* numpy_name(DType dtype) {
  switch (dtype) {
    case DType::u8:
      return "|u1";
    case DType::i8:
      return "|i1";
    case DType::i16:
      return "<i2";
    case DType::i32:
      return "<i4";
    case DType::i64:
      return "<i8";
    case DType::f32:
      return "<f4";
    case DType::f64:
      return "<f8";
  }
  throw std::logic_error("bug: unknown element type");
}

double element_as_double(const Tensor& tensor, std::size_t index) {
  if (index >= tensor.elements()) throw std::logic_error("bug: element beyond the tensor's end");
  switch (tensor.dtype) {
    case DType::u8:
      return value_at<std::uint8_t>(tensor, index);
    case DType::i8:
      return value_at<std::int8_t>(tensor, index);
    case DType::i16:
      return value_at<std::int16_t>(tensor, index);
    case DType::i32:
      return value_at<std::int32_t>(tensor, index);
    case DType::i64:
      return value_at<std::int64_t>(tensor, index);
    case DType::f32:
      return value_at<float>(tensor, index);
    case DType::f64:
      return value_at<double>(tensor, index);
  }
  throw std::logic_error("bug: unknown element type");
}

}  // namespace joulebench
