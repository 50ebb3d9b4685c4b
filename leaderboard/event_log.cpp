#include "leaderboard/event_log.h"

#include <nlohmann/json.hpp>

#include "core/digest.h"
#include "core/error.h"
#include "core/json_file.h"

namespace joulebench {

using nlohmann::json;

std::string chain_digest(const LogEvent& event) {
  return sha256_of_text(event.previous_sha256 + "\n" + std::to_string(event.number) + "\n" +
                        event.at_utc + "\n" + event.kind + "\n" + event.detail);
}

std::string verify_chain(const std::vector<LogEvent>& log) {
  std::int64_t number = 0;
  std::string previous;
  for (const LogEvent& event : log) {
    const std::string name = "event " + std::to_string(event.number);
    if (event.number != ++number) return "event " + std::to_string(number) + " is missing";
    if (event.previous_sha256 != previous) return name + " does not follow from the one before";
    if (event.sha256 != chain_digest(event)) return name + " was altered";
    previous = event.sha256;
  }
  return {};
}

std::string to_json_line(const LogEvent& event) {
  const json line{{"number", event.number},
                  {"at_utc", event.at_utc},
                  {"kind", event.kind},
                  {"detail", event.detail},
                  {"previous_sha256", event.previous_sha256},
                  {"sha256", event.sha256}};
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

LogEvent parse_log_line(std::string_view line, const std::string& name) {
  const json event = parse_json(line, name, {});
  try {
    return {.number = event.at("number"),
            .at_utc = event.at("at_utc"),
            .kind = event.at("kind"),
            .detail = event.at("detail"),
            .previous_sha256 = event.at("previous_sha256"),
            .sha256 = event.at("sha256")};
  } catch (const json::exception& problem) {
    throw Error({.what = "cannot read a log", .where = name + ": " + problem.what(), .hint = {}});
  }
}

}  // namespace joulebench
