#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/clock.h"
#include "core/competition.h"
#include "datasets/inputs.h"
#include "environments/environment.h"
#include "submissions/submission.h"

namespace joulebench {

/// What a build may use and is watched by.
struct BuildSetting {
  const Track& track;
  const Dataset& dataset;
  const std::filesystem::path& scratch;  // for the public part
  Clock& clock;
  const Environment* environment = nullptr;  // that the steps run in; null: the host's own /usr
  bool require_limits = false;
  std::size_t cpus_before = 0;  // SandboxSpec::cpus_before
  std::function<bool()> stopped;
  std::function<void(std::string)> on_phase;
  /// Folder of results to use again; empty: none, as where nobody looked for copies of the dataset.
  std::filesystem::path build_cache = {};
};

/// Why a submission could not be built, for its author.
struct BuildFailure {
  std::string message;
  std::string log_tail;
};

/// Copies the submission into `folder` (ours, empty) and runs its build steps on the copy, each in
/// a sandbox of its own with no network, in the environment that the entry runs in, and with the
/// public part alone at /jb/public, to train with. What the same
/// steps made of the same entry there before is taken from the cache.
/// Errors: Error when we cannot go on, Interrupted.
std::optional<BuildFailure> stage_and_build(const Submission& submission,
                                            const BuildSetting& setting,
                                            const std::filesystem::path& folder);

}  // namespace joulebench
