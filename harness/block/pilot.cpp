#include "harness/block/pilot.h"

#include <algorithm>
#include <cmath>

#include "harness/block/metered_sandbox.h"
#include "harness/block/public_samples.h"
#include "harness/block/request_shape.h"
#include "harness/block/scenario.h"
#include "harness/protocol/failure.h"

namespace joulebench {
namespace {

// A pass may be this much faster in the block than in the pilot before the block is too short.
constexpr double kPilotMargin = 1.3;
constexpr std::uint64_t kSeed = 1;
constexpr int kTimedRequests = 5;

// The fastest of a few: what a block that is not disturbed will do.
Seconds fastest_request(const RequestTimer& time, std::size_t rows, Seconds enough) {
  Seconds fastest = time(rows).wall, total{0};
  for (int i = 1; i < kTimedRequests && total < enough; ++i) {
    const Seconds taken = time(rows).wall;
    total += taken;
    fastest = std::min(fastest, taken);
  }
  return fastest;
}

RequestShape shape_of_stream(const RequestTimer& time, std::size_t samples) {
  const std::size_t rows = std::min(samples, kStreamRows);
  RequestShape shape{.reason = "single-stream: one sample a request"};
  time(rows);
  shape.request = shape.pass = fastest_request(time, rows, Seconds(0.5)) *
                               (static_cast<double>(samples) / static_cast<double>(rows));
  shape.per_sample = shape.pass / static_cast<double>(samples);
  return shape;
}

int requests_of_block(const MeteredSandbox& sandbox, const RequestShape& shape) {
  const Protocol& protocol = sandbox.setting().track.protocol;
  const Seconds request = std::max(shape.request, Seconds(1e-6));
  const double enough = std::ceil(kPilotMargin * sandbox.least_measured() / request);
  const double most = std::max(1.0, std::floor(protocol.max_block / request));
  return static_cast<int>(std::clamp(enough, 1.0, std::min(most, 1e6)));
}

}  // namespace

PilotResult run_pilot(const BlockSetting& setting, const std::optional<RequestShape>& known) {
  PilotResult result;
  MeteredSandbox sandbox(setting);
  const std::unique_ptr<Requests> requests = make_requests(sandbox);
  PublicSamples samples(setting, kSeed);
  const RequestTimer time = [&](std::size_t rows) { return requests->ask(samples.familiar(rows)); };
  const bool is_once = setting.track.protocol.looks == LooksRule::once;
  const std::size_t pass = setting.dataset.hidden_inputs.rows();
  try {
    sandbox.launch();
    sandbox.load();
    requests->open();
    setting.on_phase("pilot");
    if (setting.track.scenario == Scenario::single_stream) {
      result.shape = shape_of_stream(time, pass);
    } else if (known && !(is_once && known->copies > 1)) {
      result.shape = *known;
      const std::size_t rows = pass * static_cast<std::size_t>(known->copies);
      time(rows);
      result.shape.request = fastest_request(time, rows, Seconds(0.5));
    } else {
      result.shape = find_request_shape(time, pass, is_once ? 1 : requests->most_copies());
    }
    result.shape.program_sha256 = digest_of_program(setting.submission);
    result.plan = {.requests = requests_of_block(sandbox, result.shape),
                   .copies = result.shape.copies};
    requests->close();
    sandbox.exit();
  } catch (const SubmissionFailure& failure) {
    result.outcome = failure.outcome;
    result.message = failure.message;
    result.log_tail = sandbox.log_tail();
  }
  return result;
}

}  // namespace joulebench
