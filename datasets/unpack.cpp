#include "datasets/unpack.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

namespace joulebench {
namespace {

using namespace std::string_view_literals;

constexpr std::array kMagics = {"\x1f\x8b"sv,   "\x1f\x9d"sv,          "\xfd\x37zXZ\0"sv,
                                "BZh"sv,        "\x28\xb5\x2f\xfd"sv,  "\x04\x22\x4d\x18"sv,
                                "PK\x03\x04"sv, "7z\xbc\xaf\x27\x1c"sv};
constexpr std::size_t kTarMagicAt = 257;

using Reader = std::unique_ptr<archive, int (*)(archive*)>;

Reader open_reader(std::string_view packed) {
  Reader reader(archive_read_new(), archive_read_free);
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_compress(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_filter_zstd(reader.get());
  archive_read_support_format_tar(reader.get());
  archive_read_support_format_zip(reader.get());
  archive_read_support_format_7zip(reader.get());
  archive_read_support_format_raw(reader.get());
  if (archive_read_open_memory(reader.get(), packed.data(), packed.size()) < ARCHIVE_WARN) {
    reader.reset();
  }
  return reader;
}

// What a file inside costs beside its content: archives of many empty ones end, too.
constexpr std::uint64_t kMemberBytes = 512;

enum class ContentRead { all, damaged, too_large };

ContentRead read_content(archive* reader, std::size_t most, std::string& content) {
  content.clear();
  for (;;) {
    const std::size_t at = content.size();
    content.resize(std::min(std::max<std::size_t>(2 * at, std::size_t{256} << 10), most + 1));
    const la_ssize_t got = archive_read_data(reader, content.data() + at, content.size() - at);
    content.resize(at + static_cast<std::size_t>(std::max<la_ssize_t>(got, 0)));
    if (content.size() > most) return ContentRead::too_large;
    // A warning follows the last byte: a checksum that differs.
    if (got == 0 || got == ARCHIVE_WARN) return ContentRead::all;
    if (got < 0) return ContentRead::damaged;
  }
}

}  // namespace

bool is_packed(std::string_view content) {
  return std::any_of(kMagics.begin(), kMagics.end(),
                     [&](std::string_view magic) { return content.starts_with(magic); }) ||
         (content.size() > kTarMagicAt && content.substr(kTarMagicAt).starts_with("ustar"));
}

Unpacked for_each_content(std::string_view packed, std::size_t most_bytes, std::uint64_t& left,
                          const std::function<bool(std::string_view)>& look) {
  const Reader reader = open_reader(packed);
  if (!reader) return Unpacked::all;
  std::string content;
  archive_entry* entry = nullptr;
  for (bool is_first = true;; is_first = false) {
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) return Unpacked::all;
    if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
      if (archive_read_has_encrypted_entries(reader.get()) > 0) return Unpacked::encrypted;
      // Of what only begins like an archive no file is ever read.
      return is_first ? Unpacked::all : Unpacked::damaged;
    }
    if (archive_entry_is_encrypted(entry) > 0) return Unpacked::encrypted;
    const std::uint64_t most = std::min<std::uint64_t>(most_bytes, left);
    // Folders and links as well: what is skipped is unpacked all the same.
    const ContentRead read = read_content(reader.get(), most, content);
    left -= std::min(left, content.size() + kMemberBytes);
    if (read == ContentRead::too_large) return Unpacked::too_large;
    if (!content.empty() && !look(content)) return Unpacked::all;
    const bool is_archive = archive_format(reader.get()) != ARCHIVE_FORMAT_RAW;
    if (read == ContentRead::damaged) return is_archive ? Unpacked::damaged : Unpacked::all;
    if (left == 0) return Unpacked::too_large;
  }
}

}  // namespace joulebench
