#include "harness/protocol/input_file.h"

#include <cerrno>
#include <string>
#include <utility>

#include "core/error.h"
#include "core/npy.h"

namespace joulebench {

InputFile::InputFile(std::filesystem::path file, DType dtype, const std::vector<std::size_t>& shape)
    : file_(std::move(file)), out_(file_, std::ios::binary) {
  const std::string header = npy_header(dtype, shape);
  append(std::as_bytes(std::span(header)));
}

void InputFile::append(std::span<const std::byte> bytes) {
  out_.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  refuse_if_failed();
}

void InputFile::close() {
  out_.close();
  refuse_if_failed();
}

void InputFile::refuse_if_failed() const {
  if (out_) return;
  throw Error({.what = "cannot write the inputs of a pass",
               .where = file_.string() + ": " + system_message(errno),
               .hint = "free some memory, or name a larger folder with --scratch"});
}

void write_input(const std::filesystem::path& file, DType dtype,
                 const std::vector<std::size_t>& shape, std::span<const std::byte> bytes) {
  InputFile out(file, dtype, shape);
  out.append(bytes);
  out.close();
}

}  // namespace joulebench
