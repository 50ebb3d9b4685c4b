#pragma once

#include <optional>
#include <string>

#include "core/run_record.h"

namespace joulebench {

/// Mean power of a block's windows; absent: no energy or no time was measured.
std::optional<Watts> watts_of(const BlockRecord& block);

/// One line about the last block of a record, for progress: outcome, passes, joules, watts.
std::string block_line(const RunRecord& record);

}  // namespace joulebench
