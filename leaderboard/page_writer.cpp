#include "leaderboard/page_writer.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <sstream>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMemory = ".joulebench-pages";
constexpr std::size_t kMostMemory = std::size_t{1} << 30;  // bytes

/// Size and time of the last change; empty: there is no such file. A link is none.
std::string stamp_of(const fs::path& path) {
  struct stat state {};
  if (::lstat(path.c_str(), &state) != 0 || !S_ISREG(state.st_mode)) return {};
  return fmt::format("{}-{}.{:09}", state.st_size, state.st_mtim.tv_sec, state.st_mtim.tv_nsec);
}

/// Another program may make other pages of the same: what it left is not relied on.
std::string program_mark() {
  return stamp_of(fs::read_symlink("/proc/self/exe"));
}

void make_folder(const fs::path& folder) {
  std::error_code failure;
  fs::create_directories(folder, failure);
  if (!failure) return;
  throw Error({.what = "cannot make the site's folder",
               .where = folder.string() + ": " + failure.message(),
               .hint = "name a folder that you may write to"});
}

/// Whole or not at all, but not synced: the list of digests, written last, is.
void write_file(const fs::path& file, std::string_view content) {
  fs::path part = file;
  part += ".part";
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  std::error_code failure;
  if (out) fs::rename(part, file, failure);
  if (out && !failure) return;
  const std::string reason = failure ? failure.message() : "the file cannot be written";
  std::error_code ignored;
  fs::remove(part, ignored);
  throw Error({.what = "cannot write a page",
               .where = file.string() + ": " + reason,
               .hint = "make room, or name a folder that you may write to"});
}

/// "entries/team/name" of "entries/team/name.block-1.csv"; empty: it is of no entry.
std::string entry_of(const std::string& path) {
  const std::size_t name = path.rfind('/');
  if (path.find("entries/") == path.npos || name == path.npos) return {};
  return path.substr(0, path.find('.', name));
}

}  // namespace

PageWriter::PageWriter(fs::path folder) : folder_(std::move(folder)) {
  make_folder(folder_);
  read_former();
}

/// Lines of digest, stamp and path; an entry's key comes before its files.
void PageWriter::read_former() {
  const fs::path file = folder_ / kMemory;
  if (stamp_of(file).empty()) return;
  std::istringstream lines(read_text_file(file, kMostMemory));
  std::string kind, first, second, path;
  if (!(lines >> kind >> first) || kind != "program" || first != program_mark()) return;
  while (lines >> kind >> first >> second && std::getline(lines >> std::ws, path)) {
    if (kind == "entry") former_entries_[path].key = first;
    if (kind != "file") continue;
    former_files_[path] = {.sha256 = first, .stamp = second};
    const std::string entry = entry_of(path);
    if (!entry.empty()) former_entries_[entry].files.push_back(path);
  }
}

bool PageWriter::keep(const std::string& path, const std::string& key) {
  const auto former = former_entries_.find(path);
  bool is_whole =
      former != former_entries_.end() && former->second.key == key && !former->second.files.empty();
  for (std::size_t i = 0; is_whole && i < former->second.files.size(); ++i) {
    const std::string& file = former->second.files[i];
    is_whole = stamp_of(folder_ / file) == former_files_.at(file).stamp;
  }
  const std::lock_guard lock(mutex_);
  entries_[path].key = key;
  if (!is_whole) return false;
  for (const std::string& file : former->second.files) sums_[file] = former_files_.at(file).sha256;
  return true;
}

void PageWriter::note(const std::string& path, const std::string& sha256) {
  const std::lock_guard lock(mutex_);
  sums_[path] = sha256;
}

void PageWriter::write(const std::string& path, std::string_view content) {
  const std::string sha256 = sha256_of_text(content);
  const fs::path file = folder_ / path;
  note(path, sha256);
  const auto former = former_files_.find(path);
  if (former != former_files_.end() && former->second.sha256 == sha256 &&
      stamp_of(file) == former->second.stamp) {
    return;
  }
  make_folder(file.parent_path());
  write_file(file, content);
  const std::lock_guard lock(mutex_);
  ++written_;
}

SiteOutput PageWriter::output(unsigned threads) {
  return {
      .sink = [this](const std::string& path, std::string_view content) { write(path, content); },
      .keep = [this](const std::string& path, const std::string& key) { return keep(path, key); },
      .threads = threads};
}

void PageWriter::finish() {
  std::string text = "program " + program_mark() + "\n";
  for (const auto& [path, entry] : entries_) {
    fmt::format_to(std::back_inserter(text), "entry {} - {}\n", entry.key, path);
  }
  for (const auto& [path, sha256] : sums_) {
    fmt::format_to(std::back_inserter(text), "file {} {} {}\n", sha256, stamp_of(folder_ / path),
                   path);
  }
  write_file(folder_ / kMemory, text);
}

}  // namespace joulebench
