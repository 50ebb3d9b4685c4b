#include "cli/environment_shell.h"

#include <csignal>
#include <cstdlib>

#include "core/error.h"
#include "harness/sandbox/sandbox.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr Seconds kLongest{24 * 3600};

// The shell's own Ctrl-C is not ours; a handler, unlike SIG_IGN, is not inherited.
void leave_to_the_shell(int /*signal*/) {}

std::string shell_of(const Environment& environment) {
  // Looked for as the environment's own links say, which a sandbox alone resolves.
  for (const char* shell : {"bash", "sh"}) {
    for (const char* folder : {"usr/bin", "bin"}) {
      if (fs::exists(fs::symlink_status(environment.root / folder / shell))) {
        return std::string("/") + folder + "/" + shell;
      }
    }
  }
  throw Error({.what = "there is no shell in this environment",
               .where = environment.name + ": neither bash nor sh",
               .hint = "name a command that it has: joulebench environment shell " +
                       environment.name + " -- COMMAND..."});
}

}  // namespace

int run_shell(const Environment& environment, std::vector<std::string> command) {
  if (command.empty()) command = {shell_of(environment)};
  SandboxSpec spec;
  spec.command = std::move(command);
  spec.root = environment.root;
  spec.working_folder = "/";
  spec.on_terminal = true;
  spec.limits.wall = kLongest;
  if (const char* terminal = std::getenv("TERM")) spec.environment["TERM"] = terminal;
  std::signal(SIGINT, leave_to_the_shell);
  std::signal(SIGQUIT, leave_to_the_shell);
  Sandbox sandbox(std::move(spec));
  return sandbox.wait(kLongest).exit_status;
}

}  // namespace joulebench
