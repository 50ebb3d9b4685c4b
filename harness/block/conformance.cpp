#include "harness/block/conformance.h"

#include <fmt/format.h>

#include <functional>

#include "datasets/order.h"
#include "harness/block/metered_sandbox.h"
#include "harness/block/offline_requests.h"
#include "harness/block/scenario.h"
#include "harness/block/training.h"
#include "harness/protocol/failure.h"

namespace joulebench {
namespace {

// Of the public part, for a training that shall not take long.
constexpr std::size_t kTrainingSamples = 1000;

using Step = std::function<void(std::string name, const std::function<void()>& action)>;

// `count` rows of the public part, `stride` apart.
Tensor public_rows(const BlockSetting& setting, std::size_t count, std::size_t stride) {
  const Tensor& inputs = setting.dataset.public_inputs;
  std::vector<std::uint32_t> chosen(count);
  for (std::size_t i = 0; i < count; ++i) {
    chosen[i] = static_cast<std::uint32_t>(i * stride % inputs.rows());
  }
  return rows_in_order(inputs, chosen);
}

void try_predicting(MeteredSandbox& sandbox, const Step& step) {
  const BlockSetting& setting = sandbox.setting();
  const std::unique_ptr<Requests> requests = make_requests(sandbox);
  const bool is_stream = setting.track.scenario == Scenario::single_stream;
  const std::size_t samples = setting.dataset.hidden_inputs.rows();
  step("starts and says ready", [&] {
    sandbox.launch();
    sandbox.load();
  });
  const auto ask = [&](std::size_t count, std::size_t stride) {
    requests->ask(public_rows(setting, count, stride));
  };
  if (is_stream) {
    step("opens a stream of samples", [&] { requests->open(); });
    step("answers one sample", [&] { ask(1, 1); });
    step("answers 200 samples one after the other", [&] { ask(200, 1); });
  } else {
    step(fmt::format("answers a request of {} samples", samples), [&] { ask(samples, 1); });
    step("answers a request of one sample", [&] { ask(1, 1); });
    step(fmt::format("answers a request of {} samples", 2 * samples), [&] { ask(2 * samples, 7); });
  }
  step("is silent and at rest until it is asked", [&] { sandbox.await_quiet(); });
  step("answers again after a pause", [&] { ask(is_stream ? 1 : samples, 3); });
  step(is_stream ? "ends the stream and exits with 0 when asked to" : "exits with 0 when asked to",
       [&] {
         requests->close();
         sandbox.exit();
       });
}

void try_training(MeteredSandbox& sandbox, const Step& step) {
  const BlockSetting& setting = sandbox.setting();
  BlockRecord record;
  TrainingRecord& trained = record.training.emplace();
  Training training(sandbox, 1, kTrainingSamples);
  step("starts and says ready", [&] {
    training.launch();
    sandbox.load();
  });
  step(fmt::format("trains on at most {} samples and says done", kTrainingSamples),
       [&] { training.measure(record); });
  step("is silent and at rest when it has trained", [&] { sandbox.await_quiet(); });
  if (!trained.checkpoints.empty()) {
    step(fmt::format("reported {} checkpoints, each a class for each of {} validation samples",
                     trained.checkpoints.size(), trained.validation_samples),
         [&] { training.take_checkpoints(); });
  }
  step("exits with 0 when asked to", [&] { sandbox.exit(); });
  sandbox.close();
  step("left a model in /jb/model that can be carried on", [&] { training.carry_model(trained); });
  step("starts again with its model alone and says ready", [&] {
    training.launch_predictor();
    sandbox.load();
  });
  OfflineRequests requests(sandbox);
  const std::size_t samples = setting.dataset.hidden_inputs.rows();
  step(fmt::format("answers a request of {} samples", samples),
       [&] { requests.ask(public_rows(setting, samples, 1)); });
  step("exits with 0 again", [&] { sandbox.exit(); });
}

}  // namespace

Conformance check_conformance(const BlockSetting& setting) {
  Conformance result;
  MeteredSandbox sandbox(setting);
  const Step step = [&result](std::string name, const std::function<void()>& action) {
    result.failed = std::move(name);
    action();
    result.passed.push_back(std::move(result.failed));
    result.failed.clear();
  };
  try {
    if (setting.track.task == Task::train) {
      try_training(sandbox, step);
    } else {
      try_predicting(sandbox, step);
    }
  } catch (const SubmissionFailure& failure) {
    result.outcome = failure.outcome;
    result.message = failure.message;
    if (failure.outcome == Outcome::protocol) result.line = sandbox.lines_read();
    result.log_tail = sandbox.log_tail();
  }
  return result;
}

}  // namespace joulebench
