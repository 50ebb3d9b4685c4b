#include "datasets/idx.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <span>

#include "core/error.h"

namespace joulebench {
namespace {

std::optional<DType> dtype_of_code(unsigned code) {
  switch (code) {
    case 0x08:
      return DType::u8;
    case 0x09:
      return DType::i8;
    case 0x0b:
      return DType::i16;
    case 0x0c:
      return DType::i32;
    case 0x0d:
      return DType::f32;
    case 0x0e:
      return DType::f64;
    default:
      return {};
  }
}

}  // namespace

Tensor parse_idx(std::string_view bytes, const std::string& name) {
  const auto fail = [&name](std::size_t offset, const std::string& found) -> Error {
    return Error({.what = "not an idx file that can be read",
                  .where = fmt::format("{}: offset {}: {}", name, offset, found),
                  .hint = {}});
  };
  const auto byte_at = [&bytes](std::size_t i) {
    return static_cast<unsigned>(static_cast<unsigned char>(bytes[i]));
  };
  if (bytes.size() < 4) throw fail(bytes.size(), "the file ends inside its first 4 bytes");
  const std::optional<DType> dtype = dtype_of_code(byte_at(2));
  if (byte_at(0) != 0 || byte_at(1) != 0 || !dtype) {
    throw fail(0,
               fmt::format("bytes {:02x} {:02x} {:02x}, where 00 00 and one of 08 09 0b 0c 0d 0e "
                           "were expected",
                           byte_at(0), byte_at(1), byte_at(2)));
  }
  const std::size_t dimensions = byte_at(3);
  if (dimensions < 1 || dimensions > 8) {
    throw fail(3, fmt::format("{} dimensions, where 1 to 8 were expected", dimensions));
  }
  const std::size_t header = 4 + 4 * dimensions;
  if (bytes.size() < header) throw fail(bytes.size(), "the file ends inside its dimensions");
  Tensor tensor;
  tensor.dtype = *dtype;
  std::size_t expected = size_of(*dtype);
  for (std::size_t at = 4; at < header; at += 4) {
    const std::size_t size = std::size_t{byte_at(at)} << 24 | byte_at(at + 1) << 16 |
                             byte_at(at + 2) << 8 | byte_at(at + 3);
    if (size != 0 && expected > std::numeric_limits<std::size_t>::max() / size) {
      throw fail(at, "dimensions too large to be true");
    }
    expected *= size;
    tensor.shape.push_back(size);
  }
  if (bytes.size() - header != expected) {
    throw fail(header, fmt::format("{} bytes of elements, where its dimensions need {}",
                                   bytes.size() - header, expected));
  }
  const auto elements = std::as_bytes(std::span(bytes).subspan(header));
  tensor.bytes.assign(elements.begin(), elements.end());
  const std::size_t width = size_of(*dtype);
  for (auto at = tensor.bytes.begin(); width > 1 && at != tensor.bytes.end();
       at += static_cast<std::ptrdiff_t>(width)) {
    std::reverse(at, at + static_cast<std::ptrdiff_t>(width));
  }
  return tensor;
}

}  // namespace joulebench
