#include "campaign/entry_run.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

#include "core/digest.h"
#include "core/error.h"
#include "core/text.h"
#include "core/track_json.h"
#include "datasets/store.h"
#include "harness/block/audit.h"
#include "harness/block/node_state.h"
#include "harness/block/pilot.h"
#include "harness/protocol/failure.h"
#include "harness/sandbox/sandbox.h"
#include "harness/sandbox/sandbox_support.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

// A block that is void through no fault of the entry is run again, this often in all.
constexpr int kVoidBlocks = 5;
constexpr Seconds kBuildTime{600};
constexpr const char* kDriftFlag = "drift";
// After a block that was too short: aim this far above the least.
constexpr double kGrowth = 1.3;

std::uint64_t fresh_seed() {
  std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32) | device();
}

// What must be equal for blocks to be of one run.
std::string identity_of_run(const std::string& entry_id, const RunSetting& setting,
                            const std::string& hostname) {
  const nlohmann::json identity = {{"entry", entry_id},
                                   {"track", to_json(setting.track)},
                                   {"dataset", setting.dataset.sha256},
                                   {"node", hostname},
                                   {"meters", setting.meters}};
  return sha256_of_text(identity.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

bool fits(const RunRecord& record, const Submission& submission, const RunSetting& setting) {
  return record.entry.id == submission.id && to_json(record.track) == to_json(setting.track) &&
         record.dataset_sha256 == setting.dataset.sha256;
}

// Void through no fault of its own measurement: that does not count towards kVoidBlocks.
bool drifted(const BlockRecord& block) {
  return block.outcome == Outcome::voided &&
         std::any_of(block.flags.begin(), block.flags.end(),
                     [](const Flag& flag) { return flag.name == kDriftFlag; });
}

}  // namespace

std::string run_folder_name(const Submission& submission, const RunSetting& setting) {
  std::string slug;
  for (const char c : submission.name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain) {
      slug += c;
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
    if (slug.size() == 40) break;
  }
  while (slug.ends_with('-')) slug.pop_back();
  const std::string identity = identity_of_run(submission.id, setting, read_node_state().hostname);
  return (slug.empty() ? "entry" : slug) + "-" + identity.substr(0, 12);
}

std::optional<BuildFailure> stage_and_build(const Submission& submission, const RunSetting& setting,
                                            const fs::path& folder) {
  fs::permissions(folder, fs::perms(0755));
  stage_submission(submission, folder);
  std::optional<TemporaryFolder> public_part;
  // In a training track what is learned before the window would be free.
  const bool shows_public = setting.track.task == Task::predict;
  if (!submission.build.empty() && shows_public) {
    public_part.emplace("public", setting.scratch);
    fs::permissions(public_part->path(), fs::perms(0755));
    write_public_part(setting.dataset, public_part->path());
  }
  for (const auto& command : submission.build) {
    setting.on_phase("building");
    SandboxSpec spec;
    spec.command = command;
    spec.environment = submission.environment;
    spec.environment["JOULEBENCH_DATASET"] = setting.dataset.id;
    spec.environment["JOULEBENCH_PREDICTIONS"] = to_string(setting.track.metric.predictions);
    spec.mounts = {{.host = folder, .inside = "/jb/submission", .writable = true}};
    if (shows_public) {
      spec.environment["JOULEBENCH_PUBLIC"] = "/jb/public";
      spec.mounts.push_back(
          {.host = public_part->path(), .inside = "/jb/public", .writable = false});
    }
    spec.limits = setting.track.limits;
    spec.require_limits = setting.require_limits;
    spec.hidden = setting.dataset.folders;
    Sandbox sandbox(std::move(spec));
    sandbox.close_input();
    std::string printed;
    const SteadyTime deadline =
        setting.clock.now() + std::chrono::duration_cast<std::chrono::nanoseconds>(
                                  std::min(kBuildTime, setting.track.limits.wall));
    while (setting.clock.now() < deadline) {
      if (setting.stopped()) throw Interrupted{};
      pollfd waiting{.fd = sandbox.from_program(), .events = POLLIN, .revents = 0};
      ::poll(&waiting, 1, 200);
      char bytes[1 << 14];
      const ssize_t got = ::read(sandbox.from_program(), bytes, sizeof bytes);
      if (got > 0) printed.append(bytes, static_cast<std::size_t>(got));
      if (printed.size() > 2 * setting.track.limits.log_bytes) {
        printed.erase(0, printed.size() - setting.track.limits.log_bytes);
      }
      if (got == 0) break;
    }
    const bool late = setting.clock.now() >= deadline;
    const SandboxEnd end = sandbox.wait(late ? Seconds(0) : Seconds(2));
    if (!late && end.exit_status == 0 && end.signal == 0) continue;
    std::string what;
    for (const std::string& word : command) what += (what.empty() ? "" : " ") + word;
    const std::string how = late ? fmt::format("did not end within {:g} s", kBuildTime.count())
                            : end.broken_limit ? end.detail
                            : end.signal != 0  ? fmt::format("ended by signal {}", end.signal)
                                               : fmt::format("exited with {}", end.exit_status);
    std::string log = sandbox.log_tail();
    if (!log.empty() && !log.ends_with('\n')) log += '\n';
    log += last_lines(printable(printed, setting.track.limits.log_bytes * 2), 20);
    return BuildFailure{fmt::format("the build step '{}' {}", printable(what, 200), how), log};
  }
  return std::nullopt;
}

EntryRun::EntryRun(Submission submission, bool is_baseline, const RunSetting& setting,
                   fs::path record_folder)
    : submission_(std::move(submission)), setting_(setting), folder_(std::move(record_folder)) {
  if (fs::exists(folder_ / "run.json")) {
    record_ = read_run_record(folder_);
    if (!fits(record_, submission_, setting_)) {
      throw Error({.what = "a record is of another entry, other rules or another dataset",
                   .where = (folder_ / "run.json").string(),
                   .hint = "name another folder for the record"});
    }
    return;
  }
  record_.entry = submission_.identity();
  record_.entry.is_baseline = is_baseline;
  record_.competition_id = setting_.competition.id;
  record_.competition_sha256 = setting_.competition.digest;
  record_.track = setting_.track;
  record_.dataset_sha256 = setting_.dataset.sha256;
  record_.program_version = setting_.program_version;
  record_.started_at_utc = setting_.clock.now_utc();
  record_.node_before = read_node_state();
  // Not run yet: nothing is known to be right, and nothing was the submission's fault.
  record_.outcome = Outcome::infrastructure;
  record_.message = "not evaluated yet";
}

bool EntryRun::is_finished() const {
  return is_submission_failure(record_.outcome) || blocks_left() == 0;
}

int EntryRun::blocks_left() const {
  if (is_submission_failure(record_.outcome) || record_.outcome == Outcome::voided) return 0;
  return std::max(0, setting_.track.protocol.blocks - record_.valid_blocks());
}

std::optional<Seconds> EntryRun::time_left() const {
  if (!last_block_) return std::nullopt;
  return *last_block_ * blocks_left();
}

void EntryRun::write() {
  record_.node_after = read_node_state();
  write_run_record(folder_, record_);
}

void EntryRun::fail(Outcome outcome, std::string message, std::string log_tail) {
  record_.outcome = outcome;
  record_.message = std::move(message);
  record_.log_tail = std::move(log_tail);
  write();
}

bool EntryRun::repeat_for_drift(int number, const std::string& why) {
  const auto repeated = std::count_if(record_.blocks.begin(), record_.blocks.end(),
                                      [](const BlockRecord& b) { return drifted(b); });
  const auto block =
      std::find_if(record_.blocks.begin(), record_.blocks.end(),
                   [number](const BlockRecord& one) { return one.number == number; });
  if (block == record_.blocks.end() || block->outcome != Outcome::valid) {
    throw std::logic_error("bug: a block that does not count cannot be repeated for drift");
  }
  if (repeated >= kDriftRepeats || is_submission_failure(record_.outcome)) {
    add_flag({kDriftFlag, fmt::format("block {}: {}; it is not repeated: {} blocks were", number,
                                      why, repeated)});
    return false;
  }
  block->outcome = Outcome::voided;
  block->message = why;
  block->flags.push_back({kDriftFlag, why});
  settle();
  write();
  return true;
}

void EntryRun::add_flag(const Flag& flag) {
  for (const Flag& one : record_.flags) {
    if (one.name == flag.name && one.detail == flag.detail) return;
  }
  record_.flags.push_back(flag);
  write();
}

void EntryRun::run_next_block(std::optional<Watts> reference_idle) {
  const SteadyTime start = setting_.clock.now();
  if (!staging_) {
    staging_.emplace("staged", setting_.scratch);
    const auto failure = [this] {
      try {
        return stage_and_build(submission_, setting_, staging_->path());
      } catch (...) {
        staging_.reset();
        throw;
      }
    }();
    if (failure) {
      fail(Outcome::build, failure->message, failure->log_tail);
      return;
    }
  }
  const BlockSetting block_setting{.submission = submission_,
                                   .track = setting_.track,
                                   .dataset = setting_.dataset,
                                   .staged = staging_->path(),
                                   .scratch = setting_.scratch,
                                   .open_meters = setting_.open_meters,
                                   .clock = setting_.clock,
                                   .require_limits = setting_.require_limits,
                                   .reference_idle = reference_idle,
                                   .stopped = setting_.stopped,
                                   .on_phase = setting_.on_phase};
  if (!plan_ && setting_.track.task == Task::train) {
    plan_.emplace();  // one training, one pass: there is nothing to find out
    record_.passes_per_block = 1;
  }
  if (!plan_) {
    if (record_.passes_per_block != 0) {
      plan_ = BlockPlan{.requests = record_.passes_per_block / record_.copies_per_request,
                        .copies = record_.copies_per_request};
    } else {
      const PilotResult pilot = run_pilot(block_setting);
      if (pilot.outcome != Outcome::valid) {
        fail(pilot.outcome, pilot.message, pilot.log_tail);
        return;
      }
      plan_ = pilot.plan;
      record_.passes_per_block = plan_->passes();
      record_.copies_per_request = plan_->copies;
      record_.audits = pilot.audits;
      for (const AuditFigure& audit : pilot.audits) {
        if (audit.accused) record_.flags.push_back(flag_of(audit));
      }
      const unsigned gpus = setting_.track.limits.gpus;
      if (const unsigned present = present_gpus(gpus); present < gpus) {
        record_.flags.push_back(
            {"no-gpu",
             fmt::format("the track grants {} GPU(s), and this machine has {}", gpus, present)});
      }
    }
  }
  const int number = record_.blocks.empty() ? 1 : record_.blocks.back().number + 1;
  BlockResult result = run_block(block_setting, number, *plan_, fresh_seed());
  if (result.record.outcome == Outcome::valid || result.record.outcome == Outcome::voided) {
    write_block_files(folder_, result.record, result.predictions, result.trace, result.checkpoints);
  }
  const Outcome outcome = result.record.outcome;
  record_.blocks.push_back(std::move(result.record));
  const BlockRecord& block = record_.blocks.back();
  grow_plan(block);
  last_block_ = setting_.clock.now() - start;
  if (is_submission_failure(outcome)) {
    fail(outcome, fmt::format("block {}: {}", block.number, block.message), block.log_tail);
    return;
  }
  settle();
  write();
}

// What the blocks so far make of the run.
void EntryRun::settle() {
  const auto voided = std::count_if(
      record_.blocks.begin(), record_.blocks.end(),
      [](const BlockRecord& block) { return block.outcome != Outcome::valid && !drifted(block); });
  record_.outcome = Outcome::infrastructure;
  record_.message = fmt::format("{} of {} blocks are done", record_.valid_blocks(),
                                setting_.track.protocol.blocks);
  if (blocks_left() == 0) {
    record_.outcome = Outcome::valid;
    record_.message.clear();
  } else if (voided >= kVoidBlocks) {
    record_.outcome = Outcome::voided;
    record_.message =
        fmt::format("{} blocks are void; the last: {}", voided, record_.blocks.back().message);
  }
}

// A pilot on a disturbed machine sees slow passes and plans too few. The void block that showed it
// says by how much; blocks that were long enough stand as they are.
void EntryRun::grow_plan(const BlockRecord& block) {
  if (setting_.track.task == Task::train) return;
  if (block.outcome != Outcome::voided || block.measured.count() <= 0) return;
  const double factor = kGrowth * setting_.track.protocol.min_block / block.measured;
  if (factor <= 1) return;
  plan_->requests = static_cast<int>(std::ceil(plan_->requests * factor));
  record_.flags.push_back(
      {"plan-grown", fmt::format("block {} was too short with {} passes; the next have {}",
                                 block.number, block.passes, plan_->passes())});
  record_.passes_per_block = plan_->passes();
}

}  // namespace joulebench
