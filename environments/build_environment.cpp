#include "environments/build_environment.h"

#include <nlohmann/json.hpp>

#include "core/child_process.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/text.h"
#include "embedded/environments_text.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

// What differs from one build to the next, or is of no use to a program that runs.
constexpr const char* kClean =
    R"(rm -rf "$1"/var/log/* "$1"/var/cache/* "$1"/var/lib/apt/* "$1"/etc/machine-id "$1"/etc/resolv.conf "$1"/etc/hostname)";

constexpr Seconds kLongestBuild{3600};

}  // namespace

EnvironmentDefinition read_environment_definition(const fs::path& file) {
  const nlohmann::json from = read_json_file(file, environments_text::kEnvironmentSchemaJson);
  EnvironmentDefinition definition{
      .name = fs::absolute(file).lexically_normal().parent_path().filename().string(),
      .title = from.value("title", ""),
      .suite = from.at("suite").get<std::string>(),
      .packages = from.at("packages").get<std::vector<std::string>>()};
  return definition;
}

std::vector<std::string> mmdebstrap_command(const EnvironmentDefinition& definition,
                                            const fs::path& archive) {
  std::string packages;
  for (const std::string& package : definition.packages) {
    packages += (packages.empty() ? "" : ",") + package;
  }
  return {"mmdebstrap",
          "--variant=essential",
          "--include=" + packages,
          "--aptopt=APT::Install-Recommends \"false\"",
          "--dpkgopt=path-exclude=/usr/share/doc/*",
          "--dpkgopt=path-exclude=/usr/share/man/*",
          "--dpkgopt=path-exclude=/usr/share/info/*",
          "--dpkgopt=path-exclude=/usr/share/locale/*",
          std::string("--customize-hook=") + kClean,
          "--skip=output/dev,output/mknod",
          definition.suite,
          archive.string()};
}

std::string host_package_sources(const std::string& suite, const fs::path& etc) {
  std::error_code none;
  const fs::path release = etc / "os-release";
  if (!fs::exists(release, none)) return {};
  const std::string system = read_text_file(release);
  const bool is_debian =
      system.find("\nID=debian\n") != system.npos || system.starts_with("ID=debian\n");
  if (!is_debian || system.find("VERSION_CODENAME=" + suite + "\n") == system.npos) return {};
  // The two formats do not mix in one input: the classic file where it says something, else the
  // newer one.
  const fs::path list = etc / "apt/sources.list";
  if (fs::exists(list, none)) {
    const std::string text = read_text_file(list);
    if (text.starts_with("deb ") || text.find("\ndeb ") != text.npos) return text;
  }
  const fs::path sources = etc / "apt/sources.list.d/debian.sources";
  return fs::exists(sources, none) ? read_text_file(sources) : "";
}

Environment build_environment(const EnvironmentDefinition& definition, EnvironmentStore& store) {
  if (!find_program("mmdebstrap")) {
    throw Error({.what = "an environment cannot be built",
                 .where = "mmdebstrap is not installed",
                 .hint = "apt-get install mmdebstrap, or import an image: joulebench environment "
                         "import NAME IMAGE"});
  }
  const TemporaryFolder folder("environment", fs::temp_directory_path());
  const fs::path archive = folder.path() / (definition.name + ".tar");
  ChildSpec spec;
  spec.purpose = "an environment cannot be built";
  spec.command = mmdebstrap_command(definition, archive);
  const std::string sources = host_package_sources(definition.suite);
  if (!sources.empty()) spec.command.push_back("-");
  const CommandResult built = run_command(spec, sources, kLongestBuild);
  if (!built.succeeded()) {
    throw Error({.what = "an environment cannot be built",
                 .where = definition.name + ": mmdebstrap " +
                          (built.timed_out ? "did not end within an hour" : "failed") + ":\n" +
                          indented(last_lines(printable(built.error, 1 << 16), 12), "  | "),
                 .hint = "a plain user needs the packages uidmap and fakeroot, and a subordinate "
                         "uid range in /etc/subuid"});
  }
  // Set-uid programs of Debian's required packages (su, newgrp) do nothing in a sandbox.
  return store.import(definition.name, archive, {.limits = {}, .drop_set_id_bits = true});
}

}  // namespace joulebench
