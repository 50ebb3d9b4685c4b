#include "core/compact_json.h"

namespace joulebench {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// Behind the string that begins at `at`.
std::size_t end_of_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size(); ++at) {
    at = text.find_first_of("\"\\", at);
    if (at == text.npos) return text.size();
    if (text[at] == '"') return at + 1;
    ++at;  // what is escaped
  }
  return text.size();
}

}  // namespace

std::string compact_json(std::string_view text) {
  std::string compact;
  compact.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '"') {
      const std::size_t end = end_of_string(text, at);
      compact.append(text.substr(at, end - at));
      at = end;
      continue;
    }
    if (!is_space(text[at])) compact += text[at];
    ++at;
  }
  return compact;
}

}  // namespace joulebench
