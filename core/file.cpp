#include "core/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <system_error>

#include "core/error.h"

namespace joulebench {
namespace fs = std::filesystem;

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    close();
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

FileDescriptor::~FileDescriptor() {
  close();
}

void FileDescriptor::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

namespace {

[[noreturn]] void fail(const char* what, const fs::path& path, int code) {
  throw Error({.what = what, .where = path.string() + ": " + system_message(code), .hint = {}});
}

void write_all(int fd, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("cannot write a file", path, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

void sync_path(const fs::path& path, int flags = 0) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags));
  if (!fd.is_open() || ::fsync(fd.get()) != 0) fail("cannot bring a file to disk", path, errno);
}

}  // namespace

std::string read_text_file(const fs::path& path, std::size_t max_bytes) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) fail("cannot read a file", path, errno);
  std::string text;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("cannot read a file", path, errno);
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > max_bytes) {
      throw Error({.what = "cannot read a file",
                   .where = path.string() + ": larger than the " + std::to_string(max_bytes) +
                            " bytes that such a file may have",
                   .hint = {}});
    }
  }
}

std::optional<std::string> first_line(const fs::path& path) {
  std::ifstream in(path);
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  while (!line.empty() && (line.back() == ' ' || line.back() == '\n')) line.pop_back();
  return line;
}

void write_file_atomically(const fs::path& path, std::string_view content) {
  fs::path temporary = path;
  temporary += ".part-" + std::to_string(::getpid());
  const FileDescriptor fd(
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd.is_open()) fail("cannot write a file", temporary, errno);
  try {
    write_all(fd.get(), content, temporary);
    if (::fsync(fd.get()) != 0) fail("cannot write a file", temporary, errno);
    if (::rename(temporary.c_str(), path.c_str()) != 0) fail("cannot write a file", path, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
  sync_path(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

void write_file(const fs::path& path, std::string_view content) {
  const FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  if (!fd.is_open()) fail("cannot write a file", path, errno);
  write_all(fd.get(), content, path);
}

void sync_file_system(const fs::path& folder) {
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.is_open() || ::syncfs(fd.get()) != 0) fail("cannot bring files to disk", folder, errno);
}

void publish_folder(const fs::path& temporary, const fs::path& final_path) {
  for (const auto& entry : fs::recursive_directory_iterator(temporary)) {
    // A link may lead to a pipe that waits, to a device or nowhere: it has nothing to bring to
    // disk.
    const fs::file_status status = entry.symlink_status();
    if (!fs::is_regular_file(status) && !fs::is_directory(status)) continue;
    sync_path(entry.path(), O_NOFOLLOW | O_NONBLOCK);
  }
  sync_path(temporary);
  if (::rename(temporary.c_str(), final_path.c_str()) != 0) {
    fail("cannot give a finished folder its name", final_path, errno);
  }
  sync_path(final_path.parent_path());
}

namespace {

/// Field 22 of /proc/PID/stat; empty when there is no such process.
std::string start_time_of(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string line;
  std::getline(file, line);
  std::size_t at = line.rfind(')');  // the name before it may hold anything
  for (int field = 2; field < 22 && at != std::string::npos; ++field) at = line.find(' ', at + 1);
  if (at == std::string::npos) return {};
  return line.substr(at + 1, line.find(' ', at + 1) - at - 1);
}

}  // namespace

void copy_files(const fs::path& from, const fs::path& to) {
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path target = to / entry.path().lexically_relative(from);
    const fs::file_status status = entry.symlink_status();
    if (fs::is_directory(status)) {
      fs::create_directories(target);
    } else if (fs::is_regular_file(status)) {
      fs::create_directories(target.parent_path());
      fs::copy_file(entry.path(), target);
      const bool executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
      fs::permissions(target, fs::perms(executable ? 0755 : 0644));
    }
  }
}

const std::string& process_mark() {
  // Made anew in a forked child: it is another process.
  static thread_local std::pair<pid_t, std::string> mark;
  if (mark.first != ::getpid()) {
    const std::string pid = std::to_string(::getpid());
    mark = {::getpid(), pid + "-" + start_time_of(pid)};
  }
  return mark.second;
}

bool is_running(std::string_view mark) {
  const std::size_t dash = mark.find('-');
  if (dash == std::string_view::npos) return false;
  return start_time_of(std::string(mark.substr(0, dash))) == mark.substr(dash + 1);
}

TemporaryFolder::TemporaryFolder(std::string_view name, const fs::path& parent) {
  const fs::path base = parent.empty() ? fs::temp_directory_path() : parent;
  std::string pattern =
      (base / ("joulebench-" + std::string(name) + "-" + process_mark() + "-XXXXXX")).string();
  if (::mkdtemp(pattern.data()) == nullptr) fail("cannot make a temporary folder", base, errno);
  path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;  // a destructor does not throw; what stays is in the temporary folder
  if (!path_.empty()) fs::remove_all(path_, ignored);
}

}  // namespace joulebench
