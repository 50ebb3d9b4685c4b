#include "support/synthetic_board.h"

#include "core/gzip.h"

namespace joulebench::support {

SyntheticRun good_run(const std::string& name, std::vector<double> joules) {
  SyntheticRun run{.name = name, .joules_per_block = std::move(joules), .wrong = 10};
  run.labels.assign(1000, 1);
  return run;
}

std::int64_t add(Store& store, const SyntheticRun& run, const RunRecord& record) {
  const auto id = store.put_run(record, "/records/" + run.name, kNow);
  const std::vector<std::int32_t> validation = {0, 1, 2, 3};
  const Score score = score_run(
      record, [&](const BlockRecord&) { return make_predictions(run); },
      {.values = run.labels, .dataset_sha256 = record.dataset_sha256, .validation = validation},
      nullptr, [](const BlockRecord&) { return make_checkpoints(); });
  store.put_score(id, score, "floors/1", "0.1.0", kNow);
  return id;
}

std::optional<TraceFile> flat_trace(const StoredRun&, const BlockRecord&) {
  EnergyTrace trace;
  trace.domains = {{.name = "cpu-package-0", .in_total = true}};
  for (int i = 0; i < 3; ++i) {
    const SteadyTime time{std::chrono::seconds(i)};
    trace.samples.push_back(
        {.domain = 0, .before = time, .after = time, .joules = Joules{5.0 * i}});
  }
  trace.marks = {{SteadyTime{std::chrono::seconds(1)}, "pass 1"}};
  return TraceFile{.trace = trace, .packed_csv = pack_gzip(to_csv(trace))};
}

}  // namespace joulebench::support
