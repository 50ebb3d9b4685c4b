#pragma once

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace joulebench {

/// One option or positional argument as its definition says; what --help, the manual page and the
/// completion of shells are made from.
struct OptionDescription {
  std::vector<std::string> names;  // "-h", "--help"; a positional argument's one name: "entry"
  std::string value;               // "TEXT", "FILE"; empty: a flag
  std::vector<std::string> choices;
  std::string by_default;
  std::string text;
  bool required = false;
  bool repeated = false;
};

/// A command with all below it. Hidden commands and options are left out.
struct CommandDescription {
  std::string path;  // "joulebench board show"
  std::string text;
  std::string footer;
  std::vector<OptionDescription> options;
  std::vector<OptionDescription> positionals;
  std::vector<CommandDescription> commands;

  std::string name() const;  // the last word of its path
};

CommandDescription describe_command(const CLI::App& app, const std::string& path);

/// The command itself and all below it, parents first.
std::vector<const CommandDescription*> with_all_below(const CommandDescription& command);

/// The manual page in the man macros of roff.
std::string manual_page(const CommandDescription& program, const std::string& version);

/// Completion scripts.
std::string bash_completion(const CommandDescription& program);
std::string zsh_completion(const CommandDescription& program);
std::string fish_completion(const CommandDescription& program);

}  // namespace joulebench
