#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace joulebench {

/// Owns one file descriptor and closes it.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void close();

 private:
  int fd_ = -1;
};

/// The whole file as text. Errors: Error naming the file; a file above `max_bytes` is one.
std::string read_text_file(const std::filesystem::path& path, std::size_t max_bytes = 64u << 20);

/// The first line without blanks at its end, of files in /proc and /sys above all; absent where the
/// file cannot be read or is empty.
std::optional<std::string> first_line(const std::filesystem::path& path);

/// Replaces a file completely or not at all: temporary name, fsync, rename, fsync of the folder.
/// Errors: Error naming the file and the system's reason (a full disk leaves the old file).
void write_file_atomically(const std::filesystem::path& path, std::string_view content);

/// Writes a file, or over it, without waiting for the disk: for folders that are brought there as a
/// whole before they take their name. Errors: Error naming the file and the system's reason.
void write_file(const std::filesystem::path& path, std::string_view content);

/// Brings all that was written on a folder's file system to disk: for many files one call, where an
/// fsync of each takes longer than all the rest. Errors: Error.
void sync_file_system(const std::filesystem::path& folder);

/// Publishes a folder as a whole: moves `temporary` to `final_path` once all below is on disk.
void publish_folder(const std::filesystem::path& temporary,
                    const std::filesystem::path& final_path);

/// Copies the regular files below `from`, and nothing else, to the same places below `to`: mode
/// 0644, or 0755 for what its owner may execute. Errors: std::filesystem::filesystem_error.
void copy_files(const std::filesystem::path& from, const std::filesystem::path& to);

/// "PID-START": this process, START being its start time (clock ticks since boot) so that a reused
/// PID is recognized. Part of the name of what must not outlive us; doctor finds by it what did.
const std::string& process_mark();

/// Whether the process that wrote `mark` still runs.
bool is_running(std::string_view mark);

/// A folder of our own that is removed with all below it when this goes:
/// joulebench-NAME-PID-START-XXXXXX.
class TemporaryFolder {
 public:
  /// Below `parent`, or the system's temporary folder when empty.
  explicit TemporaryFolder(std::string_view name, const std::filesystem::path& parent = {});
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace joulebench
