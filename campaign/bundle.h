#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/competition.h"

namespace joulebench {

/// How a bundle is made.
struct BundleOptions {
  std::filesystem::path datasets;      // looked in first; empty: only the usual places
  std::filesystem::path environments;  // folder of their store; empty: the usual one
  double practice_share = 0.2;         // of each class of the public part
  std::function<bool()> stopped;
  std::function<void(std::string)> on_phase;
};

struct BundleReport {
  std::filesystem::path output;
  std::vector<std::string> files;  // relative, sorted
  std::uint64_t bytes = 0;         // of these files
  /// Datasets whose hidden part is here: that nothing of it is in the bundle was looked for.
  std::vector<std::string> searched;
  std::vector<std::string> notes;  // what somebody should know
};

/// Writes what participants get into a folder that is not there yet, or an archive (.tar.gz,
/// .tar.zst, .zip) with one folder: the public part of each dataset, the competition file changed
/// so that entries can be run with it alone, README.md with the rules, baselines, scorers, schemas,
/// environments by digest, and SHA256SUMS. Complete or not at all; the same competition and data
/// give the same bytes. Before it gets its name all of it is searched for labels, samples and row
/// numbers of the hidden parts. Errors: Error naming each file that holds some, whatever is missing
/// but hidden parts, and an output that is already there; Interrupted.
BundleReport make_bundle(const Competition& competition, const std::filesystem::path& output,
                         const BundleOptions& options);

}  // namespace joulebench
