#include "campaign/record_collector.h"

#include <fmt/format.h>

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

Error altered(const fs::path& file, const std::string& reason) {
  return Error({.what = "a session's record is not what its machine wrote",
                .where = file.string() + ": " + reason,
                .hint = "remove finished.json of its session and this record's folder, and the "
                        "session runs again"});
}

void require_digest(const fs::path& file, const std::string& sha256) {
  if (sha256_of_text(read_block_file(file)) != sha256) throw altered(file, "its SHA-256 differs");
}

void copy_block(const BlockRecord& block, const fs::path& from, const fs::path& to) {
  const auto files = block_files(block);
  if (files.empty()) return;
  const fs::path source = block_folder(from, block.number);
  const fs::path target = block_folder(to, block.number);
  if (fs::exists(target)) {
    for (const auto& [name, sha256] : files) {
      if (sha256_of_text(read_block_file(target / name)) == sha256) continue;
      throw Error({.what = "the board has another record under the name of this one",
                   .where = (target / name).string() + ": its SHA-256 differs",
                   .hint = "move that record's folder away, and the same call takes the new one"});
    }
    return;
  }
  TemporaryFolder copy("block", to);
  for (const auto& [name, sha256] : files) {
    const fs::path file = find_block_file(source / name);
    fs::copy_file(file, copy.path() / file.filename());
    require_digest(copy.path() / name, sha256);
  }
  fs::permissions(copy.path(), fs::perms(0755));
  publish_folder(copy.path(), target);
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

void bring_up_to_date(const RunRecord& record, const fs::path& from, const fs::path& to) {
  fs::create_directories(to);
  for (const BlockRecord& block : record.blocks) copy_block(block, from, to);
  write_run_record(to, record);
}

RecordCollector::RecordCollector(const Setting& setting) : setting_(setting) {
  if (setting_.scores_anew) return;
  for (const BoardEntry& entry : setting_.store.board(setting_.competition.id, setting_.track.id)) {
    if (entry.score) known_[entry.run.folder.string()] = entry.run.record_sha256;
  }
}

int RecordCollector::collect(const JobFolder& folder, const FinishedSession& end) {
  int taken = 0;
  fs::create_directories(setting_.records);
  const fs::path records = fs::weakly_canonical(fs::absolute(setting_.records));
  for (const FinishedSession::Run& run : end.runs) {
    const fs::path from = folder.records_of(end.node) / run.record;
    const fs::path to = records / run.record;
    const std::string text = read_text_file(from / "run.json");
    const std::string sha256 = sha256_of_text(text);
    if (const auto known = known_.find(to.string()); known != known_.end()) {
      if (known->second == sha256) continue;
    }
    RunRecord record = parse_run_record(text, (from / "run.json").string());
    require_fits(record, setting_, run.entry_id, end.node, from / "run.json");
    take(from, to, std::move(record));
    known_[to.string()] = sha256;
    ++taken;
  }
  return taken;
}

void RecordCollector::take(const fs::path& from, const fs::path& to, RunRecord record) {
  const Track& track = setting_.track;
  bring_up_to_date(record, from, to);
  const std::int64_t id = setting_.store.put_run(record, to, setting_.clock.now_utc());
  // Under the rules in force, not those that it ran under.
  record.track.metric = track.metric;
  record.track.ranking = track.ranking;
  record.track.energy = track.energy;
  const Score score = setting_.scorer.score(record, to);
  setting_.store.put_score(id, score, rank_scores({&score, 1}, track).rule, kVersion,
                           setting_.clock.now_utc());
}

}  // namespace joulebench
