#include "datasets/data_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <stdexcept>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/gzip.h"

namespace joulebench {

MappedFile::MappedFile(const std::filesystem::path& path) {
  const auto fail = [&path](const std::string& reason) -> Error {
    return Error(
        {.what = "cannot read a dataset file", .where = path.string() + ": " + reason, .hint = {}});
  };
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status = {};
  if (!fd.is_open() || ::fstat(fd.get(), &status) != 0) throw fail(system_message(errno));
  if (!S_ISREG(status.st_mode)) throw fail("not a regular file");
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ == 0) return;  // nothing to map
  void* data = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd.get(), 0);
  if (data == MAP_FAILED) throw fail(system_message(errno));
  data_ = static_cast<const char*>(data);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) ::munmap(const_cast<char*>(data_), size_);
}

void verify_bytes(std::string_view bytes, std::uint64_t expected_size, const std::string& sha256,
                  const std::string& name) {
  std::string found;
  if (bytes.size() != expected_size) {
    found = fmt::format("{} bytes, where {} were expected", bytes.size(), expected_size);
  } else if (const std::string digest = sha256_of_text(bytes); digest != sha256) {
    found = fmt::format("SHA-256 is {}, where {} was expected", digest, sha256);
  } else {
    return;
  }
  throw Error({.what = "a dataset file is not the one that its manifest names",
               .where = name + ": " + found,
               .hint = "put the original file in its place"});
}

namespace {

void verify_content(std::string_view content, const DataFile& file, const std::string& path) {
  if (file.content_sha256.empty()) return;
  verify_bytes(content, *file.content_bytes, file.content_sha256, path + ": content");
}

/// Decompresses into a file that later calls map. Absent where it cannot be written: a full disk, a
/// folder that is not ours. A power cut may leave less in it than its name promises: the digest
/// shows it, so nothing is waited for until it is on the disk.
std::optional<MappedFile> unpack_beside(const MappedFile& packed, const DataFile& file,
                                        const std::filesystem::path& path,
                                        const std::filesystem::path& kept) {
  struct Part {
    std::filesystem::path path;
    ~Part() {
      std::error_code ignored;
      std::filesystem::remove(path, ignored);  // gone where it got its name
    }
  } part{kept.string() + ".part-" + process_mark()};
  std::ofstream out(part.path, std::ios::binary);
  if (!out) return std::nullopt;
  decompress_gzip(packed.bytes(), *file.content_bytes, path.string(),
                  [&out](std::string_view piece) {
                    out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
                  });
  out.close();
  if (!out) return std::nullopt;
  MappedFile mapped(part.path);
  verify_content(mapped.bytes(), file, path.string());
  std::error_code failed;
  std::filesystem::rename(part.path, kept, failed);
  return mapped;
}

}  // namespace

Content open_content(const std::filesystem::path& path, const DataFile& file) {
  constexpr std::uint64_t kLeastKept = 1 << 20;
  if (!file.is_gzip()) {
    MappedFile mapped(path);
    verify_bytes(mapped.bytes(), file.bytes, file.sha256, path.string());
    return Content(std::move(mapped));
  }
  const bool keep = *file.content_bytes >= kLeastKept && !file.content_sha256.empty();
  std::filesystem::path kept = path;
  kept += ".content";
  std::error_code ignored;
  if (keep && std::filesystem::is_regular_file(kept, ignored)) {
    MappedFile mapped(kept);
    if (mapped.bytes().size() == *file.content_bytes &&
        sha256_of_text(mapped.bytes()) == file.content_sha256) {
      return Content(std::move(mapped));
    }
    std::filesystem::remove(kept, ignored);  // damaged: made anew from the original
  }
  const MappedFile packed(path);
  verify_bytes(packed.bytes(), file.bytes, file.sha256, path.string());
  if (keep) {
    if (auto mapped = unpack_beside(packed, file, path, kept)) return Content(std::move(*mapped));
  }
  std::string content;
  content.reserve(*file.content_bytes);
  decompress_gzip(packed.bytes(), *file.content_bytes, path.string(),
                  [&content](std::string_view piece) { content += piece; });
  verify_content(content, file, path.string());
  return Content(std::move(content));
}

void decompress_gzip(std::string_view packed, std::uint64_t max_content, const std::string& name,
                     const std::function<void(std::string_view)>& sink) {
  const auto problem = unpack_gzip(packed, max_content, GzipMembers::any, sink);
  if (!problem) return;
  throw Error({.what = "cannot decompress a dataset file",
               .where = fmt::format("{}: offset {}: {}", name, problem->offset, problem->found),
               .hint = {}});
}

}  // namespace joulebench
