#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "environments/environment.h"

namespace joulebench {

/// What an environment is built of: environment.json, checked with schema/environment.schema.json.
struct EnvironmentDefinition {
  std::string name;  // of the folder that holds the file
  std::string title;
  std::string suite;  // of Debian: "bookworm"
  std::vector<std::string> packages;
};

/// Errors: Error naming the file and field.
EnvironmentDefinition read_environment_definition(const std::filesystem::path& file);

/// The command that makes the root file system of `definition` as a tar archive: mmdebstrap with
/// Debian's required packages and those of the definition, no documentation, no translations, no
/// package lists or caches, no devices. A pure function of its arguments.
std::vector<std::string> mmdebstrap_command(const EnvironmentDefinition& definition,
                                            const std::filesystem::path& archive);

/// The package sources of this machine where it is a Debian of that suite, as text for mmdebstrap's
/// standard input; empty where it is not: mmdebstrap then asks Debian's own servers.
std::string host_package_sources(const std::string& suite,
                                 const std::filesystem::path& etc = "/etc");

/// Builds it, and imports it under the definition's name. Errors: Error with mmdebstrap's last
/// lines, or the package to install when it is not there.
Environment build_environment(const EnvironmentDefinition& definition, EnvironmentStore& store);

}  // namespace joulebench
