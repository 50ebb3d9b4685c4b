#include <fmt/format.h>

#include <algorithm>

#include "cli/command_description.h"

namespace joulebench {
namespace {

// Between single quotes of any of the three shells.
std::string shell_quoted(const std::string& text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

std::string names_of(const std::vector<CommandDescription>& commands) {
  std::string names;
  for (const CommandDescription& command : commands) {
    names += (names.empty() ? "" : " ") + command.name();
  }
  return names;
}

std::string names_of(const std::vector<OptionDescription>& options) {
  std::string names;
  for (const OptionDescription& option : options) {
    for (const std::string& name : option.names) names += (names.empty() ? "" : " ") + name;
  }
  return names;
}

bool is_path(const OptionDescription& option) {
  // What is written with a plain TEXT is a path as a rule: --db, --output, --trace.
  return option.choices.empty() && !option.value.empty() && option.value != "INT" &&
         option.value != "UINT" && option.value != "FLOAT";
}

/// A case of a shell's `case`: the paths of all commands below the program.
std::string all_paths(const CommandDescription& program) {
  std::string paths;
  for (const CommandDescription* command : with_all_below(program)) {
    if (command != &program) paths += (paths.empty() ? "" : " | ") + shell_quoted(command->path);
  }
  return paths;
}

/// "joulebench board show --format", for each name of each option that takes a value.
template <class Print>
void for_each_value(const CommandDescription& program, const Print& print) {
  for (const CommandDescription* command : with_all_below(program)) {
    for (const OptionDescription& option : command->options) {
      if (option.value.empty()) continue;
      std::string pattern;
      for (const std::string& name : option.names) {
        pattern += (pattern.empty() ? "" : " | ") + shell_quoted(command->path + " " + name);
      }
      print(pattern, option);
    }
  }
}

std::string first_line(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::string bash_completion(const CommandDescription& program) {
  std::string commands, values;
  for (const CommandDescription* command : with_all_below(program)) {
    commands += fmt::format("    {}) commands={} options={} ;;\n", shell_quoted(command->path),
                            shell_quoted(names_of(command->commands)),
                            shell_quoted(names_of(command->options)));
  }
  for_each_value(program, [&](const std::string& pattern, const OptionDescription& option) {
    if (!option.choices.empty()) {
      values += fmt::format("    {}) words={} ;;\n", pattern,
                            shell_quoted(fmt::format("{}", fmt::join(option.choices, " "))));
    } else if (!is_path(option)) {
      values += fmt::format("    {}) return ;;\n", pattern);
    } else {
      values += fmt::format("    {}) files=yes ;;\n", pattern);
    }
  });
  return "# Completion of joulebench for bash; made by `joulebench completion bash`.\n"
         "_joulebench() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "  local command=joulebench commands='' options='' words='' files='' i\n"
         "  COMPREPLY=()\n"
         "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
         "    case \"$command ${COMP_WORDS[i]}\" in\n"
         "    " +
         all_paths(program) +
         ") command=\"$command ${COMP_WORDS[i]}\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case $command in\n" +
         commands +
         "  esac\n"
         "  case \"$command $previous\" in\n" +
         values +
         "    *)\n"
         "      if [[ $current == -* ]]; then words=$options; else words=$commands; fi\n"
         "      if [[ -z $words ]]; then files=yes; fi\n"
         "      ;;\n"
         "  esac\n"
         "  if [[ -n $words ]]; then mapfile -t COMPREPLY < <(compgen -W \"$words\" -- "
         "\"$current\"); fi\n"
         "  if [[ -n $files ]]; then mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); fi\n"
         "}\n"
         "complete -o filenames -F _joulebench joulebench\n";
}

std::string zsh_completion(const CommandDescription& program) {
  const auto with_text = [](const std::string& name, const std::string& text) {
    std::string escaped;
    for (const char c : name + ":" + first_line(text)) escaped += c;
    return shell_quoted(escaped);
  };
  std::string commands, values;
  for (const CommandDescription* command : with_all_below(program)) {
    std::string names, options;
    for (const CommandDescription& below : command->commands) {
      names += " " + with_text(below.name(), below.text);
    }
    for (const OptionDescription& option : command->options) {
      for (const std::string& name : option.names) options += " " + with_text(name, option.text);
    }
    commands += fmt::format("    {}) commands=({} ) options=({} ) ;;\n",
                            shell_quoted(command->path), names, options);
  }
  for_each_value(program, [&](const std::string& pattern, const OptionDescription& option) {
    if (!option.choices.empty()) {
      values +=
          fmt::format("    {}) compadd {}; return ;;\n", pattern, fmt::join(option.choices, " "));
    } else {
      values += fmt::format("    {}) {}return ;;\n", pattern, is_path(option) ? "_files; " : "");
    }
  });
  return "#compdef joulebench\n"
         "# Completion of joulebench for zsh; made by `joulebench completion zsh`.\n"
         "_joulebench() {\n"
         "  local command=joulebench i\n"
         "  local -a commands options\n"
         "  for ((i = 2; i < CURRENT; ++i)); do\n"
         "    case \"$command $words[i]\" in\n"
         "    " +
         all_paths(program) +
         ") command=\"$command $words[i]\" ;;\n"
         "    esac\n"
         "  done\n"
         "  case $command in\n" +
         commands +
         "  esac\n"
         "  case \"$command $words[CURRENT-1]\" in\n" +
         values +
         "  esac\n"
         "  if [[ $words[CURRENT] == -* ]]; then\n"
         "    _describe option options\n"
         "  elif (( $#commands )); then\n"
         "    _describe command commands\n"
         "  else\n"
         "    _files\n"
         "  fi\n"
         "}\n"
         "_joulebench \"$@\"\n";
}

std::string fish_completion(const CommandDescription& program) {
  std::string paths, lines;
  for (const CommandDescription* command : with_all_below(program)) {
    if (command != &program) paths += " " + shell_quoted(command->path);
    const std::string here =
        fmt::format("complete -c joulebench -n {} ",
                    shell_quoted("test (__joulebench_command) = \"" + command->path + "\""));
    if (!command->commands.empty()) lines += here + "-f\n";
    for (const CommandDescription& below : command->commands) {
      lines +=
          fmt::format("{}-a {} -d {}\n", here, below.name(), shell_quoted(first_line(below.text)));
    }
    for (const OptionDescription& option : command->options) {
      std::string names, value;
      for (const std::string& name : option.names) {
        names +=
            name.starts_with("--") ? "-l " + name.substr(2) + " " : "-s " + name.substr(1) + " ";
      }
      if (!option.choices.empty()) {
        value = "-x -a " + shell_quoted(fmt::format("{}", fmt::join(option.choices, " "))) + " ";
      } else if (!option.value.empty()) {
        value = is_path(option) ? "-r -F " : "-x ";
      }
      lines +=
          fmt::format("{}{}{}-d {}\n", here, names, value, shell_quoted(first_line(option.text)));
    }
  }
  return "# Completion of joulebench for fish; made by `joulebench completion fish`.\n"
         "function __joulebench_command\n"
         "  set -l command joulebench\n"
         "  for word in (commandline -opc)[2..-1]\n"
         "    if contains -- \"$command $word\"" +
         paths +
         "\n"
         "      set command \"$command $word\"\n"
         "    end\n"
         "  end\n"
         "  echo $command\n"
         "end\n" +
         lines;
}

}  // namespace joulebench
