#pragma once

#include "core/run_record.h"
#include "leaderboard/exchange.h"

namespace joulebench {

/// Two runs of one entry on one machine as one record: the blocks of `here`, and behind them, with
/// numbers that follow, those that only `there` has. What is judged over all blocks is judged anew.
/// A pure function. Errors: Error naming what keeps their blocks from being of one run: the track's
/// measuring, dataset, environment, machine, energy counters or request shape differ, one is not a
/// whole valid run, or both went on with one session apart from each other.
JoinedRecord join_records(const RunRecord& here, const RunRecord& there);

}  // namespace joulebench
