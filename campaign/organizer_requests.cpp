#include "campaign/organizer_requests.h"

#include <fmt/format.h>

#include <algorithm>

#include "campaign/intake_history.h"
#include "core/calendar.h"
#include "core/error.h"
#include "core/nearest_name.h"
#include "core/text.h"

namespace joulebench {
namespace {

constexpr std::size_t kLeastId = 6;
constexpr const char* kByOrganizer = "(by the organizer)";

bool is_meant(const IntakeDecision& entry, const UploadWish& wish) {
  if (!wish.team.empty() && entry.team != wish.team) return false;
  return entry.name == wish.name ||
         (wish.name.size() >= kLeastId && entry.entry.starts_with(wish.name));
}

/// No file stands behind it: the moment tells one decision from the next.
IntakeDecision decision_about(const IntakeDecision& entry, UploadKind kind,
                              const std::string& reason, const std::string& at_utc) {
  IntakeDecision decision{.competition = entry.competition,
                          .kind = kind,
                          .upload = kByOrganizer,
                          .modified_ns = parse_instant(at_utc).value().milliseconds * 1'000'000,
                          .received_at_utc = at_utc};
  decision.accepted = true;
  decision.team = entry.team;
  decision.name = entry.name;
  decision.notes = {reason};
  return decision;
}

std::string line_of(const IntakeDecision& entry) {
  return fmt::format("\n    {}  {}, version {}, team {}", entry.entry.substr(0, 8),
                     printable(entry.name, 80),
                     entry.version.empty() ? "(none)" : printable(entry.version, 40),
                     entry.team.empty() ? "(none)" : printable(entry.team, 80));
}

}  // namespace

std::vector<IntakeDecision> waiting_entries(const Store& store, const Competition& competition,
                                            const UploadWish& wish) {
  const IntakeHistory history(store, competition);
  std::vector<IntakeDecision> found;
  for (const IntakeDecision* one : history.waiting()) {
    if (is_meant(*one, wish)) found.push_back(*one);
  }
  return found;
}

void withdraw_waiting(Store& store, const IntakeDecision& entry, const std::string& reason,
                      const std::string& at_utc) {
  IntakeDecision decision = decision_about(entry, UploadKind::withdraw, reason, at_utc);
  decision.entries = {entry.entry};
  store.put_intake(decision, at_utc);
}

IntakeDecision select_version(Store& store, const Competition& competition, const UploadWish& wish,
                              const std::string& reason, const std::string& at_utc) {
  if (competition.intake.versions != VersionRule::selected) {
    throw Error({.what = "in this competition no version is selected",
                 .where = fmt::format("'{}': the {} version counts", competition.id,
                                      to_string(competition.intake.versions)),
                 .hint = "\"versions\": \"selected\" in competition.json would change that"});
  }
  const IntakeHistory history(store, competition);
  std::vector<IntakeDecision> found;
  std::vector<std::string> known;
  for (const IntakeDecision& one : store.intake(competition.id)) {
    if (!one.accepted || one.kind != UploadKind::entry || history.is_withdrawn(one.entry)) continue;
    known.push_back(one.name);
    if (is_meant(one, wish)) found.push_back(one);
  }
  if (found.empty()) {
    const std::string near = nearest_name(wish.name, known);
    throw Error({.what = "there is no accepted version of this name or id",
                 .where = "competition '" + competition.id + "': '" + wish.name + "'",
                 .hint = near.empty() ? "the receipts have names and ids"
                                      : "did you mean '" + near + "'?"});
  }
  if (found.size() > 1) {
    std::string lines = fmt::format("'{}' names {}:", printable(wish.name, 80), found.size());
    for (const IntakeDecision& one : found) lines += line_of(one);
    throw Error({.what = "several versions have this name",
                 .where = std::move(lines),
                 .hint = "name one by the first digits of its id"});
  }
  IntakeDecision decision = decision_about(found.front(), UploadKind::select, reason, at_utc);
  decision.entry = found.front().entry;
  decision.version = found.front().version;
  return store.put_intake(decision, at_utc);
}

}  // namespace joulebench
