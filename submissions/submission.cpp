#include "submissions/submission.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_file.h"
#include "embedded/submission_text.h"
#include "submissions/archive.h"
#include "submissions/entry_tree.h"
#include "submissions/kit.h"

namespace joulebench {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

// Untrusted files are bounded before anything is made of them.
constexpr std::size_t kLargestManifest = 64'000;

}  // namespace

std::string_view submission_schema() {
  return submission_text::kSubmissionSchemaJson;
}

bool Submission::enters(const std::string& track_id) const {
  return tracks.empty() || std::find(tracks.begin(), tracks.end(), track_id) != tracks.end();
}

EntryIdentity Submission::identity() const {
  return {.id = id,
          .name = name,
          .team = team,
          .version = version,
          .description = description,
          .licence = licence,
          .url = url,
          .is_baseline = false};
}

namespace {

// The kit joins the files that were handed in, so it counts in the id like all others.
void put_in_kit(const std::string& name, Submission& submission) {
  const ClientKit& kit = client_kit(name);
  if (fs::exists(fs::symlink_status(submission.folder / kit.file))) return;
  digest_of_entry(submission.folder);  // refuses what a copy would leave out
  auto complete = std::make_shared<const TemporaryFolder>("with-kit");
  copy_entry(submission.folder, complete->path());
  write_file_atomically(complete->path() / kit.file, kit.text);
  fs::permissions(complete->path() / kit.file, fs::perms(0644));
  submission.folder = complete->path();
  submission.temporary = std::move(complete);
}

}  // namespace

Submission read_submission(const fs::path& folder) {
  const fs::path file = folder / "submission.json";
  if (!fs::exists(file)) {
    throw Error({.what = "a submission has no manifest",
                 .where = file.string() + ": no such file",
                 .hint = "name the folder that holds submission.json"});
  }
  const json document = read_json_file(file, submission_schema(), kLargestManifest);
  Submission submission;
  submission.name = document["name"];
  submission.team = document.value("team", "");
  submission.version = document.value("version", "");
  submission.description = document.value("description", "");
  submission.licence = document.value("licence", "");
  submission.url = document.value("url", "");
  submission.tracks = document.value("tracks", std::vector<std::string>{});
  submission.command = document["command"].get<std::vector<std::string>>();
  submission.build = document.value("build", std::vector<std::vector<std::string>>{});
  submission.environment = document.value("environment", std::map<std::string, std::string>{});
  submission.runs_in = document.value("runs_in", "");
  // Bytes of value 0 end a C string: what is started would not be what is written.
  const auto has_nul = [](const std::string& text) { return text.find('\0') != text.npos; };
  bool nul = std::any_of(submission.command.begin(), submission.command.end(), has_nul);
  for (const auto& step : submission.build) nul |= std::any_of(step.begin(), step.end(), has_nul);
  for (const auto& [key, value] : submission.environment) nul |= has_nul(value);
  if (nul || submission.command.front().empty()) {
    throw Error({.what = "a file does not say what it should",
                 .where = file.string() + ": 'command', 'build' or 'environment' holds an empty "
                                          "program name or a byte of value 0",
                 .hint = "write the program and its arguments as plain text"});
  }
  submission.folder = folder;
  if (document.contains("kit")) put_in_kit(document["kit"], submission);
  submission.id = digest_of_entry(submission.folder);
  return submission;
}

void stage_submission(const Submission& submission, const fs::path& folder) {
  copy_entry(submission.folder, folder);
  if (digest_of_entry(folder) != submission.id) {
    throw Error({.what = "a submission changed while it was copied",
                 .where = submission.folder.string(),
                 .hint = "leave its files alone while it runs, and start again"});
  }
}

Submission open_submission(const fs::path& folder_or_archive) {
  if (!has_archive_name(folder_or_archive) || fs::is_directory(folder_or_archive)) {
    return read_submission(folder_or_archive);
  }
  auto unpacked = std::make_shared<const TemporaryFolder>("unpacked");
  Submission submission = read_submission(unpack_archive(folder_or_archive, unpacked->path()));
  if (submission.temporary == nullptr) submission.temporary = std::move(unpacked);
  return submission;
}

}  // namespace joulebench
