#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "campaign/measuring.h"
#include "core/competition.h"
#include "environments/environment.h"
#include "harness/block/conformance.h"
#include "submissions/submission.h"

namespace joulebench {

/// Whether a trial looks for files that give the hidden part away, and masks them.
enum class TrialSearch {
  always,  // what the entry says may reach its author
  /// Not where anybody has the labels: of bundles, and of datasets that come with the program. For
  /// trials whose result only the user sees who started them; what they build is not kept.
  where_labels_are_secret
};

/// What a trial found of an entry on one track.
struct TrialFinding {
  Conformance found;
  std::optional<Environment> environment;  // that it ran in; absent: the machine's own /usr
};

/// Builds an entry and tries every step of the protocol in a sandbox, on public inputs. Nothing is
/// measured, whatever meters `options` names. `named`: an environment that was asked for in place
/// of the entry's. Errors: Error when we cannot go on, Interrupted.
TrialFinding try_entry(const Competition& competition, const MeasuringOptions& options,
                       const Submission& submission, const Track& track, TrialSearch search,
                       const std::string& named = {});

/// Why an entry does not speak the protocol, in words with its log's last lines; empty: it does.
/// May be called by several threads at once.
using EntryTrial = std::function<std::string(const Submission&, const Track&)>;

/// try_entry() for intake: what trials of one track have in common is made once, and again after a
/// minute, since the machine may change. `options` and `competition` must outlive the result.
EntryTrial sandbox_trial(const Competition& competition, const MeasuringOptions& options);

}  // namespace joulebench
