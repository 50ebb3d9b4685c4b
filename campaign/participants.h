#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/competition.h"
#include "leaderboard/store.h"
#include "submissions/submission.h"

namespace joulebench {

/// An entry that takes part in a campaign.
struct Candidate {
  Submission submission;
  bool is_baseline = false;
  std::filesystem::path source = {};  // the folder or archive that it was read from
  std::optional<EnvironmentIdentity> environment = {};  // absent: the machine's own /usr
};

/// An entry that cannot even be read; the others are evaluated all the same.
struct Refused {
  std::filesystem::path path;
  std::string reason;
};

/// Who takes part in a track's campaign, in a fixed order: baselines first, each entry id once.
struct Participants {
  std::vector<Candidate> candidates;
  std::vector<Refused> refused;
};

/// The track's baselines, and of `entries` (folders or archives) those that enter the track; none
/// named: those in submissions/ beside the competition file. Errors: Error when a baseline is not
/// there, or nobody takes part.
/// An entry that runs in an environment that the competition does not offer is refused.
Participants gather_participants(const Competition& competition, const Track& track,
                                 const std::vector<std::filesystem::path>& entries);

/// What the board is told of the refused: names without folders, and the same words in every call.
std::vector<RefusedEntry> as_stored(const std::vector<Refused>& refused);

/// `reason` without the folders of the host that it names; `entry` is the path it speaks of.
std::string public_reason(std::string reason, const std::filesystem::path& entry);

/// The named track; else each that the submission names, in the competition's order, or the first
/// where it names none. Errors: as of track_for().
std::vector<const Track*> tracks_for(const Competition& competition, const Submission& submission,
                                     const std::string& named);

/// Tracks that the submission names, that the competition does not have, and that are nearly called
/// like one it has: a sentence each.
std::vector<std::string> misspelt_tracks(const Competition& competition,
                                         const Submission& submission);

/// The named track, or the first that the submission enters.
/// Errors: Error when it enters none of them, or not the named one.
const Track& track_for(const Competition& competition, const Submission& submission,
                       const std::string& named);

/// A path that a competition names: relative to its file or to the nearest folder above that has
/// it, or to the folder the program comes from. Errors: Error naming the places.
std::filesystem::path find_beside(const Competition& competition, const std::string& path);

}  // namespace joulebench
