#include "campaign/failure_advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>

#include "core/text.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestQuote = 300;

bool holds(const std::string& text, const char* part) {
  return text.find(part) != text.npos;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

// What stands between two texts on one line; empty: they are not there.
std::string between(const std::string& text, const std::string& before, const std::string& after) {
  const std::size_t at = text.find(before);
  if (at == text.npos) return {};
  const std::size_t from = at + before.size();
  const std::size_t end = text.find(after, from);
  if (end == text.npos || text.find('\n', from) < end) return {};
  return printable(text.substr(from, end - from), kLongestQuote);
}

// "ValueError: bad weights": the last line of a traceback that begins at the margin.
std::string last_exception(const std::string& log) {
  std::string exception;
  bool in_traceback = false;
  for (const std::string& line : lines_of(log)) {
    if (line.starts_with("Traceback (most recent call last)")) {
      in_traceback = true;
    } else if (in_traceback && !line.empty() &&
               std::isalpha(static_cast<unsigned char>(line.front())) != 0) {
      exception = line;
      in_traceback = false;
    }
  }
  return printable(exception, kLongestQuote);
}

// Why a program that is there could not be started: the interpreter that its first line names.
std::string interpreter_of(const fs::path& file) {
  std::ifstream stream(file);
  std::string line;
  if (!std::getline(stream, line) || !line.starts_with("#!")) return {};
  const std::size_t from = line.find_first_not_of(" \t", 2);
  if (from == line.npos) return {};
  return printable(line.substr(from, line.find_first_of(" \t\r", from) - from), kLongestQuote);
}

std::string start_advice(const Failure& failure) {
  const std::string denied = between(failure.log_tail, "bwrap: execvp ", ": Permission denied");
  if (!denied.empty()) {
    return fmt::format(
        "'{0}' may not be executed: chmod +x {0}, or name what runs it, as in "
        "\"command\": [\"sh\", \"{0}\"]",
        denied);
  }
  const std::string missing =
      between(failure.log_tail, "bwrap: execvp ", ": No such file or directory");
  if (missing.empty()) return {};
  if (missing.find('/') == missing.npos) {
    return fmt::format(
        "there is no program '{0}' where the entry runs: bring it along and call it "
        "\"./{0}\", or choose an environment that has it (\"runs_in\")",
        missing);
  }
  std::error_code none;
  if (failure.folder.empty() || !fs::is_regular_file(failure.folder / missing, none)) {
    return fmt::format("the entry has no file '{}': build it in a step of \"build\", or pack it",
                       missing);
  }
  const std::string interpreter = interpreter_of(failure.folder / missing);
  if (!interpreter.empty()) {
    return fmt::format("the first line of '{}' names '{}', which is not there where the entry runs",
                       missing, interpreter);
  }
  return fmt::format(
      "'{}' needs a loader or library that is not there where the entry runs: link "
      "it statically, or build it in a step of \"build\"",
      missing);
}

void add_log_advice(const std::string& log, std::vector<std::string>& advice) {
  if (std::string module = between(log, "No module named '", "'"); !module.empty()) {
    module = module.substr(0, module.find('.'));
    advice.push_back(fmt::format(
        "Python has no module '{0}' where the entry runs: pip install --target lib {0} and "
        "\"environment\": {{\"PYTHONPATH\": \"lib\"}}, or choose an environment that has it",
        module));
  }
  for (const char* sign : {"name resolution", "Name or service not known", "Network is unreachable",
                           "Could not resolve host", "Connection refused"}) {
    if (!holds(log, sign)) continue;
    advice.emplace_back("there is no network inside: put what it downloads into the entry");
    break;
  }
  if (holds(log, "Read-only file system")) {
    advice.emplace_back(
        "the entry's folder and the system are read-only when it runs: write to /tmp or /dev/shm "
        "(memory), and answers to /jb/out");
  }
}

std::string limit(const Track& track, const char* field) {
  return fmt::format("the limit is '{}' of track '{}' in the competition", field, track.id);
}

std::string limit_advice(const Failure& failure, const Track& track) {
  const std::string& message = failure.message;
  switch (failure.outcome) {
    case Outcome::timeout:
      if (holds(message, "ready")) return limit(track, "limits.load_s");
      if (holds(message, "train")) return limit(track, "limits.train_s");
      if (holds(message, "block") || holds(message, "all")) return limit(track, "limits.wall_s");
      return limit(track, "limits.request_s");
    case Outcome::memory:
      return limit(track, "limits.memory_mb") + "; files in /tmp and /dev/shm count as memory";
    case Outcome::processes:
      return limit(track, "limits.processes") +
             "; threads count: OMP_NUM_THREADS and OPENBLAS_NUM_THREADS bound them";
    case Outcome::output:
      return limit(track, "limits.output_mb");
    default:
      return holds(failure.log_tail, "No space left on device")
                 ? "a folder is full: of /jb/out " + limit(track, "limits.output_mb") +
                       ", and /tmp counts as memory"
                 : std::string();
  }
}

}  // namespace

std::vector<std::string> advice_on(const Failure& failure, const Track& track) {
  std::vector<std::string> advice;
  if (!is_submission_failure(failure.outcome)) return advice;
  if (const std::string exception = last_exception(failure.log_tail); !exception.empty()) {
    advice.push_back("it raised " + exception);
  }
  if (std::string start = start_advice(failure); !start.empty()) advice.push_back(std::move(start));
  add_log_advice(failure.log_tail, advice);
  if (std::string met = limit_advice(failure, track); !met.empty()) {
    advice.push_back(std::move(met));
  }
  return advice;
}

}  // namespace joulebench
