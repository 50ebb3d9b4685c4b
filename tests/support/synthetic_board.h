#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "leaderboard/store.h"
#include "support/synthetic_record.h"

namespace joulebench::support {

inline constexpr const char* kNow = "2026-12-01T09:00:00.000Z";

/// 1,000 samples, 1 % wrong: its interval lies above 95 %.
SyntheticRun good_run(const std::string& name, std::vector<double> joules);

/// Stores the run and the score of its predictions; of a training with its checkpoints. Returns its
/// number.
std::int64_t add(Store& store, const SyntheticRun& run, const RunRecord& record);

/// 5 W for two seconds, with one mark.
std::optional<TraceFile> flat_trace(const StoredRun& run, const BlockRecord& block);

}  // namespace joulebench::support
