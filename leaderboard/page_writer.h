#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leaderboard/site/site.h"

namespace joulebench {

using PageSums = std::map<std::string, std::string>;  // path -> SHA-256

/// Writes a site's files to a folder. What lies there as an earlier call left it and has the same
/// content is not written again, and an entry whose key is the same is not even made again: the
/// file .joulebench-pages remembers time, inode and size of each file. Several threads may use it.
/// Errors: Error naming the file or folder that cannot be written.
class PageWriter {
 public:
  explicit PageWriter(std::filesystem::path folder);

  SiteOutput output(unsigned threads);
  void write(const std::string& path, std::string_view content);
  /// Remembers what was written, for the next call. Not synced: what a crash loses is made again.
  void finish();

  /// A file as the earlier call left it; absent: there is none, or it was altered.
  std::optional<std::string> left_text(const std::string& path) const;
  /// How far the earlier call had written the history, and the same for the next call.
  struct LogMark {
    std::size_t events = 0;
    std::string sha256;  // of the newest of them
  };
  const LogMark& left_log() const { return former_log_; }
  void note_log(LogMark mark) { log_ = std::move(mark); }

  PageSums sums() const;
  std::size_t files() const { return files_.size(); }
  std::size_t written() const { return written_; }  // files that were not as they should be

 private:
  /// A file as it was left.
  struct Left {
    std::string sha256;
    std::string stamp;     // time of its last change, inode and size
    bool is_racy = false;  // changed in the clock tick of the list or later: its content decides
  };
  struct Entry {
    EntryKey key;
    std::vector<std::string> files;
  };
  static bool is_as_left(const std::filesystem::path& file, const Left& left);
  KeptFiles keep(const std::string& path, const EntryKey& key);
  void note(const std::string& path, Left left);
  void read_former();

  std::filesystem::path folder_;
  std::map<std::string, Left, std::less<>> former_files_;
  std::map<std::string, Entry> former_entries_;
  LogMark former_log_;
  LogMark log_;
  std::mutex mutex_;  // of what follows
  std::map<std::string, Left> files_;
  std::map<std::string, Entry> entries_;
  std::size_t written_ = 0;
};

}  // namespace joulebench
