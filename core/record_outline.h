#pragma once

#include <string>
#include <string_view>

#include "core/run_record.h"

namespace joulebench {

/// A record without windows, looks, idle power, enforcement and tail energy of its blocks, from the
/// text that to_json_text() made: a fraction of what reading all of it takes. Only for text that
/// was read before, as what the board's database holds: how deep it is and whether names stand
/// twice is not looked at. Errors: as of parse_run_record().
RunRecord parse_record_outline(std::string_view json, const std::string& name);

}  // namespace joulebench
