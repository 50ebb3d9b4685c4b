#include "harness/block/scenario.h"

#include "harness/block/offline_requests.h"
#include "harness/block/stream_requests.h"

namespace joulebench {

std::unique_ptr<Requests> make_requests(MeteredSandbox& sandbox, const MeasuredPasses& passes) {
  if (sandbox.setting().track.scenario == Scenario::single_stream) {
    return std::make_unique<StreamRequests>(sandbox, passes.first);
  }
  return std::make_unique<OfflineRequests>(sandbox, passes);
}

}  // namespace joulebench
