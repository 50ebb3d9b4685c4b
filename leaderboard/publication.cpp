#include "leaderboard/publication.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/ssh_signature.h"
#include "core/text.h"
#include "leaderboard/page_writer.h"
#include "leaderboard/record_ranges.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLog = "log.jsonl";
constexpr const char* kHeads = "heads.jsonl";
constexpr const char* kSums = "SHA256SUMS";
constexpr std::size_t kMostText = std::size_t{4} << 30;  // bytes of one of these three

using Sums = PageSums;

bool is_file(const fs::path& path) {
  std::error_code none;
  return fs::is_regular_file(fs::symlink_status(path, none));
}

/// A path that stays below the folder that it is relative to.
bool is_inside(const std::string& path) {
  const fs::path relative(path);
  if (path.empty() || relative.is_absolute() || relative != relative.lexically_normal()) {
    return false;
  }
  return *relative.begin() != ".." && *relative.begin() != ".";
}

/// As sha256sum writes them.
std::string text_of(const Sums& sums) {
  std::string text;
  for (const auto& [path, sha256] : sums) text += sha256 + "  " + path + "\n";
  return text;
}

/// Absent: it is no such list. What `text` says is untrusted.
std::optional<Sums> sums_in(std::string_view text) {
  constexpr std::size_t kDigits = 64;
  Sums sums;
  while (!text.empty()) {
    const std::string line(text.substr(0, text.find('\n')));
    if (line.size() == text.size()) return std::nullopt;  // a line without an end
    text.remove_prefix(line.size() + 1);
    if (line.size() < kDigits + 3 || line.substr(kDigits, 2) != "  ") return std::nullopt;
    const std::string path = line.substr(kDigits + 2);
    if (!is_sha256(line.substr(0, kDigits)) || !is_inside(path)) return std::nullopt;
    if (!sums.emplace(path, line.substr(0, kDigits)).second) return std::nullopt;
  }
  return sums;
}

std::string read_part(const fs::path& path) {
  return is_file(path) ? read_text_file(path, kMostText) : "";
}

/// A browser would show it or run it, or it looks like a download of a page.
bool is_page(const fs::path& path) {
  static const std::set<std::string> kPages = {".html", ".htm",  ".xhtml", ".svg", ".js",
                                               ".css",  ".json", ".jsonl", ".csv", ".gz"};
  return kPages.contains(path.extension().string());
}

/// Pages of an earlier publication that are as it made them and no longer among its pages.
void remove_former(const fs::path& folder, const Sums& former, const Sums& now) {
  for (const auto& [path, sha256] : former) {
    const fs::path file = folder / path;
    if (now.contains(path) || !is_file(file) || sha256_of_file(file) != sha256) continue;
    std::error_code ignored;  // what stays is not listed: a check names it
    fs::remove(file, ignored);
  }
}

void require_this_history(const fs::path& folder, std::span<const LogEvent> log) {
  const fs::path file = folder / kHeads;
  for (const SignedHead& head : parse_heads(read_part(file), file.string())) {
    const std::string problem = missing_head(log, head);
    if (problem.empty()) continue;
    throw Error({.what = "this folder publishes another history",
                 .where = file.string() + ": " + problem,
                 .hint = "name another folder, or the database that was published here"});
  }
}

/// As many as the machine has processors, within reason.
unsigned page_threads() {
  constexpr unsigned kMost = 8;
  return std::clamp(std::thread::hardware_concurrency(), 1u, kMost);
}

/// The history as lines; what the folder has of it already is not made again.
std::string log_lines(PageWriter& writer, std::span<const LogEvent> log) {
  std::string lines;
  std::size_t done = 0;
  const PageWriter::LogMark& left = writer.left_log();
  if (left.events > 0 && left.events <= log.size() && log[left.events - 1].sha256 == left.sha256) {
    if (std::optional<std::string> text = writer.left_text(kLog)) {
      lines = std::move(*text);
      done = left.events;
    }
  }
  for (const LogEvent& event : log.subspan(done)) lines += to_json_line(event) + "\n";
  if (!log.empty()) writer.note_log({log.size(), log.back().sha256});
  return lines;
}

// ---- checking ----

/// The events that were published, and where they part from the history; empty: nowhere.
std::string check_log(const fs::path& folder, std::span<const LogEvent> log,
                      std::size_t& published) {
  const fs::path file = folder / kLog;
  published = 0;
  if (!is_file(file)) return "log.jsonl is missing: joulebench board site writes it";
  const std::string whole = read_text_file(file, kMostText);
  std::string_view text = whole;
  for (; !text.empty(); ++published) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) return fmt::format("log.jsonl: line {} has no end", published + 1);
    if (published == log.size()) {
      return fmt::format("log.jsonl: event {} was published and is not in the history",
                         published + 1);
    }
    if (text.substr(0, end) != to_json_line(log[published])) {
      return fmt::format("log.jsonl: line {} is not event {} of the history", published + 1,
                         published + 1);
    }
    text.remove_prefix(end + 1);
  }
  return published == 0 ? "log.jsonl is empty" : "";
}

/// Compares the files that lie there with the list.
void check_files(const fs::path& folder, const Sums& sums, std::vector<std::string>& problems) {
  for (const auto& [path, sha256] : sums) {
    const fs::path file = folder / path;
    if (!is_file(file)) {
      problems.push_back(path + " is missing");
    } else if (sha256_of_file(file) != sha256) {
      problems.push_back(path + " was altered");
    }
  }
  if (!sums.contains(kLog)) problems.push_back("SHA256SUMS does not list log.jsonl");
  for (auto one = fs::recursive_directory_iterator(folder);
       one != fs::recursive_directory_iterator(); ++one) {
    const fs::path path = one->path().lexically_relative(folder);
    if (path.filename().string().starts_with('.')) {  // .git of a published folder
      one.disable_recursion_pending();
      continue;
    }
    if (fs::is_directory(one->symlink_status()) || path == kHeads || path == kSums) continue;
    if (is_page(path) && !sums.contains(path.generic_string())) {
      problems.push_back(path.string() + " is not a page of this board");
    }
  }
}

/// Compares the list with the pages that the database makes now.
void check_pages(const Sums& sums, const PageMaker& pages, std::vector<std::string>& problems) {
  Sums now;
  std::mutex mutex;
  pages({.sink =
             [&](const std::string& path, std::string_view content) {
               const std::string sha256 = sha256_of_text(content);
               const std::lock_guard lock(mutex);
               now[path] = sha256;
             },
         .threads = page_threads()});
  for (const auto& [path, sha256] : now) {
    const auto listed = sums.find(path);
    if (listed == sums.end()) {
      problems.push_back(path + " is not there, and this database makes it");
    } else if (listed->second != sha256) {
      problems.push_back(path + " is not what this database makes with this joulebench");
    }
  }
  for (const auto& [path, sha256] : sums) {
    if (path != kLog && !now.contains(path)) {
      problems.push_back(path + " is listed, and this database does not make it");
    }
  }
}

void check_heads(const std::vector<SignedHead>& heads, std::span<const LogEvent> log,
                 const fs::path& allowed_signers, SiteCheck& check) {
  std::int64_t last = 0;
  for (std::size_t i = 0; i < heads.size(); ++i) {
    const SignedHead& head = heads[i];
    const std::string name = fmt::format("heads.jsonl: line {}: ", i + 1);
    const std::string problem = missing_head(log, head);
    if (!problem.empty()) check.problems.push_back(name + problem);
    if (head.number < last) {
      check.problems.push_back(name +
                               fmt::format("event {} stands behind event {}", head.number, last));
    }
    last = head.number;
    if (allowed_signers.empty()) continue;
    const SignatureCheck signature =
        check_signature(signed_text(head), head.signature, allowed_signers);
    if (!signature.problem.empty()) {
      check.problems.push_back(name + signature.problem);
    } else if (i + 1 == heads.size()) {
      check.notes.push_back(fmt::format("event {} and its pages were signed by {} with the key {}",
                                        head.number, signature.principal, signature.key));
    }
  }
}

/// Whether the last signature is of these very pages.
std::string unsigned_pages(const std::vector<SignedHead>& heads, const std::string& sums,
                           const LogEvent& published) {
  if (heads.empty()) return "the pages are not signed";
  const SignedHead& last = heads.back();
  if (last.sha256 == published.sha256 && last.pages_sha256 == sha256_of_text(sums)) return {};
  return fmt::format("the pages are not signed: the last signature is of event {} and other pages",
                     last.number);
}

}  // namespace

std::size_t publish(const PageMaker& pages, std::span<const LogEvent> log, const fs::path& folder) {
  require_this_history(folder, log);
  const std::string former = read_part(folder / kSums);
  PageWriter writer(folder);
  pages(writer.output(page_threads()));
  writer.write(kLog, log_lines(writer, log));
  writer.finish();
  const Sums sums = writer.sums();
  const std::string text = text_of(sums);
  if (text == former) return sums.size();
  remove_former(folder, sums_in(former).value_or(Sums{}), sums);
  write_file_atomically(folder / kSums, text);
  return sums.size();
}

std::size_t publish_part(const PageMaker& pages, const fs::path& folder) {
  if (is_file(folder / kHeads)) {
    throw Error({.what = "cannot write a part of a board here",
                 .where = folder.string() + ": a whole one was published and signed here",
                 .hint = "leave out --competition and --track, or name another folder"});
  }
  for (const char* former : {kSums, kLog}) {
    std::error_code ignored;
    fs::remove(folder / former, ignored);
  }
  PageWriter writer(folder);
  pages(writer.output(page_threads()));
  writer.finish();
  return writer.files();
}

SiteCheck check_site(const fs::path& folder, std::span<const LogEvent> log, const PageMaker& pages,
                     const fs::path& allowed_signers) {
  if (std::error_code none; !fs::is_directory(folder, none)) {
    throw Error({.what = "cannot check a site",
                 .where = folder.string() + ": no such folder",
                 .hint = "joulebench board site makes one"});
  }
  SiteCheck check;
  std::size_t published = 0;
  const std::string parted = check_log(folder, log, published);
  if (!parted.empty()) check.problems.push_back(parted);
  std::vector<SignedHead> heads;
  try {
    heads = parse_heads(read_part(folder / kHeads), kHeads);
  } catch (const Error& error) {
    check.problems.push_back(error.parts().where);
  }
  check_heads(heads, log, allowed_signers, check);
  const std::string text = read_part(folder / kSums);
  const std::optional<Sums> sums = sums_in(text);
  if (!sums || sums->empty()) {
    check.problems.push_back("SHA256SUMS is missing, or is no list of digests");
    return check;
  }
  check.pages_sha256 = sha256_of_text(text);
  check_files(folder, *sums, check.problems);
  if (!parted.empty()) return check;
  const std::string missing = unsigned_pages(heads, text, log[published - 1]);
  if (!missing.empty()) {
    (allowed_signers.empty() ? check.notes : check.problems).push_back(missing);
  }
  check.is_newest = published == log.size();
  if (check.is_newest) {
    check_pages(*sums, pages, check.problems);
  } else {
    check.notes.push_back(
        fmt::format("the pages are of event {} of {}: what was stored since is "
                    "not on them",
                    published, log.size()));
  }
  return check;
}

SignResult sign_site(const fs::path& folder, const LogEvent& head, const std::string& pages_sha256,
                     const fs::path& key, const std::string& at_utc) {
  const fs::path file = folder / kHeads;
  const FileDescriptor lock(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (lock.is_open()) ::flock(lock.get(), LOCK_EX);  // of another who signs
  const std::string before = read_part(file);
  const std::vector<SignedHead> heads = parse_heads(before, file.string());
  SignResult result{.head = {.number = head.number,
                             .sha256 = head.sha256,
                             .pages_sha256 = pages_sha256,
                             .at_utc = at_utc}};
  const std::string text = signed_text(result.head);
  result.head.signature = sign_text(text, key);
  result.key = check_signature(text, result.head.signature, {}).key;
  result.is_new = std::none_of(heads.begin(), heads.end(), [&](const SignedHead& one) {
    return signed_text(one) == text && one.signature == result.head.signature;
  });
  result.heads = heads.size() + (result.is_new ? 1 : 0);
  if (!result.is_new) return result;
  const bool ends = before.empty() || before.ends_with('\n');
  write_file_atomically(file, before + (ends ? "" : "\n") + to_json_line(result.head) + "\n");
  return result;
}

}  // namespace joulebench
