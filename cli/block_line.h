#pragma once

#include <string>

#include "core/run_record.h"

namespace joulebench {

/// One line about the last block of a record, for progress: outcome, passes, joules.
std::string block_line(const RunRecord& record);

}  // namespace joulebench
