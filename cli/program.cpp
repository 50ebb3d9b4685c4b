#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/colour.h"
#include "cli/commands.h"
#include "core/error.h"
#include "core/nearest_name.h"
#include "core/text.h"
#include "core/version.h"

namespace joulebench {
namespace {

constexpr int kCannotGoOn = 2;
constexpr int kInterrupted = 130;

// Names and texts of files that others wrote stand in messages: no byte of them may reach the
// terminal as more than text.
void print_error(std::string_view message) {
  constexpr std::size_t kLongestMessage = 16'000;
  std::cerr << marked_on_stderr(Mark::bad, "joulebench:") << " "
            << printable(message, kLongestMessage) << "\n";
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

void print_unknown(const std::string& what, const std::string& word,
                   const std::vector<std::string>& known, const std::string& command) {
  const std::string near = nearest_name(word, known);
  print_error("there is no " + what + " '" + word + "'");
  if (!near.empty()) std::cerr << "  did you mean '" << near << "'?\n";
  std::cerr << "  " << command << " --help lists the " << what << "s\n";
}

// CLI11 would call an unknown command an unexpected argument, and know no better one. Follows the
// words as long as they name commands; `last` is the command that they end at.
bool is_unknown_command(const CLI::App& app, const std::vector<std::string>& words,
                        const CLI::App*& last, std::string& name) {
  last = &app;
  name = "joulebench";
  for (const std::string& word : words) {
    const std::vector<const CLI::App*> commands = commands_of(*last);
    if (commands.empty() || word.empty() || word.front() == '-') return false;
    std::vector<std::string> known;
    const CLI::App* next = nullptr;
    for (const CLI::App* command : commands) {
      if (command->get_name() == word) next = command;
      known.push_back(command->get_name());
    }
    if (next == nullptr) {
      print_unknown("command", word, known, name);
      return true;
    }
    last = next;
    name += " " + word;
  }
  return false;
}

// The same of an option. Values of options do not begin with "--", and what follows "--" is none.
bool is_unknown_option(const CLI::App& command, const std::vector<std::string>& words,
                       const std::string& name) {
  std::vector<std::string> known;
  for (const CLI::Option* option : command.get_options()) {
    for (const std::string& one : option->get_lnames()) known.push_back("--" + one);
  }
  for (const std::string& word : words) {
    if (word == "--") return false;
    if (!word.starts_with("--")) continue;
    const std::string option = word.substr(0, word.find('='));
    if (std::find(known.begin(), known.end(), option) != known.end()) continue;
    print_unknown("option", option, known, name);
    return true;
  }
  return false;
}

std::vector<std::string> names_beside(const std::filesystem::path& path) {
  std::vector<std::string> names;
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    constexpr std::size_t kMost = 10'000;
    if (names.size() < kMost) names.push_back(entry.path().filename().string());
  }
  return names;
}

// What an argument that CLI11 refused may have meant: the nearest file beside one that is not
// there, the nearest of the words that an option takes. Empty: nothing is near.
std::string nearest_argument(const std::string& message) {
  constexpr std::size_t kLongest = 4096;  // std::regex recurses for each character
  if (message.size() > kLongest) return {};
  std::smatch found;
  static const std::regex kMissing("(?:Path|File|Directory) does not exist: ([^\n]*)");
  if (std::regex_search(message, found, kMissing)) {
    const std::filesystem::path path = found[1].str();
    const std::string near = nearest_name(path.filename().string(), names_beside(path));
    return near.empty() ? near : (path.parent_path() / near).string();
  }
  static const std::regex kNoMember("([^ ]*) not in \\{([^}\n]*)\\}");
  if (std::regex_search(message, found, kNoMember)) {
    return nearest_name(found[1].str(), CLI::detail::split(found[2].str(), ','));
  }
  return {};
}

// Wrong usage, as CLI11 words it.
void print_usage_error(const CLI::ParseError& error, const std::string& command) {
  print_error(error.what());
  if (const std::string near = nearest_argument(error.what()); !near.empty()) {
    std::cerr << "  did you mean '" << printable(near, 1000) << "'?\n";
  }
  std::cerr << "  " << command << " --help says more\n";
}

// "help board show" is "board show --help".
std::vector<std::string> words_of(int argc, const char* const* argv) {
  std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (words.empty() || words.front() != "help") return words;
  words.erase(words.begin());
  words.push_back("--help");
  return words;
}

// What the system says of a path, without the name of the library function that asked.
std::string words_of(const std::filesystem::filesystem_error& error) {
  const std::string second = error.path2().string();
  return "'" + error.path1().string() + "'" + (second.empty() ? "" : " to '" + second + "'") +
         ": " + error.code().message();
}

// The program that reads our output has enough of it, as in `joulebench board show | head`.
bool is_reader_gone() {
  pollfd out{.fd = STDOUT_FILENO, .events = POLLOUT, .revents = 0};
  return ::poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0;
}

}  // namespace

int run_program(int argc, const char* const* argv) {
  // A program that ends while we write to it must not end us.
  ::signal(SIGPIPE, SIG_IGN);
  CLI::App app("Runs a competition for power-efficient models: energy against accuracy.",
               "joulebench");
  app.set_version_flag("-V,--version", std::string("joulebench ") + kVersion);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  add_commands(app);
  std::vector<std::string> words = words_of(argc, argv);
  const CLI::App* command = &app;
  std::string command_name;
  if (is_unknown_command(app, words, command, command_name)) return kCannotGoOn;
  if (is_unknown_option(*command, words, command_name)) return kCannotGoOn;
  try {
    std::reverse(words.begin(), words.end());  // as CLI11 wants them
    app.parse(std::move(words));
  } catch (const CLI::RuntimeError& status) {
    return status.get_exit_code();
  } catch (const CLI::ParseError& error) {
    // Wrong usage is 2, whatever CLI11's own numbers are; --help and --version are 0.
    if (error.get_exit_code() != 0) {
      print_usage_error(error, command_name);
      return kCannotGoOn;
    }
    std::ostringstream out, message;
    app.exit(error, out, message);
    std::cout << out.str();
    return 0;
  } catch (const Interrupted&) {
    return kInterrupted;
  } catch (const Error& error) {
    std::cout.flush();
    print_error(error.what());
    return kCannotGoOn;
  } catch (const std::filesystem::filesystem_error& error) {
    std::cout.flush();
    print_error("a file or folder cannot be used\n  " + words_of(error));
    return kCannotGoOn;
  } catch (const std::logic_error& error) {
    print_error(error.what() + std::string("\n  please report it with the command you ran"));
    return kCannotGoOn;
  } catch (const std::exception& error) {
    print_error(error.what());
    return kCannotGoOn;
  }
  std::cout.flush();
  if (!std::cout && !is_reader_gone()) {
    std::cerr << "joulebench: cannot write the result to standard output\n";
    return kCannotGoOn;
  }
  return 0;
}

}  // namespace joulebench
