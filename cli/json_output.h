#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/energy.h"
#include "core/statistics.h"

namespace joulebench {

/// A result for programs, to standard output: indented, ASCII, valid whatever bytes its texts hold.
void print_json(const nlohmann::json& result);
void print_json(const nlohmann::ordered_json& result);

/// json[key] and json[key + "_interval"] = [low, high]; absent estimates are absent.
void put_estimate(nlohmann::json& json, const std::string& key,
                  const std::optional<Estimate>& estimate);

/// A list of {name, detail}.
nlohmann::ordered_json to_json(const std::vector<Flag>& flags);

}  // namespace joulebench
