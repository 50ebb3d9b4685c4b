#include "cli/commands.h"

namespace joulebench {

// In the order in which --help shows them.
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
}

}  // namespace joulebench
