#include "campaign/session_job.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "core/json_fields.h"
#include "core/json_file.h"

namespace joulebench {

namespace fs = std::filesystem;
using nlohmann::json;

void fields(auto& io, Of<SessionJob::Entry> auto& entry) {
  io.field("id", entry.id);
  io.field("name", entry.name);
  io.sparse("is_baseline", entry.is_baseline);
  io.field("environment", entry.environment);
}

void fields(auto& io, Of<SessionJob> auto& job) {
  io.field("competition", job.competition_text);
  io.sparse("competition_file", job.competition_file);
  io.field("track", job.track);
  io.field("dataset_sha256", job.dataset_sha256);
  io.field("meters", job.meters);
  io.field("order_seed", job.order_seed);
  io.sparse("datasets", job.datasets);
  io.sparse("environments", job.environments);
  io.sparse("node", job.node);
  io.field("entries", job.entries);
}

void fields(auto& io, Of<FinishedSession::Run> auto& run) {
  io.field("entry_id", run.entry_id);
  io.field("record", run.record);
  io.field("is_done", run.is_done);
}

void fields(auto& io, Of<FinishedSession> auto& end) {
  io.field("node", end.node);
  io.field("at_utc", end.at_utc);
  io.field("runs", end.runs);
}

void fields(auto& io, Of<SessionFailure> auto& failure) {
  io.field("node", failure.node);
  io.field("at_utc", failure.at_utc);
  io.field("message", failure.message);
}

namespace {

constexpr const char* kJobFormat = "joulebench-session/1";
constexpr const char* kEndFormat = "joulebench-session-end/1";
constexpr const char* kFailureFormat = "joulebench-session-failure/1";
constexpr std::string_view kFolderPrefix = "session-";
constexpr std::string_view kFailurePrefix = "failed-";

template <class T>
T read_as(const fs::path& file, const char* format) {
  const json document = read_json_file(file, {});
  T value;
  try {
    if (!document.is_object() || document.value("format", json()) != format) {
      throw JsonFieldError(fmt::format("field 'format': expected \"{}\"", format));
    }
    JsonReader::read(document, {}, value);
  } catch (const JsonFieldError& problem) {
    throw Error({.what = "a session's file cannot be read",
                 .where = file.string() + ": " + problem.what(),
                 .hint =
                     "it is of another version, or was altered: remove its folder, and evaluate "
                     "plans it anew"});
  }
  return value;
}

template <class T>
json document_of(const T& value, const char* format) {
  json document = JsonWriter::write(value);
  document["format"] = format;
  return document;
}

int number_of(const fs::path& session) {
  const std::string name = session.filename().string();
  int number = 0;
  if (!name.starts_with(kFolderPrefix)) return 0;
  const char* const end = name.data() + name.size();
  const auto [stop, problem] = std::from_chars(name.data() + kFolderPrefix.size(), end, number);
  return problem == std::errc() && stop == end ? number : 0;
}

bool is_digest(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

// Names in these files become parts of paths.
void require_names(const FinishedSession& end, const fs::path& file) {
  const bool are_plain = is_node_name(end.node) &&
                         std::all_of(end.runs.begin(), end.runs.end(),
                                     [](const auto& run) { return is_node_name(run.record); });
  if (are_plain) return;
  throw Error({.what = "a session's end names what cannot be a folder",
               .where = file.string(),
               .hint = "remove the file, and the session runs again"});
}

}  // namespace

bool is_node_name(const std::string& name) {
  return !name.empty() && name.size() <= 200 && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_' || c == '.';
         });
}

JobFolder::JobFolder(const fs::path& campaign) : path_(fs::absolute(campaign).lexically_normal()) {
  if (!path_.has_filename()) path_ = path_.parent_path();
}

JobFolder JobFolder::of_session(const fs::path& session, int& number) {
  fs::path folder = fs::absolute(session).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  number = number_of(folder);
  if (number <= 0 || !fs::exists(folder / "session.json")) {
    throw Error({.what = "this is no folder of a session",
                 .where = folder.string() + ": it has no session.json, or is not called session-N",
                 .hint = "joulebench evaluate --executor slurm or --executor folder makes them"});
  }
  return JobFolder(folder.parent_path());
}

fs::path JobFolder::session_folder(int number) const {
  return path_ / fmt::format("{}{}", kFolderPrefix, number);
}

fs::path JobFolder::entry_folder(const std::string& entry_id) const {
  return path_.parent_path() / "entries" / entry_id;
}

fs::path JobFolder::records_of(const std::string& node) const {
  return path_ / "nodes" / node;
}

std::vector<int> JobFolder::sessions() const {
  std::vector<int> numbers;
  std::error_code absent;
  for (const auto& one : fs::directory_iterator(path_, absent)) {
    const int number = number_of(one.path());
    if (number > 0 && fs::exists(one.path() / "session.json")) numbers.push_back(number);
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

SessionJob JobFolder::job(int number) const {
  const fs::path file = session_folder(number) / "session.json";
  SessionJob job = read_as<SessionJob>(file, kJobFormat);
  for (const SessionJob::Entry& entry : job.entries) {
    if (is_digest(entry.id)) continue;
    throw Error({.what = "a session's file cannot be read",
                 .where = file.string() + ": field 'entries': an id is no SHA-256",
                 .hint = "remove its folder, and evaluate plans it anew"});
  }
  return job;
}

void JobFolder::add(int number, const SessionJob& job) const {
  fs::create_directories(session_folder(number));
  write_json_file(session_folder(number) / "session.json", document_of(job, kJobFormat));
}

void JobFolder::add_entry(const Submission& submission) const {
  const fs::path target = entry_folder(submission.id);
  if (fs::exists(target)) return;
  fs::create_directories(target.parent_path());
  TemporaryFolder copy("entry", target.parent_path());
  stage_submission(submission, copy.path());
  fs::permissions(copy.path(), fs::perms(0755));
  publish_folder(copy.path(), target);
}

std::optional<FinishedSession> JobFolder::finished(int number) const {
  const fs::path file = session_folder(number) / "finished.json";
  if (!fs::exists(file)) return std::nullopt;
  FinishedSession end = read_as<FinishedSession>(file, kEndFormat);
  require_names(end, file);
  return end;
}

// A hard link is made by one machine only, on NFS too, and never shows half a file.
bool JobFolder::finish(int number, const FinishedSession& end) const {
  const fs::path file = session_folder(number) / "finished.json";
  const fs::path own = session_folder(number) / ("finished-" + end.node + ".json");
  write_json_file(own, document_of(end, kEndFormat));
  const bool is_first = ::link(own.c_str(), file.c_str()) == 0;
  if (!is_first && errno != EEXIST) {
    throw Error({.what = "cannot write that a session is finished",
                 .where = file.string() + ": " + system_message(errno),
                 .hint = {}});
  }
  return is_first;
}

void JobFolder::note_failure(int number, const SessionFailure& failure) const {
  write_json_file(session_folder(number) / fmt::format("{}{}.json", kFailurePrefix, failure.node),
                  document_of(failure, kFailureFormat));
}

std::optional<SessionFailure> JobFolder::failure(int number) const {
  std::optional<SessionFailure> latest;
  std::error_code absent;
  for (const auto& one : fs::directory_iterator(session_folder(number), absent)) {
    if (!one.path().filename().string().starts_with(kFailurePrefix)) continue;
    SessionFailure failure = read_as<SessionFailure>(one.path(), kFailureFormat);
    if (!latest || failure.at_utc > latest->at_utc) latest = std::move(failure);
  }
  return latest;
}

}  // namespace joulebench
