#include "leaderboard/page_writer.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMemory = ".joulebench-pages";
constexpr std::size_t kMostMemory = std::size_t{1} << 30;  // bytes
constexpr std::size_t kMostLeft = std::size_t{4} << 30;    // of a file that is read again

/// Time of the last change, inode and size; empty: there is no such file. A link is none. Times
/// have one width, so that they compare as text.
std::string stamp_of(const fs::path& path) {
  struct stat state {};
  if (::lstat(path.c_str(), &state) != 0 || !S_ISREG(state.st_mode)) return {};
  return fmt::format("{:012}.{:09}-{}-{}", state.st_ctim.tv_sec, state.st_ctim.tv_nsec,
                     state.st_ino, state.st_size);
}

std::string_view time_of(std::string_view stamp) {
  return stamp.substr(0, stamp.find('-'));
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
void write_page(const fs::path& file, std::string_view content) {
  fs::path part = file;
  part += ".part";
  std::string problem;
  try {
    write_file(part, content);
    std::error_code failure;
    fs::rename(part, file, failure);
    if (!failure) return;
    problem = file.string() + ": " + failure.message();
  } catch (const Error& error) {
    problem = error.parts().where;
  }
  std::error_code ignored;
  fs::remove(part, ignored);
  throw Error({.what = "cannot write a page",
               .where = std::move(problem),
               .hint = "make room, or name a folder that you may write to"});
}

/// "entries/team/name" of "entries/team/name.block-1.csv.gz"; empty: it is of no entry.
std::string entry_of(std::string_view path) {
  const std::size_t name = path.rfind('/');
  if (path.find("entries/") == path.npos || name == path.npos) return {};
  return std::string(path.substr(0, path.find('.', name)));
}

/// It tells where its entry stands.
bool tells_standing(const std::string& path) {
  return std::any_of(std::begin(kStandingFiles), std::end(kStandingFiles),
                     [&](std::string_view end) { return path.ends_with(end); });
}

/// What stands before the first `end`; `text` goes on behind it.
std::string_view cut(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  const std::string_view part = text.substr(0, at);
  text.remove_prefix(at == text.npos ? text.size() : at + 1);
  return part;
}

}  // namespace

PageWriter::PageWriter(fs::path folder) : folder_(std::move(folder)) {
  make_folder(folder_);
  read_former();
}

/// Lines of digest, stamp and path, in the order of paths; the log's mark and entries' keys (of
/// all, of their details) come before the files.
void PageWriter::read_former() {
  const fs::path file = folder_ / kMemory;
  const std::string memory_stamp = stamp_of(file);
  if (memory_stamp.empty()) return;
  const std::string text = read_text_file(file, kMostMemory);
  std::string_view rest = text;
  if (cut(rest, '\n') != "program " + program_mark()) return;
  while (!rest.empty()) {
    std::string_view path = cut(rest, '\n');
    const std::string_view kind = cut(path, ' ');
    const std::string first(cut(path, ' '));
    const std::string second(cut(path, ' '));
    if (kind == "log") former_log_ = {std::strtoull(second.c_str(), nullptr, 10), first};
    if (kind == "entry") former_entries_[std::string(path)].key = {second, first};
    if (kind != "file") continue;
    former_files_.emplace_hint(
        former_files_.end(), path,
        Left{
            .sha256 = first, .stamp = second, .is_racy = time_of(second) >= time_of(memory_stamp)});
    const std::string entry = entry_of(path);
    if (!entry.empty()) former_entries_[entry].files.emplace_back(path);
  }
}

bool PageWriter::is_as_left(const fs::path& file, const Left& left) {
  if (stamp_of(file) != left.stamp) return false;
  return !left.is_racy || sha256_of_text(read_text_file(file, kMostLeft)) == left.sha256;
}

KeptFiles PageWriter::keep(const std::string& path, const EntryKey& key) {
  KeptFiles kept = KeptFiles::none;
  std::vector<std::string> files;
  const auto former = former_entries_.find(path);
  if (former != former_entries_.end() && former->second.key.details == key.details) {
    files = former->second.files;
    kept = former->second.key.all == key.all ? KeptFiles::all : KeptFiles::details;
    if (kept == KeptFiles::details) std::erase_if(files, tells_standing);
  }
  const bool are_left = std::all_of(files.begin(), files.end(), [&](const std::string& file) {
    return is_as_left(folder_ / file, former_files_.at(file));
  });
  if (files.empty() || !are_left) kept = KeptFiles::none;
  const std::lock_guard lock(mutex_);
  entries_[path].key = key;
  if (kept == KeptFiles::none) return kept;
  for (const std::string& file : files) files_[file] = former_files_.at(file);
  return kept;
}

void PageWriter::note(const std::string& path, Left left) {
  const std::lock_guard lock(mutex_);
  files_[path] = std::move(left);
}

std::optional<std::string> PageWriter::left_text(const std::string& path) const {
  const auto former = former_files_.find(path);
  if (former == former_files_.end() || stamp_of(folder_ / path) != former->second.stamp) {
    return std::nullopt;
  }
  std::string text = read_text_file(folder_ / path, kMostLeft);
  if (sha256_of_text(text) != former->second.sha256) return std::nullopt;
  return text;
}

PageSums PageWriter::sums() const {
  PageSums sums;
  for (const auto& [path, file] : files_) sums.emplace_hint(sums.end(), path, file.sha256);
  return sums;
}

void PageWriter::write(const std::string& path, std::string_view content) {
  const std::string sha256 = sha256_of_text(content);
  const fs::path file = folder_ / path;
  const auto former = former_files_.find(path);
  if (former != former_files_.end() && former->second.sha256 == sha256 &&
      is_as_left(file, former->second)) {
    note(path, former->second);
    return;
  }
  make_folder(file.parent_path());
  write_page(file, content);
  note(path, {.sha256 = sha256, .stamp = stamp_of(file)});
  const std::lock_guard lock(mutex_);
  ++written_;
}

SiteOutput PageWriter::output(unsigned threads) {
  return {
      .sink = [this](const std::string& path, std::string_view content) { write(path, content); },
      .keep = [this](const std::string& path, const EntryKey& key) { return keep(path, key); },
      .left = [this](const std::string& path) { return left_text(path); },
      .threads = threads};
}

void PageWriter::finish() {
  std::string text = "program " + program_mark() + "\n";
  if (log_.events > 0) text += fmt::format("log {} {} -\n", log_.sha256, log_.events);
  for (const auto& [path, entry] : entries_) {
    fmt::format_to(std::back_inserter(text), "entry {} {} {}\n", entry.key.all, entry.key.details,
                   path);
  }
  for (const auto& [path, file] : files_) {
    fmt::format_to(std::back_inserter(text), "file {} {} {}\n", file.sha256, file.stamp, path);
  }
  write_page(folder_ / kMemory, text);
}

}  // namespace joulebench
