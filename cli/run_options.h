#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "campaign/measuring.h"
#include "campaign/record_scorer.h"

namespace CLI {
class App;
}

namespace joulebench {

struct Competition;

/// Options of the commands that run entries.
struct RunOptions {
  std::vector<std::string> meters = {"auto"};
  std::filesystem::path datasets;
  std::filesystem::path scratch;
  std::string environment;  // of the commands that try one entry; empty: what the entry says
  std::string format = "text";
  bool quiet = false;
  std::filesystem::path log;  // of progress; empty: none is kept

  void add_to(CLI::App& command);
  void add_environment_to(CLI::App& command);
  void add_log_to(CLI::App& command);
  bool as_json() const { return format == "json"; }
  MeasuringOptions measuring(const Competition& competition, bool require_limits,
                             std::function<void(std::string)> on_phase) const;
};

/// The competition.json of the working folder, as in a bundle; absent: there is none.
std::optional<std::filesystem::path> competition_here();

/// Stops on Ctrl-C; what the organizer's program says goes to stderr.
ScorerCallbacks scorer_callbacks();

}  // namespace joulebench
