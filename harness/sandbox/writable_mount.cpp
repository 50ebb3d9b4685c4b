#include "harness/sandbox/writable_mount.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/fsuid.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/error.h"
#include "core/text.h"
#include "harness/sandbox/folder_walk.h"
#include "harness/sandbox/shared_folder.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

constexpr std::uint64_t kPage = 4096;

/// While it lives this thread makes files as that user and group: in a file system of a sandbox's
/// own user namespace nobody else can, not even root.
class MakesFilesAs {
 public:
  explicit MakesFilesAs(std::optional<uid_t> uid) {
    if (!uid) return;
    group_ = static_cast<gid_t>(::setfsgid(*uid));
    user_ = static_cast<uid_t>(::setfsuid(*uid));
    is_other_ = true;
  }
  ~MakesFilesAs() {
    if (!is_other_) return;
    ::setfsuid(user_);
    ::setfsgid(group_);
  }
  MakesFilesAs(const MakesFilesAs&) = delete;
  MakesFilesAs& operator=(const MakesFilesAs&) = delete;

 private:
  bool is_other_ = false;
  uid_t user_ = 0;
  gid_t group_ = 0;
};

/// A copy of one folder's content into another, empty one.
struct Copy {
  const char* what = "";     // fails: "cannot keep what a build wrote"
  std::optional<uid_t> uid;  // whose the copies are; absent: ours

  [[noreturn]] void fail(const std::string& name, int code) const {
    throw Error(
        {.what = what,
         .where = printable(name, 200) + ": " + system_message(code),
         .hint = code == ENOSPC || code == EDQUOT ? "make room in the scratch folder" : ""});
  }
  void file(int from, int to, const std::string& name, const struct stat& status) const;
  void link(int from, int to, const std::string& name) const;
  void make_folder(int to, const std::string& name) const;
  void below(int from, int to, int depth) const;
};

void Copy::file(int from, int to, const std::string& name, const struct stat& status) const {
  const FileDescriptor in(
      ::openat(from, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!in.is_open()) fail(name, errno);
  const mode_t mode = (status.st_mode & 0100) != 0 ? 0755 : 0644;
  const auto create = [&] {
    const MakesFilesAs user(uid);
    return ::openat(to, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  };
  const FileDescriptor out(create());
  if (!out.is_open() || ::fchmod(out.get(), mode) != 0) fail(name, errno);
  for (off_t left = status.st_size; left > 0;) {
    const ssize_t sent = ::sendfile(out.get(), in.get(), nullptr,
                                    static_cast<std::size_t>(std::min<off_t>(left, 1 << 30)));
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) fail(name, errno);
    if (sent == 0) break;
    left -= sent;
  }
}

void Copy::link(int from, int to, const std::string& name) const {
  char target[PATH_MAX];
  const ssize_t length = ::readlinkat(from, name.c_str(), target, sizeof target - 1);
  if (length < 0) fail(name, errno);
  target[length] = '\0';
  const MakesFilesAs user(uid);
  if (::symlinkat(target, to, name.c_str()) != 0) fail(name, errno);
}

void Copy::make_folder(int to, const std::string& name) const {
  const MakesFilesAs user(uid);
  if (::mkdirat(to, name.c_str(), 0755) != 0) fail(name, errno);
}

void Copy::below(int from, int to, int depth) const {
  const auto copy = [&](int, const std::string& name, const struct stat& status) {
    if (S_ISREG(status.st_mode)) {
      file(from, to, name, status);
    } else if (S_ISLNK(status.st_mode)) {
      link(from, to, name);
    } else if (S_ISDIR(status.st_mode) && depth < kMostLevels) {
      make_folder(to, name);
      const FileDescriptor below_from(::openat(from, name.c_str(), kOpenUntrustedFolder));
      const FileDescriptor below_to(::openat(to, name.c_str(), kOpenUntrustedFolder));
      if (!below_from.is_open() || !below_to.is_open() || ::fchmod(below_to.get(), 0755) != 0) {
        fail(name, errno);
      }
      below(below_from.get(), below_to.get(), depth + 1);
    } else {
      return;
    }
    // Programs such as make compare times.
    const timespec times[] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, status.st_mtim};
    if (::utimensat(to, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0) fail(name, errno);
  };
  if (!for_each_entry(from, copy)) fail("a folder", errno);
}

FileDescriptor open_host_folder(const fs::path& path) {
  FileDescriptor folder(::open(path.c_str(), kOpenUntrustedFolder));
  if (folder.is_open()) return folder;
  throw Error({.what = "cannot open a folder",
               .where = path.string() + ": " + system_message(errno),
               .hint = {}});
}

}  // namespace

std::uint64_t room_of_writable(const SandboxMount& mount, const Limits& limits) {
  FolderUse use;
  add_use(mount.host, use);
  return std::max({limits.output_bytes, use.bytes + kPage * use.files, kPage});
}

void WritableMount::fill(FileDescriptor folder, std::optional<uid_t> uid) {
  folder_ = std::move(folder);
  const Copy copy{.what = "cannot give a sandbox its writable folder", .uid = uid};
  if (!folder_.is_open()) copy.fail(inside_, errno);
  const FileDescriptor host = open_host_folder(host_);
  copy.below(host.get(), folder_.get(), 0);
}

FolderUse WritableMount::use() {
  // Folders are opened before they are entered: who made them may have taken our rights.
  ::fchmod(folder_.get(), 0755);
  walk_folder(folder_.get(), {.enter = normalise_mode, .leave = normalise_mode, .too_deep = {}});
  FolderUse found;
  add_use(folder_.get(), found);
  return found;
}

void WritableMount::keep() {
  const Copy copy{.what = "cannot keep what a program wrote"};
  if (!folder_.is_open()) copy.fail(inside_, EBADF);
  std::error_code code;
  for (fs::directory_iterator entry(host_, code), end; !code && entry != end;
       entry.increment(code)) {
    fs::remove_all(entry->path(), code);
    if (code) break;
  }
  if (code) copy.fail(host_.string(), code.value());
  const FileDescriptor host = open_host_folder(host_);
  copy.below(folder_.get(), host.get(), 0);
}

}  // namespace joulebench
