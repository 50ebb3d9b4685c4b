#include "harness/sandbox/shared_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "harness/sandbox/folder_walk.h"
#include "harness/sandbox/sandbox.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

mode_t readable(mode_t mode) {
  const bool runs = S_ISDIR(mode) || (mode & 0100) != 0;
  return 0644 | (runs ? 0111 : 0);
}

FileDescriptor open_folder(const fs::path& path) {
  FileDescriptor fd(::open(path.c_str(), kOpenUntrustedFolder));
  if (!fd.is_open()) {
    throw Error({.what = "cannot open a folder",
                 .where = path.string() + ": " + system_message(errno),
                 .hint = {}});
  }
  return fd;
}

}  // namespace

void normalise_mode(int folder, const std::string& name, const struct stat& status) {
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode)) return;
  // O_PATH needs no right to read; chmod through /proc, since fchmod refuses such a descriptor.
  const FileDescriptor fd(::openat(folder, name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat now {};
  if (!fd.is_open() || ::fstat(fd.get(), &now) != 0 || S_ISLNK(now.st_mode)) return;
  ::chmod(("/proc/self/fd/" + std::to_string(fd.get())).c_str(), readable(now.st_mode));
}

void add_use(int folder, FolderUse& use) {
  const VisitEntry add = [&use](int, const std::string&, const struct stat& status) {
    // Holes count: who copies the folder fills them.
    const auto on_disk = static_cast<std::uint64_t>(status.st_blocks) * 512;
    const auto size = S_ISREG(status.st_mode) ? static_cast<std::uint64_t>(status.st_size) : 0;
    use.bytes += std::max(on_disk, size);
    ++use.files;
  };
  walk_folder(folder, {.enter = {}, .leave = add, .too_deep = add});
}

void add_use(const fs::path& folder, FolderUse& use) {
  const FileDescriptor fd(::open(folder.c_str(), kOpenUntrustedFolder));
  if (fd.is_open()) add_use(fd.get(), use);
}

void share_with_sandbox(const fs::path& path) {
  const FileDescriptor folder = open_folder(path);
  walk_folder(folder.get(), {.enter = {}, .leave = normalise_mode, .too_deep = {}});
  ::fchmod(folder.get(), 0755);
  for (fs::path above = fs::canonical(path).parent_path(); above != above.parent_path();
       above = above.parent_path()) {
    struct stat status {};
    if (::stat(above.c_str(), &status) == 0 && status.st_uid == ::geteuid() &&
        (status.st_mode & 0001) == 0 && above.filename().string().starts_with("joulebench-")) {
      ::chmod(above.c_str(), (status.st_mode & 07777) | 0001);  // pass through, but not look around
    }
  }
}

void open_to_sandbox(const fs::path& folder, std::optional<uid_t> uid) {
  struct stat status {};
  if (!uid || !folder.filename().string().starts_with("joulebench-")) return;
  if (::stat(folder.c_str(), &status) != 0 || status.st_uid != ::geteuid()) return;
  if ((status.st_mode & 0007) != 0) return;  // anybody may
  // No other user is in a sandbox's own group.
  if (::chown(folder.c_str(), static_cast<uid_t>(-1), *uid) != 0 ||
      ::chmod(folder.c_str(), 0750) != 0) {
    throw Error({.what = "cannot show a folder to the sandbox",
                 .where = folder.string() + ": " + system_message(errno),
                 .hint = {}});
  }
}

void require_reachable(const fs::path& folder, std::optional<uid_t> uid) {
  if (!uid) return;  // ours are within our own reach
  std::vector<fs::path> way;
  for (fs::path part = folder; part != part.parent_path(); part = part.parent_path())
    way.push_back(part);
  for (auto part = way.rbegin(); part != way.rend(); ++part) {
    struct stat status {};
    const mode_t needed = *part == folder ? 5 : 1;
    if (::stat(part->c_str(), &status) != 0) continue;
    const mode_t shift = status.st_uid == *uid ? 6 : status.st_gid == *uid ? 3 : 0;
    const mode_t granted = (status.st_mode >> shift) & 7;
    if ((granted & needed) != needed) {
      throw Error({.what = "the sandbox may not enter a folder that it is to be shown",
                   .where = part->string() + ": closed to other users, and the sandbox runs as one",
                   .hint = "chmod o+" + std::string(needed == 5 ? "rx " : "x ") + part->string()});
    }
  }
}

namespace {

/// Opens an untrusted plain file for reading; closed with the reason in `problem` when it is none.
/// `status` is of what was opened.
FileDescriptor open_untrusted_file(int folder, const std::string& name, struct stat& status,
                                   std::string& problem) {
  const auto refuse = [&](std::string why) {
    problem = std::move(why);
    return FileDescriptor();
  };
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos) {
    return refuse("not a plain file name");
  }
  const auto fault = [&]() -> const char* {
    if (S_ISLNK(status.st_mode)) return "a symbolic link, not a file";
    if (S_ISDIR(status.st_mode)) return "a folder, not a file";
    if (S_ISFIFO(status.st_mode)) return "a pipe, not a file";
    if (S_ISSOCK(status.st_mode)) return "a socket, not a file";
    if (!S_ISREG(status.st_mode)) return "a device, not a file";
    if (status.st_nlink != 1) return "a file with several names (hard links)";
    return nullptr;
  };
  // Looked at before it is opened, since to open can already do something (a pipe waits, a device
  // acts), and again after, since it may have been exchanged. O_NONBLOCK also refuses to wait for a
  // lease on the file.
  if (::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return refuse(errno == ENOENT ? "no such file" : system_message(errno));
  }
  if (const char* const found = fault()) return refuse(found);
  FileDescriptor file(
      ::openat(folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file.is_open()) return refuse(system_message(errno));
  if (::fstat(file.get(), &status) != 0) return refuse(system_message(errno));
  if (const char* const found = fault()) return refuse(found);
  return file;
}

FileStamp stamp_of(const struct stat& status) {
  return {
      .number = status.st_ino,
      .size = status.st_size,
      .changed_ns = std::int64_t{1'000'000'000} * status.st_ctim.tv_sec + status.st_ctim.tv_nsec};
}

}  // namespace

std::optional<FileStamp> stamp_untrusted_file(int folder, const std::string& name,
                                              std::string& problem) {
  struct stat status {};
  const FileDescriptor file = open_untrusted_file(folder, name, status, problem);
  if (!file.is_open()) return std::nullopt;
  // A lease to read is refused while somebody has the file open for writing or mapped: what is
  // written through a mapping does not always change its times. Where we may take no lease, this
  // hole stays.
  if (::fcntl(file.get(), F_SETLEASE, F_RDLCK) != 0 && errno == EAGAIN) {
    problem = "still open for writing";
    return std::nullopt;
  }
  return stamp_of(status);
}

std::optional<std::string> read_untrusted_file(int folder, const std::string& name,
                                               std::size_t max_bytes, std::string& problem,
                                               FileStamp* stamp) {
  struct stat status {};
  const FileDescriptor file = open_untrusted_file(folder, name, status, problem);
  if (!file.is_open()) return std::nullopt;
  if (stamp != nullptr) *stamp = stamp_of(status);
  if (static_cast<std::uint64_t>(status.st_size) > max_bytes) {
    problem = "a file of " + std::to_string(status.st_size) + " bytes, more than the " +
              std::to_string(max_bytes) + " that can be right";
    return std::nullopt;
  }
  std::string content(static_cast<std::size_t>(status.st_size), '\0');
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t got = ::read(file.get(), content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      problem = system_message(errno);
      return std::nullopt;
    }
    if (got == 0) break;  // it was cut short while we read
    filled += static_cast<std::size_t>(got);
  }
  content.resize(filled);
  return content;
}

}  // namespace joulebench
