#include "harness/block/block.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/block/kept_predictions.h"
#include "harness/block/metered_sandbox.h"
#include "harness/block/offline_requests.h"
#include "harness/block/requests.h"
#include "harness/block/training.h"
#include "harness/protocol/failure.h"

namespace joulebench {
namespace {

// Adds one window's domains to the block's sums, by name.
void add_energy(std::vector<DomainEnergy>& sums, const std::vector<DomainEnergy>& window) {
  for (const DomainEnergy& energy : window) {
    const auto same = std::find_if(sums.begin(), sums.end(), [&energy](const DomainEnergy& sum) {
      return sum.domain.name == energy.domain.name;
    });
    if (same == sums.end()) {
      sums.push_back(energy);
      continue;
    }
    same->domain.energy_class = worse(same->domain.energy_class, energy.domain.energy_class);
    same->error += energy.error;
    if (same->joules && energy.joules) {
      *same->joules += *energy.joules;
    } else {
      same->joules.reset();
    }
    same->flags.insert(same->flags.end(), energy.flags.begin(), energy.flags.end());
  }
}

// The whole of a block that predicts, from launch to exit.
void predict_hidden_part(MeteredSandbox& program, const BlockPlan& plan, BlockResult& result) {
  const BlockSetting& setting = program.setting();
  BlockRecord& record = result.record;
  const std::unique_ptr<Requests> requests = make_requests(program);
  const std::size_t samples = setting.dataset.hidden_inputs.rows();
  record.passes = plan.passes();
  record.samples_per_pass = samples;
  const auto elapsed_since = [&setting](SteadyTime start) {
    return Seconds(setting.clock.now() - start);
  };
  SteadyTime start = setting.clock.now();
  program.launch();
  record.enforcement = program.sandbox().enforcement();
  program.load();
  record.load = elapsed_since(start);

  start = setting.clock.now();
  requests->open();
  requests->warm_up(plan.copies);
  record.warm_up = elapsed_since(start);

  KeptPredictions predictions(record.order_seed, plan.passes(), samples, format_of(setting));
  record.kept_passes = predictions.kept_passes();
  for (int first = 1; first <= plan.requests;) {
    setting.on_phase(fmt::format("pass {} of {}", (first - 1) * plan.copies + 1, plan.passes()));
    const int count = std::min(requests->requests_per_window(plan), plan.requests - first + 1);
    program.monitor().mark(fmt::format("pass {}", (first - 1) * plan.copies + 1));
    requests->measure_window(record, predictions, plan, first, count);
    first += count;
  }
  result.predictions = predictions.take();
  requests->add_figures(record);
  program.flag_foreign_load(record);
  program.monitor().mark("last answer");
  program.watch_tail(record);
  requests->close();
  record.peak_memory_bytes = program.exit().peak_memory_bytes;
}

// The whole of a block of a training track: one program learns in the only window there is, another
// that sees nothing but its model predicts.
void run_training(MeteredSandbox& program, BlockResult& result) {
  const BlockSetting& setting = program.setting();
  BlockRecord& record = result.record;
  record.training.emplace();
  const SteadyTime start = setting.clock.now();
  Training training(program, training_seed(record.order_seed));
  training.launch();
  record.enforcement = program.sandbox().enforcement();
  program.load();
  record.load = setting.clock.now() - start;
  training.measure(record);
  program.flag_foreign_load(record);
  program.monitor().mark("trained");
  program.watch_tail(record);
  result.checkpoints = training.take_checkpoints();
  record.peak_memory_bytes = program.exit().peak_memory_bytes;
  program.close();

  training.carry_model(*record.training);
  training.launch_predictor();
  program.load();
  OfflineRequests requests(program);
  record.passes = 1;
  record.samples_per_pass = setting.dataset.hidden_inputs.rows();
  KeptPredictions predictions(record.order_seed, 1, record.samples_per_pass, format_of(setting));
  setting.on_phase("predicting");
  requests.answer_once(record.order_seed, predictions);
  result.predictions = predictions.take();
  program.exit();
}

}  // namespace

BlockResult run_block(const BlockSetting& setting, int number, const BlockPlan& plan,
                      std::uint64_t order_seed) {
  BlockResult result;
  BlockRecord& record = result.record;
  record.number = number;
  record.started_at_utc = setting.clock.now_utc();
  record.order_seed = order_seed;
  record.outcome = Outcome::valid;

  MeteredSandbox program(setting);
  program.measure_idle(record, MeteredSandbox::IdleMoment::before);
  try {
    if (setting.track.task == Task::train) {
      run_training(program, result);
    } else {
      predict_hidden_part(program, plan, result);
    }
  } catch (const SubmissionFailure& failure) {
    record.outcome = failure.outcome;
    record.message = failure.message;
    record.log_tail = program.log_tail();
    program.close();
    return result;
  }
  program.close();
  for (const WindowRecord& window : record.windows) add_energy(record.energy, window.domains);
  program.measure_idle(record, MeteredSandbox::IdleMoment::after);
  program.check_length(record);
  result.trace = program.monitor().take_trace();
  if (record.training) weigh_checkpoints(record, result.trace);
  return result;
}

}  // namespace joulebench
