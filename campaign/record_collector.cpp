#include "campaign/record_collector.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "campaign/competition_change.h"
#include "core/block_file.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/version.h"
#include "leaderboard/record_ranges.h"
#include "scoring/ranking.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCopyName = "block";
constexpr std::size_t kBatch = 256;  // records that are in memory at once

Error altered(const fs::path& file, const std::string& reason) {
  return Error({.what = "a session's record is not what its machine wrote",
                .where = file.string() + ": " + reason,
                .hint = "remove finished.json of its session and this record's folder, and the "
                        "session runs again"});
}

void require_digest(const fs::path& file, const std::string& sha256) {
  if (sha256_of_text(read_block_file(file)) != sha256) throw altered(file, "its SHA-256 differs");
}

/// A block's copy that is not under its name yet.
struct PendingBlock {
  TemporaryFolder copy;
  fs::path target;
};

void require_same(const BlockRecord& block, const fs::path& target) {
  for (const auto& [name, sha256] : block_files(block)) {
    if (sha256_of_text(read_block_file(target / name)) == sha256) continue;
    throw Error({.what = "the board has another record under the name of this one",
                 .where = (target / name).string() + ": its SHA-256 differs",
                 .hint = "move that record's folder away, and the same call takes the new one"});
  }
}

PendingBlock copied(const BlockRecord& block, const fs::path& from, const fs::path& to) {
  const fs::path source = block_folder(from, block.number);
  PendingBlock pending{TemporaryFolder(kCopyName, to), block_folder(to, block.number)};
  for (const auto& [name, sha256] : block_files(block)) {
    const fs::path file = find_block_file(source / name);
    fs::copy_file(file, pending.copy.path() / file.filename());
    require_digest(pending.copy.path() / name, sha256);
  }
  fs::permissions(pending.copy.path(), fs::perms(0755));
  return pending;
}

/// Of a call that was killed; there is one at a time.
void remove_abandoned(const fs::path& record) {
  const std::string prefix = std::string("joulebench-") + kCopyName + "-";
  std::vector<fs::path> abandoned;
  for (const auto& one : fs::directory_iterator(record)) {
    if (one.path().filename().string().starts_with(prefix)) abandoned.push_back(one.path());
  }
  for (const fs::path& path : abandoned) fs::remove_all(path);
}

/// One call for a whole batch: an fsync for each of its files took longer than all the rest.
void bring_to_disk(const fs::path& folder) {
  const FileDescriptor fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.is_open() && ::syncfs(fd.get()) == 0) return;
  throw Error({.what = "records cannot be brought to disk",
               .where = folder.string() + ": " + system_message(errno),
               .hint = {}});
}

void require_fits(const RunRecord& record, const RecordCollector::Setting& setting,
                  const std::string& entry_id, const std::string& node, const fs::path& file) {
  const auto require = [&file](bool fits, const char* what) {
    if (!fits) throw altered(file, fmt::format("it is of another {}", what));
  };
  require(record.entry.id == entry_id, "entry");
  require(record.competition_id == setting.competition.id, "competition");
  require(record.track.id == setting.track.id, "track");
  require(measuring_rules(record.track) == measuring_rules(setting.track), "measurement");
  require(record.dataset_sha256 == setting.dataset_sha256, "dataset");
  require(record.node_before.hostname == node, "machine");
  const std::vector<std::string> problems = out_of_range(record);
  if (!problems.empty()) throw altered(file, problems.front());
}

}  // namespace

struct RecordCollector::Incoming {
  fs::path from;
  fs::path to;
  RunRecord record;
  std::string sha256;
};

RecordCollector::RecordCollector(const Setting& setting) : setting_(setting) {
  if (setting_.scores_anew) return;
  for (const BoardEntry& entry : setting_.store.board(setting_.competition.id, setting_.track.id)) {
    if (entry.score) known_[entry.run.folder.string()] = entry.run.record_sha256;
  }
}

int RecordCollector::collect(const JobFolder& folder, const FinishedSession& end) {
  int taken = 0;
  for (std::size_t next = 0; next < end.runs.size();) {
    std::vector<Incoming> batch = read(folder, end, next);
    take(batch);
    taken += static_cast<int>(batch.size());
  }
  return taken;
}

/// From `next` on, which is moved behind what was read.
std::vector<RecordCollector::Incoming> RecordCollector::read(const JobFolder& folder,
                                                             const FinishedSession& end,
                                                             std::size_t& next) const {
  fs::create_directories(setting_.records);
  const fs::path records = fs::weakly_canonical(fs::absolute(setting_.records));
  std::vector<Incoming> batch;
  for (; next < end.runs.size() && batch.size() < kBatch; ++next) {
    const FinishedSession::Run& run = end.runs[next];
    const fs::path from = folder.records_of(end.node) / run.record;
    const fs::path to = records / run.record;
    const std::string text = read_text_file(from / "run.json");
    std::string sha256 = sha256_of_text(text);
    if (const auto known = known_.find(to.string()); known != known_.end()) {
      if (known->second == sha256) continue;
    }
    RunRecord record = parse_run_record(text, (from / "run.json").string());
    require_fits(record, setting_, run.entry_id, end.node, from / "run.json");
    batch.push_back({from, to, std::move(record), std::move(sha256)});
  }
  return batch;
}

void RecordCollector::take(std::vector<Incoming>& batch) {
  if (batch.empty()) return;
  std::vector<PendingBlock> pending;
  for (const Incoming& run : batch) {
    fs::create_directories(run.to);
    remove_abandoned(run.to);
    for (const BlockRecord& block : run.record.blocks) {
      if (block_files(block).empty()) continue;
      const fs::path target = block_folder(run.to, block.number);
      if (fs::exists(target)) {
        require_same(block, target);
      } else {
        pending.push_back(copied(block, run.from, run.to));
      }
    }
  }
  bring_to_disk(batch.front().to);
  for (const PendingBlock& block : pending) fs::rename(block.copy.path(), block.target);
  for (const Incoming& run : batch) store(run);
}

void RecordCollector::store(const Incoming& run) {
  write_run_record(run.to, run.record);  // its folder is synced with it
  const std::int64_t id = setting_.store.put_run(run.record, run.to, setting_.clock.now_utc());
  // Under the rules in force, not those that it ran under.
  RunRecord record = run.record;
  record.track.metric = setting_.track.metric;
  record.track.ranking = setting_.track.ranking;
  record.track.energy = setting_.track.energy;
  const Score score = setting_.scorer.score(record, run.to);
  setting_.store.put_score(id, score, rank_scores({&score, 1}, setting_.track).rule, kVersion,
                           setting_.clock.now_utc());
  known_[run.to.string()] = run.sha256;
}

}  // namespace joulebench
