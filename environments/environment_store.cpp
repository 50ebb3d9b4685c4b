#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/nearest_name.h"
#include "core/text.h"
#include "core/user_folders.h"
#include "environments/environment.h"
#include "environments/file_list.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kReservedName = "host";  // in competitions and submissions
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLeastDigits = 8;
constexpr std::size_t kMostDifferences = 20;

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= kLongestName && name.front() != '.' &&
         name.front() != '-' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789._-") == name.npos;
}

bool is_hex(const std::string& text) {
  return text.find_first_not_of("0123456789abcdef") == text.npos;
}

void require_name(const std::string& name) {
  if (is_name(name) && name != kReservedName) return;
  throw Error(
      {.what = "an environment cannot have this name",
       .where = "'" + printable(name, 100) + "'" +
                (name == kReservedName ? ", which stands for the organizer's own /usr" : ""),
       .hint = "1 to 64 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit"});
}

// What dpkg says is installed; empty where the environment has no dpkg.
std::vector<Package> packages_in(const fs::path& root) {
  std::vector<Package> packages;
  const fs::path status = root / "var/lib/dpkg/status";
  if (!fs::is_regular_file(fs::symlink_status(status))) return packages;
  const std::string text = read_text_file(status);
  Package package;
  bool installed = false;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    const std::string line = text.substr(from, end - from);
    from = end + 1;
    if (line.starts_with("Package: ")) package.name = line.substr(9);
    if (line.starts_with("Version: ")) package.version = line.substr(9);
    if (line.starts_with("Status: ")) installed = line.ends_with(" installed");
    if (!line.empty()) continue;
    if (installed && !package.name.empty()) packages.push_back(package);
    package = {};
    installed = false;
  }
  std::sort(packages.begin(), packages.end(),
            [](const Package& a, const Package& b) { return a.name < b.name; });
  return packages;
}

void count(Environment& environment, const std::vector<ListedFile>& files) {
  for (const ListedFile& file : files) {
    if (file.kind == ListedFile::Kind::file) ++environment.files;
    if (file.kind == ListedFile::Kind::folder) ++environment.folders;
    if (file.kind == ListedFile::Kind::link) ++environment.links;
    environment.bytes += file.bytes;
  }
}

json to_json(const Environment& environment) {
  json packages = json::array();
  for (const Package& package : environment.packages) {
    packages.push_back(
        {{"name", printable(package.name, 200)}, {"version", printable(package.version, 200)}});
  }
  return {{"format", "joulebench-environment-image/1"},
          {"sha256", environment.sha256},
          {"source", environment.source},
          {"files", environment.files},
          {"folders", environment.folders},
          {"links", environment.links},
          {"bytes", environment.bytes},
          {"packages", packages}};
}

// A folder below `parent` that is removed again unless it was published.
class Draft {
 public:
  explicit Draft(const fs::path& parent) : path_(parent / fmt::format("draft-{}", process_mark())) {
    fs::remove_all(path_);
    fs::create_directories(path_ / "root");
  }
  ~Draft() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

// Root's sandboxes run as another user, who must be able to read what is stored.
class ReadableByAll {
 public:
  ReadableByAll() : before_(::umask(022)) {}
  ~ReadableByAll() { ::umask(before_); }
  ReadableByAll(const ReadableByAll&) = delete;
  ReadableByAll& operator=(const ReadableByAll&) = delete;

 private:
  mode_t before_;
};

// Drafts whose makers were killed.
void remove_abandoned(const fs::path& folder) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("draft-") && !is_running(name.substr(6))) {
      fs::remove_all(entry.path(), ignored);
    }
  }
}

}  // namespace

EnvironmentStore::EnvironmentStore(fs::path folder) : folder_(std::move(folder)) {}

fs::path EnvironmentStore::default_folder() {
  const char* const named = std::getenv("JOULEBENCH_ENVIRONMENTS");
  if (named != nullptr && *named != '\0') return named;
  // The uid that root's sandboxes have may not look into root's home.
  const fs::path data = ::geteuid() == 0 ? fs::path() : user_data_folder();
  return (data.empty() ? "/var/lib/joulebench" : data) / "environments";
}

fs::path EnvironmentStore::folder_of(const std::string& sha256) const {
  return folder_ / "sha256" / sha256;
}

fs::path EnvironmentStore::file_of_name(const std::string& name) const {
  return folder_ / "names" / (name + ".json");
}

Environment EnvironmentStore::import(const std::string& name, const fs::path& archive,
                                     const ImageOptions& options) {
  require_name(name);
  const ReadableByAll readable;
  fs::create_directories(folder_ / "sha256");
  fs::create_directories(folder_ / "names");
  remove_abandoned(folder_);
  const Draft draft(folder_);
  unpack_image(archive, draft.path() / "root", options);
  const std::vector<ListedFile> files = list_files(draft.path() / "root");
  if (files.empty()) {
    throw Error({.what = "the image cannot be imported",
                 .where = archive.string() + ": there is no file in it",
                 .hint = ""});
  }
  Environment environment{.name = name,
                          .sha256 = digest_of(files),
                          .source = printable(archive.filename().string(), 200),
                          .root = {},
                          .packages = packages_in(draft.path() / "root")};
  count(environment, files);
  const fs::path folder = folder_of(environment.sha256);
  if (!fs::exists(folder)) {
    write_file_atomically(draft.path() / "files.txt", to_text(files));
    write_json_file(draft.path() / "environment.json", to_json(environment));
    std::error_code other;  // somebody else may have been faster: theirs is the same
    fs::rename(draft.path(), folder, other);
    if (other && !fs::exists(folder)) {
      throw Error({.what = "the environment cannot be stored",
                   .where = folder.string() + ": " + other.message(),
                   .hint = ""});
    }
  }
  write_json_file(file_of_name(name),
                  {{"format", "joulebench-environment-name/1"}, {"sha256", environment.sha256}});
  return read(name, environment.sha256);
}

Environment EnvironmentStore::stage(const EnvironmentStore& from, const std::string& sha256) {
  const fs::path folder = folder_of(sha256);
  if (fs::exists(folder)) return read(sha256.substr(0, 12), sha256);
  const Environment original = from.read(sha256.substr(0, 12), sha256);
  const ReadableByAll readable;
  fs::create_directories(folder_ / "sha256");
  remove_abandoned(folder_);
  const Draft draft(folder_);
  const auto fail = [&](const std::string& reason) {
    throw Error({.what = "an environment cannot be copied to this machine",
                 .where = original.root.string() + " to " + folder_.string() + ": " + reason,
                 .hint = "make room there, or name another folder with --environments"});
  };
  try {
    fs::copy(original.root, draft.path() / "root",
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    for (const char* const name : {"files.txt", "environment.json"}) {
      fs::copy_file(original.root.parent_path() / name, draft.path() / name);
    }
  } catch (const fs::filesystem_error& problem) {
    fail(problem.code().message());
  }
  if (digest_of(list_files(draft.path() / "root")) != sha256) {
    fail("its files are not those of its digest: environment verify names them");
  }
  std::error_code other;  // somebody else may have been faster: theirs is the same
  fs::rename(draft.path(), folder, other);
  if (other && !fs::exists(folder)) fail(other.message());
  return read(sha256.substr(0, 12), sha256);
}

Environment EnvironmentStore::read(const std::string& name, const std::string& sha256) const {
  const fs::path file = folder_of(sha256) / "environment.json";
  const json from = read_json_file(file, "");
  try {
    Environment environment{.name = name,
                            .sha256 = from.at("sha256").get<std::string>(),
                            .source = from.at("source").get<std::string>(),
                            .root = folder_of(sha256) / "root",
                            .files = from.at("files").get<std::uint64_t>(),
                            .folders = from.at("folders").get<std::uint64_t>(),
                            .links = from.at("links").get<std::uint64_t>(),
                            .bytes = from.at("bytes").get<std::uint64_t>(),
                            .packages = {}};
    for (const json& package : from.at("packages")) {
      environment.packages.push_back(
          {package.at("name").get<std::string>(), package.at("version").get<std::string>()});
    }
    if (environment.sha256 == sha256) return environment;
  } catch (const json::exception&) {
    // Told below, as a file that is not what it should be.
  }
  throw Error({.what = "an environment in the store is damaged",
               .where = file.string(),
               .hint = "import it again"});
}

std::vector<Environment> EnvironmentStore::list() const {
  std::vector<Environment> all;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_ / "names", none)) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".json" && is_name(name)) all.push_back(open(name));
  }
  std::sort(all.begin(), all.end(),
            [](const Environment& a, const Environment& b) { return a.name < b.name; });
  return all;
}

bool EnvironmentStore::contains(const std::string& wanted) const {
  std::error_code none;
  if (is_name(wanted) && fs::exists(file_of_name(wanted), none)) return true;
  return wanted.size() == 64 && is_hex(wanted) && fs::exists(folder_of(wanted), none);
}

Environment EnvironmentStore::open(const std::string& wanted) const {
  if (is_name(wanted) && fs::exists(file_of_name(wanted))) {
    const json from = read_json_file(file_of_name(wanted), "");
    const std::string sha256 = from.value("sha256", "");
    if (sha256.size() == 64 && is_hex(sha256)) return read(wanted, sha256);
  }
  std::vector<std::string> digests;
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(folder_ / "names", none)) {
    names.push_back(entry.path().stem().string());
  }
  for (const auto& entry : fs::directory_iterator(folder_ / "sha256", none)) {
    const std::string digest = entry.path().filename().string();
    const bool long_enough = wanted.size() >= kLeastDigits && is_hex(wanted);
    if (long_enough && digest.starts_with(wanted)) digests.push_back(digest);
  }
  if (digests.size() == 1) return read(digests.front().substr(0, 12), digests.front());
  const std::string nearest = nearest_name(wanted, names);
  throw Error({.what = digests.empty() ? "there is no such environment on this machine"
                                       : "these digits begin several digests",
               .where = "'" + printable(wanted, 100) + "', looked for in " + folder_.string() +
                        (nearest.empty() ? "" : "; the nearest name is '" + nearest + "'"),
               .hint = "joulebench environment build NAME makes one of ours, "
                       "joulebench environment import NAME IMAGE takes one that you have"});
}

std::vector<std::string> EnvironmentStore::verify(const Environment& environment) const {
  const std::vector<ListedFile> now = list_files(environment.root);
  if (digest_of(now) == environment.sha256) return {};
  // Lines of the list that is kept beside it, to say which files differ.
  const auto lines_of = [](const std::string& text) {
    std::set<std::string> lines;
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t end = std::min(text.find('\n', from), text.size());
      lines.insert(text.substr(from, end - from));
      from = end + 1;
    }
    return lines;
  };
  const fs::path kept = folder_of(environment.sha256) / "files.txt";
  const std::set<std::string> before = lines_of(read_text_file(kept, std::size_t{1} << 30));
  const std::set<std::string> after = lines_of(to_text(now));
  const auto path_of = [](const std::string& line) { return line.substr(line.rfind('\t') + 1); };
  std::set<std::string> paths_after;
  for (const std::string& line : after) paths_after.insert(path_of(line));
  std::vector<std::string> differences;
  const auto add = [&](const std::string& line, const char* what) {
    if (differences.size() < kMostDifferences) {
      differences.push_back(printable(path_of(line), 300) + " " + what);
    }
  };
  std::set<std::string> paths_before;
  for (const std::string& line : before) {
    paths_before.insert(path_of(line));
    if (after.contains(line)) continue;
    add(line, paths_after.contains(path_of(line)) ? "was changed" : "is missing");
  }
  for (const std::string& line : after) {
    if (!paths_before.contains(path_of(line))) add(line, "was added");
  }
  if (differences.empty()) differences.push_back("files.txt was changed");
  return differences;
}

void EnvironmentStore::remove(const std::string& name) {
  const Environment environment = open(name);
  fs::remove(file_of_name(environment.name));
  for (const Environment& other : list()) {
    if (other.sha256 == environment.sha256) return;
  }
  // Gone at once for others, then piece by piece.
  const fs::path away = folder_ / fmt::format("draft-{}", process_mark());
  fs::rename(folder_of(environment.sha256), away);
  fs::remove_all(away);
}

}  // namespace joulebench
