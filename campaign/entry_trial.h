#pragma once

#include <functional>
#include <optional>
#include <string>

#include "campaign/measuring.h"
#include "core/competition.h"
#include "environments/environment.h"
#include "harness/block/conformance.h"
#include "submissions/submission.h"

namespace joulebench {

/// What a trial found of an entry on one track.
struct TrialFinding {
  Conformance found;
  std::optional<Environment> environment;  // that it ran in; absent: the machine's own /usr
};

/// Builds an entry and tries every step of the protocol in a sandbox, on public inputs. Nothing is
/// measured, whatever meters `options` names. `named`: an environment that was asked for in place
/// of the entry's. Errors: Error when we cannot go on, Interrupted.
TrialFinding try_entry(const Competition& competition, const MeasuringOptions& options,
                       const Submission& submission, const Track& track,
                       const std::string& named = {});

/// Why an entry does not speak the protocol, in words with its log's last lines; empty: it does.
using EntryTrial = std::function<std::string(const Submission&, const Track&)>;

/// try_entry() for intake. `options` and `competition` must outlive the result.
EntryTrial sandbox_trial(const Competition& competition, const MeasuringOptions& options);

}  // namespace joulebench
