#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

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
  constexpr std::size_t kLongest = 16'000;
  std::cerr << "joulebench: " << printable(message, kLongest) << "\n";
}

// CLI11 would call an unknown command an unexpected argument, and know no better one.
bool is_unknown_command(const CLI::App& app, const std::string& word) {
  if (word.empty() || word.front() == '-') return false;
  std::vector<std::string> known;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == word) return false;
    known.push_back(command->get_name());
  }
  const std::string near = nearest_name(word, known);
  print_error("there is no command '" + word + "'");
  if (!near.empty()) std::cerr << "  did you mean '" << near << "'?\n";
  std::cerr << "  joulebench --help lists the commands\n";
  return true;
}

}  // namespace

int run_program(int argc, const char* const* argv) {
  // A program that ends while we write to it must not end us.
  ::signal(SIGPIPE, SIG_IGN);
  CLI::App app("Runs a competition for power-efficient models: energy against accuracy.",
               "joulebench");
  app.set_version_flag("--version", std::string("joulebench ") + kVersion);
  app.require_subcommand(1);
  app.get_formatter()->column_width(34);
  add_commands(app);
  if (argc > 1 && is_unknown_command(app, argv[1])) return kCannotGoOn;
  try {
    app.parse(argc, argv);
  } catch (const CLI::RuntimeError& status) {
    return status.get_exit_code();
  } catch (const CLI::ParseError& error) {
    // Wrong usage is 2, whatever CLI11's own numbers are; --help and --version are 0.
    std::ostringstream out, message;
    const int status = app.exit(error, out, message);
    std::cout << out.str();
    std::cerr << printable(message.str(), 16'000);
    return status == 0 ? 0 : kCannotGoOn;
  } catch (const Interrupted&) {
    return kInterrupted;
  } catch (const Error& error) {
    std::cout.flush();
    print_error(error.what());
    return kCannotGoOn;
  } catch (const std::logic_error& error) {
    print_error(error.what() + std::string("\n  please report it with the command you ran"));
    return kCannotGoOn;
  } catch (const std::exception& error) {
    print_error(error.what());
    return kCannotGoOn;
  }
  std::cout.flush();
  if (!std::cout) {
    std::cerr << "joulebench: cannot write the result to standard output\n";
    return kCannotGoOn;
  }
  return 0;
}

}  // namespace joulebench
