#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "leaderboard/event_log.h"

namespace joulebench {

/// A head of a history and the pages that were made from it, signed when they were published. One
/// line of heads.jsonl beside the pages; the file is only added to.
struct SignedHead {
  std::int64_t number = 0;   // of the event
  std::string sha256;        // of it
  std::string pages_sha256;  // of the file SHA256SUMS, which lists every page's digest
  std::string at_utc;        // when it was signed; not signed itself
  std::string signature;     // armored, of OpenSSH: ssh-keygen -Y sign -n joulebench
};

/// What is signed, to the byte: "joulebench head 12 SHA-256 pages SHA-256\n".
std::string signed_text(const SignedHead& head);

std::string to_json_line(const SignedHead& head);
/// Errors: Error naming `name`, the line and what is missing.
std::vector<SignedHead> parse_heads(std::string_view text, const std::string& name);

/// Empty when the log holds that very event; else what is wrong, in words.
std::string missing_head(std::span<const LogEvent> log, const SignedHead& head);
/// The same of a digest alone, or its first 12 digits at the least.
std::string missing_head(std::span<const LogEvent> log, const std::string& sha256);

}  // namespace joulebench
