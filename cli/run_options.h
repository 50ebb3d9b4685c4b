#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "campaign/measuring.h"
#include "campaign/record_scorer.h"

namespace CLI {
class App;
}

namespace joulebench {

/// Options of the commands that run entries.
struct RunOptions {
  std::vector<std::string> meters = {"auto"};
  std::filesystem::path datasets;
  std::filesystem::path scratch;
  std::string environment;  // of the commands that try one entry; empty: what the entry says
  std::string format = "text";
  bool quiet = false;

  void add_to(CLI::App& command);
  void add_environment_to(CLI::App& command);
  bool as_json() const { return format == "json"; }
  MeasuringOptions measuring(bool require_limits, std::function<void(std::string)> on_phase) const;
};

/// Stops on Ctrl-C; what the organizer's program says goes to stderr.
ScorerCallbacks scorer_callbacks();

}  // namespace joulebench
