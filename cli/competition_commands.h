#pragma once

namespace CLI {
class App;
}

namespace joulebench {

// The subcommands of `competition` that have a file of their own.
void add_competition_init(CLI::App& competition);
void add_competition_bundle(CLI::App& competition);
void add_competition_show(CLI::App& competition);

}  // namespace joulebench
