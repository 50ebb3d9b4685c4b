#include "leaderboard/signed_heads.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/json_file.h"
#include "core/text.h"

namespace joulebench {

using nlohmann::json;

std::string signed_text(const SignedHead& head) {
  return fmt::format("joulebench head {} {} pages {}\n", head.number, head.sha256,
                     head.pages_sha256);
}

std::string to_json_line(const SignedHead& head) {
  const json line{{"number", head.number},
                  {"sha256", head.sha256},
                  {"pages_sha256", head.pages_sha256},
                  {"at_utc", head.at_utc},
                  {"signature", head.signature}};
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::vector<SignedHead> parse_heads(std::string_view text, const std::string& name) {
  std::vector<SignedHead> heads;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string where = fmt::format("{}: line {}", name, number);
    const json line = parse_json(text.substr(0, end), where, {});
    text.remove_prefix(std::min(end + 1, text.size()));
    try {
      heads.push_back({.number = line.at("number"),
                       .sha256 = line.at("sha256"),
                       .pages_sha256 = line.at("pages_sha256"),
                       .at_utc = line.at("at_utc"),
                       .signature = line.at("signature")});
    } catch (const json::exception& problem) {
      throw Error({.what = "cannot read signed heads",
                   .where = where + ": " + problem.what(),
                   .hint = "joulebench board sign writes them"});
    }
  }
  return heads;
}

std::string missing_head(std::span<const LogEvent> log, const SignedHead& head) {
  const auto number = static_cast<std::size_t>(head.number);
  if (head.number < 1 || number > log.size()) {
    return fmt::format("event {} was signed and is not in the history", head.number);
  }
  if (log[number - 1].sha256 == head.sha256) return {};
  return fmt::format("event {} is {}, and {} was signed", head.number,
                     log[number - 1].sha256.substr(0, 12),
                     printable(head.sha256.substr(0, 12), 12));
}

std::string missing_head(std::span<const LogEvent> log, const std::string& sha256) {
  constexpr std::size_t kShortest = 12;
  if (sha256.size() < kShortest) return "a head has at least 12 digits";
  const bool is_there = std::any_of(log.begin(), log.end(), [&](const LogEvent& event) {
    return event.sha256.starts_with(sha256);
  });
  return is_there ? "" : "the history does not hold the head " + printable(sha256, 64);
}

}  // namespace joulebench
