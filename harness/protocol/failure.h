#pragma once

#include <string>

#include "core/outcome.h"

namespace joulebench {

/// The submission failed, in the words its author reads. Thrown only inside harness, where each
/// block catches it and puts it into its record: to all others a failure is a value.
struct SubmissionFailure {
  Outcome outcome = Outcome::protocol;
  std::string message;
};

}  // namespace joulebench
