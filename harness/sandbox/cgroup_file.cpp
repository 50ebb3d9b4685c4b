#include "harness/sandbox/cgroup_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <sstream>

#include "core/file.h"

namespace joulebench {
namespace fs = std::filesystem;

std::optional<std::string> read_cgroup_file(const fs::path& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return std::nullopt;
  std::string text;
  char buffer[4096];
  ssize_t got = 0;
  while ((got = ::read(fd.get(), buffer, sizeof buffer)) > 0) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  if (got < 0) return std::nullopt;
  return text;
}

int write_cgroup_file(const fs::path& path, const std::string& text) {
  const FileDescriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd.is_open()) return errno;
  return ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) ? 0
                                                                                          : errno;
}

std::optional<std::uint64_t> number_in(const std::optional<std::string>& text,
                                       std::string_view key) {
  if (!text) return std::nullopt;
  std::istringstream lines(*text);
  std::string name;
  std::uint64_t value = 0;
  if (key.empty()) return lines >> value ? std::optional(value) : std::nullopt;
  while (lines >> name >> value) {
    if (name == key) return value;
  }
  return std::nullopt;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, separator);) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

std::string first_line_of(const std::optional<std::string>& text) {
  return text ? text->substr(0, text->find('\n')) : std::string();
}

}  // namespace joulebench
