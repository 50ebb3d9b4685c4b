#include "leaderboard/site/entry_download.h"

#include <fmt/format.h>

#include "core/compact_json.h"
#include "leaderboard/board_json.h"

namespace joulebench {
namespace {

/// Null: the block is not scored.
const BlockScore* score_of(const std::optional<Score>& score, const BlockRecord& block) {
  if (!score) return nullptr;
  for (const BlockScore& one : score->block_scores) {
    if (one.number == block.number) return &one;
  }
  return nullptr;
}

std::string energy_fields(const BlockScore* score) {
  if (score == nullptr || score->joules.value <= 0) return ",,";
  return fmt::format("{},{},{}", score->joules.value, score->error.value,
                     score->net ? fmt::format("{}", score->net->value) : "");
}

std::string latency_fields(const std::optional<Latency>& latency) {
  if (!latency) return ",,";
  return fmt::format("{},{},{}", latency->p50.count(), latency->p90.count(), latency->p99.count());
}

}  // namespace

std::string entry_json(const BoardEntry& entry) {
  return fmt::format(
      "{{\n\"format\":\"joulebench-entry/"
      "1\",\n\"state\":\"{}\",\n\"record\":{},\n\"score\":{}\n}}\n",
      to_string(entry.state),
      compact_json(entry.run.text.empty() ? to_json_text(entry.run.record) : entry.run.text),
      score_json(entry));
}

std::string blocks_csv(const BoardEntry& entry) {
  std::string csv =
      "block,outcome,passes,predictions,correct,joules,error_joules,net_joules,measured_s,load_s,"
      "warm_up_s,tail_s,latency_p50_s,latency_p90_s,latency_p99_s\n";
  for (const BlockRecord& block : entry.run.record.blocks) {
    const BlockScore* score = score_of(entry.score, block);
    csv += fmt::format("{},{},{},{},{},{},{},{},{},{},{}\n", block.number, to_string(block.outcome),
                       block.passes, block.samples,
                       score != nullptr && score->correct ? std::to_string(*score->correct) : "",
                       energy_fields(score), block.measured.count(), block.load.count(),
                       block.warm_up.count(), block.tail.count(), latency_fields(block.latency));
  }
  return csv;
}

}  // namespace joulebench
