#include "campaign/failure_advice.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <fstream>

#include "core/text.h"
#include "core/units.h"

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

// What a step or a program called and did not find.
std::string missing_tool(const std::string& log) {
  std::string tool = between(log, "/usr/bin/env: \xe2\x80\x98", "\xe2\x80\x99: No such file");
  if (tool.empty()) tool = between(log, "/usr/bin/env: '", "': No such file or directory");
  if (tool.empty()) tool = between(log, "make: ", ": No such file or directory");
  if (tool.empty() && holds(log, "subprocess.py")) {
    tool = between(log, "FileNotFoundError: [Errno 2] No such file or directory: '", "'");
  }
  for (const std::string& line : lines_of(log)) {
    if (!tool.empty()) break;
    for (const char* end : {": not found", ": command not found"}) {
      if (!line.ends_with(end)) continue;
      const std::string before = line.substr(0, line.size() - std::string_view(end).size());
      tool = printable(before.substr(before.rfind(' ') + 1), kLongestQuote);
    }
  }
  return tool.find('/') == tool.npos ? tool : std::string();  // a path is a file of its own
}

void add_log_advice(const std::string& log, std::vector<std::string>& advice) {
  if (std::string module = between(log, "No module named '", "'"); !module.empty()) {
    module = module.substr(0, module.find('.'));
    advice.push_back(fmt::format(
        "Python has no module '{0}' where the entry runs: pip install --target lib {0} and "
        "\"environment\": {{\"PYTHONPATH\": \"lib\"}}, or choose an environment that has it",
        module));
  }
  if (const std::string tool = missing_tool(log); !tool.empty()) {
    advice.push_back(fmt::format(
        "there is no program '{}' where the entry runs: bring it along, or choose an environment "
        "that has it (\"runs_in\"; joulebench environment shell looks around inside)",
        tool));
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

// "the limit is 3 s: 'limits.load_s' of track 'digits' in competition.json".
std::string limit(const Track& track, const char* field, const std::string& value) {
  return fmt::format("the limit is {}: 'limits.{}' of track '{}' in competition.json", value, field,
                     track.id);
}

std::string time_words(Seconds time) {
  return fmt::format("{:g} s", time.count());
}

std::string timeout_advice(const std::string& message, const Track& track) {
  const Limits& limits = track.limits;
  if (holds(message, "ready")) return limit(track, "load_s", time_words(limits.load));
  if (holds(message, "train")) return limit(track, "train_s", time_words(limits.train));
  if (holds(message, "block") || holds(message, "all") || holds(message, "ran longer")) {
    return limit(track, "wall_s", time_words(limits.wall));
  }
  return limit(track, "request_s", time_words(limits.request));
}

std::string output_limit(const Track& track) {
  return limit(track, "output_mb",
               fmt::format("{:g} MB", static_cast<double>(track.limits.output_bytes) / kMegabyte));
}

std::string limit_advice(const Failure& failure, const Track& track) {
  const Limits& limits = track.limits;
  switch (failure.outcome) {
    case Outcome::timeout:
      return timeout_advice(failure.message, track);
    case Outcome::cpu:
      return fmt::format(
          "the limit is {:g} s of CPU time: 'limits.wall_s' times 'limits.cpus' of track '{}' in "
          "competition.json",
          limits.wall.count() * limits.cpus, track.id);
    case Outcome::memory:
      return limit(track, "memory_mb",
                   fmt::format("{:g} MB", static_cast<double>(limits.memory_bytes) / kMegabyte)) +
             "; files in /tmp and /dev/shm count as memory";
    case Outcome::processes:
      return limit(track, "processes", fmt::format("{}", limits.processes)) +
             "; threads count: OMP_NUM_THREADS and OPENBLAS_NUM_THREADS bound them";
    case Outcome::output:
      return output_limit(track);
    default:
      return holds(failure.log_tail, "No space left on device")
                 ? "a folder is full: of /jb/out " + output_limit(track) +
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
  if (holds(failure.log_tail, "bytes of this log were left out here")) {
    advice.push_back(
        "the log was cut: " +
        limit(track, "log_kb",
              fmt::format("{:g} kB", static_cast<double>(track.limits.log_bytes) / 1000)));
  }
  if (std::string met = limit_advice(failure, track); !met.empty()) {
    advice.push_back(std::move(met));
  }
  return advice;
}

}  // namespace joulebench
