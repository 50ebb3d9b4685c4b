#pragma once

#include <string>

#include "core/run_record.h"

namespace joulebench {

/// The submission failed, in the words its author reads. Thrown only inside harness/run, where each
/// block catches it and puts it into its record: to all others a failure is a value.
struct SubmissionFailure {
  Outcome outcome = Outcome::protocol;
  std::string message;
};

/// The person in front of the program asked it to stop; what is finished is kept.
struct Interrupted {};

}  // namespace joulebench
