#include "campaign/local_executor.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "campaign/stage_and_build.h"
#include "core/error.h"
#include "environments/residency.h"
#include "harness/block/node_state.h"
#include "harness/block/pilot.h"
#include "harness/block/request_shape.h"
#include "harness/sandbox/gpu_grants.h"
#include "harness/sandbox/shared_folder.h"

namespace joulebench {
namespace fs = std::filesystem;

NodeState LocalExecutor::node() {
  NodeState node = read_node_state();
  if (!setting_.node_name.empty()) node.hostname = setting_.node_name;
  return node;
}

Preparation LocalExecutor::prepare(const EntryJob& job) {
  staged_.erase(job.entry_id);
  Staged staged{.submission = read_submission(job.folder),
                .environment = environment_of(job),
                .folder = TemporaryFolder("staged", setting_.scratch)};
  if (staged.submission.id != job.entry_id) {
    throw Error({.what = "a submission changed after it was read",
                 .where = job.folder.string(),
                 .hint = "leave its files alone while it runs, and start again"});
  }
  const BuildSetting build{.track = setting_.track,
                           .dataset = setting_.dataset,
                           .scratch = setting_.scratch,
                           .clock = setting_.clock,
                           .environment = staged.environment ? &*staged.environment : nullptr,
                           .require_limits = setting_.require_limits,
                           .stopped = setting_.stopped,
                           .on_phase = setting_.on_phase,
                           .build_cache = setting_.build_cache};
  const auto failure = stage_and_build(staged.submission, build, staged.folder.path());
  require_fair_share(staged.folder.path(), failure.has_value());
  if (failure) {
    return {.outcome = Outcome::build, .message = failure->message, .log_tail = failure->log_tail};
  }
  Preparation preparation;
  if (job.plan) {
    preparation.plan = *job.plan;
  } else if (setting_.track.task == Task::predict) {
    preparation = pilot(staged, job.shape);
  }  // else one training, one pass: there is nothing to find out
  if (preparation.outcome == Outcome::valid) staged_.emplace(job.entry_id, std::move(staged));
  return preparation;
}

void LocalExecutor::share_scratch_among(std::size_t entries) {
  const std::uint64_t half = fs::space(setting_.scratch).available / 2;
  share_ =
      ScratchShare{.kept_bytes = half, .entry_bytes = half / std::max<std::size_t>(1, entries)};
}

void LocalExecutor::require_fair_share(const fs::path& folder, bool has_failed) const {
  if (!share_) return;
  const std::uint64_t free_bytes = fs::space(setting_.scratch).available;
  FolderUse use;
  add_use(folder, use);
  if (has_failed) {  // by its own doing, but where it found no room
    constexpr std::uint64_t kFull = 1 << 20;
    if (free_bytes >= kFull || use.bytes > share_->entry_bytes) return;
    throw Error({.what = "a build found no room in the scratch folder",
                 .where = setting_.scratch.string(),
                 .hint = "make room there, or name a larger folder with --scratch"});
  }
  const std::uint64_t most = free_bytes < share_->kept_bytes
                                 ? share_->entry_bytes
                                 : std::max(share_->entry_bytes, share_->kept_bytes / 2);
  if (use.bytes <= most) return;
  throw Error(
      {.what = "the entry takes more than its share of the scratch folder",
       .where = fmt::format("{}: {:.1f} MB, where at most {:.1f} MB are for an entry",
                            setting_.scratch.string(), 1e-6 * static_cast<double>(use.bytes),
                            1e-6 * static_cast<double>(most)),
       .hint = "make room there, or name a larger folder with --scratch"});
}

BlockResult LocalExecutor::run(const BlockJob& job) {
  BlockSetting setting = block_setting(staged(job.entry));
  make_resident(setting.staged);
  if (!setting.root.empty()) make_resident(setting.root);
  setting.reference_idle = job.reference_idle;
  return run_block(setting, job.number, job.plan, job.order_seed);
}

BlockSetting LocalExecutor::block_setting(const Staged& staged) const {
  return {.submission = staged.submission,
          .track = setting_.track,
          .dataset = setting_.dataset,
          .staged = staged.folder.path(),
          .root = staged.environment ? staged.environment->root : std::filesystem::path(),
          .scratch = setting_.scratch,
          .open_meters = setting_.open_meters,
          .clock = setting_.clock,
          .require_limits = setting_.require_limits,
          .reference_idle = {},
          .stopped = setting_.stopped,
          .on_phase = setting_.on_phase};
}

std::optional<Environment> LocalExecutor::environment_of(const EntryJob& job) const {
  if (!job.environment) return std::nullopt;
  const EnvironmentStore store(setting_.environments.empty() ? EnvironmentStore::default_folder()
                                                             : setting_.environments);
  return store.open(job.environment->sha256);
}

Preparation LocalExecutor::pilot(const Staged& staged, std::optional<RequestShape> known) {
  const std::string program =
      digest_of_program(staged.submission) + (staged.environment ? staged.environment->sha256 : "");
  const auto same = shapes_.find(program);
  if (!known && same != shapes_.end()) known = same->second;
  PilotResult pilot = run_pilot(block_setting(staged), known);
  Preparation preparation{.outcome = pilot.outcome,
                          .message = std::move(pilot.message),
                          .log_tail = std::move(pilot.log_tail)};
  if (pilot.outcome != Outcome::valid) return preparation;
  preparation.plan = pilot.plan;
  shapes_.emplace(program, pilot.shape);
  preparation.shape = std::move(pilot.shape);
  const unsigned gpus = setting_.track.limits.gpus;
  if (const unsigned present = present_gpus(gpus); present < gpus) {
    preparation.flags.push_back(
        {"no-gpu",
         fmt::format("the track grants {} GPU(s), and this machine has {}", gpus, present)});
  }
  return preparation;
}

const LocalExecutor::Staged& LocalExecutor::staged(const EntryJob& job) const {
  const auto found = staged_.find(job.entry_id);
  if (found == staged_.end()) {
    throw std::logic_error("bug: a block of an entry that was not prepared");
  }
  return found->second;
}

}  // namespace joulebench
