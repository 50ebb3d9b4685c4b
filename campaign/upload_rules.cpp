#include "campaign/upload_rules.h"

#include <fmt/format.h>

#include <algorithm>

#include "campaign/admission.h"
#include "campaign/entry_environment.h"
#include "core/error.h"
#include "core/nearest_name.h"
#include "core/ssh_signature.h"
#include "core/text.h"
#include "submissions/archive.h"
#include "submissions/request.h"
#include "submissions/signed_entry.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestReason = 4000;
constexpr const char* kPackAndSign =
    "write your team's name into submission.json and sign with its key: joulebench submission pack "
    "FOLDER --sign ~/.ssh/id_ed25519";
constexpr const char* kSignRequest =
    "joulebench submission withdraw and select write and sign requests";

/// What an error says of an upload, without the folders of this machine.
std::string words_of(const Error& error, const fs::path& archive, const fs::path& folder,
                     const std::string& upload) {
  std::string text = error.parts().what + "\n" + error.parts().where;
  for (const auto& [path, name] :
       {std::pair{folder.string() + "/", std::string()}, std::pair{archive.string(), upload}}) {
    for (std::size_t at; (at = text.find(path)) != text.npos;) text.replace(at, path.size(), name);
  }
  return printable(text, kLongestReason);
}

/// Whether an error of unpacking is a problem of this machine, not of the archive.
bool is_ours(const Error& error) {
  const std::string& what = error.parts().what;
  return what == "cannot unpack an archive" || what.starts_with("cannot write") ||
         what.starts_with("cannot make a temporary");
}

bool is_ours_to_mend(const StoredRun& run) {
  return run.record.outcome == Outcome::infrastructure && run.record.valid_blocks() == 0;
}

/// What the team has used of a track's quota. A run that failed through our fault takes none.
std::vector<Received> used_of(const std::string& team, const std::string& competition,
                              const std::string& track, const IntakeHistory& history,
                              const Store& store) {
  std::vector<Received> used;
  for (const IntakeDecision* one : history.accepted_of(team)) {
    if (std::find(one->tracks.begin(), one->tracks.end(), track) == one->tracks.end()) continue;
    const std::vector<StoredRun> runs = store.find_runs(competition, track, one->entry);
    if (!runs.empty() && std::all_of(runs.begin(), runs.end(), is_ours_to_mend)) continue;
    used.push_back({.team = team, .at = instant_of(one->received_at_utc), .is_evaluated = true});
  }
  return used;
}

std::string remedy_of(const std::string& reasons) {
  if (reasons.find("received before") != reasons.npos) return "upload it again then";
  if (reasons.find("that it may on 2") != reasons.npos) {
    return "upload it again on another day; a copy that keeps its time needs another name";
  }
  return {};
}

std::string known_tracks(const Competition& competition) {
  std::string names;
  for (const Track& track : competition.tracks) names += (names.empty() ? "" : ", ") + track.id;
  return names;
}

}  // namespace

std::optional<Refusal> check_signer(const TakenUpload& taken, const Teams& teams,
                                    const IntakeRules& rules, IntakeDecision& decision) {
  const bool is_entry = decision.kind == UploadKind::entry;
  const char* remedy = is_entry ? kPackAndSign : kSignRequest;
  if (teams.file.empty()) {
    if (is_entry) return std::nullopt;  // unsigned ones are taken, or the intake would not begin
    return Refusal{"a request has to be signed, and this competition has no keys of teams",
                   "ask the organizer"};
  }
  if (taken.signature.empty()) {
    if (is_entry && rules.allows_unsigned) return std::nullopt;
    return Refusal{
        "there is no signature " + signature_file(decision.upload).string() + " beside it", remedy};
  }
  const SignatureCheck check = check_named_signature(
      [&](const std::string& team) {
        return is_entry ? text_of_archive(taken.sha256, team) : text_of_request(taken.sha256, team);
      },
      taken.signature, teams.file);
  if (check.problem.empty()) {
    decision.team = check.principal;
    decision.key = check.key;
    return std::nullopt;
  }
  return Refusal{"its signature does not hold: " + check.problem,
                 std::string(remedy) + "; the organizer has to have your public key"};
}

std::optional<Refusal> read_entry(const fs::path& archive, const fs::path& folder,
                                  const Competition& competition, const Teams& teams,
                                  IntakeDecision& decision, std::optional<Submission>& entry) {
  const IntakeRules& rules = competition.intake;
  try {
    entry = read_submission(unpack_archive(archive, folder, {.total_bytes = rules.unpacked_bytes}));
    environment_for(competition, *entry);  // or it could not be run
  } catch (const Error& error) {
    if (is_ours(error)) throw;
    const std::string& hint = error.parts().hint;
    return Refusal{words_of(error, archive, folder, decision.upload),
                   hint.empty() ? "joulebench submission check finds this before you upload"
                                : printable(hint, 500)};
  }
  decision.name = entry->name;
  decision.version = entry->version;
  decision.entry = entry->id;
  if (printable(entry->name, 200) != entry->name ||
      entry->name.find_first_of("\n\t") != std::string::npos) {
    return Refusal{"the name of the entry holds a character that cannot be shown",
                   "change 'name' in submission.json"};
  }
  if (!decision.key.empty()) {
    if (entry->team == decision.team) return std::nullopt;
    return Refusal{fmt::format("it is signed by team '{}', and its manifest is of team '{}'",
                               decision.team, printable(entry->team, 100)),
                   "write your own team into submission.json, pack and sign again"};
  }
  const std::string problem = entry->team.empty() ? "" : team_name_problem(entry->team);
  if (!problem.empty()) {
    return Refusal{"the name of the team cannot be used: " + problem,
                   "change 'team' in submission.json"};
  }
  decision.team = entry->team;
  if (!teams.has(entry->team)) return std::nullopt;
  return Refusal{fmt::format("team '{}' has a key, and this archive is not signed", entry->team),
                 kPackAndSign};
}

std::optional<Refusal> admit_to_tracks(const Submission& entry, const Competition& competition,
                                       const Calendars& calendars, const IntakeHistory& history,
                                       const Store& store, IntakeDecision& decision) {
  const std::string team = team_of(decision);
  const Instant at = instant_of(decision.received_at_utc);
  std::string reasons;
  for (const Track& track : competition.tracks) {
    if (!entry.enters(track.id)) continue;
    std::vector<Received> received = used_of(team, competition.id, track.id, history, store);
    received.push_back({.team = team, .at = at});
    const auto calendar = calendars.tracks.find(track.id);
    const std::string reason =
        refusals(calendar == calendars.tracks.end() ? Calendar{} : calendar->second,
                 calendars.time_zone, received)
            .back();
    if (reason.empty()) {
      decision.tracks.push_back(track.id);
      continue;
    }
    decision.notes.push_back(fmt::format("not on track '{}': {}", track.id, reason));
    reasons += (reasons.empty() ? "" : "\n") + fmt::format("track '{}': {}", track.id, reason);
  }
  if (!decision.tracks.empty()) return std::nullopt;
  decision.notes.clear();
  if (!reasons.empty()) return Refusal{reasons, remedy_of(reasons)};
  return Refusal{
      "it enters no track of this competition",
      "name one of these in 'tracks' of submission.json, or leave it out to enter all: " +
          known_tracks(competition)};
}

namespace {

/// What has to be right of a request before its entries are looked for.
std::optional<Refusal> check_sender(const Request& request, const Competition& competition,
                                    const IntakeHistory& history, const IntakeDecision& decision) {
  if (request.competition != competition.id) {
    return Refusal{"it is about the competition '" + request.competition + "', and this one is '" +
                       competition.id + "'",
                   kSignRequest};
  }
  if (request.team != decision.team) {
    return Refusal{fmt::format("it is signed by team '{}', and speaks for team '{}'", decision.team,
                               printable(request.team, 100)),
                   "a team can withdraw and select its own entries only"};
  }
  constexpr std::int64_t kHour = 3'600'000;
  const Instant made = instant_of(request.at_utc);
  if (made.milliseconds > instant_of(decision.received_at_utc).milliseconds + kHour) {
    return Refusal{"it was made in the future: " + request.at_utc,
                   "set your clock and make the request again"};
  }
  const IntakeDecision* before = history.newest_request(decision.team);
  if (before != nullptr && made <= instant_of(before->requested_at_utc)) {
    return Refusal{"it was made before the last request of your team that was accepted",
                   "make it again"};
  }
  return std::nullopt;
}

bool is_closed(const IntakeDecision& version, const Calendars& calendars, Instant at) {
  return std::all_of(version.tracks.begin(), version.tracks.end(), [&](const std::string& track) {
    const auto calendar = calendars.tracks.find(track);
    return calendar != calendars.tracks.end() && calendar->second.dates.closes &&
           at > calendar->second.dates.closes->at;
  });
}

}  // namespace

std::optional<Refusal> check_request(const fs::path& file, const Competition& competition,
                                     const Calendars& calendars, const IntakeHistory& history,
                                     IntakeDecision& decision) {
  Request request;
  try {
    request = read_request(file);
  } catch (const Error& error) {
    return Refusal{words_of(error, file, file.parent_path(), decision.upload), kSignRequest};
  }
  decision.kind = request.action == "select" ? UploadKind::select : UploadKind::withdraw;
  decision.name = printable(request.entry, 64);
  decision.requested_at_utc = request.at_utc;
  if (auto refusal = check_sender(request, competition, history, decision)) return refusal;
  std::vector<const IntakeDecision*> versions = history.versions(decision.team, request.entry);
  std::erase_if(versions,
                [&](const IntakeDecision* one) { return !one->entry.starts_with(request.id); });
  if (versions.empty()) {
    return Refusal{fmt::format("team '{}' has no accepted entry '{}'{}", decision.team,
                               decision.name, request.id.empty() ? "" : " with id " + request.id),
                   "the receipts of your uploads have names and ids"};
  }
  if (decision.kind == UploadKind::withdraw) {
    for (const IntakeDecision* one : versions) decision.entries.push_back(one->entry);
    return std::nullopt;
  }
  if (competition.intake.versions != VersionRule::selected) {
    return Refusal{fmt::format("in this competition the {} version counts, and none is selected",
                               to_string(competition.intake.versions)),
                   ""};
  }
  if (versions.size() > 1) {
    return Refusal{"several versions have an id that begins with " + request.id, "name more of it"};
  }
  if (is_closed(*versions.front(), calendars, instant_of(decision.received_at_utc))) {
    return Refusal{"it was received after its tracks closed", ""};
  }
  decision.entry = versions.front()->entry;
  decision.version = versions.front()->version;
  return std::nullopt;
}

}  // namespace joulebench
