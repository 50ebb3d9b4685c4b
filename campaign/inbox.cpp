#include "campaign/inbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>
#include <tuple>
#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "core/text.h"
#include "submissions/archive.h"
#include "submissions/request.h"
#include "submissions/signed_entry.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestSignature = 16 << 10;

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

/// What tells one state of a file from another.
std::string stamp_of(const struct stat& status) {
  return fmt::format("{}:{}:{}:{}:{}", status.st_dev, status.st_ino, status.st_size,
                     nanoseconds(status.st_mtim), nanoseconds(status.st_ctim));
}

std::string file_name_of(const std::string& name) {
  return name.substr(name.rfind('/') + 1);  // npos + 1 is 0
}

FileDescriptor open_file(const FileDescriptor& folder, const std::string& name) {
  // O_NONBLOCK: a pipe would wait for its writer.
  return FileDescriptor(
      ::openat(folder.get(), name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
}

/// A lease is not given while somebody has the file open for writing. Of another user's file it is
/// never given: then the time since its last change has to do.
bool is_being_written(int fd) {
  // A writer that comes while we hold it is announced by a signal: by one that nobody minds, since
  // SIGIO would end us.
  ::fcntl(fd, F_SETSIG, SIGURG);
  if (::fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
    ::fcntl(fd, F_SETLEASE, F_UNLCK);
    return false;
  }
  return errno == EAGAIN;
}

[[noreturn]] void cannot(const char* what, const fs::path& file) {
  const int problem = errno;
  throw Error({.what = what,
               .where = printable(file.string(), 1000) + ": " + system_message(problem),
               .hint = problem == ENOSPC ? "free space there: what lies in the inbox stays, and is "
                                           "looked at again"
                                         : ""});
}

void write_all(int fd, const char* bytes, std::size_t count, const fs::path& file) {
  while (count > 0) {
    const ssize_t written = ::write(fd, bytes, count);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) cannot("cannot keep an upload", file);
    bytes += written;
    count -= static_cast<std::size_t>(written);
  }
}

/// Copies all of `from`; empty: its size is not what it was.
std::string copy_and_digest(int from, std::uint64_t bytes, const fs::path& to) {
  const FileDescriptor out(
      ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!out.is_open()) cannot("cannot keep an upload", to);
  Sha256 digest;
  std::uint64_t copied = 0;
  static thread_local char buffer[1 << 18];
  for (;;) {
    const ssize_t got = ::read(from, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return {};
    if (got == 0) break;
    copied += static_cast<std::uint64_t>(got);
    if (copied > bytes) return {};
    digest.update(std::string_view(buffer, static_cast<std::size_t>(got)));
    write_all(out.get(), buffer, static_cast<std::size_t>(got), to);
  }
  if (::fsync(out.get()) != 0) cannot("cannot keep an upload", to);
  return copied == bytes ? digest.finish() : "";
}

std::string read_at_most(int fd, std::size_t most) {
  std::string text(most + 1, '\0');
  const ssize_t got = ::pread(fd, text.data(), text.size(), 0);
  text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return text;
}

}  // namespace

Inbox::Inbox(fs::path folder)
    : folder_(std::move(folder)), fd_(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  if (!fd_.is_open()) cannot("cannot open the inbox", folder_);
}

FileDescriptor Inbox::open_folder_of(const std::string& name) const {
  const std::size_t slash = name.find('/');
  const std::string folder = slash == name.npos ? "." : name.substr(0, slash);
  return FileDescriptor(
      ::openat(fd_.get(), folder.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

void Inbox::list(const std::string& folder, std::vector<Upload>& found, std::size_t most,
                 std::vector<std::string>& left_alone) const {
  FileDescriptor opened = open_folder_of(folder.empty() ? "x" : folder + "/x");
  if (!opened.is_open()) return;  // gone, or a link by now
  const int raw = ::dup(opened.get());
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(raw), ::closedir);
  if (entries == nullptr) {
    ::close(raw);
    cannot("cannot read the inbox", folder_ / folder);
  }
  std::vector<std::string> folders;
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string name = entry->d_name;
    if (name.starts_with('.') || found.size() >= most) continue;
    struct stat status {};
    if (::fstatat(opened.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISDIR(status.st_mode)) {
      if (folder.empty()) folders.push_back(name);
      continue;
    }
    const bool is_request = has_request_name(name);
    if (!is_request && !has_archive_name(name)) continue;
    const std::string path = folder.empty() ? name : folder + "/" + name;
    if (!S_ISREG(status.st_mode)) {
      left_alone.push_back(printable(path, 200) + ": it is no file, but a link or a device");
      continue;
    }
    Upload upload{.name = path,
                  .is_request = is_request,
                  .bytes = static_cast<std::uint64_t>(status.st_size),
                  .modified_ns = nanoseconds(status.st_mtim),
                  .arrived = {nanoseconds(status.st_ctim) / 1'000'000},
                  .stamp = stamp_of(status)};
    struct stat signature {};
    if (::fstatat(opened.get(), signature_file(name).c_str(), &signature, AT_SYMLINK_NOFOLLOW) ==
            0 &&
        S_ISREG(signature.st_mode)) {
      upload.has_signature = true;
      upload.stamp += "+" + stamp_of(signature);
      upload.arrived = std::max(upload.arrived, {nanoseconds(signature.st_ctim) / 1'000'000});
    }
    found.push_back(std::move(upload));
  }
  std::sort(folders.begin(), folders.end());
  for (const std::string& one : folders) list(one, found, most, left_alone);
}

std::vector<Upload> Inbox::uploads(std::size_t most, std::vector<std::string>& left_alone) const {
  std::vector<Upload> found;
  list("", found, most, left_alone);
  if (found.size() >= most) {
    left_alone.push_back(fmt::format(
        "there are {} uploads or more: move those that have a receipt elsewhere", most));
  }
  std::sort(found.begin(), found.end(), [](const Upload& a, const Upload& b) {
    return std::tie(a.arrived, a.name) < std::tie(b.arrived, b.name);
  });
  return found;
}

std::optional<TakenUpload> Inbox::take(const Upload& upload, const fs::path& to,
                                       std::uint64_t most_bytes) const {
  const FileDescriptor folder = open_folder_of(upload.name);
  if (!folder.is_open()) return std::nullopt;
  const std::string name = file_name_of(upload.name);
  const FileDescriptor file = open_file(folder, name);
  struct stat before {};
  if (!file.is_open() || ::fstat(file.get(), &before) != 0 || !S_ISREG(before.st_mode) ||
      is_being_written(file.get())) {
    return std::nullopt;
  }
  TakenUpload taken{.bytes = static_cast<std::uint64_t>(before.st_size)};
  std::string stamp = stamp_of(before);
  if (upload.has_signature) {
    const FileDescriptor signature = open_file(folder, signature_file(name));
    struct stat status {};
    if (!signature.is_open() || ::fstat(signature.get(), &status) != 0 ||
        !S_ISREG(status.st_mode)) {
      return std::nullopt;
    }
    taken.signature = read_at_most(signature.get(), kLongestSignature);
    stamp += "+" + stamp_of(status);
  }
  if (stamp != upload.stamp) return std::nullopt;
  if (taken.bytes > most_bytes) return taken;
  taken.sha256 = copy_and_digest(file.get(), taken.bytes, to);
  struct stat after {};
  if (taken.sha256.empty() || ::fstat(file.get(), &after) != 0 ||
      stamp_of(after) != stamp_of(before)) {
    ::unlink(to.c_str());
    return std::nullopt;
  }
  return taken;
}

void Inbox::write_receipt(const Upload& upload, const std::string& extension,
                          const std::string& text) const {
  constexpr const char* kWhat = "cannot write a receipt";
  const FileDescriptor folder = open_folder_of(upload.name);
  const fs::path shown = folder_ / (upload.name + ".receipt." + extension);
  if (!folder.is_open()) cannot(kWhat, shown);
  const std::string name = file_name_of(upload.name) + ".receipt." + extension;
  if (const FileDescriptor known = open_file(folder, name); known.is_open()) {
    struct stat status {};
    if (::fstat(known.get(), &status) == 0 && S_ISREG(status.st_mode) &&
        read_at_most(known.get(), text.size()) == text) {
      return;
    }
  }
  // What another one puts there is removed, or an error: nothing is written through it.
  const std::string part = "." + sha256_of_text(process_mark() + name).substr(0, 16) + ".part";
  ::unlinkat(folder.get(), part.c_str(), 0);
  const FileDescriptor out(::openat(folder.get(), part.c_str(),
                                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (!out.is_open()) cannot(kWhat, shown);
  try {
    write_all(out.get(), text.data(), text.size(), shown);
    if (::fsync(out.get()) != 0) cannot(kWhat, shown);
    if (::renameat(folder.get(), part.c_str(), folder.get(), name.c_str()) != 0) {
      cannot(kWhat, shown);
    }
  } catch (...) {
    ::unlinkat(folder.get(), part.c_str(), 0);
    throw;
  }
  ::fsync(folder.get());
}

}  // namespace joulebench
