#include "harness/run/conformance.h"

#include <fmt/format.h>

#include <functional>

#include "harness/run/failure.h"
#include "harness/run/metered_sandbox.h"
#include "harness/run/offline_requests.h"

namespace joulebench {

Conformance check_conformance(const BlockSetting& setting) {
  Conformance result;
  MeteredSandbox program(setting);
  OfflineRequests requests(program);
  const auto step = [&](std::string name, const std::function<void()>& action) {
    result.failed = std::move(name);
    action();
    result.passed.push_back(std::move(result.failed));
    result.failed.clear();
  };
  const Tensor& inputs = setting.dataset.public_inputs;
  const auto rows = [&inputs](std::size_t count, std::size_t stride) {
    std::vector<std::uint32_t> chosen(count);
    for (std::size_t i = 0; i < count; ++i) {
      chosen[i] = static_cast<std::uint32_t>(i * stride % inputs.rows());
    }
    return rows_in_order(inputs, chosen);
  };
  const std::size_t samples = requests.samples();
  try {
    step("starts and says ready", [&] {
      program.launch();
      program.load();
    });
    step(fmt::format("answers a request of {} samples", samples),
         [&] { requests.cost_of(rows(samples, 1), 1); });
    step("answers a request of one sample", [&] { requests.cost_of(rows(1, 1), 2); });
    step(fmt::format("answers a request of {} samples", 2 * samples),
         [&] { requests.cost_of(rows(2 * samples, 7), 3); });
    step("is silent and at rest until it is asked", [&] { program.await_quiet(); });
    step("answers again after a pause", [&] { requests.cost_of(rows(samples, 3), 4); });
    step("exits with 0 when asked to", [&] { program.exit(); });
  } catch (const SubmissionFailure& failure) {
    result.outcome = failure.outcome;
    result.message = failure.message;
    if (failure.outcome == Outcome::protocol) result.line = program.lines_read();
    result.log_tail = program.log_tail();
  }
  return result;
}

}  // namespace joulebench
