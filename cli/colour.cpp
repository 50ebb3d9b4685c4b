#include "cli/colour.h"

#include <unistd.h>

#include <cstdlib>

namespace joulebench {
namespace {

bool shows_colours(int stream) {
  const char* const off = std::getenv("NO_COLOR");
  const char* const terminal = std::getenv("TERM");
  return (off == nullptr || *off == '\0') && terminal != nullptr &&
         std::string_view(terminal) != "dumb" && ::isatty(stream) != 0;
}

const char* code_of(Mark mark) {
  switch (mark) {
    case Mark::good:
      return "32";  // green
    case Mark::bad:
      return "1;31";  // bold red
    case Mark::warning:
      break;
  }
  return "33";  // yellow
}

std::string painted(Mark mark, std::string_view word) {
  return "\x1b[" + std::string(code_of(mark)) + "m" + std::string(word) + "\x1b[0m";
}

}  // namespace

std::string marked(Mark mark, std::string_view word) {
  return shows_colours(STDOUT_FILENO) ? painted(mark, word) : std::string(word);
}

std::string marked_on_stderr(Mark mark, std::string_view word) {
  return shows_colours(STDERR_FILENO) ? painted(mark, word) : std::string(word);
}

}  // namespace joulebench
