#pragma once

#include <filesystem>
#include <string>

namespace joulebench {

/// What a team wishes about entries of its own (joulebench-request/1). Untrusted where it was read.
struct Request {
  std::string competition;  // id
  std::string team;
  std::string action;  // "withdraw", "select"
  std::string entry;   // its name
  std::string id;      // first digits of a version's id; empty: every version
  std::string at_utc;  // when it was made
};

/// Errors: Error naming the file and the field.
Request read_request(const std::filesystem::path& file);
std::string to_json_text(const Request& request);

/// Where a request lies: "NAME.request.json".
bool has_request_name(const std::filesystem::path& path);

}  // namespace joulebench
