#include "harness/protocol/protocol_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/text.h"
#include "harness/protocol/failure.h"

namespace joulebench {

void ProtocolLines::feed(std::string_view bytes) {
  buffer_.erase(0, taken_);
  taken_ = 0;
  buffer_.append(bytes);
}

bool ProtocolLines::take(std::string& line) {
  for (;;) {
    const auto newline = buffer_.find('\n', taken_);
    const std::size_t end = newline == buffer_.npos ? buffer_.size() : newline;
    line.assign(buffer_, taken_, std::min(end - taken_, kMaxLine + 1));
    const bool too_long = line.size() > kMaxLine;
    if (newline == buffer_.npos && !too_long && !skipping_) return false;
    if (too_long && !skipping_ && line.starts_with('{')) {
      throw SubmissionFailure{
          Outcome::protocol,
          fmt::format("a line of over {} bytes on stdout: {}", kMaxLine, printable(line, 60))};
    }
    const bool is_rest = skipping_;  // of an overlong line: no line of its own
    skipping_ = newline == buffer_.npos;
    taken_ = skipping_ ? end : newline + 1;
    if (is_rest && skipping_) return false;
    if (is_rest) continue;
    ++count_;
    if (line.ends_with('\r')) line.pop_back();
    return true;
  }
}

std::optional<ProtocolEvent> parse_event(std::string_view line) {
  using nlohmann::json;
  const json parsed = json::parse(line, nullptr, false);
  if (!parsed.is_object()) return std::nullopt;
  const auto event = parsed.find("event");
  if (event == parsed.end() || !event->is_string()) return std::nullopt;
  ProtocolEvent result{
      .event = event->get<std::string>(), .request = {}, .name = {}, .predictions = {}};
  const auto request = parsed.find("request");
  if (request != parsed.end() && request->is_number_integer()) {
    result.request = request->get<std::int64_t>();
  }
  const auto name = parsed.find("name");
  if (name != parsed.end() && name->is_string()) result.name = name->get<std::string>();
  const auto predictions = parsed.find("predictions");
  if (predictions != parsed.end() && predictions->is_string()) {
    result.predictions = predictions->get<std::string>();
  }
  return result;
}

}  // namespace joulebench
