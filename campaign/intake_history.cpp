#include "campaign/intake_history.h"

#include <algorithm>
#include <utility>

namespace joulebench {
namespace {

bool is_accepted_entry(const IntakeDecision& one) {
  return one.accepted && one.kind == UploadKind::entry;
}

void sort_by_receipt(std::vector<const IntakeDecision*>& decisions) {
  std::stable_sort(decisions.begin(), decisions.end(),
                   [](const IntakeDecision* a, const IntakeDecision* b) {
                     return a->received_at_utc < b->received_at_utc;
                   });
}

}  // namespace

const std::string& team_of(const IntakeDecision& decision) {
  return decision.team.empty() ? decision.name : decision.team;
}

IntakeHistory::IntakeHistory(const Store& store, const Competition& competition)
    : rule_(competition.intake.versions) {
  for (IntakeDecision& one : store.intake(competition.id)) decisions_.push_back(std::move(one));
  for (std::string& id : store.withdrawn(competition.id)) withdrawn_.insert(std::move(id));
  for (std::string& id : store.entries_with_runs(competition.id)) with_runs_.insert(std::move(id));
}

void IntakeHistory::add(const IntakeDecision& decision) {
  if (decision.accepted) withdrawn_.insert(decision.entries.begin(), decision.entries.end());
  decisions_.push_back(decision);
}

const IntakeDecision* IntakeHistory::answer_to(const IntakeDecision& upload) const {
  const auto found =
      std::find_if(decisions_.rbegin(), decisions_.rend(),
                   [&](const IntakeDecision& one) { return is_same_upload(one, upload); });
  return found == decisions_.rend() ? nullptr : &*found;
}

const IntakeDecision* IntakeHistory::accepted_file(const std::string& sha256) const {
  const auto found =
      std::find_if(decisions_.begin(), decisions_.end(),
                   [&](const IntakeDecision& one) { return one.accepted && one.sha256 == sha256; });
  return found == decisions_.end() ? nullptr : &*found;
}

const IntakeDecision* IntakeHistory::accepted_entry(const std::string& id) const {
  const auto found = std::find_if(
      decisions_.begin(), decisions_.end(),
      [&](const IntakeDecision& one) { return is_accepted_entry(one) && one.entry == id; });
  return found == decisions_.end() ? nullptr : &*found;
}

std::vector<const IntakeDecision*> IntakeHistory::versions(const std::string& team,
                                                           const std::string& name) const {
  std::vector<const IntakeDecision*> found;
  for (const IntakeDecision& one : decisions_) {
    if (is_accepted_entry(one) && one.team == team && one.name == name && !is_withdrawn(one.entry))
      found.push_back(&one);
  }
  sort_by_receipt(found);
  return found;
}

std::vector<const IntakeDecision*> IntakeHistory::accepted_of(const std::string& team) const {
  std::vector<const IntakeDecision*> found;
  for (const IntakeDecision& one : decisions_) {
    if (is_accepted_entry(one) && team_of(one) == team) found.push_back(&one);
  }
  return found;
}

const IntakeDecision* IntakeHistory::newest_request(const std::string& team) const {
  const auto found =
      std::find_if(decisions_.rbegin(), decisions_.rend(), [&](const IntakeDecision& one) {
        return one.accepted && one.kind != UploadKind::entry && one.team == team &&
               !one.requested_at_utc.empty();
      });
  return found == decisions_.rend() ? nullptr : &*found;
}

std::vector<const IntakeDecision*> IntakeHistory::queue() const {
  std::vector<const IntakeDecision*> in_queue;
  std::map<std::pair<std::string, std::string>, std::size_t> places;  // of each entry
  std::vector<const IntakeDecision*> accepted;
  for (const IntakeDecision& one : decisions_) {
    if (is_accepted_entry(one) && !is_withdrawn(one.entry)) accepted.push_back(&one);
  }
  sort_by_receipt(accepted);
  for (const IntakeDecision* one : accepted) {
    const auto [place, is_first] = places.try_emplace({one->team, one->name}, in_queue.size());
    if (is_first || one->team.empty() || rule_ != VersionRule::newest) {
      in_queue.push_back(one);
    } else {
      in_queue[place->second] = one;
    }
  }
  sort_by_receipt(in_queue);
  return in_queue;
}

std::vector<const IntakeDecision*> IntakeHistory::waiting() const {
  std::vector<const IntakeDecision*> left = queue();
  std::erase_if(left,
                [this](const IntakeDecision* one) { return with_runs_.contains(one->entry); });
  return left;
}

std::size_t IntakeHistory::waiting_with(const IntakeDecision& entry) const {
  const std::vector<const IntakeDecision*> others = waiting();
  const auto replaced = std::count_if(others.begin(), others.end(), [&](const IntakeDecision* one) {
    return rule_ == VersionRule::newest && !entry.team.empty() && one->team == entry.team &&
           one->name == entry.name;
  });
  return others.size() - static_cast<std::size_t>(replaced) + 1;
}

}  // namespace joulebench
