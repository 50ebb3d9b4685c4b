#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "core/statistics.h"

namespace joulebench {

/// json[key] and json[key + "_interval"] = [low, high]; absent estimates are absent.
void put_estimate(nlohmann::json& json, const std::string& key,
                  const std::optional<Estimate>& estimate);

}  // namespace joulebench
