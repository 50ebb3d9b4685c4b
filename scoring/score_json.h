#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "scoring/score.h"

namespace joulebench {

/// A score as JSON (joulebench-score/2; README.md has the table of keys and units), and back.
/// Errors: Error naming `name` and what is missing; an unknown format version is one.
nlohmann::json to_json(const Score& score);
Score score_from_json(const nlohmann::json& json, const std::string& name);

}  // namespace joulebench
