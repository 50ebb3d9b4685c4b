#pragma once

#include <optional>
#include <string_view>

namespace joulebench {

/// How a block, a build or a run ended. `voided` (printed "void") and `infrastructure` are not the
/// submission's fault and are repeated; build to violation are, and its author sees them.
enum class Outcome {
  valid,
  voided,
  build,
  load,
  protocol,
  timeout,
  cpu,
  memory,
  processes,
  output,
  crash,
  predictions,
  violation,
  infrastructure,
};
const char* to_string(Outcome outcome);
std::optional<Outcome> outcome_from(std::string_view name);
bool is_submission_failure(Outcome outcome);  // build to violation

}  // namespace joulebench
