#pragma once

#include <vector>

#include "core/run_record.h"
#include "leaderboard/site/template.h"
#include "leaderboard/site/texts.h"

namespace joulebench {

/// Each limit, what it allows and how it was enforced: name, value, how.
std::vector<Values> limit_rows(const RunRecord& record, const Texts& say);

/// The machine before and after, fact by fact: name, before, after, changed.
std::vector<Values> machine_rows(const RunRecord& record, const Texts& say);

/// What audits found and what they could have found: name, question, result, power, flagged.
std::vector<Values> audit_rows(const RunRecord& record, const Texts& say);

}  // namespace joulebench
