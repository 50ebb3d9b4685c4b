#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/competition.h"

namespace joulebench {

/// A track as competition.json writes it; absent fields take their defaults. The JSON was checked
/// with the schema before; the record keeps a track in the same words. `where` is for messages.
/// Errors: Error naming a metric that does not exist and the nearest that does.
Track track_from_json(const nlohmann::json& json, const std::string& where);
nlohmann::json to_json(const Track& track);

}  // namespace joulebench
