#pragma once

#include <memory>

#include "harness/block/requests.h"

namespace joulebench {

/// The requests of the track's scenario.
std::unique_ptr<Requests> make_requests(MeteredSandbox& sandbox, const MeasuredPasses& passes = {});

}  // namespace joulebench
