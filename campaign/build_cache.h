#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "core/competition.h"
#include "datasets/inputs.h"
#include "submissions/submission.h"

namespace joulebench {

/// What the result of an entry's build steps depends on, as a digest: its files, the track's task,
/// kind of predictions and limits, the public part that the steps are shown, what was masked and by
/// which search for it, and `place`, where they run.
std::string build_key(const Submission& submission, const Track& track, const Dataset& dataset,
                      const std::string& place);

/// The processor's model and what it can do, in the kernel's words: build steps compile for it.
std::string processor();

/// Which /usr the host's own is: changes with its packages (of Debian, by dpkg's status file; else
/// by the times of its folders of programs and libraries), its dynamic linker's cache and the
/// processor's model.
std::string host_fingerprint();

/// $XDG_CACHE_HOME/joulebench/builds, else the same below ~/.cache; empty where there is neither.
std::filesystem::path default_build_cache();

/// Entries as their build steps left them, so that none is built twice. A result is complete or
/// absent, and is not used when its digest differs from that of its files. Several processes and
/// threads may use one at once. The results that were not used for longest go beyond `most_bytes`.
class BuildCache {
 public:
  static constexpr std::uint64_t kMostBytes = std::uint64_t{8} << 30;

  /// An empty folder: nothing is kept or found. Nothing is made yet.
  explicit BuildCache(std::filesystem::path folder, std::uint64_t most_bytes = kMostBytes)
      : folder_(std::move(folder)), most_bytes_(most_bytes) {}

  /// Copies the result to `staged`, which must be empty, and is again where there is none that is
  /// whole. Never throws for what is wrong with a kept result: it is removed.
  bool restore(const std::string& key, const std::filesystem::path& staged) const;

  /// Keeps a copy of `staged`. Never throws: what cannot be kept is built again.
  void keep(const std::string& key, const std::filesystem::path& staged) const noexcept;

 private:
  void make_room(std::uint64_t bytes) const;

  std::filesystem::path folder_;
  std::uint64_t most_bytes_;
};

}  // namespace joulebench
