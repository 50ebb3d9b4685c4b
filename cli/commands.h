#pragma once

namespace CLI {
class App;
}

namespace joulebench {

// One function a subcommand, one file a function: options in, one library call, text out. A
// callback throws Error for exit status 2 and CLI::RuntimeError(1) for 1.
void add_doctor_command(CLI::App& app);
void add_dataset_command(CLI::App& app);
void add_environment_command(CLI::App& app);
void add_board_command(CLI::App& app);
void add_competition_command(CLI::App& app);
void add_documentation_commands(CLI::App& app);  // man, completion
void add_evaluate_command(CLI::App& app);
void add_intake_command(CLI::App& app);
void add_measure_command(CLI::App& app);
void add_run_command(CLI::App& app);
void add_score_command(CLI::App& app);
void add_show_command(CLI::App& app);
void add_submission_command(CLI::App& app);
void add_worker_command(CLI::App& app);

/// All of the above.
void add_commands(CLI::App& app);

/// The whole program but main(): parses, runs, prints errors; returns the exit status.
int run_program(int argc, const char* const* argv);

}  // namespace joulebench
