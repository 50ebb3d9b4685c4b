#pragma once

#include <nlohmann/json_fwd.hpp>

#include "campaign/single_run.h"

namespace joulebench {

// What `run` and `show` say of a run.

/// joulebench-run/1
nlohmann::json to_json_result(const SingleRun& run);

/// Outcome, accuracy, floors, energy, cost, flags and hints, a line each, to stdout.
void print_text(const SingleRun& run);

/// The run beside its baseline and an earlier record, one table; nothing where there is neither.
void print_comparison(const SingleRuns& runs);

/// Where the run would stand in its track beside its baseline, or why it would not rank; a sentence
/// each.
std::vector<std::string> standing_of(const SingleRuns& runs);
void print_standing(const SingleRuns& runs);

}  // namespace joulebench
