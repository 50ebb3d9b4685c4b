#include "cli/estimate_json.h"

#include <nlohmann/json.hpp>

namespace joulebench {

void put_estimate(nlohmann::json& json, const std::string& key,
                  const std::optional<Estimate>& estimate) {
  if (!estimate) return;
  json[key] = estimate->value;
  if (estimate->interval) {
    json[key + "_interval"] = {estimate->interval->low, estimate->interval->high};
  }
}

}  // namespace joulebench
