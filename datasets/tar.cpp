#include "datasets/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <memory>

#include "core/error.h"
#include "core/text.h"

namespace joulebench {

std::string tar_member(std::string_view tar, std::string_view member, const std::string& name) {
  const std::unique_ptr<archive, int (*)(archive*)> reader(archive_read_new(), archive_read_free);
  const auto fail = [&name](const std::string& found) -> Error {
    return Error({.what = "cannot read an archive",
                  .where = name + ": " + printable(found, 300),
                  .hint = {}});
  };
  const auto require = [&](la_ssize_t result) {
    if (result >= ARCHIVE_OK || result == ARCHIVE_WARN) return;
    const char* const reason = archive_error_string(reader.get());
    throw fail(reason == nullptr ? "it is damaged" : reason);
  };
  require(archive_read_support_format_tar(reader.get()));
  require(archive_read_open_memory(reader.get(), tar.data(), tar.size()));
  for (;;) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(reader.get(), &entry);
    if (result == ARCHIVE_EOF) throw fail(fmt::format("no member '{}'", member));
    require(result);
    const char* const path = archive_entry_pathname(entry);
    if (path == nullptr || path != member || archive_entry_filetype(entry) != AE_IFREG) continue;
    // A header may say any size: it is believed as far as the archive is long.
    const la_int64_t size = archive_entry_size(entry);
    if (size < 0 || static_cast<std::size_t>(size) > tar.size()) {
      throw fail(fmt::format("'{}' is larger than the archive", member));
    }
    std::string content(static_cast<std::size_t>(size), '\0');
    const la_ssize_t got = archive_read_data(reader.get(), content.data(), content.size());
    require(got);
    if (got != size) throw fail(fmt::format("it ends inside '{}'", member));
    return content;
  }
}

}  // namespace joulebench
