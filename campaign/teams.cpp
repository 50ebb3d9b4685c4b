#include "campaign/teams.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string_view>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "submissions/signed_entry.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLargest = std::size_t{4} << 20;

/// The first word of a line, with blanks where it is quoted; taken off.
std::string take_names(std::string_view& line) {
  if (line.starts_with('"')) {
    const std::size_t end = line.find('"', 1);
    std::string names(line.substr(1, end == line.npos ? end : end - 1));
    line.remove_prefix(end == line.npos ? line.size() : end + 1);
    return names;
  }
  const std::size_t end = std::min(line.find_first_of(" \t"), line.size());
  std::string names(line.substr(0, end));
  line.remove_prefix(end);
  return names;
}

/// The key's own text: the word behind its type. Empty: there is none.
std::string key_of(std::string_view rest) {
  std::istringstream words{std::string(rest)};
  std::string word, key;
  while (words >> word) {
    const bool is_type = word.starts_with("ssh-") || word.starts_with("ecdsa-") ||
                         word.starts_with("sk-ssh-") || word.starts_with("sk-ecdsa-");
    if (is_type && words >> key) return key;
  }
  return {};
}

std::vector<std::string> split_names(const std::string& names) {
  std::vector<std::string> all;
  std::istringstream parts(names);
  std::string one;
  while (std::getline(parts, one, ',')) all.push_back(one);
  return all;
}

}  // namespace

bool Teams::has(const std::string& team) const {
  return std::find(names.begin(), names.end(), team) != names.end();
}

Teams read_teams(const Competition& competition) {
  if (competition.intake.teams.empty()) return {};
  Teams teams{.file = fs::absolute(competition.file).parent_path() / competition.intake.teams};
  std::istringstream lines(read_text_file(teams.file, kLargest));
  std::map<std::string, int> keys;  // and where they stand
  std::string text;
  for (int number = 1; std::getline(lines, text); ++number) {
    std::string_view line = text;
    if (const std::size_t start = line.find_first_not_of(" \t\r"); start == line.npos) continue;
    line.remove_prefix(line.find_first_not_of(" \t\r"));
    if (line.starts_with('#')) continue;
    const auto fail = [&](const std::string& why, const std::string& hint) {
      return Error({.what = "a line of the teams' keys cannot be used",
                    .where = fmt::format("{}: line {}: {}", teams.file.string(), number, why),
                    .hint = hint});
    };
    const std::vector<std::string> names = split_names(take_names(line));
    const std::string key = key_of(line);
    if (names.empty() || key.empty()) {
      throw fail("it has no name or no key",
                 "write TEAM, a space and the team's public key, as in: red ssh-ed25519 AAAA...");
    }
    for (const std::string& name : names) {
      const std::string problem = team_name_problem(name);
      if (!problem.empty()) {
        throw fail("team '" + printable(name, 100) + "': " + problem, "give the team a plain name");
      }
      if (!teams.has(name)) teams.names.push_back(name);
    }
    const auto [place, is_new] = keys.emplace(key, number);
    if (!is_new) {
      throw fail(fmt::format("its key stands in line {} already", place->second),
                 "name all teams of a key in one line: red,blue ssh-ed25519 AAAA...");
    }
  }
  return teams;
}

}  // namespace joulebench
