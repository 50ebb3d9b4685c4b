#include "harness/block/block.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/block/kept_predictions.h"
#include "harness/block/looks.h"
#include "harness/block/metered_sandbox.h"
#include "harness/block/offline_requests.h"
#include "harness/block/scenario.h"
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

// A window's domains with what the program used before it, when it should have rested: at the
// energy that a second of its CPU time took in the window.
std::vector<DomainEnergy> with_rest_charged(const WindowRecord& window) {
  std::vector<DomainEnergy> charged = window.domains;
  if (!window.rest_cpu || !window.submission_cpu || window.submission_cpu->count() <= 0) {
    return charged;
  }
  const double factor = 1 + std::max(0.0, *window.rest_cpu / *window.submission_cpu);
  for (DomainEnergy& energy : charged) {
    if (energy.joules) energy.joules->value *= factor;
    energy.error.value *= factor;
  }
  return charged;
}

// The windows of a block: two of them at least where there are requests enough, so that a trend
// over the block can be seen.
void measure_windows(Requests& requests, const BlockSetting& setting, const BlockPlan& plan,
                     EnergyMonitor& monitor, BlockRecord& record, KeptPredictions& predictions) {
  const int most = std::min(requests.requests_per_window(), (plan.requests + 1) / 2);
  for (int first = 1; first <= plan.requests;) {
    const int count = std::min(most, plan.requests - first + 1);
    const int pass = (first - 1) * plan.copies + 1;
    setting.on_phase(fmt::format("pass {} of {}", pass, plan.passes()));
    monitor.mark(fmt::format("pass {}", pass));
    requests.measure_window(record, predictions, first, count);
    first += count;
  }
}

// Starts a program and has it load its model; the first of a block says how long that took.
void start(MeteredSandbox& sandbox, BlockRecord& record) {
  const SteadyTime start = sandbox.setting().clock.now();
  sandbox.launch();
  record.enforcement = sandbox.sandbox().enforcement();
  sandbox.load();
  if (record.load.count() == 0) record.load = sandbox.setting().clock.now() - start;
}

// The whole of a block that predicts, from launch to exit.
void predict_hidden_part(MeteredSandbox& sandbox, const BlockPlan& plan, BlockResult& result) {
  const BlockSetting& setting = sandbox.setting();
  BlockRecord& record = result.record;
  const auto requests = make_requests(sandbox, {.copies = plan.copies});
  record.passes = plan.passes() + Looks::hidden_looks(plan.copies);
  start(sandbox, record);

  const SteadyTime warm_up = setting.clock.now();
  requests->open();
  Looks looks(sandbox, *requests, plan.copies, record.order_seed);
  looks.warm_up();
  looks.see_public(record);
  record.warm_up = setting.clock.now() - warm_up;

  KeptPredictions predictions(record.order_seed, record.passes, record.samples_per_pass,
                              format_of(setting));
  record.kept_passes = predictions.kept_passes();
  looks.see_first(record, predictions);
  measure_windows(*requests, setting, plan, sandbox.monitor(), record, predictions);
  looks.see_later(record, record.passes, predictions);
  result.predictions = predictions.take();
  requests->add_figures(record);
  sandbox.flag_foreign_load(record);
  sandbox.monitor().mark("last answer");
  sandbox.watch_tail(record);
  sandbox.release();
  requests->close();
  record.peak_memory_bytes = sandbox.exit().peak_memory_bytes;
}

// The same where a sandbox is shown each hidden sample once: one measured pass of each, after a
// warm-up on public inputs, in as many as the block's length needs.
void predict_once_each(MeteredSandbox& sandbox, const BlockPlan& plan, BlockResult& result) {
  const BlockSetting& setting = sandbox.setting();
  BlockRecord& record = result.record;
  record.passes = record.sandboxes = plan.requests;
  KeptPredictions predictions(record.order_seed, record.passes, record.samples_per_pass,
                              format_of(setting));
  record.kept_passes = predictions.kept_passes();
  for (int pass = 1; pass <= plan.requests; ++pass) {
    start(sandbox, record);
    setting.on_phase(fmt::format("pass {} of {}", pass, plan.requests));
    const auto requests = make_requests(sandbox, {.first = 1});
    requests->open();
    Looks looks(sandbox, *requests, 1, record.order_seed + static_cast<std::uint64_t>(pass));
    looks.warm_up();
    sandbox.monitor().mark(fmt::format("pass {}", pass));
    requests->measure_window(record, predictions, pass, 1);
    if (pass == plan.requests) {
      requests->add_figures(record);
      sandbox.watch_tail(record);
    }
    sandbox.release();
    requests->close();
    record.peak_memory_bytes = std::max(record.peak_memory_bytes, sandbox.exit().peak_memory_bytes);
    sandbox.close();
  }
  sandbox.flag_foreign_load(record);
  result.predictions = predictions.take();
}

// The whole of a block of a training track: one program learns in the only window there is, another
// that sees nothing but its model predicts.
void run_training(MeteredSandbox& sandbox, BlockResult& result) {
  const BlockSetting& setting = sandbox.setting();
  BlockRecord& record = result.record;
  record.training.emplace();
  const SteadyTime start = setting.clock.now();
  Training training(sandbox, training_seed(record.order_seed));
  training.launch();
  record.enforcement = sandbox.sandbox().enforcement();
  sandbox.load();
  record.load = setting.clock.now() - start;
  training.measure(record);
  sandbox.flag_foreign_load(record);
  sandbox.monitor().mark("trained");
  sandbox.watch_tail(record);
  result.checkpoints = training.take_checkpoints();
  // Ended while it is frozen: asked to exit it could go on with its model.
  const SandboxEnd end = sandbox.sandbox().dismiss();
  if (end.broken_limit) throw SubmissionFailure{*end.broken_limit, end.detail};
  record.peak_memory_bytes = end.peak_memory_bytes;
  sandbox.close();

  training.carry_model(*record.training);
  training.launch_predictor();
  sandbox.load();
  OfflineRequests requests(sandbox);
  record.passes = 1;
  KeptPredictions predictions(record.order_seed, 1, record.samples_per_pass, format_of(setting));
  setting.on_phase("predicting");
  requests.answer_once(record.order_seed, predictions);
  result.predictions = predictions.take();
  sandbox.exit();
}

}  // namespace

BlockResult run_block(const BlockSetting& setting, int number, const BlockPlan& plan,
                      std::uint64_t order_seed) {
  BlockResult result;
  BlockRecord& record = result.record;
  record.number = number;
  record.started_at_utc = setting.clock.now_utc();
  record.order_seed = order_seed;
  record.samples_per_pass = setting.dataset.hidden_inputs.rows();
  record.outcome = Outcome::valid;

  MeteredSandbox sandbox(setting);
  sandbox.measure_idle(record, MeteredSandbox::IdleMoment::before);
  try {
    if (setting.track.task == Task::train) {
      run_training(sandbox, result);
    } else if (setting.track.protocol.looks == LooksRule::once) {
      predict_once_each(sandbox, plan, result);
    } else {
      predict_hidden_part(sandbox, plan, result);
    }
  } catch (const SubmissionFailure& failure) {
    record.outcome = failure.outcome;
    record.message = failure.message;
    record.log_tail = sandbox.log_tail();
    sandbox.close();
    return result;
  }
  sandbox.close();
  for (const WindowRecord& window : record.windows) {
    add_energy(record.energy, with_rest_charged(window));
  }
  MeteredSandbox::add_tail(record);
  sandbox.measure_idle(record, MeteredSandbox::IdleMoment::after);
  sandbox.check_length(record);
  result.trace = sandbox.monitor().take_trace();
  if (record.training) charge_work_before(record);
  if (record.training) weigh_checkpoints(record, result.trace);
  return result;
}

}  // namespace joulebench
