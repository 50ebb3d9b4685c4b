#include "campaign/build_cache.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <vector>

#include "core/digest.h"
#include "core/file.h"
#include "core/track_json.h"
#include "core/user_folders.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDigestLength = 64;

bool runs(const fs::directory_entry& entry) {
  return (entry.symlink_status().permissions() & fs::perms::owner_exec) != fs::perms::none;
}

// Over kind, name and content of all below a folder, links as they are and empty folders included:
// what a program could see of it.
std::string digest_of_result(const fs::path& folder) {
  std::vector<std::string> lines;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).generic_string();
    if (entry.is_symlink()) {
      lines.push_back("link\t" + name + "\t" + fs::read_symlink(entry.path()).string());
    } else if (entry.is_directory()) {
      lines.push_back("folder\t" + name);
    } else {
      lines.push_back((runs(entry) ? "program\t" : "file\t") + name + "\t" +
                      sha256_of_file(entry.path()));
    }
  }
  std::sort(lines.begin(), lines.end());
  Sha256 digest;
  for (const std::string& line : lines) digest.update(std::to_string(line.size()) + ":" + line);
  return digest.finish();
}

// As a copy has them, without holes.
std::uint64_t bytes_in(const fs::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_symlink() && entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

// Modes of a fresh checkout, as a sandbox's writable folder has them when it is ours again.
void copy_result(const fs::path& from, const fs::path& to) {
  for (const auto& entry : fs::recursive_directory_iterator(from)) {
    const fs::path copy = to / entry.path().lexically_relative(from);
    if (entry.is_symlink()) {
      fs::create_symlink(fs::read_symlink(entry.path()), copy);
    } else if (entry.is_directory()) {
      fs::create_directory(copy);
      fs::permissions(copy, fs::perms(0755));
    } else {
      fs::copy_file(entry.path(), copy);
      fs::permissions(copy, fs::perms(runs(entry) ? 0755 : 0644));
    }
  }
}

void remove_all_in(const fs::path& folder) {
  std::vector<fs::path> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path());
  for (const fs::path& name : names) fs::remove_all(name);
}

void append_time(std::string& text, const char* path) {
  struct stat status {};
  if (::stat(path, &status) != 0) return;
  text += std::string(path) + " " + std::to_string(status.st_mtim.tv_sec) + "." +
          std::to_string(status.st_mtim.tv_nsec) + " " + std::to_string(status.st_size) + "\n";
}

}  // namespace

std::string build_key(const Submission& submission, const Track& track, const Dataset& dataset,
                      const std::string& place) {
  const bool shows_data = track.task == Task::predict;
  std::vector<std::string> masked;
  for (const fs::path& path : dataset.hidden_paths()) masked.push_back(path.string());
  std::sort(masked.begin(), masked.end());
  masked.erase(std::unique(masked.begin(), masked.end()), masked.end());
  const nlohmann::json key = {{"version", 2},
                              {"entry", submission.id},
                              {"task", shows_data ? "predict" : "train"},
                              {"predictions", to_string(track.metric.predictions)},
                              {"dataset", dataset.id},
                              {"data", shows_data ? dataset.sha256 : ""},
                              {"copies", dataset.copy_patterns},
                              {"masked", masked},
                              {"limits", to_json(track).at("limits")},
                              {"place", place}};
  return sha256_of_text(key.dump());
}

std::string processor() {
  std::ifstream file("/proc/cpuinfo");
  std::string text, line;
  while (std::getline(file, line) && !line.empty()) {
    if (line.starts_with("model") || line.starts_with("flags") || line.starts_with("CPU") ||
        line.starts_with("Features")) {
      text += line + "\n";
    }
  }
  return text;
}

std::string host_fingerprint() {
  std::string text = processor();
  const char* const packages = "/var/lib/dpkg/status";
  std::error_code none;
  if (fs::is_regular_file(packages, none)) {
    text += sha256_of_file(packages);
  }
  for (const char* folder : {"/usr/bin", "/usr/lib", "/usr/local/bin", "/usr/local/lib",
                             "/usr/include", "/etc/ld.so.cache"}) {
    append_time(text, folder);
  }
  return sha256_of_text(text);
}

fs::path default_build_cache() {
  const fs::path cache = user_cache_folder();
  return cache.empty() ? cache : cache / "builds";
}

bool BuildCache::restore(const std::string& key, const fs::path& staged) const {
  if (folder_.empty()) return false;
  const fs::path kept = folder_ / key;
  std::error_code none;
  if (!fs::exists(kept, none)) return false;
  try {
    const std::string digest = read_text_file(kept / "digest", kDigestLength);
    copy_result(kept / "tree", staged);
    // Of the copy: what was checked is what runs.
    if (digest_of_result(staged) == digest) {
      fs::last_write_time(kept, fs::file_time_type::clock::now(), none);
      return true;
    }
  } catch (const std::exception&) {
    // As one whose digest differs.
  }
  fs::remove_all(kept, none);
  remove_all_in(staged);
  return false;
}

void BuildCache::keep(const std::string& key, const fs::path& staged) const noexcept {
  if (folder_.empty()) return;
  // Threads of one process share the draft's name.
  static std::mutex one_at_a_time;
  const std::lock_guard lock(one_at_a_time);
  std::error_code none;
  fs::path draft;
  try {
    const std::uint64_t bytes = bytes_in(staged);
    if (bytes > most_bytes_) return;
    fs::create_directories(folder_);
    fs::permissions(folder_, fs::perms(0700));
    draft = folder_ / ("draft-" + process_mark());
    fs::remove_all(draft);
    fs::create_directories(draft / "tree");
    make_room(bytes);
    copy_result(staged, draft / "tree");
    write_file_atomically(draft / "digest", digest_of_result(draft / "tree"));
    publish_folder(draft, folder_ / key);
  } catch (const std::exception&) {
    // Somebody else was faster, or there is no room.
  }
  if (!draft.empty()) fs::remove_all(draft, none);
}

void BuildCache::make_room(std::uint64_t bytes) const {
  struct Kept {
    fs::path path;
    fs::file_time_type used;
    std::uint64_t bytes = 0;
  };
  std::vector<Kept> all;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("draft-")) {
      if (!is_running(name.substr(6))) fs::remove_all(entry.path());
      continue;
    }
    Kept kept{.path = entry.path(), .used = entry.last_write_time()};
    kept.bytes = bytes_in(entry.path());
    bytes += kept.bytes;
    all.push_back(std::move(kept));
  }
  std::sort(all.begin(), all.end(), [](const Kept& a, const Kept& b) { return a.used < b.used; });
  for (const Kept& oldest : all) {
    if (bytes <= most_bytes_) return;
    fs::remove_all(oldest.path);
    bytes -= oldest.bytes;
  }
}

}  // namespace joulebench
