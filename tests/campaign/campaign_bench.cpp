// The cost of a campaign itself, with blocks that take no time: build/release/bin/campaign_bench
#include <benchmark/benchmark.h>

#include "scripted_campaign.h"

namespace joulebench {
namespace {

void scripted_campaign(benchmark::State& state) {
  std::vector<std::string> names;
  for (int i = 0; i < state.range(0); ++i) names.push_back("entry " + std::to_string(i));
  std::int64_t blocks = 0;
  for ([[maybe_unused]] auto _ : state) {
    ScriptedCampaign world(names);
    world.run();
    blocks += static_cast<std::int64_t>(world.executor.order().size());
  }
  state.SetItemsProcessed(blocks);
}
BENCHMARK(scripted_campaign)->Arg(4)->Arg(40)->Arg(400)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace joulebench

BENCHMARK_MAIN();
