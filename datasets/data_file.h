#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace joulebench {

/// What a dataset's manifest says of one of its files.
struct DataFile {
  std::string name;  // without folders; ends in .gz when gzip packed it
  std::uint64_t bytes = 0;
  std::string sha256;
  std::optional<std::uint64_t> content_bytes;  // once decompressed
  std::string content_sha256;                  // empty: not stated
  std::vector<std::string> urls;

  bool is_gzip() const { return std::string_view(name).ends_with(".gz"); }
};

/// A file's bytes in memory, by map. Files of a dataset are replaced by rename only, never written
/// in place, so what is mapped stays as it is. Errors  the constructor throws Error naming the
/// file.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  MappedFile& operator=(MappedFile&&) = delete;  // held, not exchanged
  ~MappedFile();
  std::string_view bytes() const { return {data_, size_}; }

 private:
  const char* data_ = nullptr;
  std::size_t size_ = 0;
};

/// A verified file's content in memory: mapped as it lies on disk, or decompressed.
class Content {
 public:
  explicit Content(MappedFile mapped) : content_(std::move(mapped)) {}
  explicit Content(std::string text) : content_(std::move(text)) {}
  std::string_view bytes() const {
    if (const auto* mapped = std::get_if<MappedFile>(&content_)) return mapped->bytes();
    return std::get<std::string>(content_);
  }

 private:
  std::variant<MappedFile, std::string> content_;
};

/// Opens a file and checks size and SHA-256 before a byte of it is used. What gzip packed is
/// unpacked; from 1 MiB on it is kept beside the file as NAME.gz.content (where that folder can be
/// written and the manifest states the content's digest), so that later calls map and verify that
/// instead. Errors: Error naming the file.
Content open_content(const std::filesystem::path& path, const DataFile& file);

/// Compares size and SHA-256. Errors: Error naming the file, what it has and what was expected.
void verify_bytes(std::string_view bytes, std::uint64_t expected_size, const std::string& sha256,
                  const std::string& name);

/// unpack_gzip() of any number of members. Errors: Error naming `name` and the offset.
void decompress_gzip(std::string_view packed, std::uint64_t max_content, const std::string& name,
                     const std::function<void(std::string_view)>& sink);

}  // namespace joulebench
