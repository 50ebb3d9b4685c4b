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

// Less than all of it where it is damaged; false: it is larger than `most`.
bool read_content(archive* reader, std::size_t most, std::string& content) {
  content.clear();
  for (;;) {
    const std::size_t at = content.size();
    content.resize(std::min(std::max<std::size_t>(2 * at, std::size_t{256} << 10), most + 1));
    const la_ssize_t got = archive_read_data(reader, content.data() + at, content.size() - at);
    content.resize(at + static_cast<std::size_t>(std::max<la_ssize_t>(got, 0)));
    if (content.size() > most) return false;
    if (got <= 0) return true;
  }
}

}  // namespace

bool is_packed(std::string_view content) {
  return std::any_of(kMagics.begin(), kMagics.end(),
                     [&](std::string_view magic) { return content.starts_with(magic); }) ||
         (content.size() > kTarMagicAt && content.substr(kTarMagicAt).starts_with("ustar"));
}

bool for_each_content(std::string_view packed, std::size_t most_bytes,
                      const std::function<bool(std::string_view)>& look) {
  const Reader reader = open_reader(packed);
  if (!reader) return true;
  std::size_t left = 4 * most_bytes;
  std::string content;
  bool complete = true;
  archive_entry* entry = nullptr;
  while (archive_read_next_header(reader.get(), &entry) >= ARCHIVE_WARN) {
    if (archive_entry_filetype(entry) == AE_IFDIR) continue;
    const std::size_t most = std::min(most_bytes, left);
    if (!read_content(reader.get(), most, content)) {
      complete = false;
      if (most < most_bytes) return false;
    }
    left -= std::min(left, content.size());
    if (!look(content)) return complete;
    if (left == 0) return false;
  }
  return complete;
}

}  // namespace joulebench
