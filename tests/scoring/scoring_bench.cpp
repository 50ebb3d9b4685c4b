// The cost of scoring: build/release/bin/scoring_bench
#include <benchmark/benchmark.h>

#include <cmath>
#include <cstring>
#include <random>
#include <span>

#include "core/file.h"
#include "core/npy.h"
#include "scoring/metrics.h"
#include "scoring/ranking.h"
#include "support/synthetic_record.h"

namespace joulebench {
namespace {

constexpr std::size_t kSamples = 10'000;
constexpr int kPasses = 200;

std::vector<std::int32_t> draw_classes(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::int32_t> classes(count);
  for (std::int32_t& one : classes) one = static_cast<std::int32_t>(random() % 10);
  return classes;
}

/// 200 passes of 10,000 predictions in the smallest type, as the harness writes them.
Tensor draw_predictions() {
  Tensor tensor{.dtype = DType::u8, .shape = {kPasses, kSamples}, .bytes = {}};
  for (const std::int32_t one : draw_classes(kSamples * kPasses, 2)) {
    tensor.bytes.push_back(static_cast<std::byte>(one));
  }
  return tensor;
}

void accuracy_of_two_million_from_npy(benchmark::State& state) {
  const TemporaryFolder folder("scoring-bench");
  const auto file = folder.path() / "predictions.npy";
  write_file_atomically(file, to_npy(draw_predictions()));
  support::SyntheticRun run{.joules_per_block = {10}, .passes = kPasses};
  run.labels = draw_classes(kSamples, 1);
  const RunRecord record = support::make_record(run);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        score_run(record, [&](const BlockRecord&) { return read_npy(file); },
                  {.values = run.labels, .dataset_sha256 = record.dataset_sha256}));
  }
}
BENCHMARK(accuracy_of_two_million_from_npy)->Unit(benchmark::kMillisecond);

void confusion_of_two_million(benchmark::State& state) {
  const auto labels = draw_classes(kSamples * kPasses, 1);
  const auto answers = draw_classes(kSamples * kPasses, 2);
  for (auto _ : state) {
    Confusion confusion(10);
    confusion.add(labels, answers);
    benchmark::DoNotOptimize(confusion.macro_f1() + confusion.balanced_accuracy());
  }
}
BENCHMARK(confusion_of_two_million)->Unit(benchmark::kMillisecond);

std::vector<std::byte> to_tensor_bytes(const std::vector<float>& values) {
  const auto bytes = std::as_bytes(std::span(values));
  return {bytes.begin(), bytes.end()};
}

/// A metric with its bootstrap interval, over two million predictions that are the same in each
/// pass, as a program's are but for what the salt moves.
void metric_of_two_million(benchmark::State& state, const char* name) {
  support::SyntheticRun run{.joules_per_block = {10}, .passes = kPasses};
  run.labels = draw_classes(kSamples, 1);
  RunRecord record = support::make_record(run);
  record.track.metric = metric_named(name, "bench");
  Tensor predictions = draw_predictions();
  for (std::size_t i = kSamples; i < predictions.bytes.size(); ++i) {
    predictions.bytes[i] = predictions.bytes[i - kSamples];
  }
  if (record.track.metric.predictions != PredictionKind::classes) {
    predictions = {.dtype = DType::f32, .shape = {kPasses, kSamples, 10}, .bytes = {}};
    predictions.bytes = to_tensor_bytes(std::vector<float>(kSamples * kPasses * 10, 0.1f));
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        score_run(record, [&](const BlockRecord&) { return predictions; },
                  {.values = run.labels, .dataset_sha256 = record.dataset_sha256}));
  }
}
BENCHMARK_CAPTURE(metric_of_two_million, balanced, "balanced-accuracy")
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(metric_of_two_million, top_5, "top-5")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(metric_of_two_million, log_loss, "log-loss")->Unit(benchmark::kMillisecond);

/// Records of 1,000 entries x 5 blocks x 10,000 predictions, each read with its digest checked.
void score_a_thousand_entries_again(benchmark::State& state) {
  const TemporaryFolder folder("scoring-bench");
  support::SyntheticRun run{.joules_per_block = {10, 11, 10, 9, 10}, .passes = 1};
  run.labels = draw_classes(kSamples, 1);
  RunRecord record = support::make_record(run);
  support::write_record(folder.path(), record, run);
  for (auto _ : state) {
    for (int entry = 0; entry < 1000; ++entry) {
      const RunRecord stored = read_run_record(folder.path());
      benchmark::DoNotOptimize(
          score_run(stored, predictions_in(folder.path()),
                    {.values = run.labels, .dataset_sha256 = record.dataset_sha256}));
    }
  }
}
BENCHMARK(score_a_thousand_entries_again)->Unit(benchmark::kMillisecond)->Iterations(1);

void rank_ten_thousand_entries(benchmark::State& state, const char* rule) {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> unit(0, 1);
  std::vector<Score> scores;
  for (int i = 0; i < 10'000; ++i) {
    const double joules = std::pow(10, 4 * unit(random) - 6);
    const double accuracy = 0.78 + 0.2 * unit(random);
    std::vector<BlockScore> blocks;
    for (int block = 1; block <= 5; ++block) {
      const double of_block = joules * std::exp(0.01 * (unit(random) - 0.5));
      blocks.push_back({.number = block,
                        .round = block,
                        .session = "s",
                        .samples = 1,
                        .joules = Joules{of_block}});
    }
    scores.push_back({.entry_id = std::to_string(i),
                      .entry_name = std::to_string(i),
                      .outcome = Outcome::valid,
                      .accuracy = Estimate{accuracy, Interval{accuracy - 0.005, accuracy + 0.005}},
                      .joules_per_sample = Estimate{joules, Interval{joules * 0.98, joules * 1.02}},
                      .energy_class = EnergyClass::measured,
                      .blocks = 5,
                      .samples = 10'000,
                      .block_scores = std::move(blocks)});
  }
  Track track;
  track.ranking.rule = rule;
  for (auto _ : state) benchmark::DoNotOptimize(rank_scores(scores, track));
}
BENCHMARK_CAPTURE(rank_ten_thousand_entries, floors, "floors")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(rank_ten_thousand_entries, pareto, "pareto")->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace joulebench

BENCHMARK_MAIN();
