#include "core/block_file.h"

#include <zlib.h>

#include <algorithm>

#include "core/error.h"
#include "core/file.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr int kGzip = 15 + 16;  // the largest window, and gzip's header
constexpr std::size_t kStep = std::size_t{1} << 18;

Error not_read(const fs::path& path, const std::string& reason) {
  return Error({.what = "cannot read a file of a block",
                .where = path.string() + ": " + reason,
                .hint = "restore the record from a copy, or run the entry again"});
}

fs::path compressed(fs::path path) {
  path += ".gz";
  return path;
}

/// One zlib stream, either way; zlib counts in unsigned int, so bytes go in pieces.
class Stream {
 public:
  explicit Stream(std::string_view input) : rest_(input) {}
  /// Calls `step` until the stream ends or it fails; its output is appended to `output` as long as
  /// that has at most `max_bytes`. Result: zlib's last code.
  template <class Step>
  int run(z_stream& stream, Step&& step, std::string& output, std::size_t max_bytes) {
    int code = Z_OK;
    while (code == Z_OK && output.size() <= max_bytes) {
      const std::size_t given = std::min(rest_.size(), kStep);
      stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest_.data()));
      stream.avail_in = static_cast<uInt>(given);
      const std::size_t before = output.size();
      output.resize(before + kStep);
      stream.next_out = reinterpret_cast<Bytef*>(output.data() + before);
      stream.avail_out = static_cast<uInt>(kStep);
      code = step(given == rest_.size());
      output.resize(before + kStep - stream.avail_out);
      rest_.remove_prefix(given - stream.avail_in);
    }
    return code;
  }
  bool is_used_up() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

std::string deflated(std::string_view content) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    throw std::bad_alloc();
  }
  std::string output;
  const int code = Stream(content).run(
      stream, [&](bool is_last) { return deflate(&stream, is_last ? Z_FINISH : Z_NO_FLUSH); },
      output, output.max_size());
  deflateEnd(&stream);
  if (code != Z_STREAM_END) throw std::logic_error("bug: zlib does not compress");
  return output;
}

std::string inflated(const fs::path& path, std::string_view content, std::size_t max_bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, kGzip) != Z_OK) throw std::bad_alloc();
  std::string output;
  Stream input(content);
  const int code = input.run(
      stream, [&](bool) { return inflate(&stream, Z_NO_FLUSH); }, output, max_bytes);
  inflateEnd(&stream);
  if (output.size() > max_bytes) {
    throw not_read(path, "it holds more than " + std::to_string(max_bytes) + " bytes");
  }
  if (code != Z_STREAM_END || !input.is_used_up()) throw not_read(path, "it is no whole gzip file");
  return output;
}

}  // namespace

void write_block_file(const fs::path& path, std::string_view content) {
  write_file_atomically(compressed(path), deflated(content));
}

fs::path find_block_file(const fs::path& path) {
  std::error_code none;
  for (const fs::path& file : {path, compressed(path)}) {
    if (fs::is_regular_file(fs::symlink_status(file, none))) return file;
  }
  throw not_read(compressed(path), "no such file");
}

std::string read_block_file(const fs::path& path, std::size_t max_bytes) {
  const fs::path file = find_block_file(path);
  std::string content = read_text_file(file, max_bytes);
  return file == path ? content : inflated(file, content, max_bytes);
}

}  // namespace joulebench
