#include "harness/run/conformance.h"

#include <fmt/format.h>

#include <functional>

#include "harness/run/failure.h"
#include "harness/run/metered_sandbox.h"
#include "harness/run/requests.h"

namespace joulebench {

Conformance check_conformance(const BlockSetting& setting) {
  Conformance result;
  MeteredSandbox program(setting);
  const std::unique_ptr<Requests> requests = make_requests(program);
  const bool is_stream = setting.track.scenario == Scenario::single_stream;
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
  const std::size_t samples = setting.dataset.hidden_inputs.rows();
  try {
    step("starts and says ready", [&] {
      program.launch();
      program.load();
    });
    const auto ask = [&](std::size_t count, std::size_t stride, int number) {
      requests->cost_of(rows(count, stride), number);
    };
    if (is_stream) {
      step("opens a stream of samples", [&] { requests->open(); });
      step("answers one sample", [&] { ask(1, 1, 1); });
      step("answers 200 samples one after the other", [&] { ask(200, 1, 2); });
    } else {
      step(fmt::format("answers a request of {} samples", samples), [&] { ask(samples, 1, 1); });
      step("answers a request of one sample", [&] { ask(1, 1, 2); });
      step(fmt::format("answers a request of {} samples", 2 * samples),
           [&] { ask(2 * samples, 7, 3); });
    }
    step("is silent and at rest until it is asked", [&] { program.await_quiet(); });
    step("answers again after a pause", [&] { ask(is_stream ? 1 : samples, 3, 4); });
    step(
        is_stream ? "ends the stream and exits with 0 when asked to" : "exits with 0 when asked to",
        [&] {
          requests->close();
          program.exit();
        });
  } catch (const SubmissionFailure& failure) {
    result.outcome = failure.outcome;
    result.message = failure.message;
    if (failure.outcome == Outcome::protocol) result.line = program.lines_read();
    result.log_tail = program.log_tail();
  }
  return result;
}

}  // namespace joulebench
