#pragma once

#include <string>

#include "leaderboard/intake_decision.h"

namespace joulebench {

// What the sender of an upload is told, beside it: the same for the same decision, whenever it is
// written.

/// joulebench-receipt/1; README.md has the table of keys.
std::string receipt_json(const IntakeDecision& decision);
/// The same in words.
std::string receipt_text(const IntakeDecision& decision);

}  // namespace joulebench
