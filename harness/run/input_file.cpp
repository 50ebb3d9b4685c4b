#include "harness/run/input_file.h"

#include <cerrno>
#include <fstream>
#include <string>

#include "core/error.h"
#include "core/npy.h"

namespace joulebench {

void write_input(const std::filesystem::path& file, DType dtype,
                 const std::vector<std::size_t>& shape, std::span<const std::byte> bytes) {
  std::ofstream out(file, std::ios::binary);
  const std::string header = npy_header(dtype, shape);
  out.write(header.data(), static_cast<std::streamsize>(header.size()));
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) {
    throw Error({.what = "cannot write the inputs of a pass",
                 .where = file.string() + ": " + system_message(errno),
                 .hint = "free some memory, or name a larger folder with --scratch"});
  }
}

}  // namespace joulebench
