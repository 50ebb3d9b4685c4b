#include "support/scripted_executor.h"

namespace joulebench {

Preparation ScriptedExecutor::prepare(const EntryJob& job) {
  ++prepared_;
  Preparation preparation;
  preparation.plan = job.plan.value_or(BlockPlan{.requests = kPasses, .copies = 1});
  if (on_prepare) on_prepare(job, preparation);
  return preparation;
}

BlockResult ScriptedExecutor::run(const BlockJob& job) {
  constexpr int kBlockSeconds = 10;
  BlockResult result;
  BlockRecord& block = result.record;
  block.number = job.number;
  block.outcome = Outcome::valid;
  block.started_at_utc = clock_.now_utc();
  block.order_seed = job.order_seed;
  block.passes = job.plan.passes();
  block.samples_per_pass = kSamples;
  block.samples = kSamples * static_cast<std::size_t>(block.passes);
  block.measured = Seconds(kBlockSeconds);
  set_joules(block, 1);
  if (on_block) on_block(job, block);
  clock_.advance(Seconds(kBlockSeconds));
  order_ += job.entry.entry_id.front();
  if (block.outcome != Outcome::valid && block.outcome != Outcome::voided) return result;
  result.predictions = {.dtype = DType::u8,
                        .shape = {static_cast<std::size_t>(block.passes), kSamples},
                        .bytes = std::vector<std::byte>(block.samples)};
  return result;
}

void set_joules(BlockRecord& block, double joules) {
  const DomainEnergy energy{.domain = {.name = "cpu-package-0",
                                       .kind = DomainKind::cpu_package,
                                       .source = "scripted",
                                       .in_total = true},
                            .joules = Joules{joules},
                            .error = {},
                            .flags = {}};
  block.energy = {energy};
  block.windows = {WindowRecord{}};
  block.windows[0].first_pass = 1;
  block.windows[0].passes = block.passes;
  block.windows[0].samples = block.samples;
  block.windows[0].wall = block.measured;
  block.windows[0].submission_cpu = 0.9 * block.measured;
  block.windows[0].domains = {energy};
}

}  // namespace joulebench
