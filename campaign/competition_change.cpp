#include "campaign/competition_change.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/track_json.h"

namespace joulebench {
namespace {

using nlohmann::json;

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// A program of the organizer's scores; what it is given depends on the kind of predictions.
json measured_part(const Track& track) {
  json part = to_json(track);
  for (const char* scored : {"title", "ranking", "energy", "baselines"}) part.erase(scored);
  part["metric"] = to_string(track.metric.predictions);
  for (const char* count : {"blocks", "most_blocks", "most_time_s"}) part["protocol"].erase(count);
  return part;
}

// All fields with their defaults; tracks by their ids.
json normalized(const Competition& competition) {
  json document = json::parse(competition.text);
  document.erase("$schema");
  document["title"] = competition.title;
  document["description"] = competition.description;
  json tracks = json::object();
  for (const Track& track : competition.tracks) tracks[track.id] = to_json(track);
  for (const json& written : document["tracks"]) {
    json& track = tracks[written["id"].get<std::string>()];
    // Fields that a Track does not hold.
    for (const auto& [key, value] : written.items()) {
      if (!track.contains(key)) track[key] = value;
    }
  }
  document["tracks"] = std::move(tracks);
  return document;
}

void compare(const std::string& field, const json& before, const json& after, bool tracks,
             std::vector<FieldChange>& changes) {
  if (before == after) return;
  if (!before.is_object() || !after.is_object()) {
    changes.push_back({.field = field,
                       .before = before.is_null() ? "absent" : text_of(before),
                       .after = after.is_null() ? "absent" : text_of(after)});
    return;
  }
  std::set<std::string> keys;
  for (const json* object : {&before, &after}) {
    for (const auto& [key, value] : object->items()) keys.insert(key);
  }
  for (const std::string& key : keys) {
    const std::string name = tracks          ? fmt::format("{}[{}]", field, key)
                             : field.empty() ? key
                                             : field + "." + key;
    compare(name, before.value(key, json()), after.value(key, json()), name == "tracks", changes);
  }
}

const Track* track_named(const Competition& competition, const std::string& id) {
  for (const Track& track : competition.tracks) {
    if (track.id == id) return &track;
  }
  return nullptr;
}

}  // namespace

std::string measuring_rules(const Track& track) {
  return text_of(measured_part(track));
}

std::vector<FieldChange> changes_between(const Competition& stored, const Competition& given) {
  std::vector<FieldChange> changes;
  compare("", normalized(stored), normalized(given), false, changes);
  for (FieldChange& change : changes) {
    if (change.field == "environments") change.remeasures = true;
  }
  for (const Track& track : given.tracks) {
    const Track* before = track_named(stored, track.id);
    if (before == nullptr) continue;
    // A field is one that blocks are measured by if the two rules differ in it.
    std::vector<FieldChange> measured;
    compare(fmt::format("tracks[{}]", track.id), measured_part(*before), measured_part(track),
            false, measured);
    for (FieldChange& change : changes) {
      for (const FieldChange& one : measured) {
        if (change.field == one.field || change.field.starts_with(one.field + ".")) {
          change.remeasures = true;
        }
      }
    }
  }
  return changes;
}

void require_unchanged(const Competition& stored, const Competition& given) {
  const std::vector<FieldChange> changes = changes_between(stored, given);
  if (changes.empty()) return;
  std::string where = given.file.string();
  for (const FieldChange& change : changes) {
    where +=
        fmt::format("\n  {}: {} on the board, {} in the file ({})", change.field, change.before,
                    change.after, change.remeasures ? "runs blocks again" : "scores again");
  }
  throw Error({.what = "the competition file differs from the one that the board has",
               .where = where,
               .hint = "to take it over, add --accept-changes to the same command"});
}

}  // namespace joulebench
