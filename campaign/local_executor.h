#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "campaign/block_executor.h"
#include "core/clock.h"
#include "core/file.h"
#include "datasets/inputs.h"
#include "environments/environment.h"
#include "harness/block/block_setting.h"
#include "submissions/submission.h"

namespace joulebench {

/// What all entries that run on this machine share.
struct LocalSetting {
  const Track& track;
  const Dataset& dataset;
  MeterOpener open_meters;
  Clock& clock;
  std::filesystem::path environments = {};  // folder of their store; empty: the usual one
  std::filesystem::path scratch;  // inputs and staged submissions; tmpfs where there is one
  bool require_limits = false;
  std::function<bool()> stopped;
  std::function<void(std::string)> on_phase;
  std::filesystem::path build_cache = {};  // see BuildSetting
  std::string node_name = {};              // of this machine in records; empty: its host name
};

/// Runs blocks in sandboxes on this machine. Keeps the built copy of every entry that it has
/// prepared, until it goes.
class LocalExecutor final : public BlockExecutor {
 public:
  /// `setting` must outlive it.
  explicit LocalExecutor(const LocalSetting& setting) : setting_(setting) {}

  /// So many entries share the room that the scratch folder has now: half of it is kept for inputs
  /// of requests, the other half is for what they build. An entry may take half of that, or its
  /// share where that is more; once all of it is taken, its share alone. prepare() throws Error for
  /// one that takes more, and for one whose build failed since others filled the folder; others go
  /// on. Not called: no limit but the track's own.
  void share_scratch_among(std::size_t entries);

  NodeState node() override;
  Preparation prepare(const EntryJob& job) override;
  BlockResult run(const BlockJob& job) override;

 private:
  struct Staged {
    Submission submission;
    std::optional<Environment> environment;  // absent: the host's own /usr
    TemporaryFolder folder;
  };
  struct ScratchShare {
    std::uint64_t kept_bytes = 0;   // that stay free
    std::uint64_t entry_bytes = 0;  // of each entry
  };
  void require_fair_share(const std::filesystem::path& folder, bool has_failed) const;
  BlockSetting block_setting(const Staged& staged) const;
  std::optional<Environment> environment_of(const EntryJob& job) const;
  Preparation pilot(const Staged& staged, std::optional<RequestShape> known);
  const Staged& staged(const EntryJob& job) const;

  const LocalSetting& setting_;
  std::optional<ScratchShare> share_;
  std::map<std::string, Staged> staged_;  // by entry id
  // By digest_of_program() and environment: one program under several names has one shape.
  std::map<std::string, RequestShape> shapes_;
};

}  // namespace joulebench
