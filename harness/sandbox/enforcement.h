#pragma once

#include <map>
#include <string>

namespace joulebench {

/// Whether `enforcement` of `limit` is good enough for a ranked run.
bool is_enough_to_rank(const std::string& limit, const std::string& enforcement);

/// Throws Error naming the first limit that a ranked run needs and that is not enforced well enough
/// here.
void require_enforced(const std::map<std::string, std::string>& enforcement);

/// What to do where a control group is missing.
extern const char* const kDelegateRemedy;

}  // namespace joulebench
