#include <fmt/format.h>

#include "cli/command_description.h"

namespace joulebench {
namespace {

// A backslash begins an escape of roff, a dot or an apostrophe at the start of a line a request; a
// plain hyphen would be set as a typographic one, which cannot be copied into a shell.
std::string escaped(const std::string& text) {
  std::string result;
  bool at_start = true;
  for (const char c : text) {
    if (at_start && (c == '.' || c == '\'')) result += "\\&";
    at_start = c == '\n';
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  return result;
}

std::string synopsis_of(const CommandDescription& command) {
  std::string line = "\\fB" + escaped(command.path) + "\\fR";
  if (!command.options.empty()) line += " [\\fIoptions\\fR]";
  if (!command.commands.empty()) line += " \\fIcommand\\fR";
  for (const OptionDescription& argument : command.positionals) {
    const std::string shown =
        "\\fI" + escaped(argument.names.front()) + "\\fR" + (argument.repeated ? " ..." : "");
    line += argument.required ? " " + shown : " [" + shown + "]";
  }
  return line;
}

std::string item_of(const OptionDescription& option) {
  std::string head;
  for (const std::string& name : option.names) {
    head += (head.empty() ? "\\fB" : ", \\fB") + escaped(name) + "\\fR";
  }
  if (!option.choices.empty()) {
    head += " " + escaped(fmt::format("{}", fmt::join(option.choices, "|")));
  } else if (!option.value.empty() && option.names.front().starts_with("-")) {
    head += " \\fI" + escaped(option.value) + "\\fR";
  }
  std::string text = escaped(option.text);
  if (!option.by_default.empty()) text += " (default: " + escaped(option.by_default) + ")";
  if (option.required) text += " (required)";
  return ".TP\n" + head + "\n" + text + "\n";
}

// Lines of a footer stay lines.
std::string paragraphs(const std::string& text) {
  std::string result;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    if (!line.empty()) result += ".PP\n" + escaped(line) + "\n";
    at = end + 1;
  }
  return result;
}

std::string section_of(const CommandDescription& command) {
  std::string page = ".SS \"" + escaped(command.path) + "\"\n" + escaped(command.text) + ".\n";
  page += ".PP\n" + synopsis_of(command) + "\n";
  for (const OptionDescription& argument : command.positionals) page += item_of(argument);
  for (const OptionDescription& option : command.options) {
    if (option.names.back() != "--help") page += item_of(option);
  }
  return page + paragraphs(command.footer);
}

}  // namespace

std::string manual_page(const CommandDescription& program, const std::string& version) {
  std::string page = ".TH JOULEBENCH 1 \"\" \"joulebench " + version + "\" \"User Commands\"\n";
  page += ".SH NAME\njoulebench \\- run competitions for power\\-efficient models\n";
  page += ".SH SYNOPSIS\n\\fBjoulebench\\fR \\fIcommand\\fR [\\fIoptions\\fR]\n";
  page += ".SH DESCRIPTION\n" + escaped(program.text) + "\n";
  page += ".PP\nEvery command explains itself with \\fB\\-\\-help\\fR.\n";
  page += ".SH COMMANDS\n";
  for (const CommandDescription* command : with_all_below(program)) {
    if (command == &program || !command->commands.empty()) continue;
    page += section_of(*command);
  }
  page +=
      ".SH EXIT STATUS\n.TP\n0\ndone\n.TP\n1\nan entry failed, or a check found something\n"
      ".TP\n2\njoulebench cannot go on: usage, configuration or environment\n"
      ".TP\n130\ninterrupted; everything finished so far is kept\n";
  page +=
      ".SH FILES\n.TP\n\\fI~/.local/share/joulebench/datasets\\fR\nfetched datasets; "
      "\\fBXDG_DATA_HOME\\fR moves them\n"
      ".TP\n\\fI../share/joulebench\\fR, beside the folder of the program\n"
      "competitions, datasets, reference entries and client kits that come with it\n";
  return page;
}

}  // namespace joulebench
