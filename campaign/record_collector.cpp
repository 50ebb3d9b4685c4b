#include "campaign/record_collector.h"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <set>
#include <utility>

#include "campaign/competition_change.h"
#include "core/block_file.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/parallel.h"
#include "core/version.h"
#include "leaderboard/record_ranges.h"
#include "scoring/ranking.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCopyName = "block";
constexpr std::size_t kBatch = 256;  // records that are in memory at once

constexpr unsigned kMostAtOnce = 4;

/// What is wrong with one record, whatever becomes of the others.
class BadRecord : public Error {
 public:
  using Error::Error;
};

BadRecord altered(const fs::path& file, const std::string& reason) {
  return BadRecord({.what = "a session's record is not what its machine wrote",
                    .where = file.string() + ": " + reason,
                    .hint = "remove finished.json of its session and this record's folder, and the "
                            "session runs again"});
}

template <class Function>
auto of_record(Function&& function) {
  try {
    return function();
  } catch (const Error& problem) {
    throw BadRecord(problem.parts());
  }
}

/// A block's copy that is not under its name yet.
struct PendingBlock {
  TemporaryFolder copy;
  fs::path target;
};

void require_same(const BlockRecord& block, const fs::path& target) {
  for (const auto& [name, sha256] : block_files(block)) {
    const fs::path known = target / name;
    if (of_record([&] { return sha256_of_text(read_block_file(known)); }) == sha256) continue;
    throw BadRecord(
        {.what = "the board has another record under the name of this one",
         .where = known.string() + ": its SHA-256 differs",
         .hint = "move that record's folder away, and the same call takes the new one"});
  }
}

PendingBlock copied(const BlockRecord& block, const fs::path& from, const fs::path& to) {
  const fs::path source = block_folder(from, block.number);
  PendingBlock pending{TemporaryFolder(kCopyName, to), block_folder(to, block.number)};
  for (const auto& [name, sha256] : block_files(block)) {
    const fs::path named = source / name;
    const fs::path file = of_record([&] { return find_block_file(named); });
    fs::copy_file(file, pending.copy.path() / file.filename());
    const fs::path copy = pending.copy.path() / name;
    if (of_record([&] { return sha256_of_text(read_block_file(copy)); }) == sha256) continue;
    throw altered(named, "its SHA-256 differs");
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
  std::string entry_id;
  std::string node;
  fs::path from;
  fs::path to;
  bool is_known = false;  // unchanged and scored
  RunRecord record;
  std::string sha256;
  std::optional<Score> score;
  std::vector<PendingBlock> pending;
  std::optional<TemporaryFolder> run_json;  // holds it until it takes its place
  std::string refusal;                      // in words; empty: it can be taken
};

RecordCollector::RecordCollector(const Setting& setting) : setting_(setting) {
  if (setting_.scores_anew) return;
  for (const BoardEntry& entry : setting_.store.board(setting_.competition.id, setting_.track.id)) {
    if (entry.score) known_[entry.run.folder.string()] = entry.run.record_sha256;
  }
}

void RecordCollector::read(Incoming& run) const {
  const fs::path file = run.from / "run.json";
  const std::string text = read_text_file(file);
  run.sha256 = sha256_of_text(text);
  if (const auto known = known_.find(run.to.string()); known != known_.end()) {
    run.is_known = known->second == run.sha256;
    if (run.is_known) return;
  }
  run.record = parse_run_record(text, file.string());
  require_fits(run.record, setting_, run.entry_id, run.node, file);
}

/// Beside their places, which they take once all of a batch is on disk.
void RecordCollector::copy(Incoming& run) const {
  fs::create_directories(run.to);
  remove_abandoned(run.to);
  for (const BlockRecord& block : run.record.blocks) {
    if (block_files(block).empty()) continue;
    const fs::path target = block_folder(run.to, block.number);
    if (fs::exists(target)) {
      require_same(block, target);
    } else {
      run.pending.push_back(copied(block, run.from, run.to));
    }
  }
  run.run_json.emplace(kCopyName, run.to);
  write_file(run.run_json->path() / "run.json", to_json_text(run.record));
}

/// All that concerns one record alone. What is wrong with it is its refusal; what is wrong here is
/// thrown.
void RecordCollector::prepare(Incoming& run) const {
  try {
    of_record([&] { read(run); });
    if (run.is_known) return;
    // Under the rules in force, not those that it ran under.
    RunRecord record = run.record;
    record.track.metric = setting_.track.metric;
    record.track.ranking = setting_.track.ranking;
    record.track.energy = setting_.track.energy;
    const auto scored = [&] { return setting_.scorer.score(record, run.from); };
    run.score = setting_.track.metric.is_outside() ? scored() : of_record(scored);
    copy(run);
  } catch (const BadRecord& problem) {
    run.refusal = problem.what();
    run.pending.clear();
    run.run_json.reset();
  }
}

Collected RecordCollector::collect(const JobFolder& folder, const FinishedSession& end) {
  fs::create_directories(setting_.records);
  const fs::path records = fs::weakly_canonical(fs::absolute(setting_.records));
  Collected collected;
  std::set<std::string> names;
  for (std::size_t next = 0; next < end.runs.size();) {
    std::vector<Incoming> batch;
    for (; next < end.runs.size() && batch.size() < kBatch; ++next) {
      const FinishedSession::Run& run = end.runs[next];
      if (!names.insert(run.record).second) continue;
      batch.push_back({.entry_id = run.entry_id,
                       .node = end.node,
                       .from = folder.records_of(end.node) / run.record,
                       .to = records / run.record});
    }
    // The organizer's own scorer is a program with all of a sandbox's limits: one at a time.
    const unsigned threads = setting_.track.metric.is_outside() ? 1 : kMostAtOnce;
    for_each_in_parallel(batch, threads, [this](Incoming& run) { prepare(run); });
    std::vector<Incoming*> whole;
    for (Incoming& run : batch) {
      if (!run.refusal.empty()) collected.refused.push_back(run.refusal);
      if (run.refusal.empty() && !run.is_known) whole.push_back(&run);
    }
    publish(whole);
    collected.taken += static_cast<int>(whole.size());
  }
  return collected;
}

void RecordCollector::publish(const std::vector<Incoming*>& batch) {
  if (batch.empty()) return;
  sync_file_system(batch.front()->to);
  for (const Incoming* run : batch) {
    for (const PendingBlock& block : run->pending) fs::rename(block.copy.path(), block.target);
    fs::rename(run->run_json->path() / "run.json", run->to / "run.json");
  }
  sync_file_system(batch.front()->to);  // before the board tells of them
  setting_.store.together([&] {
    for (const Incoming* run : batch) {
      const std::int64_t id =
          setting_.store.put_run(run->record, run->to, setting_.clock.now_utc());
      setting_.store.put_score(id, *run->score, rank_scores({&*run->score, 1}, setting_.track).rule,
                               kVersion, setting_.clock.now_utc());
    }
  });
  for (const Incoming* run : batch) known_[run->to.string()] = run->sha256;
}

}  // namespace joulebench
