#pragma once

#include <functional>
#include <string>

#include "campaign/intake.h"
#include "campaign/local_evaluation.h"
#include "core/clock.h"

namespace joulebench {

/// A competition whose board is kept up to date by one process. What it refers to must outlive it.
struct WatchSetting {
  Intake& intake;
  Store& store;
  Clock& clock;
  EvaluationRequest request;      // of the queue
  EvaluationObserver observer;    // of the evaluations
  Seconds period{5};              // between two looks at the inbox
  std::function<void()> publish;  // called when the board or what is public of it changed; may fail
  std::function<void(bool)> on_evaluation;  // true: begins and has the machine; false: has ended
  std::function<void(const IntakeDecision&)> on_decision;
  std::function<void(const std::string&)> on_problem;  // in words; it is tried again
};

/// Takes in, evaluates what is new in the queue and publishes, again and again, until it is asked
/// to stop: then Interrupted. While an evaluation runs the inbox is looked at before each block.
/// All that it knows is in the database, so it may be killed at any time and started again. Errors:
/// Error only where the store cannot be read or written.
void watch(const WatchSetting& setting);

}  // namespace joulebench
