#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/statistics.h"
#include "core/units.h"

namespace joulebench {

/// What a program hands back for each sample, and a record keeps.
enum class PredictionKind {
  classes,        // one class index
  scores,         // a number per class; the largest stands for the class
  probabilities,  // scores that are >= 0 and sum to 1
  numbers,        // one real number
};
const char* to_string(PredictionKind kind);
std::optional<PredictionKind> prediction_kind_from(std::string_view name);

/// A row of probabilities may miss the sum of 1 by this much: float16 softmax does.
constexpr double kProbabilitySumTolerance = 1e-3;

/// What a track ranks by, beside energy. One of ours by name, or a program of the organizer.
struct Metric {
  std::string name = "accuracy";
  PredictionKind predictions = PredictionKind::classes;
  bool less_is_better = false;
  bool is_share = true;   // in [0, 1], shown in percent
  std::size_t top_k = 0;  // of "top-K"; else 0

  // Of an outside scorer; `command` is empty for ours.
  std::vector<std::string> command;  // argv, no shell, started in `folder`
  std::string folder;                // of the program's files, relative to competition.json
  Seconds time_limit{60};
  std::uint64_t memory_bytes = 1'024'000'000;

  bool is_outside() const { return !command.empty(); }
};

/// accuracy, balanced-accuracy, macro-f1, top-K (top-5), log-loss, brier, rmse, mae.
/// Errors: Error naming `where` (file and track) and the nearest known metric.
Metric metric_named(const std::string& name, const std::string& where);

/// Whether the name is one of ours, which an outside scorer may not take.
bool is_known_metric(std::string_view name);

/// What an organizer's program made of one run's predictions; the harness asks it, scoring takes
/// it.
struct OutsideScore {
  std::optional<Estimate> value;  // absent: `problem` says why
  std::string problem;            // in words: it crashed, took too long, printed no number
  std::string scorer_sha256;      // over its command and its files
};

}  // namespace joulebench
