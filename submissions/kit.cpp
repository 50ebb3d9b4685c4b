#include "submissions/kit.h"

#include <stdexcept>
#include <string>

#include "embedded/kit_text.h"

namespace joulebench {

const std::vector<ClientKit>& client_kits() {
  static const std::vector<ClientKit> kits = {
      {.name = "python", .file = "joulebench.py", .text = kit_text::kJoulebenchPy},
      {.name = "cpp", .file = "joulebench.h", .text = kit_text::kJoulebenchH}};
  return kits;
}

const ClientKit& client_kit(std::string_view name) {
  for (const ClientKit& kit : client_kits()) {
    if (kit.name == name) return kit;
  }
  throw std::logic_error("bug: there is no client kit '" + std::string(name) + "'");
}

}  // namespace joulebench
