#include "cli/json_output.h"

#include <iostream>
#include <nlohmann/json.hpp>

namespace joulebench {

namespace {

/// ASCII alone: a terminal takes some characters as commands, or shows text in another order by
/// them, and names from submissions may hold any.
template <class Json>
void print(const Json& result) {
  std::cout << result.dump(2, ' ', true, Json::error_handler_t::replace) << "\n";
}

}  // namespace

void print_json(const nlohmann::json& result) {
  print(result);
}

void print_json(const nlohmann::ordered_json& result) {
  print(result);
}

void put_estimate(nlohmann::json& json, const std::string& key,
                  const std::optional<Estimate>& estimate) {
  if (!estimate) return;
  json[key] = estimate->value;
  if (estimate->interval) {
    json[key + "_interval"] = {estimate->interval->low, estimate->interval->high};
  }
}

nlohmann::ordered_json to_json(const std::vector<Flag>& flags) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Flag& flag : flags) json.push_back({{"name", flag.name}, {"detail", flag.detail}});
  return json;
}

}  // namespace joulebench
