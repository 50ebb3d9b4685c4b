#include "environments/residency.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "core/error.h"
#include "core/file.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

std::uint64_t read_through(const fs::path& path, std::vector<char>& buffer) {
  const auto fail = [&path](int code) {
    return Error({.what = "a file cannot be brought into memory",
                  .where = path.string() + ": " + system_message(code),
                  .hint = {}});
  };
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOATIME));
  // Not ours: without O_NOATIME, then.
  const FileDescriptor other(
      fd.is_open() ? -1 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  const int file = fd.is_open() ? fd.get() : other.get();
  if (file < 0) throw fail(errno);
  std::uint64_t bytes = 0;
  for (;;) {
    const ssize_t got = ::read(file, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw fail(errno);
    if (got == 0) return bytes;
    bytes += static_cast<std::uint64_t>(got);
  }
}

}  // namespace

Residency make_resident(const fs::path& folder) {
  Residency done;
  std::vector<char> buffer(std::size_t{256} << 10);
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!fs::is_regular_file(entry.symlink_status())) continue;
    done.bytes += read_through(entry.path(), buffer);
    ++done.files;
  }
  return done;
}

}  // namespace joulebench
