#include "core/npy.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>

#include "core/error.h"
#include "core/file.h"

namespace joulebench {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxDimensions = 8;

// A cursor over the Python dictionary literal in the header, which NumPy always writes as
// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }; keys may come in any order.
class HeaderReader {
 public:
  HeaderReader(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Tensor read() {
    Tensor tensor;
    bool has_dtype = false, has_order = false, has_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr" && !has_dtype) {
        tensor.dtype = dtype(quoted());
        has_dtype = true;
      } else if (key == "fortran_order" && !has_order) {
        if (word() != "False") throw error("Fortran order, where C order was expected");
        has_order = true;
      } else if (key == "shape" && !has_shape) {
        tensor.shape = shape();
        has_shape = true;
      } else {
        throw error("header key '" + key + "', which .npy files have not, or have once");
      }
      accept(',');
    }
    skip_space();
    if (!text_.empty()) throw error("text behind the header's closing brace");
    if (!has_dtype || !has_order || !has_shape) {
      throw error("a header without descr, fortran_order or shape");
    }
    return tensor;
  }

  Error error(const std::string& found) const {
    return Error({.what = "not a .npy file that can be read",
                  .where = name_ + ": " + found,
                  .hint = "write it with numpy.save() as a little-endian array in C order"});
  }

 private:
  void skip_space() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\n')) {
      text_.remove_prefix(1);
    }
  }
  bool accept(char wanted) {
    skip_space();
    if (text_.empty() || text_.front() != wanted) return false;
    text_.remove_prefix(1);
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) throw error(std::string("a header without the expected '") + wanted + "'");
  }
  std::string quoted() {
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'') expect('\'');
    const auto end = text_.find(quote);  // npos is longer than any
    if (end > 64) throw error("a header with an endless string");
    std::string value(text_.substr(0, end));
    text_.remove_prefix(end + 1);
    return value;
  }
  std::string_view word() {
    skip_space();
    std::size_t end = 0;
    while (end < text_.size() &&
           ((text_[end] >= 'A' && text_[end] <= 'Z') || (text_[end] >= 'a' && text_[end] <= 'z'))) {
      ++end;
    }
    const std::string_view value = text_.substr(0, end);
    text_.remove_prefix(end);
    return value;
  }
  std::vector<std::size_t> shape() {
    std::vector<std::size_t> sizes;
    expect('(');
    while (!accept(')')) {
      skip_space();
      std::size_t size = 0, digits = 0;
      while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
        if (++digits > 15) throw error("a dimension too large to be true");
        size = size * 10 + static_cast<std::size_t>(text_.front() - '0');
        text_.remove_prefix(1);
      }
      if (digits == 0) throw error("a shape that is not made of numbers");
      if (sizes.size() == kMaxDimensions) throw error("more than 8 dimensions");
      sizes.push_back(size);
      accept(',');
    }
    return sizes;
  }
  DType dtype(const std::string& descr) const {
    constexpr std::array kTypes = {DType::u8,  DType::i8,  DType::i16, DType::i32,
                                   DType::i64, DType::f32, DType::f64};
    for (const DType type : kTypes) {
      const std::string_view known = numpy_name(type);
      // One byte has no order: NumPy writes '|', others sometimes '<'.
      if (descr == known || (size_of(type) == 1 && descr == "<" + std::string(known.substr(1)))) {
        return type;
      }
    }
    throw error("elements of type '" + descr +
                "', where one of |u1 |i1 <i2 <i4 <i8 <f4 <f8 was expected");
  }

  std::string_view text_;
  const std::string& name_;
};

}  // namespace

Tensor parse_npy(std::string_view bytes, const std::string& name) {
  const HeaderReader failure({}, name);
  if (bytes.size() < 10 || bytes.substr(0, kMagic.size()) != kMagic) {
    throw failure.error("it does not start with the .npy magic");
  }
  const auto byte_at = [&bytes](std::size_t i) {
    return static_cast<std::size_t>(static_cast<unsigned char>(bytes[i]));
  };
  const std::size_t major = byte_at(6);
  if (major < 1 || major > 3) throw failure.error(fmt::format("format version {}", major));
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  const std::size_t header_at = 8 + length_bytes;
  if (bytes.size() < header_at) throw failure.error("it ends inside its header");
  std::size_t header_size = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) header_size |= byte_at(8 + i) << (8 * i);
  if (header_size > 4096 || bytes.size() - header_at < header_size) {
    throw failure.error("it ends inside its header");
  }
  Tensor tensor = HeaderReader(bytes.substr(header_at, header_size), name).read();
  const std::string_view payload = bytes.substr(header_at + header_size);
  std::size_t expected = size_of(tensor.dtype);
  for (const std::size_t size : tensor.shape) {
    if (size != 0 && expected > std::numeric_limits<std::size_t>::max() / size) {
      throw failure.error("a shape too large to be true");
    }
    expected *= size;
  }
  if (payload.size() != expected) {
    throw failure.error(
        fmt::format("{} bytes of elements, where its shape needs {}", payload.size(), expected));
  }
  tensor.bytes.resize(expected);
  if (expected != 0) std::memcpy(tensor.bytes.data(), payload.data(), expected);
  return tensor;
}

Tensor read_npy(const std::filesystem::path& path) {
  return parse_npy(read_text_file(path, std::size_t{4} << 30), path.string());
}

std::string npy_header(DType dtype, const std::vector<std::size_t>& shape) {
  std::string header =
      fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': (", numpy_name(dtype));
  for (const std::size_t size : shape) header += fmt::format("{}, ", size);
  if (shape.size() > 1) header.resize(header.size() - 2);
  if (shape.size() == 1) header.resize(header.size() - 1);
  header += "), }";
  // The elements start at a multiple of 64 bytes; the header ends with a newline.
  const std::size_t unpadded = kMagic.size() + 4 + header.size() + 1;
  header.append((64 - unpadded % 64) % 64, ' ');
  header += '\n';
  std::string bytes(kMagic);
  bytes += '\x01';
  bytes += '\x00';
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header;
}

std::string to_npy(const Tensor& tensor) {
  std::string bytes = npy_header(tensor.dtype, tensor.shape);
  const std::size_t header_size = bytes.size();
  bytes.resize(header_size + tensor.bytes.size());
  if (!tensor.bytes.empty()) {
    std::memcpy(bytes.data() + header_size, tensor.bytes.data(), tensor.bytes.size());
  }
  return bytes;
}

}  // namespace joulebench
