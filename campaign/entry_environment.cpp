#include "campaign/entry_environment.h"

#include <vector>

#include "core/error.h"
#include "core/nearest_name.h"
#include "core/shipped_files.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

Error not_offered(const Competition& competition, const Submission& submission,
                  const std::string& wanted, bool is_named) {
  std::vector<std::string> names;
  std::string list;
  for (const OfferedEnvironment& one : competition.environments) {
    names.push_back(one.name);
    list += (list.empty() ? "" : ", ") + one.name;
  }
  if (list.empty()) {
    names.emplace_back(kHostEnvironment);
    list = kHostEnvironment;
  }
  const std::string near = nearest_name(wanted, names);
  return Error(
      {.what = "the competition does not offer this environment",
       .where = is_named ? "--environment " + wanted
                         : (submission.folder / "submission.json").string() +
                               ": field 'runs_in': '" + wanted + "'",
       .hint = "it offers " + list + (near.empty() ? "" : "; did you mean '" + near + "'?")});
}

}  // namespace

std::string how_to_get(const std::string& name) {
  std::error_code none;
  if (fs::exists(shipped_files() / "environments" / name / "environment.json", none)) {
    return "joulebench environment build " + name;
  }
  return "joulebench environment import " + name +
         " IMAGE, with the image that the organizer gives out";
}

std::optional<OfferedEnvironment> environment_for(const Competition& competition,
                                                  const Submission& submission,
                                                  const std::string& named) {
  const std::string& wanted = named.empty() ? submission.runs_in : named;
  if (wanted.empty()) {
    if (competition.environments.empty()) return std::nullopt;
    const OfferedEnvironment& first = competition.environments.front();
    return first.name == kHostEnvironment ? std::nullopt : std::optional(first);
  }
  for (const OfferedEnvironment& one : competition.environments) {
    if (one.name != wanted) continue;
    return one.name == kHostEnvironment ? std::nullopt : std::optional(one);
  }
  const bool is_practice = !named.empty() || competition.environments.empty();
  if (wanted == kHostEnvironment && is_practice) return std::nullopt;
  throw not_offered(competition, submission, wanted, !named.empty());
}

Environment open_offered(const EnvironmentStore& store, const OfferedEnvironment& offered) {
  const std::string& wanted = offered.sha256.empty() ? offered.name : offered.sha256;
  if (store.contains(wanted)) {
    Environment environment = store.open(wanted);
    environment.name = offered.name;
    return environment;
  }
  std::string where = "'" + offered.name + "'";
  if (!offered.sha256.empty()) where += " with the digest " + offered.sha256;
  where += ", looked for in " + store.folder().string();
  if (!offered.sha256.empty() && store.contains(offered.name)) {
    where += ", where it has the digest " + store.open(offered.name).sha256;
  }
  throw Error({.what = "the environment that the entry runs in is not on this machine",
               .where = where,
               .hint = how_to_get(offered.name) +
                       "; to try the entry without it: --environment host (run and check only)"});
}

void require_intact(const EnvironmentStore& store, const Environment& environment) {
  const std::vector<std::string> differences = store.verify(environment);
  if (differences.empty()) return;
  throw Error(
      {.what = "an environment is not as it was imported",
       .where = environment.root.string() + ": " + differences.front(),
       .hint = "remove it with joulebench environment remove, then build or import it again"});
}

std::optional<EnvironmentIdentity> resolve_environment(const EnvironmentStore& store,
                                                       const Competition& competition,
                                                       const Submission& submission,
                                                       const std::string& named) {
  const auto offered = environment_for(competition, submission, named);
  if (!offered) return std::nullopt;
  const Environment environment = open_offered(store, *offered);
  return EnvironmentIdentity{.name = environment.name, .sha256 = environment.sha256};
}

}  // namespace joulebench
