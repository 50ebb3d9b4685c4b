#include "campaign/joined_record.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "campaign/competition_change.h"
#include "core/error.h"
#include "harness/block/audit.h"
#include "scoring/score.h"

namespace joulebench {
namespace {

void require_joinable(bool fits, const RunRecord& record, const std::string& reason) {
  if (fits) return;
  throw Error({.what = "two runs of an entry cannot be joined",
               .where = fmt::format("{} on track {}, node {}: {}", record.entry.name,
                                    record.track.id, record.node_before.hostname, reason),
               .hint = "ingest the export into a database of its own"});
}

/// Where a block's joules come from: blocks of one run have one answer.
std::set<std::tuple<std::string, std::string, EnergyClass, bool>> counters_of(
    const RunRecord& record) {
  std::set<std::tuple<std::string, std::string, EnergyClass, bool>> counters;
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid) continue;
    for (const DomainEnergy& energy : block.energy) {
      counters.insert({energy.domain.name, energy.domain.source, energy.domain.energy_class,
                       energy.domain.in_total});
    }
  }
  return counters;
}

std::string environment_of_record(const RunRecord& record) {
  return record.environment ? record.environment->sha256 : "";
}

void require_alike(const RunRecord& here, const RunRecord& there) {
  for (const RunRecord* one : {&here, &there}) {
    require_joinable(one->outcome == Outcome::valid, here,
                     fmt::format("the run {} ended as {}", one == &here ? "here" : "there",
                                 to_string(one->outcome)));
  }
  require_joinable(measuring_rules(here.track) == measuring_rules(there.track), here,
                   "they were measured by other rules");
  require_joinable(here.dataset_sha256 == there.dataset_sha256, here,
                   "they saw other versions of the dataset");
  require_joinable(environment_of_record(here) == environment_of_record(there), here,
                   "they ran in other environments");
  const std::string machine = machine_line(here.node_before);
  const std::string other = machine_line(there.node_before);
  require_joinable(machine == other, here,
                   "the machine was another: " + machine + " here, " + other + " there");
  require_joinable(counters_of(here) == counters_of(there), here,
                   "their energy comes from other counters");
  require_joinable(here.copies_per_request == there.copies_per_request, here,
                   fmt::format("a request had {} passes here, {} there", here.copies_per_request,
                               there.copies_per_request));
}

bool is_same_block(const BlockRecord& a, const BlockRecord& b) {
  return a.started_at_utc == b.started_at_utc && a.order_seed == b.order_seed &&
         a.predictions_sha256 == b.predictions_sha256 && a.trace_sha256 == b.trace_sha256;
}

bool has_block(const RunRecord& record, const BlockRecord& block) {
  return std::any_of(record.blocks.begin(), record.blocks.end(),
                     [&](const BlockRecord& one) { return is_same_block(one, block); });
}

std::set<std::string> sessions_with_more(const RunRecord& record, const RunRecord& than) {
  std::set<std::string> sessions;
  for (const BlockRecord& block : record.blocks) {
    if (!has_block(than, block)) sessions.insert(block.session);
  }
  return sessions;
}

/// Of a database that was copied and then went on in both places: rounds of one number are two.
void require_sessions_apart(const RunRecord& here, const RunRecord& there) {
  const std::set<std::string> mine = sessions_with_more(here, there);
  for (const std::string& session : sessions_with_more(there, here)) {
    require_joinable(!session.empty(), here, "blocks there are of no session");
    require_joinable(!mine.contains(session), here,
                     "both have blocks of session " + session + " that the other has not");
  }
}

}  // namespace

JoinedRecord join_records(const RunRecord& here, const RunRecord& there) {
  require_alike(here, there);
  require_sessions_apart(here, there);
  JoinedRecord joined{.record = here, .blocks = {}};
  RunRecord& record = joined.record;
  int number = 0;
  for (const BlockRecord& block : here.blocks) number = std::max(number, block.number);
  for (const BlockRecord& block : there.blocks) {
    if (has_block(here, block)) continue;
    record.blocks.push_back(block);
    record.blocks.back().number = ++number;
    joined.blocks.push_back(block.number);
  }
  if (joined.blocks.empty()) return joined;
  for (const Flag& flag : there.flags) {
    const bool is_known = std::any_of(
        record.flags.begin(), record.flags.end(),
        [&](const Flag& one) { return one.name == flag.name && one.detail == flag.detail; });
    if (!is_known) record.flags.push_back(flag);
  }
  record.started_at_utc = std::min(here.started_at_utc, there.started_at_utc);
  judge_anew(record);
  return joined;
}

}  // namespace joulebench
