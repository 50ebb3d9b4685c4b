#include <CLI/CLI.hpp>
#include <string>

#include "cli/commands.h"

namespace joulebench {

// In the order in which --help shows them.
namespace {

/// What is named is never named "": a script whose variable is not set would else ask for less than
/// it says, as in --expect "$HEAD" or --team "$TEAM". A program's own arguments may be empty.
void refuse_empty_values(CLI::App& app) {
  for (CLI::Option* const option : app.get_options()) {
    const bool is_flag = option->get_items_expected_max() == 0;
    const bool is_list = option->get_positional() && option->get_expected_max() > 1;
    if (is_flag || is_list) continue;
    option->check([](const std::string& value) {
      return value.empty() ? std::string("it is empty") : std::string();
    });
  }
  for (CLI::App* const command : app.get_subcommands([](CLI::App*) { return true; })) {
    refuse_empty_values(*command);
  }
}

}  // namespace

void add_commands(CLI::App& app) {
  add_doctor_command(app);
  add_measure_command(app);
  add_run_command(app);
  add_show_command(app);
  add_intake_command(app);
  add_evaluate_command(app);
  add_worker_command(app);
  add_competition_command(app);
  add_dataset_command(app);
  add_environment_command(app);
  add_score_command(app);
  add_submission_command(app);
  add_board_command(app);
  add_documentation_commands(app);
  refuse_empty_values(app);
}

}  // namespace joulebench
