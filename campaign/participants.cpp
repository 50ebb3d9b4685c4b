#include "campaign/participants.h"

#include <algorithm>
#include <set>
#include <utility>

#include "campaign/entry_environment.h"
#include "core/error.h"
#include "core/nearest_name.h"
#include "core/shipped_files.h"
#include "submissions/archive.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> entries_in(const fs::path& folder) {
  std::vector<fs::path> entries;
  if (!fs::is_directory(folder)) return entries;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory() || has_archive_name(entry.path())) entries.push_back(entry.path());
  }
  std::sort(entries.begin(), entries.end());
  return entries;
}

}  // namespace

Participants gather_participants(const Competition& competition, const Track& track,
                                 const std::vector<fs::path>& entries) {
  Participants participants;
  std::set<std::string> seen;
  const auto add = [&](const fs::path& path, bool is_baseline) {
    try {
      Submission submission = open_submission(path);
      if (!submission.enters(track.id)) return;
      environment_for(competition, submission);  // or it is refused
      if (!seen.insert(submission.id).second) return;
      participants.candidates.push_back({std::move(submission), is_baseline, path});
    } catch (const Error& error) {
      participants.refused.push_back({path, error.what()});
    } catch (const fs::filesystem_error& error) {
      participants.refused.push_back(
          {path, "cannot read the entry\n  " + std::string(error.what())});
    }
  };
  for (const std::string& baseline : track.baselines) add(find_beside(competition, baseline), true);
  const fs::path folder = fs::absolute(competition.file).parent_path() / "submissions";
  for (const fs::path& entry : entries.empty() ? entries_in(folder) : entries) add(entry, false);
  if (participants.candidates.empty() && participants.refused.empty()) {
    throw Error({.what = "there is nothing to evaluate",
                 .where = "track '" + track.id + "': no entry was named, none lies in " +
                          folder.string() + ", and it has no baseline",
                 .hint = "name the folders of entries behind the competition file"});
  }
  return participants;
}

// An archive is unpacked into another folder in every call.
std::string public_reason(std::string reason, const fs::path& entry) {
  for (const fs::path& path : {fs::absolute(entry).lexically_normal(), entry}) {
    const std::string parent = path.parent_path().string() + "/";
    for (std::size_t at; parent != "/" && (at = reason.find(parent)) != reason.npos;) {
      reason.erase(at, parent.size());
    }
  }
  for (std::size_t at; (at = reason.find("joulebench-unpacked-")) != reason.npos;) {
    const std::size_t begin = reason.find_last_of(" \n'", at) + 1;
    const std::size_t end = reason.find_first_of("/: \n'", at);
    reason.erase(begin, (end == reason.npos ? reason.size() : end + 1) - begin);
  }
  return reason;
}

std::vector<RefusedEntry> as_stored(const std::vector<Refused>& refused) {
  std::vector<RefusedEntry> entries;
  for (const Refused& one : refused) {
    const fs::path path = one.path.has_filename() ? one.path : one.path.parent_path();
    entries.push_back({path.filename().string(), public_reason(one.reason, path)});
  }
  return entries;
}

std::vector<const Track*> tracks_for(const Competition& competition, const Submission& submission,
                                     const std::string& named) {
  std::vector<const Track*> tracks;
  if (named.empty() && !submission.tracks.empty()) {
    for (const Track& track : competition.tracks) {
      if (submission.enters(track.id)) tracks.push_back(&track);
    }
  }
  if (tracks.empty()) tracks.push_back(&track_for(competition, submission, named));
  return tracks;
}

std::vector<std::string> misspelt_tracks(const Competition& competition,
                                         const Submission& submission) {
  std::vector<std::string> known;
  for (const Track& track : competition.tracks) known.push_back(track.id);
  std::vector<std::string> notes;
  for (const std::string& name : submission.tracks) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string near = nearest_name(name, known);
    if (near.empty() || submission.enters(near)) continue;
    notes.push_back("the entry enters track '" + name +
                    "', which this competition does not have: did you mean '" + near + "'?");
  }
  return notes;
}

const Track& track_for(const Competition& competition, const Submission& submission,
                       const std::string& named) {
  if (!named.empty()) {
    const Track& track = competition.track(named);
    if (submission.enters(track.id)) return track;
  } else {
    for (const Track& track : competition.tracks) {
      if (submission.enters(track.id)) return track;
    }
  }
  const std::vector<std::string> misspelt = misspelt_tracks(competition, submission);
  throw Error({.what = "the entry does not enter " +
                       (named.empty() ? "any track of this competition" : "track '" + named + "'"),
               .where = (submission.folder / "submission.json").string() + ": field 'tracks'" +
                        (misspelt.empty() ? "" : ": " + misspelt.front()),
               .hint = "add the track's id there, or leave the field out to enter every track"});
}

fs::path find_beside(const Competition& competition, const std::string& path) {
  if (fs::path(path).is_absolute()) return path;
  std::error_code none;
  for (fs::path folder = fs::absolute(competition.file).parent_path();;
       folder = folder.parent_path()) {
    if (fs::exists(folder / path, none)) return folder / path;
    if (folder == folder.parent_path()) break;
  }
  const fs::path shipped = shipped_files() / path;
  if (fs::exists(shipped, none)) return shipped;
  throw Error({.what = "a competition names a baseline that is not there",
               .where = competition.file.string() + ": '" + path +
                        "', looked for beside the file and in the folders above it",
               .hint = "write its path relative to the competition file"});
}

}  // namespace joulebench
