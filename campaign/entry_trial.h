#pragma once

#include <functional>
#include <string>

#include "campaign/measuring.h"
#include "core/competition.h"
#include "submissions/submission.h"

namespace joulebench {

/// Why an entry does not speak the protocol, in words with its log's last lines; empty: it does.
using EntryTrial = std::function<std::string(const Submission&, const Track&)>;

/// Builds an entry and tries every step of the protocol in a sandbox, on public inputs, as
/// `submission check` does; in the environment that the competition offers it. `options` and
/// `competition` must outlive the result. Errors: Error when we cannot go on, Interrupted.
EntryTrial sandbox_trial(const Competition& competition, const MeasuringOptions& options);

}  // namespace joulebench
