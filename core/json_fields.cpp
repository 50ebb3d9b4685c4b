#include "core/json_fields.h"

#include <fmt/format.h>

namespace joulebench {

std::string JsonPlace::name() const {
  if (outer == nullptr) return std::string(key);
  std::string before = outer->name();
  if (key.empty()) return fmt::format("{}[{}]", before, index);
  if (!before.empty()) before += '.';
  return before.append(key);
}

void throw_missing(const JsonPlace& place) {
  throw JsonFieldError(fmt::format("field '{}' is missing", place.name()));
}

void throw_unexpected(const JsonPlace& place, const nlohmann::json& found,
                      std::string_view expected) {
  const std::string name = place.name();
  std::string text = found.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  throw JsonFieldError(fmt::format("{} is {}, where {} was expected",
                                   name.empty() ? "the document" : "field '" + name + "'", text,
                                   expected));
}

void throw_not_of(const JsonPlace& place, std::string_view kind) {
  throw JsonFieldError(fmt::format("field '{}' does not belong to {}", place.name(), kind));
}

}  // namespace joulebench
