#include "cli/command_description.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace joulebench {
namespace {

/// CLI11 keeps the choices of IsMember in the name of the type: "TEXT:{text,json}".
std::vector<std::string> choices_of(const std::string& type_name) {
  const std::size_t begin = type_name.find('{');
  const std::size_t end = type_name.find('}', begin);
  std::vector<std::string> choices;
  if (begin == std::string::npos || end == std::string::npos) return choices;
  std::size_t at = begin + 1;
  while (at < end) {
    const std::size_t comma = std::min(type_name.find(',', at), end);
    choices.push_back(type_name.substr(at, comma - at));
    at = comma + 1;
  }
  return choices;
}

/// "TEXT:FILE" is a FILE, "INT:INT in [1 - 1000]" an INT.
std::string value_of(const std::string& type_name) {
  const std::size_t colon = type_name.find(':');
  if (colon == std::string::npos) return type_name;
  const std::string check = type_name.substr(colon + 1);
  for (const char* kind : {"FILE", "DIR", "PATH"}) {
    if (check.starts_with(kind)) return kind;
  }
  return type_name.substr(0, colon);
}

OptionDescription describe_option(const CLI::Option& option) {
  OptionDescription described;
  for (const std::string& name : option.get_snames()) described.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) described.names.push_back("--" + name);
  if (described.names.empty()) described.names.push_back(option.get_name(true));
  if (option.get_items_expected_max() > 0) {
    described.value = value_of(option.get_type_name());
    described.choices = choices_of(option.get_type_name());
  }
  described.by_default = option.get_default_str();
  described.text = option.get_description();
  described.required = option.get_required();
  described.repeated = option.get_items_expected_max() > 1;
  return described;
}

}  // namespace

std::string CommandDescription::name() const {
  return path.substr(path.rfind(' ') + 1);
}

CommandDescription describe_command(const CLI::App& app, const std::string& path) {
  CommandDescription command;
  command.path = path;
  command.text = app.get_description();
  command.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options([](const CLI::Option*) { return true; })) {
    if (option->get_group().empty()) continue;
    (option->nonpositional() ? command.options : command.positionals)
        .push_back(describe_option(*option));
  }
  for (const CLI::App* below : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (below->get_group().empty()) continue;
    command.commands.push_back(describe_command(*below, path + " " + below->get_name()));
  }
  return command;
}

std::vector<const CommandDescription*> with_all_below(const CommandDescription& command) {
  std::vector<const CommandDescription*> all = {&command};
  for (const CommandDescription& below : command.commands) {
    const auto more = with_all_below(below);
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace joulebench
