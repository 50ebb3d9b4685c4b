#pragma once

#include <optional>
#include <string>

#include "core/run_record.h"

namespace joulebench {

/// A block that was measured for less than the track asks for. Trainings take what they take.
bool is_too_short(const RunRecord& record, const BlockRecord& block);

/// Why a void block is the entry's own doing, in words; absent: it may have been the machine's. It
/// is the entry's where the block is too short because the program computed much less than in the
/// run's valid blocks: CPU time per sample, which a program that waits or a busy machine does not
/// lower. Blocks with foreign load say nothing, neither do those whose CPU time was not readable.
/// A pure function of the record.
std::optional<std::string> entry_made_void(const RunRecord& record, const BlockRecord& block);

}  // namespace joulebench
