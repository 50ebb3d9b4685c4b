#include "submissions/entry_tree.h"

#include <fnmatch.h>

#include <algorithm>
#include <system_error>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

constexpr const char* kIgnoreFile = ".joulebenchignore";
constexpr std::size_t kLargestIgnoreFile = 64'000;
constexpr std::size_t kMostPatterns = 200;  // each is compared with every name
// Left behind by tools, of no use to anybody else.
constexpr const char* kNeverPart[] = {".git",     ".hg",       ".svn", "__pycache__",
                                      "__MACOSX", ".DS_Store", "._*",  ".ipynb_checkpoints",
                                      kIgnoreFile};

bool lies_in(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first ==
         folder.end();
}

Error refused(const fs::path& path, const std::string& why, const std::string& hint) {
  return Error({.what = "an entry holds what it may not",
                .where = printable(path.string(), 1000) + ": " + why,
                .hint = hint});
}

}  // namespace

std::string link_problem(const fs::path& folder, const fs::path& link) {
  std::error_code code;
  const fs::path target = fs::read_symlink(link, code);
  const std::string shown = "a symbolic link to '" + printable(target.string(), 300) + "'";
  if (code) return "a symbolic link that cannot be read";
  if (target.is_absolute()) return shown + ", which lies outside the entry";
  // By its text, since the entry lies elsewhere inside the sandbox; and as it is followed, since a
  // '..' behind another link leads elsewhere than it looks.
  const fs::path by_text =
      (link.parent_path().lexically_relative(folder) / target).lexically_normal();
  if (!by_text.empty() && *by_text.begin() == "..") {
    return shown + ", which lies outside the entry";
  }
  const fs::path real = fs::canonical(link, code);
  if (code) return shown + ", which leads nowhere";
  const fs::path top = fs::canonical(folder, code);
  if (code || !lies_in(real, top)) return shown + ", which lies outside the entry";
  return {};
}

std::vector<EntryFile> list_entry(const fs::path& folder) {
  const IgnoreList ignored(folder);
  std::vector<EntryFile> files;
  for (auto walk = fs::recursive_directory_iterator(folder);
       walk != fs::recursive_directory_iterator(); ++walk) {
    const fs::path name = walk->path().lexically_relative(folder);
    const fs::file_status status = walk->symlink_status();
    if (ignored.ignores(name, fs::is_directory(status))) {
      if (fs::is_directory(status)) walk.disable_recursion_pending();
      continue;
    }
    if (fs::is_directory(status)) continue;
    if (fs::is_symlink(status)) {
      if (const std::string why = link_problem(folder, walk->path()); !why.empty()) {
        throw refused(walk->path(), why,
                      "put the file itself in its place (of a venv: python3 -m venv --copies)");
      }
    } else if (!fs::is_regular_file(status)) {
      throw refused(walk->path(), "neither a file nor a folder nor a link",
                    "take it out, or name it in .joulebenchignore");
    }
    files.push_back({.name = name,
                     .is_link = fs::is_symlink(status),
                     .runs = (status.permissions() & fs::perms::owner_exec) != fs::perms::none});
  }
  std::sort(files.begin(), files.end(),
            [](const EntryFile& a, const EntryFile& b) { return a.name < b.name; });
  return files;
}

std::string digest_of_entry(const fs::path& folder) {
  std::vector<DigestLine> lines;
  for (const EntryFile& file : list_entry(folder)) {
    const fs::path path = folder / file.name;
    lines.push_back({.path = file.name.generic_string(),
                     .kind = file.is_link ? 'l'
                             : file.runs  ? 'x'
                                          : '-',
                     .sha256 = file.is_link ? sha256_of_text(fs::read_symlink(path).string())
                                            : sha256_of_file(path)});
  }
  return sha256_of_lines(std::move(lines));
}

void copy_entry(const fs::path& from, const fs::path& to) {
  for (const EntryFile& file : list_entry(from)) {
    const fs::path copy = to / file.name;
    fs::create_directories(copy.parent_path());
    if (file.is_link) {
      fs::create_symlink(fs::read_symlink(from / file.name), copy);
      continue;
    }
    fs::copy_file(from / file.name, copy);
    fs::permissions(copy, fs::perms(file.runs ? 0755 : 0644));
  }
}

IgnoreList::IgnoreList(const fs::path& folder)
    : patterns_(std::begin(kNeverPart), std::end(kNeverPart)) {
  const fs::path file = folder / kIgnoreFile;
  if (!fs::is_regular_file(fs::symlink_status(file))) return;
  const std::string text = read_text_file(file, kLargestIgnoreFile);
  int line_number = 0;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    std::string line = text.substr(from, end - from);
    from = end + 1;
    ++line_number;
    line.erase(std::min(line.find('#'), line.size()));
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r')) {
      line.pop_back();
    }
    if (line.empty()) continue;
    if (line.front() == '!' || line.find("**") != line.npos || line == "/") {
      throw Error({.what = "a list of files to leave out cannot be used",
                   .where = file.string() + ": line " + std::to_string(line_number) + ": '" +
                            printable(line, 200) + "': there is no '!', no '**' and no '/' alone",
                   .hint = "name each pattern for itself; '*' stands for any characters but '/'"});
    }
    patterns_.push_back(line);
    if (patterns_.size() > kMostPatterns + std::size(kNeverPart)) {
      throw Error({.what = "a list of files to leave out cannot be used",
                   .where = file.string() + ": line " + std::to_string(line_number) +
                            ": more than " + std::to_string(kMostPatterns) + " patterns",
                   .hint = "name folders, or use '*'"});
    }
  }
}

bool IgnoreList::ignores(const fs::path& path, bool is_folder) const {
  if (path == "submission.json") return false;
  const std::string whole = path.generic_string();
  const std::string name = path.filename().string();
  return std::any_of(patterns_.begin(), patterns_.end(), [&](std::string pattern) {
    if (pattern.ends_with('/')) {
      if (!is_folder) return false;
      pattern.pop_back();
    }
    const bool from_top = pattern.find('/') != pattern.npos;
    if (pattern.front() == '/') pattern.erase(0, 1);
    return ::fnmatch(pattern.c_str(), (from_top ? whole : name).c_str(), FNM_PATHNAME) == 0;
  });
}

}  // namespace joulebench
