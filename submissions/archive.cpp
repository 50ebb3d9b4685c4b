#include "submissions/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "submissions/entry_tree.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

constexpr std::array kEndings = {".tar.gz", ".tgz", ".tar.zst", ".zip"};
constexpr std::size_t kLongestName = 1024;
constexpr std::size_t kLongestPart = 255;

using Reader = std::unique_ptr<archive, int (*)(archive*)>;
using Writer = std::unique_ptr<archive, int (*)(archive*)>;

[[noreturn]] void refuse(const fs::path& file, const std::string& entry, const std::string& why) {
  throw Error(
      {.what = "the archive cannot be taken as a submission",
       .where = file.string() + (entry.empty() ? "" : ": " + printable(entry, 200)) + ": " + why,
       .hint = "joulebench submission pack makes archives that can"});
}

std::string reason_of(archive* reader) {
  const char* text = archive_error_string(reader);
  return printable(text == nullptr ? "cannot be read" : text, 300);
}

bool is_plain_utf8(const std::string& name) {
  // printable() changes what is not UTF-8, control characters and marks that mislead.
  return printable(name, name.size() + 4) == name &&
         name.find_first_of("\n\t\\") == std::string::npos;
}

/// The parts of a name; refuses what would leave the folder or cannot be shown.
std::vector<std::string> parts_of(const fs::path& file, const std::string& name,
                                  const ArchiveLimits& limits) {
  if (name.empty()) refuse(file, "", "an entry without a name");
  if (name.size() > kLongestName)
    refuse(file, name, "a name of more than " + std::to_string(kLongestName) + " bytes");
  if (!is_plain_utf8(name))
    refuse(file, name,
           "a name that is not plain UTF-8 (control characters and backslashes are refused, too)");
  if (name.front() == '/') refuse(file, name, "an absolute name");
  std::vector<std::string> parts;
  std::size_t start = 0;
  while (start <= name.size()) {
    const std::size_t slash = std::min(name.find('/', start), name.size());
    std::string part = name.substr(start, slash - start);
    start = slash + 1;
    if (part == "..") refuse(file, name, "a name with '..'");
    if (part.empty() || part == ".") continue;
    if (part.size() > kLongestPart)
      refuse(file, name, "a part of more than " + std::to_string(kLongestPart) + " bytes");
    parts.push_back(std::move(part));
  }
  if (parts.size() > limits.depth)
    refuse(file, name, "more than " + std::to_string(limits.depth) + " folders deep");
  return parts;
}

/// libarchive turns names into the locale's characters and gives up where that has none, as "C" has
/// beyond ASCII. For this thread, and until this goes, they are UTF-8.
class Utf8Names {
 public:
  Utf8Names() : utf8_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (utf8_ != nullptr) before_ = ::uselocale(utf8_);
  }
  ~Utf8Names() {
    if (utf8_ == nullptr) return;
    ::uselocale(before_);
    ::freelocale(utf8_);
  }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;

 private:
  locale_t utf8_ = nullptr;
  locale_t before_ = nullptr;
};

/// One walk over the archive: checks everything and, when `folder` is given, writes.
class Walk {
 public:
  Walk(const fs::path& file, const ArchiveLimits& limits, const fs::path* folder)
      : file_(file),
        limits_(limits),
        folder_(folder),
        reader_(archive_read_new(), archive_read_free) {
    // Only what a submission comes in: each further format is more code that an untrusted file can
    // attack.
    archive_read_support_filter_gzip(reader_.get());
    archive_read_support_filter_zstd(reader_.get());
    archive_read_support_format_tar(reader_.get());
    archive_read_support_format_zip(reader_.get());
    archive_read_set_options(reader_.get(), "hdrcharset=UTF-8");
  }

  void run(int fd, std::uint64_t packed_bytes) {
    packed_bytes_ = packed_bytes;
    if (archive_read_open_fd(reader_.get(), fd, 1 << 16) != ARCHIVE_OK)
      refuse(file_, "", reason_of(reader_.get()));
    archive_entry* entry = nullptr;
    for (;;) {
      const int code = archive_read_next_header(reader_.get(), &entry);
      if (code == ARCHIVE_EOF) break;
      // A warning is about a name that our locale cannot show; names are judged below.
      if (code != ARCHIVE_OK && code != ARCHIVE_WARN) refuse(file_, "", reason_of(reader_.get()));
      check_kind_of_archive();
      take(entry);
    }
    if (files_ == 0) refuse(file_, "", "there is no file in it");
    make_links();
  }

 private:
  void check_kind_of_archive() {
    const int format = archive_format(reader_.get()) & ARCHIVE_FORMAT_BASE_MASK;
    const int filter = archive_filter_code(reader_.get(), 0);
    const bool packed_tar = format == ARCHIVE_FORMAT_TAR &&
                            (filter == ARCHIVE_FILTER_GZIP || filter == ARCHIVE_FILTER_ZSTD) &&
                            archive_filter_count(reader_.get()) == 2;  // itself and "none"
    const bool zip = format == ARCHIVE_FORMAT_ZIP && filter == ARCHIVE_FILTER_NONE;
    if (!packed_tar && !zip) refuse(file_, "", "neither .tar.gz nor .tar.zst nor .zip");
  }

  void take(archive_entry* entry) {
    const char* utf8 = archive_entry_pathname_utf8(entry);
    if (utf8 == nullptr) refuse(file_, "", "a name that is not plain UTF-8");
    const std::string name = utf8;
    const std::vector<std::string> parts = parts_of(file_, name, limits_);
    if (archive_entry_hardlink_utf8(entry) != nullptr || archive_entry_hardlink(entry) != nullptr) {
      refuse(file_, name, "a hard link");
    }
    const auto type = archive_entry_filetype(entry);
    if (type != AE_IFREG && type != AE_IFDIR && type != AE_IFLNK)
      refuse(file_, name, "neither a file nor a folder");
    if (archive_entry_is_encrypted(entry) != 0) refuse(file_, name, "encrypted");

    std::string path;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i)
      enter_folder(path += (i == 0 ? "" : "/") + parts[i], name);
    if (parts.empty()) return;  // "./", the folder itself
    path += (path.empty() ? "" : "/") + parts.back();
    if (type == AE_IFDIR) {
      enter_folder(path, name);
      return;
    }
    if (!seen_.emplace(path, false).second) refuse(file_, name, "a name that occurs twice");
    count(name);
    if (type == AE_IFLNK) {
      take_link(entry, path, name);
      return;
    }
    const bool runs = (archive_entry_perm(entry) & 0100) != 0;
    FileDescriptor out;
    if (folder_ != nullptr) {
      out = FileDescriptor(::open((*folder_ / path).c_str(),
                                  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                                  runs ? 0755 : 0644));
      if (!out.is_open()) cannot_write(path);
    }
    char buffer[1 << 16];
    for (;;) {
      const la_ssize_t got = archive_read_data(reader_.get(), buffer, sizeof buffer);
      if (got == 0) break;
      if (got < 0) refuse(file_, name, reason_of(reader_.get()));
      total_ += static_cast<std::uint64_t>(got);
      check_size(name);
      if (out.is_open()) write(out.get(), buffer, static_cast<std::size_t>(got), path);
    }
    if (out.is_open()) ::fchmod(out.get(), runs ? 0755 : 0644);  // whatever our umask is
  }

  // Of the target only what can be said without the other files; the rest in make_links().
  void take_link(archive_entry* entry, const std::string& path, const std::string& name) {
    const char* const target = archive_entry_symlink_utf8(entry);
    if (target == nullptr || *target == '\0' || !is_plain_utf8(target) ||
        std::string_view(target).size() > kLongestName) {
      refuse(file_, name, "a symbolic link whose target is not plain UTF-8");
    }
    const fs::path by_text = (fs::path(path).parent_path() / target).lexically_normal();
    if (*target == '/' || *by_text.begin() == "..") {
      refuse(file_, name,
             "a symbolic link to '" + std::string(target) + "', which lies outside the entry");
    }
    links_.emplace_back(path, target);
  }

  // When all files are there; nothing is written any more, and each is followed once to see that it
  // stays inside.
  void make_links() const {
    if (folder_ == nullptr) return;
    for (const auto& [path, target] : links_) {
      if (::symlink(target.c_str(), (*folder_ / path).c_str()) != 0) cannot_write(path);
    }
    for (const auto& [path, target] : links_) {
      const std::string why = link_problem(*folder_, *folder_ / path);
      if (why.empty()) continue;
      for (const auto& entry : fs::directory_iterator(*folder_)) fs::remove_all(entry.path());
      refuse(file_, path, why);
    }
  }

  void enter_folder(const std::string& path, const std::string& name) {
    const auto [place, is_new] = seen_.emplace(path, true);
    if (!place->second) refuse(file_, name, "a file that is also a folder");
    if (!is_new) return;
    count(name);
    if (folder_ == nullptr) return;
    if (::mkdir((*folder_ / path).c_str(), 0755) != 0) cannot_write(path);
    ::chmod((*folder_ / path).c_str(), 0755);
  }

  void count(const std::string& name) {
    if (++files_ > limits_.files)
      refuse(file_, name, "more than " + std::to_string(limits_.files) + " files");
  }

  void check_size(const std::string& name) const {
    if (total_ > limits_.total_bytes) {
      refuse(file_, name,
             "more than " + std::to_string(limits_.total_bytes / 1'000'000) + " MB when unpacked");
    }
    if (total_ > limits_.ratio_from &&
        static_cast<double>(total_) > limits_.ratio * static_cast<double>(packed_bytes_)) {
      refuse(file_, name,
             "unpacks to more than " + std::to_string(static_cast<int>(limits_.ratio)) +
                 " times its size, as only a trap does");
    }
  }

  void write(int fd, const char* bytes, std::size_t count, const std::string& path) const {
    while (count > 0) {
      const ssize_t written = ::write(fd, bytes, count);
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) cannot_write(path);
      bytes += written;
      count -= static_cast<std::size_t>(written);
    }
  }

  [[noreturn]] void cannot_write(const std::string& path) const {
    throw Error({.what = "cannot unpack an archive",
                 .where = (*folder_ / path).string() + ": " + system_message(errno),
                 .hint = errno == ENOSPC ? "free space there, or use another folder" : ""});
  }

  const fs::path& file_;
  const ArchiveLimits& limits_;
  const fs::path* folder_;
  Reader reader_;
  std::uint64_t packed_bytes_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t files_ = 0;
  std::map<std::string, bool> seen_;                        // path -> is a folder
  std::vector<std::pair<std::string, std::string>> links_;  // path and target
};

}  // namespace

bool has_archive_name(const fs::path& path) {
  const std::string name = path.filename().string();
  return std::any_of(kEndings.begin(), kEndings.end(),
                     [&](const char* ending) { return name.ends_with(ending); });
}

fs::path unpack_archive(const fs::path& archive_file, const fs::path& folder,
                        const ArchiveLimits& limits) {
  const FileDescriptor fd(::open(archive_file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!fd.is_open() || ::fstat(fd.get(), &status) != 0) {
    throw Error({.what = "cannot read an archive",
                 .where = archive_file.string() + ": " + system_message(errno),
                 .hint = {}});
  }
  if (!S_ISREG(status.st_mode)) refuse(archive_file, "", "not a file");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  const Utf8Names utf8_names;
  Walk(archive_file, limits, nullptr).run(fd.get(), size);
  if (::lseek(fd.get(), 0, SEEK_SET) != 0) refuse(archive_file, "", system_message(errno));
  Walk(archive_file, limits, &folder).run(fd.get(), size);

  if (fs::exists(folder / "submission.json")) return folder;
  std::vector<fs::path> tops;
  const IgnoreList ignored(folder);  // a Mac packs __MACOSX beside the folder
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (ignored.ignores(entry.path().filename(), entry.is_directory())) continue;
    tops.push_back(entry.path());
  }
  if (tops.size() == 1 && fs::is_regular_file(tops.front() / "submission.json"))
    return tops.front();
  refuse(archive_file, "",
         "there is no submission.json in it, neither at its top nor in its only folder");
}

namespace {

/// The same files give the same bytes: no times, no owners.
class ArchiveWriter {
 public:
  explicit ArchiveWriter(const fs::path& file)
      : file_(file), writer_(archive_write_new(), archive_write_free) {
    const std::string name = file.filename().string();
    if (name.ends_with(".zip")) {
      check(archive_write_set_format_zip(writer_.get()));
    } else if (name.ends_with(".tar.zst")) {
      check(archive_write_set_format_pax_restricted(writer_.get()));
      check(archive_write_add_filter_zstd(writer_.get()));
    } else if (name.ends_with(".tar.gz") || name.ends_with(".tgz")) {
      check(archive_write_set_format_pax_restricted(writer_.get()));
      check(archive_write_add_filter_gzip(writer_.get()));
      check(archive_write_set_options(writer_.get(), "gzip:!timestamp"));
    } else {
      throw Error({.what = "cannot tell what kind of archive to write",
                   .where = file.string(),
                   .hint = "end its name in .tar.gz, .tar.zst or .zip"});
    }
  }
  void open(const fs::path& part) {
    check(archive_write_open_filename(writer_.get(), part.c_str()));
  }
  void add(const fs::path& folder, const EntryFile& file) {
    const fs::path& name = file.name;
    const fs::path path = folder / name;
    const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                         archive_entry_free);
    archive_entry_update_pathname_utf8(entry.get(), name.c_str());
    archive_entry_copy_pathname(entry.get(), name.c_str());
    archive_entry_set_mtime(entry.get(), 315'532'800, 0);  // 1980, the earliest that zip can say
    std::string content;
    if (file.is_link) {
      const std::string target = fs::read_symlink(path).string();
      archive_entry_set_filetype(entry.get(), AE_IFLNK);
      archive_entry_set_perm(entry.get(), 0777);
      archive_entry_update_symlink_utf8(entry.get(), target.c_str());
      archive_entry_copy_symlink(entry.get(), target.c_str());
    } else {
      content = read_text_file(path, std::size_t{2} << 30);
      archive_entry_set_filetype(entry.get(), AE_IFREG);
      archive_entry_set_perm(entry.get(), file.runs ? 0755 : 0644);
      archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
    }
    check(archive_write_header(writer_.get(), entry.get()));
    if (archive_write_data(writer_.get(), content.data(), content.size()) !=
        static_cast<la_ssize_t>(content.size())) {
      check(ARCHIVE_FATAL);
    }
  }
  void close() { check(archive_write_close(writer_.get())); }

 private:
  void check(int code) const {
    if (code == ARCHIVE_OK || code == ARCHIVE_WARN) return;
    throw Error({.what = "cannot write an archive",
                 .where = file_.string() + ": " + reason_of(writer_.get()),
                 .hint = {}});
  }

  const fs::path& file_;
  Writer writer_;
};

}  // namespace

void pack_archive(const fs::path& folder, const fs::path& archive_file) {
  const Utf8Names utf8_names;
  ArchiveWriter writer(archive_file);
  const std::vector<EntryFile> files = list_entry(folder);
  // Beside its final name, which it gets when it is complete.
  const fs::path part = archive_file.string() + ".part-" + std::to_string(::getpid());
  writer.open(part);
  try {
    for (const EntryFile& file : files) writer.add(folder, file);
    writer.close();
    fs::rename(part, archive_file);
  } catch (...) {
    std::error_code ignored;
    fs::remove(part, ignored);
    throw;
  }
}

}  // namespace joulebench
