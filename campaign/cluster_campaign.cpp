#include "campaign/cluster_campaign.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "campaign/fresh_seed.h"
#include "campaign/session_plan.h"
#include "core/error.h"
#include "core/text.h"

namespace joulebench {
namespace {

using Stage = SessionView::Stage;

// Ids of the entries that a session is planned or finished for, on `node` alone where it has a
// name.
std::set<std::string> covered_entries(const JobFolder& folder, const std::vector<int>& sessions,
                                      const std::string& node) {
  std::set<std::string> covered;
  for (const int number : sessions) {
    const SessionJob job = folder.job(number);
    const auto end = folder.finished(number);
    if (!node.empty() && (end ? end->node : job.node) != node) continue;
    for (const SessionJob::Entry& entry : job.entries) {
      const auto is_undone = [&entry](const FinishedSession::Run& run) {
        return run.entry_id == entry.id && !run.is_done;
      };
      if (end && std::any_of(end->runs.begin(), end->runs.end(), is_undone)) continue;
      covered.insert(entry.id);
    }
  }
  return covered;
}

SessionJob::Entry planned(const Candidate& candidate) {
  return {.id = candidate.submission.id,
          .name = candidate.submission.name,
          .is_baseline = candidate.is_baseline,
          .environment = candidate.environment};
}

}  // namespace

const char* to_string(Stage stage) {
  switch (stage) {
    case Stage::planned:
      return "planned";
    case Stage::waits:
      return "waits";
    case Stage::runs:
      return "runs";
    case Stage::finished:
      return "finished";
    case Stage::given_up:
      return "given up";
  }
  return "";
}

namespace {

/// Plans what one node lacks, or any where it has no name, behind what `plan` has already.
class SessionPlanner {
 public:
  SessionPlanner(const JobFolder& folder, const Participants& participants,
                 const SessionJob& common, const Track& track, bool writes)
      : folder_(folder),
        participants_(participants),
        common_(common),
        track_(track),
        writes_(writes),
        sessions_(folder.sessions()) {}

  void add(PlannedSessions& plan, const std::string& node, std::size_t at_once) const {
    const std::set<std::string> covered = covered_entries(folder_, sessions_, node);
    std::vector<const Candidate*> baselines, missing;
    for (const Candidate& candidate : participants_.candidates) {
      if (candidate.is_baseline) {
        baselines.push_back(&candidate);
      } else if (!covered.contains(candidate.submission.id)) {
        missing.push_back(&candidate);
      }
    }
    // A competition of baselines alone has a board as well.
    const bool has_none = node.empty() ? sessions_.empty() : covered.empty();
    if (missing.empty() && !baselines.empty() && has_none) {
      missing = {baselines.back()};
      baselines.pop_back();
    }
    const std::size_t most = most_in_session(track_, baselines.size());
    for (const std::vector<std::size_t>& share : share_out(missing.size(), at_once, most)) {
      const int number =
          (sessions_.empty() ? 0 : sessions_.back()) + static_cast<int>(plan.added.size()) + 1;
      plan.added.push_back(number);
      plan.entries.push_back(baselines.size() + share.size());
      plan.nodes.push_back(node);
      if (!writes_) continue;
      SessionJob job = common_;
      job.node = node;
      job.order_seed = fresh_seed();
      std::vector<const Candidate*> all = baselines;
      for (const std::size_t i : share) all.push_back(missing[i]);
      for (const Candidate* candidate : all) job.entries.push_back(planned(*candidate));
      folder_.add(number, job);
    }
  }

 private:
  const JobFolder& folder_;
  const Participants& participants_;
  const SessionJob& common_;
  const Track& track_;
  bool writes_;
  std::vector<int> sessions_;
};

}  // namespace

PlannedSessions plan_sessions(const JobFolder& folder, const Participants& participants,
                              const SessionJob& common, const Track& track,
                              const PlannedNodes& nodes, bool writes) {
  const SessionPlanner planner(folder, participants, common, track, writes);
  // Also of sessions that are planned already: a copy that was spoilt may have been removed.
  for (const Candidate& candidate : participants.candidates) {
    if (writes) folder.add_entry(candidate.submission);
  }
  PlannedSessions plan;
  if (nodes.every.empty()) planner.add(plan, "", nodes.count);
  for (const std::string& node : nodes.every) planner.add(plan, node, 1);
  return plan;
}

void ClusterCampaign::note(const std::string& text) const {
  if (setting_.on_note) setting_.on_note(text);
}

void ClusterCampaign::look() {
  views_.clear();
  for (const int number : setting_.folder.sessions()) {
    const SessionJob job = setting_.folder.job(number);
    SessionView view{.number = number, .entries = job.entries.size(), .planned_for = job.node};
    if (const auto end = setting_.folder.finished(number)) {
      view.stage = Stage::finished;
      view.node = end->node;
    } else if (const auto failure = setting_.folder.failure(number)) {
      view.node = failure->node;
      view.reason = failure->message;
    }
    views_.push_back(std::move(view));
  }
  if (setting_.executor != nullptr) apply(setting_.executor->look());
}

// What the engine knows, of sessions that are not finished.
void ClusterCampaign::apply(const std::vector<SessionState>& states) {
  for (const SessionState& state : states) {
    const auto view = std::find_if(views_.begin(), views_.end(), [&](const SessionView& one) {
      return one.number == state.session;
    });
    if (view == views_.end() || view->stage == Stage::finished) continue;
    view->job = state.job;
    if (state.phase == SessionState::Phase::ended) {
      // The machine's own words say more, where it had the time for some.
      if (view->reason.empty()) view->reason = "its job ended: " + state.reason;
      if (!state.node.empty()) view->node = state.node;
      continue;
    }
    view->stage = state.phase == SessionState::Phase::runs ? Stage::runs : Stage::waits;
    view->node = state.node;
    view->reason = state.reason;
  }
}

void ClusterCampaign::collect(RecordCollector& collector) {
  for (const int number : setting_.folder.sessions()) {
    if (is_collected_[number]) continue;
    const auto end = setting_.folder.finished(number);
    if (!end) continue;
    const Collected collected = collector.collect(setting_.folder, *end);
    refused_ += collected.refused.size();
    for (const std::string& refusal : collected.refused) {
      note(fmt::format("a record of session {} is not on the board: {}", number,
                       printable(refusal, 4000)));
    }
    is_collected_[number] = true;
    for (SessionView& view : views_) {
      if (view.number != number) continue;
      view.stage = Stage::finished;
      view.node = end->node;
      view.reason.clear();
    }
    note(fmt::format("session {} is finished, on {}", number, end->node));
  }
}

void ClusterCampaign::ask() {
  try {
    look();
  } catch (const Error& problem) {
    if (!has_asked_) throw;
    note(problem.what());
    return;
  }
  if (setting_.executor == nullptr) return;
  for (SessionView& view : views_) {
    int& tries = tries_[view.number];
    if (view.stage == Stage::waits || view.stage == Stage::runs) {
      tries = std::max(tries, 1);  // one of a call before counts
    } else if (view.stage == Stage::planned && tries > 0) {
      if (tries >= setting_.tries) view.stage = Stage::given_up;
      note_failure(view);
    }
  }
  submit();
  has_asked_ = true;
}

void ClusterCampaign::submit() {
  std::vector<int> wanted;
  for (const SessionView& view : views_) {
    if (view.stage == Stage::planned) wanted.push_back(view.number);
  }
  if (wanted.empty()) return;
  try {
    setting_.executor->submit(wanted);
  } catch (const Error& problem) {
    if (!has_asked_) throw;
    note(problem.what());
    return;
  }
  for (SessionView& view : views_) {
    if (view.stage != Stage::planned) continue;
    view.stage = Stage::waits;
    ++tries_[view.number];
  }
}

void ClusterCampaign::note_failure(const SessionView& view) {
  std::string& noted = noted_[view.number];
  if (noted == view.job) return;
  noted = view.job;
  note(fmt::format("session {} failed{}: {}; it is {}", view.number,
                   view.node.empty() ? "" : " on " + view.node, printable(view.reason, 2000),
                   view.stage == Stage::given_up ? "given up" : "queued again"));
}

bool ClusterCampaign::is_over() const {
  return std::all_of(views_.begin(), views_.end(), [&](const SessionView& view) {
    return view.stage == Stage::finished || view.stage == Stage::given_up ||
           (setting_.executor == nullptr && view.stage == Stage::planned);
  });
}

}  // namespace joulebench
