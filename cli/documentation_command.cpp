#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "cli/command_description.h"
#include "cli/commands.h"
#include "core/version.h"

namespace joulebench {

// Hidden (an empty group): the build calls them, people have `man joulebench` and the tab key.
void add_documentation_commands(CLI::App& app) {
  app.add_subcommand("man", "Print the manual page")->group("")->callback([&app] {
    std::cout << manual_page(describe_command(app, "joulebench"), kVersion);
  });
  auto shell = std::make_shared<std::string>();
  CLI::App* completion =
      app.add_subcommand("completion", "Print the completion script of a shell")->group("");
  completion->add_option("shell", *shell, "Which shell")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback([&app, shell] {
    const CommandDescription program = describe_command(app, "joulebench");
    std::cout << (*shell == "bash"  ? bash_completion(program)
                  : *shell == "zsh" ? zsh_completion(program)
                                    : fish_completion(program));
  });
}

}  // namespace joulebench
