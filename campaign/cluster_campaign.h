#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "campaign/participants.h"
#include "campaign/record_collector.h"
#include "campaign/session_executor.h"
#include "campaign/session_job.h"

namespace joulebench {

/// How one planned session stands.
struct SessionView {
  enum class Stage {
    planned,  // nobody was asked to run it, or nothing is known of who was
    waits,    // for a machine
    runs,
    finished,
    given_up,  // as many tries as are allowed have failed in this call
  };
  int number = 0;
  Stage stage = Stage::planned;
  std::size_t entries = 0;  // baselines too
  std::string node;         // that runs or ran it; empty: none yet
  std::string planned_for;  // the only node that may run it; empty: any
  std::string job;
  std::string reason;  // why it waits or failed, in words
};
const char* to_string(SessionView::Stage stage);  // "given up"

/// Machines that sessions are planned for.
struct PlannedNodes {
  std::size_t count = 1;           // that run sessions at once, whichever they are
  std::vector<std::string> every;  // each entry runs on each of these, in place of on any one
};

/// Sessions for those entries of `participants` that none is planned or finished for; the numbers
/// of the new ones. `common` holds what all of them share. With `writes` false only the plan is
/// returned, as the number of entries of each session.
struct PlannedSessions {
  std::vector<int> added;
  std::vector<std::size_t> entries;  // of each of them, baselines too
  std::vector<std::string> nodes;    // that each is for; empty: any
};
PlannedSessions plan_sessions(const JobFolder& folder, const Participants& participants,
                              const SessionJob& common, const Track& track,
                              const PlannedNodes& nodes, bool writes);

/// Follows the sessions of one track's campaign until each is finished or given up. All that it
/// knows it reads from the campaign's folder and asks of the executor, so one that is killed is
/// followed by the next.
class ClusterCampaign {
 public:
  struct Setting {
    JobFolder folder;
    SessionExecutor* executor = nullptr;  // null: machines are told by hand
    int tries = 1;                        // of each session in this call, the first included
    std::function<void(const std::string&)> on_note;  // of what a reader of a log should know
  };
  explicit ClusterCampaign(Setting setting) : setting_(std::move(setting)) {}

  /// Looks at the folder alone: takes in what was finished since. Errors: those of collect().
  void collect(RecordCollector& collector);
  /// Asks the executor, and submits what has to run. Errors: Error when the engine refuses at the
  /// first time; later it is a note, and asked again.
  void ask();
  /// Nothing waits or runs, and nothing will be submitted.
  bool is_over() const;
  /// As last looked at, by number.
  const std::vector<SessionView>& sessions() const { return views_; }
  /// Records that collect() found altered or out of range, each told as a note; the next call of
  /// the program looks at them again.
  std::size_t refused() const { return refused_; }
  /// Reads them anew, without submitting anything.
  void look();

 private:
  void apply(const std::vector<SessionState>& states);
  void submit();
  void note(const std::string& text) const;
  void note_failure(const SessionView& view);

  Setting setting_;
  std::vector<SessionView> views_;
  std::map<int, int>
      tries_;  // of each session: submitted in this call, or found waiting or running
  std::map<int, std::string> noted_;  // of each session the job whose failure was noted
  std::map<int, bool> is_collected_;
  std::size_t refused_ = 0;
  bool has_asked_ = false;
};

}  // namespace joulebench
