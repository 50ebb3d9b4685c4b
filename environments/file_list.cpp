#include "environments/file_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "core/digest.h"
#include "core/error.h"
#include "core/text.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f || c == '\\') {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  return result;
}

const char* kind_of(const ListedFile& file) {
  if (file.kind == ListedFile::Kind::folder) return "dir";
  if (file.kind == ListedFile::Kind::link) return "link";
  return file.is_executable ? "exec" : "file";
}

ListedFile listed(const fs::path& root, const fs::directory_entry& entry) {
  ListedFile file{.path = entry.path().lexically_relative(root).string()};
  const fs::file_status status = entry.symlink_status();
  if (fs::is_symlink(status)) {
    file.kind = ListedFile::Kind::link;
    file.detail = fs::read_symlink(entry.path()).string();
  } else if (fs::is_directory(status)) {
    file.kind = ListedFile::Kind::folder;
  } else if (fs::is_regular_file(status)) {
    file.is_executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
    file.bytes = entry.file_size();
    file.detail = sha256_of_file(entry.path());
  } else {
    throw Error({.what = "an environment holds what is neither file, folder nor link",
                 .where = printable(entry.path().string(), 500),
                 .hint = "import it again"});
  }
  return file;
}

}  // namespace

std::vector<ListedFile> list_files(const fs::path& root) {
  std::vector<ListedFile> files;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root)) {
    files.push_back(listed(root, entry));
  }
  std::sort(files.begin(), files.end(),
            [](const ListedFile& a, const ListedFile& b) { return a.path < b.path; });
  return files;
}

std::string to_text(const std::vector<ListedFile>& files) {
  std::string text;
  for (const ListedFile& file : files) {
    fmt::format_to(std::back_inserter(text), "{}\t{}\t{}\t{}\n", kind_of(file), file.bytes,
                   escaped(file.detail), escaped(file.path));
  }
  return text;
}

std::string digest_of(const std::vector<ListedFile>& files) {
  return sha256_of_text(to_text(files));
}

}  // namespace joulebench
