#pragma once

#include <nlohmann/json_fwd.hpp>

#include "core/competition.h"

namespace joulebench {

struct JsonPlace;

/// A track as competition.json writes it; absent fields take their defaults. A competition was
/// checked with the schema before; the record keeps a track in the same words. `where` is for
/// messages. Errors  Error naming a metric that does not exist and the nearest that does.
Track track_from_json(const nlohmann::json& json, const std::string& where);
nlohmann::json to_json(const Track& track);

/// The same for core/json_fields.h, of a track inside another document.
void from_json(const nlohmann::json& json, const JsonPlace& place, Track& track);

}  // namespace joulebench
