#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "core/competition.h"
#include "core/run_record.h"
#include "scoring/estimate.h"
#include "submissions/submission.h"

namespace joulebench {

/// "96.9 % (94.6 to 98.3)"; without interval just the value.
std::string percent_with_interval(const Estimate& estimate);
/// "12.3 uJ (12.1 to 12.6)", in the prefix that suits the value.
std::string joules_with_interval(const Estimate& estimate);

/// json[key] and json[key + "_interval"] = [low, high]; absent estimates are absent.
void put_estimate(nlohmann::json& json, const std::string& key,
                  const std::optional<Estimate>& estimate);

/// One line about the last block of a record, for progress: outcome, passes, joules.
std::string block_line(const std::string& name, const RunRecord& record, std::size_t samples);

/// The named track, or the first that the submission enters.
/// Errors: Error when it enters none of them, or not the named one.
const Track& track_for(const Competition& competition, const Submission& submission,
                       const std::string& named);

}  // namespace joulebench
