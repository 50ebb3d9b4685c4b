#pragma once

#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "leaderboard/site/site.h"

namespace joulebench {

using PageSums = std::map<std::string, std::string>;  // path -> SHA-256

/// Writes a site's files to a folder. What lies there as an earlier call left it and has the same
/// content is not written again, and an entry whose key is the same is not even made again: the
/// file .joulebench-pages remembers size and time of each file. Several threads may use it. Errors:
/// Error naming the file or folder that cannot be written.
class PageWriter {
 public:
  explicit PageWriter(std::filesystem::path folder);

  SiteOutput output(unsigned threads);
  void write(const std::string& path, std::string_view content);
  /// Remembers what was written, for the next call. Not synced: what a crash loses is made again.
  void finish();

  const PageSums& sums() const { return sums_; }
  std::size_t written() const { return written_; }  // files that were not as they should be

 private:
  /// A file as it was left.
  struct Left {
    std::string sha256;
    std::string stamp;  // size and time of its last change
  };
  struct Entry {
    std::string key;
    std::vector<std::string> files;
  };
  bool keep(const std::string& path, const std::string& key);
  void note(const std::string& path, const std::string& sha256);
  void read_former();

  std::filesystem::path folder_;
  std::map<std::string, Left> former_files_;
  std::map<std::string, Entry> former_entries_;
  std::mutex mutex_;  // of what follows
  PageSums sums_;
  std::map<std::string, Entry> entries_;
  std::size_t written_ = 0;
};

}  // namespace joulebench
