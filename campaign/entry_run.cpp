#include "campaign/entry_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>

#include "campaign/competition_change.h"
#include "campaign/fresh_seed.h"
#include "campaign/void_blocks.h"
#include "core/digest.h"
#include "core/error.h"
#include "harness/block/audit.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

// A block that is void through no fault of the entry is run again, this often in all.
constexpr int kVoidBlocks = 5;
// Of these too short: each makes the next ones longer, so that a plan that was made on a busy
// machine is right after one or two. A program that is at times fast does not get more to choose
// from.
constexpr int kShortBlocks = 3;
constexpr const char* kDriftFlag = "drift";
// Only where the competition offers environments: elsewhere every entry would have it.
constexpr const char* kHostFlag = "host-environment";
constexpr const char* kPracticeFlag = "practice";
// After a block that was too short: aim this far above the least; after the next, this squared.
// Passes that differ so much, as short ones do on a busy machine, need a wider margin.
constexpr double kGrowth = 2;

// What must be equal for blocks to be of one run.
std::string identity_of_run(const std::string& entry_id, const RunSetting& setting,
                            const std::string& hostname,
                            const std::optional<EnvironmentIdentity>& environment) {
  nlohmann::json identity = {{"entry", entry_id},
                             {"track", measuring_rules(setting.track)},
                             {"dataset", setting.dataset_sha256},
                             {"node", hostname},
                             {"meters", setting.meters}};
  if (environment) identity["environment"] = environment->sha256;
  return sha256_of_text(identity.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string digest_of(const std::optional<EnvironmentIdentity>& environment) {
  return environment ? environment->sha256 : "";
}

bool fits(const RunRecord& record, const Submission& submission, const RunSetting& setting,
          const std::optional<EnvironmentIdentity>& environment) {
  return digest_of(record.environment) == digest_of(environment) &&
         record.entry.id == submission.id &&
         measuring_rules(record.track) == measuring_rules(setting.track) &&
         record.dataset_sha256 == setting.dataset_sha256;
}

// Void through no fault of its own measurement: that does not count towards kVoidBlocks.
bool drifted(const BlockRecord& block) {
  return block.outcome == Outcome::voided &&
         std::any_of(block.flags.begin(), block.flags.end(),
                     [](const Flag& flag) { return flag.name == kDriftFlag; });
}

}  // namespace

std::string run_folder_name(const Submission& submission, const RunSetting& setting,
                            const std::optional<EnvironmentIdentity>& environment) {
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
  const std::string identity =
      identity_of_run(submission.id, setting, setting.executor.node().hostname, environment);
  return (slug.empty() ? "entry" : slug) + "-" + identity.substr(0, 12);
}

EntryRun::EntryRun(Submission submission, bool is_baseline, const RunSetting& setting,
                   fs::path record_folder, std::optional<EnvironmentIdentity> environment)
    : submission_(std::move(submission)),
      setting_(setting),
      folder_(std::move(record_folder)),
      wanted_(setting.track.protocol.blocks) {
  if (fs::exists(folder_ / "run.json")) {
    record_ = read_run_record(folder_);
    if (!fits(record_, submission_, setting_, environment)) {
      throw Error({.what = "a record is of another entry, environment or dataset, or other rules",
                   .where = (folder_ / "run.json").string(),
                   .hint = "name another folder for the record"});
    }
    record_.masked = setting_.masked;
    take_rules();
    if (record_.entry.is_baseline != is_baseline) {
      record_.entry.is_baseline = is_baseline;
      has_new_rules_ = true;
    }
    return;
  }
  record_.entry = submission_.identity();
  record_.entry.is_baseline = is_baseline;
  record_.competition_id = setting_.competition.id;
  record_.competition_sha256 = setting_.competition.digest;
  record_.track = setting_.track;
  record_.dataset_sha256 = setting_.dataset_sha256;
  record_.environment = std::move(environment);
  if (!record_.environment && !setting_.competition.environments.empty()) {
    record_.flags.push_back({kHostFlag,
                             "it ran in the organizer's own /usr, not in an environment: what is "
                             "installed there may differ from machine to machine"});
  }
  if (setting_.is_practice) {
    record_.flags.push_back({kPracticeFlag,
                             "its accuracy is that of public samples from a bundle; the "
                             "competition asks for hidden ones"});
  }
  record_.masked = setting_.masked;
  record_.program_version = setting_.program_version;
  record_.started_at_utc = setting_.clock.now_utc();
  record_.node_before = setting_.executor.node();
  // Not run yet: nothing is known to be right, and nothing was the submission's fault.
  record_.outcome = Outcome::infrastructure;
  record_.message = "not evaluated yet";
}

// Titles, floors and rules of a competition may have changed since; its blocks stand.
void EntryRun::take_rules() {
  const int blocks_before = record_.track.protocol.blocks;
  if (record_.competition_sha256 == setting_.competition.digest) return;
  record_.competition_sha256 = setting_.competition.digest;
  record_.track = setting_.track;
  if (blocks_before != setting_.track.protocol.blocks && !is_submission_failure(record_.outcome)) {
    settle();
  }
  has_new_rules_ = true;
}

void EntryRun::save_rules() {
  if (has_new_rules_) write_run_record(folder_, record_);
  has_new_rules_ = false;
}

bool EntryRun::is_finished() const {
  return has_failed() || blocks_left() == 0;
}

bool EntryRun::has_failed() const {
  return is_submission_failure(record_.outcome) || record_.outcome == Outcome::voided;
}

int EntryRun::blocks_left() const {
  if (has_failed() || is_stopped_) return 0;
  return std::max(0, wanted_ - record_.valid_blocks());
}

bool EntryRun::want(int blocks) {
  if (has_failed() || gave_up_ || blocks <= std::max(wanted_, record_.valid_blocks())) return false;
  wanted_ = blocks;
  return true;
}

std::optional<Seconds> EntryRun::time_left() const {
  if (!last_block_) return std::nullopt;
  return *last_block_ * blocks_left();
}

void EntryRun::stop() {
  is_stopped_ = true;
  if (!fs::exists(folder_ / "run.json")) write();  // the board has what is on disk
}

void EntryRun::write() {
  record_.node_after = setting_.executor.node();
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

void EntryRun::move_to(fs::path folder) {
  fs::path old = folder;
  old += ".old";
  fs::remove_all(old);
  if (fs::exists(folder)) fs::rename(folder, old);
  fs::rename(folder_, folder);
  fs::remove_all(old);
  folder_ = std::move(folder);
}

void EntryRun::add_flag(const Flag& flag) {
  for (const Flag& one : record_.flags) {
    if (one.name == flag.name && one.detail == flag.detail) return;
  }
  record_.flags.push_back(flag);
  write();
}

EntryJob EntryRun::job() const {
  return {.folder = submission_.folder,
          .entry_id = submission_.id,
          .track = setting_.track,
          .dataset_sha256 = setting_.dataset_sha256,
          .environment = record_.environment,
          .plan = plan_};
}

bool EntryRun::prepare() {
  EntryJob wanted = job();
  if (record_.passes_per_block != 0) {
    wanted.plan = BlockPlan{.requests = record_.passes_per_block / record_.copies_per_request,
                            .copies = record_.copies_per_request};
  }
  Preparation prepared = setting_.executor.prepare(wanted);
  if (prepared.outcome != Outcome::valid) {
    fail(prepared.outcome, std::move(prepared.message), std::move(prepared.log_tail));
    return false;
  }
  plan_ = prepared.plan;
  if (wanted.plan) return true;
  record_.passes_per_block = plan_->passes();
  record_.copies_per_request = plan_->copies;
  record_.shape = std::move(prepared.shape);
  for (Flag& flag : prepared.flags) record_.flags.push_back(std::move(flag));
  return true;
}

std::optional<BlockResult> EntryRun::execute(std::optional<Watts> reference_idle) {
  problem_.reset();
  try {
    if (!plan_ && !prepare()) return std::nullopt;
    return setting_.executor.run(
        {.entry = job(),
         .number = record_.blocks.empty() ? 1 : record_.blocks.back().number + 1,
         .plan = *plan_,
         .order_seed = fresh_seed(),
         .reference_idle = reference_idle});
  } catch (const Error& error) {
    problem_ = error;
  } catch (const std::system_error& error) {  // of std::filesystem too
    problem_ = Error({.what = "the entry could not be run", .where = error.what(), .hint = {}});
  }
  return std::nullopt;
}

void EntryRun::run_next_block(const BlockPlace& place, std::optional<Watts> reference_idle) {
  const SteadyTime start = setting_.clock.now();
  std::optional<BlockResult> executed = execute(reference_idle);
  if (!executed) {
    if (problem_) note_problem();
    return;
  }
  BlockResult& result = *executed;
  result.record.session = place.session;
  result.record.round = place.round;
  Outcome outcome = result.record.outcome;
  if (outcome == Outcome::valid || outcome == Outcome::voided) {
    write_block_files(folder_, result.record, result.predictions, result.trace, result.checkpoints);
  }
  record_.blocks.push_back(std::move(result.record));
  if (const auto why = entry_made_void(record_, record_.blocks.back())) {
    outcome = record_.blocks.back().outcome = Outcome::violation;
    record_.blocks.back().message += "; " + *why;
  }
  judge_anew(record_);
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

// The run is as its blocks made it, but for the reason why it has no more of them.
void EntryRun::note_problem() {
  settle();
  if (record_.outcome == Outcome::infrastructure) {
    record_.message = problem_->parts().what + ": " + problem_->parts().where;
  }
  write();
}

// Blocks that were void because they were too short.
std::ptrdiff_t EntryRun::short_blocks() const {
  return std::count_if(
      record_.blocks.begin(), record_.blocks.end(), [this](const BlockRecord& block) {
        return block.outcome == Outcome::voided && !drifted(block) && is_too_short(record_, block);
      });
}

// What the blocks so far make of the run.
void EntryRun::settle() {
  const auto voided = std::count_if(
      record_.blocks.begin(), record_.blocks.end(),
      [](const BlockRecord& block) { return block.outcome != Outcome::valid && !drifted(block); });
  const auto too_short = short_blocks();
  record_.outcome = Outcome::infrastructure;
  record_.message = fmt::format("{} of {} blocks are done", record_.valid_blocks(),
                                setting_.track.protocol.blocks);
  if (record_.valid_blocks() >= setting_.track.protocol.blocks) {
    // Blocks that are added to these make nothing worse, whether they come about or not.
    record_.outcome = Outcome::valid;
    record_.message.clear();
    if (blocks_left() > 0 && voided >= kVoidBlocks) {
      gave_up_ = true;
      wanted_ = record_.valid_blocks();
    }
  } else if (voided >= kVoidBlocks || too_short >= kShortBlocks) {
    record_.outcome = Outcome::voided;
    record_.message =
        fmt::format("{} blocks are void; the last: {}", voided, record_.blocks.back().message);
  }
}

// A pilot on a busy machine sees slow passes and plans too few. The void block that showed it
// says by how much; blocks that were long enough stand as they are.
void EntryRun::grow_plan(const BlockRecord& block) {
  if (setting_.track.task == Task::train) return;
  if (block.outcome != Outcome::voided || block.measured.count() <= 0) return;
  const double margin = std::pow(kGrowth, short_blocks());
  const double factor = margin * setting_.track.protocol.min_block / block.measured;
  if (factor <= 1) return;
  plan_->requests = static_cast<int>(std::ceil(plan_->requests * factor));
  record_.flags.push_back(
      {"plan-grown", fmt::format("block {} was too short with {} passes; the next have {}",
                                 block.number, block.passes, plan_->passes())});
  record_.passes_per_block = plan_->passes();
}

}  // namespace joulebench
