#include "core/competition.h"

#include <nlohmann/json.hpp>
#include <set>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/nearest_name.h"
#include "core/track_json.h"
#include "embedded/core_text.h"

namespace joulebench {

using nlohmann::json;

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
  return parse_competition(read_text_file(file), file);
}

Competition parse_competition(std::string_view text, const std::filesystem::path& file) {
  const json document = parse_json(text, file.string(), competition_schema());
  Competition competition;
  competition.id = document["id"];
  competition.title = document.value("title", competition.id);
  competition.description = document.value("description", "");
  competition.file = file;
  competition.digest = sha256_of_text(text);
  competition.text = text;
  std::set<std::string> seen;
  for (const json& one : document["tracks"]) {
    competition.tracks.push_back(track_from_json(one));
    Track& track = competition.tracks.back();
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
  }
  return competition;
}

}  // namespace joulebench
