#include "datasets/copies.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/user_folders.h"
#include "datasets/data_file.h"
#include "datasets/unpack.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using namespace std::string_view_literals;

// Inside packed files. What is larger is said to be unread.
constexpr std::size_t kMostContent = std::size_t{1} << 30;
constexpr std::uint64_t kMostUnpacked = 4 * kMostContent;  // of one file, all layers together
constexpr int kLayers = 3;
constexpr std::string_view kCacheFormat = "joulebench-copies-cache/1";
constexpr std::size_t kMostCache = std::size_t{1} << 30;

/// Of one file: changes with its path, inode, size and times.
struct Stamp {
  std::uint64_t first = 0, second = 0;
  friend auto operator<=>(const Stamp&, const Stamp&) = default;
};

struct ListedFile {
  std::string path;
  std::uint64_t bytes = 0;
  Stamp stamp;
};

struct Finding {
  Stamp stamp;
  std::string reason;
  bool is_copy = true;  // else unread
};

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
  return hash ^ (hash >> 29);
}

Stamp stamp_of(const std::string& path, const struct stat& status) {
  std::uint64_t name = 0xcbf29ce484222325u;
  for (const char c : path) name = (name ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  Stamp stamp{.first = name, .second = ~name};
  const auto add = [&stamp](auto value) {
    stamp.first = mixed(stamp.first, static_cast<std::uint64_t>(value));
    stamp.second = mixed(stamp.second, stamp.first + static_cast<std::uint64_t>(value));
  };
  add(status.st_dev);
  add(status.st_ino);
  add(status.st_size);
  add(status.st_mtim.tv_sec);
  add(status.st_mtim.tv_nsec);
  add(status.st_ctim.tv_sec);
  add(status.st_ctim.tv_nsec);
  return stamp;
}

using Folder = std::unique_ptr<DIR, int (*)(DIR*)>;

/// Calls `sink` with every regular file below `path`, or with `path` itself where it is one;
/// follows no link. `name` is its last part, below the folder `parent`.
void walk(int parent, const char* name, std::string& path,
          const std::function<void(const std::string&, const struct stat&)>& sink) {
  struct stat status {};
  if (::fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return;  // it has just gone
  if (S_ISREG(status.st_mode)) return sink(path, status);
  if (!S_ISDIR(status.st_mode)) return;
  const int fd = ::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  const Folder folder(fd < 0 ? nullptr : ::fdopendir(fd), ::closedir);
  if (!folder && errno == EACCES) return;  // nor may a sandbox of ours look inside
  if (!folder) {
    throw Error({.what = "cannot look for copies of a dataset",
                 .where = path + ": " + system_message(errno),
                 .hint = {}});
  }
  while (const dirent* entry = ::readdir(folder.get())) {
    if (entry->d_name == "."sv || entry->d_name == ".."sv || entry->d_type == DT_LNK) continue;
    const std::size_t length = path.size();
    path += '/';
    path += entry->d_name;
    walk(fd, entry->d_name, path, sink);
    path.resize(length);
  }
}

/// What earlier searches found: complete, or absent.
class Cache {
 public:
  Cache(const CopyPatterns& patterns, const CopySearch& search) {
    if (search.cache.empty()) return;
    std::string named = patterns.sha256();
    for (const fs::path& root : search.roots) named += "\n" + root.string();
    head_ = fmt::format("{} {}\n", kCacheFormat, sha256_of_text(named));
    path_ = search.cache / (sha256_of_text(named).substr(0, 32) + ".found");
    wait_for_others(search);
    read();
  }

  bool is_clean(const Stamp& stamp) const {
    return std::binary_search(clean_.begin(), clean_.end(), stamp);
  }
  const Finding* finding(const Stamp& stamp) const {
    for (const Finding& one : findings_) {
      if (one.stamp == stamp) return &one;
    }
    return nullptr;
  }

  // "HEAD\nCOUNT\n" and COUNT lines "copy|unread STAMP REASON", the stamps of clean files, SHA-256.
  void write(std::vector<Stamp> clean, const std::vector<Finding>& findings) const {
    if (path_.empty()) return;
    std::sort(clean.begin(), clean.end());
    std::string text = head_ + fmt::format("{}\n", findings.size());
    for (const Finding& one : findings) {
      text += fmt::format("{} {:016x}{:016x} {}\n", one.is_copy ? "copy" : "unread",
                          one.stamp.first, one.stamp.second, one.reason);
    }
    text.append(reinterpret_cast<const char*>(clean.data()), clean.size() * sizeof(Stamp));
    text += sha256_of_text(text);
    try {
      fs::create_directories(path_.parent_path());
      write_file_atomically(path_, text);
    } catch (const std::exception&) {
      // The next search looks again.
    }
  }

 private:
  // Two searches at once would do the same work twice: the second waits and finds it done.
  void wait_for_others(const CopySearch& search) {
    std::error_code none;
    fs::create_directories(search.cache, none);
    fs::path lock = path_;
    lock += ".lock";
    lock_ = FileDescriptor(::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    while (lock_.is_open() && ::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) return;
      if (search.stopped && search.stopped()) throw Interrupted{};
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  void read() {
    std::error_code none;
    if (!fs::exists(path_, none)) return;
    try {
      const std::string text = read_text_file(path_, kMostCache);
      if (text.size() < 64 || !text.starts_with(head_)) return;
      const std::string_view body = std::string_view(text).substr(0, text.size() - 64);
      if (sha256_of_text(body) == text.substr(body.size())) parse(body.substr(head_.size()));
    } catch (const std::exception&) {
      clean_.clear();
      findings_.clear();
    }
  }

  void parse(std::string_view body) {
    const auto line = [&body] {
      const std::string_view one = body.substr(0, body.find('\n'));
      body.remove_prefix(std::min(one.size() + 1, body.size()));
      return one;
    };
    const auto hex = [](std::string_view digits) {
      return std::strtoull(std::string(digits).c_str(), nullptr, 16);
    };
    const std::size_t count = std::stoul(std::string(line()));
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view one = line();
      const std::size_t at = one.find(' ') + 1;
      findings_.push_back(
          {.stamp = {.first = hex(one.substr(at, 16)), .second = hex(one.substr(at + 16, 16))},
           .reason = std::string(one.substr(at + 33)),
           .is_copy = one.starts_with("copy ")});
    }
    clean_.resize(body.size() / sizeof(Stamp));
    std::copy_n(body.data(), clean_.size() * sizeof(Stamp), reinterpret_cast<char*>(clean_.data()));
  }

  fs::path path_;
  FileDescriptor lock_;  // held until this goes
  std::string head_;
  std::vector<Stamp> clean_;
  std::vector<Finding> findings_;
};

/// The bytes of a file while it is looked at.
class OpenFile {
 public:
  // False: it is gone, or not ours to read. Errors: Error of a file that cannot be read.
  bool open(const ListedFile& file) {
    fd_ = FileDescriptor(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!fd_.is_open() && (errno == ENOENT || errno == EACCES || errno == ELOOP)) return false;
    if (!fd_.is_open()) throw unreadable(file);
    buffer_.resize(std::min<std::size_t>(file.bytes, kFirst));
    const ssize_t got = ::pread(fd_.get(), buffer_.data(), buffer_.size(), 0);
    if (got != static_cast<ssize_t>(buffer_.size())) throw unreadable(file);
    return true;
  }
  std::string_view first() const { return buffer_; }

  // All of it. Errors: Error of a file that cannot be mapped or changed in length.
  std::string_view all(const ListedFile& file) {
    if (file.bytes <= buffer_.size()) return buffer_;
    if (file.bytes > kLargestRead) {
      const std::string_view mapped = map_.emplace(file.path).bytes();
      if (mapped.size() != file.bytes) throw unreadable(file);
      return mapped;
    }
    buffer_.resize(file.bytes);
    std::size_t at = 0;
    while (at < buffer_.size()) {
      const ssize_t got =
          ::pread(fd_.get(), buffer_.data() + at, buffer_.size() - at, static_cast<off_t>(at));
      if (got <= 0) throw unreadable(file);
      at += static_cast<std::size_t>(got);
    }
    return buffer_;
  }

 private:
  static Error unreadable(const ListedFile& file) {
    return Error({.what = "cannot read a file", .where = file.path, .hint = {}});
  }
  static constexpr std::size_t kFirst = 4096;
  static constexpr std::size_t kLargestRead = std::size_t{8} << 20;
  FileDescriptor fd_;
  std::string buffer_;
  std::optional<MappedFile> map_;
};

// Programs, libraries and object files: too many bytes to look for numbers in, made by compilers.
bool is_machine_code(std::string_view content) {
  return content.starts_with(
             "\x7f"
             "ELF"sv) ||
         content.starts_with("!<arch>\n"sv);
}

/// One file, through all its layers.
struct Look {
  const CopyPatterns& patterns;
  const std::function<bool()>& stopped;
  std::uint64_t left = kMostUnpacked;
};

std::optional<Finding> unread(Unpacked unpacked) {
  switch (unpacked) {
    case Unpacked::all:
      return std::nullopt;
    case Unpacked::too_large:
      return Finding{.reason = "too large inside", .is_copy = false};
    case Unpacked::damaged:
      return Finding{.reason = "an archive that is damaged", .is_copy = false};
    case Unpacked::encrypted:
      return Finding{.reason = "an archive that is encrypted", .is_copy = false};
  }
  return std::nullopt;
}

std::optional<Finding> look_at_content(Look& look, std::string_view content, int layers) {
  if (look.stopped && look.stopped()) throw Interrupted{};
  if (std::string reason = look.patterns.match(content); !reason.empty()) {
    return Finding{.reason = std::move(reason)};
  }
  if (std::string reason = look.patterns.unread(content); !reason.empty()) {
    return Finding{.reason = std::move(reason), .is_copy = false};
  }
  if (!is_packed(content)) return std::nullopt;
  if (layers == 0) {
    return Finding{.reason = fmt::format("more than {} archives in one another", kLayers),
                   .is_copy = false};
  }
  std::optional<Finding> found;
  const Unpacked end =
      for_each_content(content, kMostContent, look.left, [&](std::string_view inside) {
        found = look_at_content(look, inside, layers - 1);
        return !found;  // to mask it, one finding is enough
      });
  if (!found) return unread(end);
  if (found->is_copy && !found->reason.ends_with("packed")) found->reason += ", packed";
  return found;
}

/// Looks at files, by several threads.
class Search {
 public:
  Search(const CopyPatterns& patterns, const CopySearch& search)
      : patterns_(patterns), search_(search), cache_(patterns, search) {}

  FoundCopies run() {
    std::vector<ListedFile> unknown;
    for (const fs::path& root : search_.roots) {
      std::string path = root.string();
      walk(AT_FDCWD, root.c_str(), path, [&](const std::string& file, const struct stat& status) {
        ++result_.files;
        const Stamp stamp = stamp_of(file, status);
        if (cache_.is_clean(stamp)) {
          clean_.push_back(stamp);
        } else if (const Finding* known = cache_.finding(stamp)) {
          keep({file, 0, stamp}, *known);
        } else {
          unknown.push_back({file, static_cast<std::uint64_t>(status.st_size), stamp});
        }
      });
    }
    look_at_all(unknown);
    const auto by_path = [](const DatasetCopy& a, const DatasetCopy& b) { return a.path < b.path; };
    std::sort(result_.copies.begin(), result_.copies.end(), by_path);
    std::sort(result_.unread.begin(), result_.unread.end(), by_path);
    result_.looked_at = unknown.size();
    if (!unknown.empty()) cache_.write(std::move(clean_), findings_);
    return std::move(result_);
  }

 private:
  void keep(const ListedFile& file, Finding finding) {
    finding.stamp = file.stamp;
    (finding.is_copy ? result_.copies : result_.unread).push_back({file.path, finding.reason});
    findings_.push_back(std::move(finding));
  }

  void look_at_all(const std::vector<ListedFile>& files) {
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t i = next++; i < files.size() && !stopped_; i = next++) look_at(files[i]);
    };
    std::vector<std::jthread> threads;
    for (unsigned i = 1; i < search_.threads; ++i) threads.emplace_back(work);
    for (std::size_t i = next++; i < files.size() && !stopped_; i = next++) {
      if (search_.stopped && search_.stopped()) stopped_ = true;
      if (search_.on_progress) search_.on_progress(i, files.size());
      look_at(files[i]);
    }
    threads.clear();  // joins
    if (stopped_) throw Interrupted{};
  }

  void look_at(const ListedFile& file) {
    std::optional<Finding> found;
    std::uint64_t bytes = 0;
    bool is_known = true;  // else it is looked at again next time
    try {
      OpenFile open;
      if (file.bytes >= patterns_.least_bytes()) {
        is_known = open.open(file);
        if (is_known && !is_machine_code(open.first())) {
          const std::string_view content = open.all(file);
          bytes = content.size();
          Look look{.patterns = patterns_, .stopped = search_.stopped};
          found = look_at_content(look, content, kLayers);
        }
      }
    } catch (const Interrupted&) {
      stopped_ = true;
      return;
    } catch (const std::exception&) {
      is_known = false;
      found = Finding{.reason = "cannot be read", .is_copy = false};
    }
    const std::lock_guard lock(mutex_);
    result_.bytes += bytes;
    if (!is_known) {
      if (found) result_.unread.push_back({file.path, found->reason});
      return;
    }
    if (found) {
      keep(file, std::move(*found));
    } else {
      clean_.push_back(file.stamp);
    }
  }

  const CopyPatterns& patterns_;
  const CopySearch& search_;
  const Cache cache_;
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;  // guards what follows while threads look
  FoundCopies result_;
  std::vector<Stamp> clean_;
  std::vector<Finding> findings_;
};

}  // namespace

FoundCopies find_copies(const CopyPatterns& patterns, const CopySearch& search) {
  return Search(patterns, search).run();
}

fs::path default_copies_cache() {
  const fs::path cache = user_cache_folder();
  return cache.empty() ? cache : cache / "copies";
}

std::vector<fs::path> host_roots() {
  std::vector<fs::path> roots;
  for (const char* name : {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
                           "/etc/alternatives", "/etc/ld.so.cache"}) {
    std::error_code none;
    const fs::file_status status = fs::symlink_status(name, none);
    if (fs::exists(status) && !fs::is_symlink(status)) roots.emplace_back(name);
  }
  return roots;
}

}  // namespace joulebench
