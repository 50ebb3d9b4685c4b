#include "submissions/request.h"

#include <nlohmann/json.hpp>

#include "core/calendar.h"
#include "core/error.h"
#include "core/json_file.h"
#include "embedded/submission_text.h"

namespace joulebench {

using nlohmann::json;

Request read_request(const std::filesystem::path& file) {
  constexpr std::size_t kLargest = 16'000;
  const json document = read_json_file(file, submission_text::kRequestSchemaJson, kLargest);
  Request request{.competition = document["competition"],
                  .team = document["team"],
                  .action = document["action"],
                  .entry = document["entry"],
                  .id = document.value("id", ""),
                  .at_utc = document["at_utc"]};
  const std::string where = file.string() + ": field ";
  if (!parse_instant(request.at_utc)) {
    throw Error({.what = "a file does not say what it should",
                 .where = where + "'at_utc': \"" + request.at_utc + "\" is no time",
                 .hint = "joulebench submission withdraw and select write requests"});
  }
  if (request.action == "select" && request.id.empty()) {
    throw Error({.what = "a file does not say what it should",
                 .where = where + "'id' is missing: of which version",
                 .hint = "name the first digits of the version's id; its receipt has it"});
  }
  return request;
}

std::string to_json_text(const Request& request) {
  json document = {{"format", "joulebench-request/1"},
                   {"competition", request.competition},
                   {"team", request.team},
                   {"action", request.action},
                   {"entry", request.entry},
                   {"at_utc", request.at_utc}};
  if (!request.id.empty()) document["id"] = request.id;
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

bool has_request_name(const std::filesystem::path& path) {
  return path.filename().string().ends_with(".request.json");
}

}  // namespace joulebench
