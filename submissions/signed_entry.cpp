#include "submissions/signed_entry.h"

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/ssh_signature.h"
#include "core/text.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

void require_team(const std::string& team, const fs::path& file) {
  const std::string problem = team_name_problem(team);
  if (problem.empty()) return;
  throw Error(
      {.what = "this team cannot sign",
       .where = file.string() + ": field 'team': " + problem,
       .hint = "write the name that the organizer has for your key, as in \"team\": \"red\""});
}

fs::path sign(const std::string& text, const fs::path& file, const fs::path& key) {
  const fs::path signature = signature_file(file);
  write_file_atomically(signature, sign_text(text, key));
  return signature;
}

}  // namespace

std::string team_name_problem(std::string_view team) {
  constexpr std::size_t kLongest = 100;
  if (team.empty()) return "it is empty";
  if (team.size() > kLongest) return "it has more than " + std::to_string(kLongest) + " bytes";
  if (printable(team, team.size() + 4) != team || team.find_first_of("\n\t") != team.npos) {
    return "it holds a character that cannot be shown";
  }
  if (team.front() == ' ' || team.back() == ' ') return "it begins or ends with a space";
  if (team.front() == '#' || team.front() == '-') {
    return std::string("it begins with ") + team.front();
  }
  const std::size_t mark = team.find_first_of(",*?!\"'\\");
  if (mark != team.npos) return std::string("it holds ") + team[mark];
  return {};
}

std::string text_of_archive(const std::string& sha256, const std::string& team) {
  return "joulebench submission " + sha256 + " team " + team + "\n";
}

std::string text_of_request(const std::string& sha256, const std::string& team) {
  return "joulebench request " + sha256 + " team " + team + "\n";
}

fs::path signature_file(const fs::path& file) {
  return file.string() + ".sig";
}

fs::path sign_archive(const fs::path& archive, const std::string& team, const fs::path& key) {
  require_team(team, "submission.json");
  return sign(text_of_archive(sha256_of_file(archive), team), archive, key);
}

fs::path sign_request(const fs::path& request, const std::string& team, const fs::path& key) {
  require_team(team, request);
  return sign(text_of_request(sha256_of_file(request), team), request, key);
}

}  // namespace joulebench
