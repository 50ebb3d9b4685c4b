#include "core/gzip.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <stdexcept>

namespace joulebench {
namespace {

constexpr int kGzip = 15 + 16;  // the largest window; 16 more: with gzip's header
constexpr std::size_t kStep = std::size_t{64} << 10;

struct Inflation {
  z_stream z = {};
  Inflation() {
    if (inflateInit2(&z, kGzip) != Z_OK) throw std::bad_alloc();
  }
  Inflation(const Inflation&) = delete;
  Inflation& operator=(const Inflation&) = delete;
  ~Inflation() { inflateEnd(&z); }
};

struct Deflation {
  z_stream z = {};
  Deflation() {
    if (deflateInit2(&z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();
    }
  }
  Deflation(const Deflation&) = delete;
  Deflation& operator=(const Deflation&) = delete;
  ~Deflation() { deflateEnd(&z); }
};

/// RFC 1952: deflate, no optional field, no time, made on Unix.
constexpr std::string_view kOurHeader{"\x1f\x8b\x08\0\0\0\0\0\0\x03", 10};

/// zlib stops at the end of the last block (zlib.h, Z_BLOCK): what it has not used of the last byte
/// must be 0.
bool has_bits_behind_end(const z_stream& z) {
  constexpr int kLastBlock = 64, kBlockEnd = 128;
  const int unused = z.data_type & 7;
  if ((z.data_type & kLastBlock) == 0 || (z.data_type & kBlockEnd) == 0 || unused == 0)
    return false;
  return (z.next_in[-1] >> (8 - unused)) != 0;
}

/// Hands over the next bytes when the last are used up: zlib counts in unsigned int.
void feed(z_stream& z, std::string_view& rest) {
  if (z.avail_in != 0 || rest.empty()) return;
  const std::size_t piece = std::min<std::size_t>(rest.size(), std::numeric_limits<uInt>::max());
  // zlib's interface predates const; it does not write there.
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(rest.data()));
  z.avail_in = static_cast<uInt>(piece);
  rest.remove_prefix(piece);
}

}  // namespace

std::optional<GzipProblem> unpack_gzip(std::string_view packed, std::uint64_t max_content,
                                       GzipMembers members,
                                       const std::function<void(std::string_view)>& sink) {
  Inflation stream;
  const std::size_t total = packed.size();
  const auto problem = [&](std::string found, bool is_too_large = false) {
    return GzipProblem{total - packed.size() - stream.z.avail_in, std::move(found), is_too_large};
  };
  const bool is_ours = members == GzipMembers::ours;
  if (is_ours && !packed.starts_with(kOurHeader)) {
    return problem("its gzip header is not the one that joulebench writes");
  }
  std::string buffer(kStep, '\0');
  std::uint64_t written = 0;
  bool inside_member = true;
  for (;;) {
    feed(stream.z, packed);
    if (!inside_member) {
      if (stream.z.avail_in == 0) return std::nullopt;
      if (members != GzipMembers::any) return problem("something follows its end");
      inflateReset(&stream.z);  // the next member; anything else behind the end fails in inflate()
      inside_member = true;
    }
    stream.z.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.z.avail_out = static_cast<uInt>(buffer.size());
    const int status = inflate(&stream.z, is_ours ? Z_BLOCK : Z_NO_FLUSH);
    if (is_ours && status == Z_OK && has_bits_behind_end(stream.z)) {
      return problem("bits are set behind its end");
    }
    const std::size_t got = buffer.size() - stream.z.avail_out;
    written += got;
    if (written > max_content) {
      return problem(
          fmt::format("more than the {} bytes of content that were expected", max_content), true);
    }
    sink(std::string_view(buffer).substr(0, got));
    if (status == Z_STREAM_END) {
      inside_member = false;
    } else if (status == Z_BUF_ERROR && stream.z.avail_in == 0 && packed.empty()) {
      return problem("the file is cut short");
    } else if (status != Z_OK && status != Z_BUF_ERROR) {
      return problem(stream.z.msg != nullptr ? stream.z.msg : "damaged gzip data");
    }
  }
}

std::string pack_gzip(std::string_view content) {
  Deflation stream;
  std::string packed, buffer(kStep, '\0');
  int status = Z_OK;
  while (status == Z_OK || status == Z_BUF_ERROR) {
    feed(stream.z, content);
    stream.z.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.z.avail_out = static_cast<uInt>(buffer.size());
    status = deflate(&stream.z, content.empty() ? Z_FINISH : Z_NO_FLUSH);
    packed.append(buffer, 0, buffer.size() - stream.z.avail_out);
  }
  if (status != Z_STREAM_END) throw std::logic_error("bug: zlib does not compress");
  return packed;
}

}  // namespace joulebench
