#include "harness/meter/kernel_file.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"

namespace joulebench {

std::optional<std::string> read_line(const std::filesystem::path& path) {
  try {
    std::string text = read_text_file(path, 4096);
    text.resize(std::min(text.find('\n'), text.size()));
    return text;
  } catch (const Error&) {
    return std::nullopt;
  }
}

}  // namespace joulebench
