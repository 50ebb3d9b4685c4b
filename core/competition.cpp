#include "core/competition.h"

#include <nlohmann/json.hpp>
#include <set>

#include "core/calendar.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/nearest_name.h"
#include "core/track_json.h"
#include "embedded/core_text.h"

namespace joulebench {

using nlohmann::json;

namespace {

/// Floors are in the metric's own unit: those of a share are shares, and of no other metric can we
/// guess them, so there are none where none are written.
void check_floors(Track& track, const json& written, const std::string& where) {
  const Metric& metric = track.metric;
  if (!metric.is_share) {
    if (!written.value("ranking", json::object()).contains("floors")) track.ranking.floors.clear();
    return;
  }
  for (const double floor : track.ranking.floors) {
    if (floor >= 0 && floor <= 1) continue;
    throw Error(
        {.what = "a floor is out of range",
         .where = where + ": field 'ranking.floors': " + metric.name + " is a share, from 0 to 1",
         .hint = "write 90 % as 0.90"});
  }
}

void check_training(const Track& track, const std::filesystem::path& file) {
  const auto fail = [&](const std::string& field, const std::string& why, const std::string& hint) {
    return Error({.what = "a track's fields do not fit together",
                  .where = file.string() + ": track '" + track.id +
                           "' is of the task \"train\", and " + field + " " + why,
                  .hint = hint});
  };
  if (track.scenario == Scenario::single_stream) {
    throw fail("field 'scenario'", "asks for predictions one by one", "leave 'scenario' out");
  }
  if (track.metric.predictions != PredictionKind::classes) {
    throw fail("field 'metric'", "asks for more than a class of each sample",
               "use accuracy, balanced-accuracy or macro-f1");
  }
}

std::vector<OfferedEnvironment> environments_of(const json& document, const std::string& file) {
  std::vector<OfferedEnvironment> offered;
  std::set<std::string> seen;
  for (const json& one : document.value("environments", json::array())) {
    OfferedEnvironment environment;
    if (one.is_string()) {
      environment.name = one;
    } else {
      environment = {.name = one["name"], .sha256 = one.value("sha256", "")};
    }
    const std::string where = file + ": field 'environments': '" + environment.name + "'";
    if (!seen.insert(environment.name).second) {
      throw Error({.what = "a competition offers one environment twice",
                   .where = where,
                   .hint = "name it once"});
    }
    if (environment.name == kHostEnvironment && !environment.sha256.empty()) {
      throw Error({.what = "the organizer's own /usr has no digest",
                   .where = where,
                   .hint = "write \"host\" alone"});
    }
    offered.push_back(std::move(environment));
  }
  return offered;
}

// The former format had the same fields in other units: what it asks for would silently change.
void refuse_former_format(const json& document, const std::string& file) {
  if (!document.is_object() || document.value("format", json()) != "joulebench-competition/1") {
    return;
  }
  throw Error({.what = "a competition of a former format",
               .where = file + ": field 'format' is \"joulebench-competition/1\", where "
                               "\"joulebench-competition/2\" was expected",
               .hint = "write 'request_s' for 'pass_s', and check 'memory_mb', 'output_mb' and "
                       "'log_kb': 1 MB is 1,000,000 bytes now, 1 kB is 1,000"});
}

}  // namespace

std::string_view competition_schema() {
  return core_text::kCompetitionSchemaJson;
}

const Track& Competition::track(const std::string& track_id) const {
  std::vector<std::string> known;
  for (const Track& one : tracks) {
    if (one.id == track_id) return one;
    known.push_back(one.id);
  }
  const std::string near = nearest_name(track_id, known);
  std::string list;
  for (const std::string& name : known) list += (list.empty() ? "" : ", ") + name;
  throw Error({.what = "the competition has no track '" + track_id + "'",
               .where = file.string() + ": its tracks are " + list,
               .hint = near.empty() ? "" : "did you mean '" + near + "'?"});
}

Competition read_competition(const std::filesystem::path& file) {
  constexpr std::size_t kLargest = 1'000'000;
  return parse_competition(read_text_file(file, kLargest), file);
}

Competition parse_competition(std::string_view text, const std::filesystem::path& file) {
  const json document = parse_json(text, file.string(), {});
  refuse_former_format(document, file.string());
  check_json(document, file.string(), competition_schema());
  Competition competition;
  competition.id = document["id"];
  competition.title = document.value("title", competition.id);
  competition.description = document.value("description", "");
  competition.file = file;
  competition.digest = sha256_of_text(text);
  competition.text = text;
  competition.environments = environments_of(document, file.string());
  competition.intake = intake_rules_from_json(document);
  competition.carbon = carbon_rule_of(document, file.string());
  calendars_from_json(document, file.string());  // a date that cannot be read is said at once
  std::set<std::string> seen;
  for (const json& one : document["tracks"]) {
    const std::string where = file.string() + ": track '" + one["id"].get<std::string>() + "'";
    competition.tracks.push_back(track_from_json(one, where));
    const Track& track = competition.tracks.back();
    check_floors(competition.tracks.back(), one, where);
    if (track.scenario == Scenario::single_stream &&
        track.metric.predictions != PredictionKind::classes) {
      throw Error({.what = "this scenario cannot be scored by this metric",
                   .where = where + ": field 'scenario': a stream's answers are classes, " +
                            track.metric.name + " needs " + to_string(track.metric.predictions),
                   .hint = "choose a metric of classes, or \"offline\""});
    }
    if (!seen.insert(track.id).second) {
      throw Error({.what = "a competition has two tracks of one name",
                   .where = file.string() + ": field 'tracks': '" + track.id + "' stands twice",
                   .hint = "give each track an id of its own"});
    }
    if (track.protocol.max_block < track.protocol.min_block) {
      throw Error({.what = "a block could not be as long as it must be",
                   .where = file.string() + ": track '" + track.id +
                            "': field 'protocol.max_block_s' is below 'protocol.min_block_s'",
                   .hint = "raise max_block_s"});
    }
    if (track.task == Task::train) check_training(track, file);
  }
  return competition;
}

}  // namespace joulebench
