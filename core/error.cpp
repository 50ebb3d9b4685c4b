#include "core/error.h"

#include <system_error>
#include <utility>

namespace joulebench {
namespace {

std::string joined(const Error::Parts& parts) {
  std::string text = parts.what;
  if (!parts.where.empty()) text += "\n  " + parts.where;
  if (!parts.hint.empty()) text += "\n  " + parts.hint;
  return text;
}

}  // namespace

Error::Error(Parts parts) : std::runtime_error(joined(parts)), parts_(std::move(parts)) {}

std::string system_message(int code) {
  return std::generic_category().message(code);
}

}  // namespace joulebench
