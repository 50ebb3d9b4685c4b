#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace joulebench {

/// One line of the append-only log; each carries the digest of the one before.
struct LogEvent {
  std::int64_t number = 0;
  std::string at_utc;
  std::string kind;    // README.md has the table of kinds
  std::string detail;  // JSON
  std::string previous_sha256;
  std::string sha256;  // over previous, number, at, kind and detail
};

/// What sha256 of the event must be.
std::string chain_digest(const LogEvent& event);

/// Walks a log's chain. Empty when whole; else what is wrong, with the event's number.
std::string verify_chain(const std::vector<LogEvent>& log);

/// One event as one line of JSON, without its end: the published form, which anyone can check. The
/// digest is SHA-256 over previous_sha256, number, at_utc, kind and detail, joined by newlines.
std::string to_json_line(const LogEvent& event);
/// Errors: Error naming `name` and what is missing.
LogEvent parse_log_line(std::string_view line, const std::string& name);

}  // namespace joulebench
