#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/energy.h"
#include "core/run_record.h"
#include "leaderboard/site/template.h"
#include "leaderboard/site/texts.h"
#include "scoring/score.h"

namespace joulebench {

/// The readings of one block, or nothing when its file is gone or was altered.
using BlockTrace = std::function<std::optional<EnergyTrace>(const BlockRecord&)>;

/// What a training has besides: its curve, and what it took to get so far.
Values training_values(const RunRecord& record, const Score& score, const Texts& say);

/// Blocks, sources of energy and the power over time; `name` is that of the entry's files. `score`
/// may be null.
void put_blocks(Values& page, const RunRecord& record, const Score* score, const std::string& name,
                const BlockTrace& trace_of, const Texts& say);

/// The name of the file with a block's readings, TraceFile::packed_csv, beside the entry's page.
std::string trace_file_name(const std::string& name, const BlockRecord& block);

}  // namespace joulebench
