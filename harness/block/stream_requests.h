#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/block/latency_histogram.h"
#include "harness/block/placement.h"
#include "harness/block/requests.h"
#include "harness/protocol/sample_frames.h"

namespace joulebench {

/// One sample a request, its bytes in the request: what the single-stream scenario asks of a
/// program. A request of a plan is one pass, sample by sample.
class StreamRequests final : public Requests {
 public:
  explicit StreamRequests(MeteredSandbox& program);

  void open() override;
  void warm_up(int copies) override;
  Seconds time_request(int copies, int number) override;
  Seconds cost_of(const Tensor& inputs, int number) override;
  void measure_window(BlockRecord& record, KeptPredictions& predictions, const BlockPlan& plan,
                      int first_request, int requests) override;
  int requests_per_window(const BlockPlan& plan) const override;
  int most_copies(int /*tried*/) const override { return 1; }
  void add_figures(BlockRecord& record) override;
  void close() override;

 private:
  SampleFrames frames_for(std::size_t samples);
  void stream(const SampleFrames& frames, StreamAnswers& answers);
  StreamAnswers ask(const Tensor& inputs);
  StreamAnswers ask_public(std::size_t samples);
  std::optional<PinnedThread> beside_program();
  std::vector<std::int32_t> checked(const SampleFrames& frames, const StreamAnswers& answers) const;

  MeteredSandbox& program_;
  const BlockSetting& setting_;
  std::size_t samples_;
  std::uint32_t next_number_ = 1;
  std::size_t next_public_ = 0;
  StreamAnswers answers_;       // of the window that is measured
  LatencyHistogram latencies_;  // of all windows of the block
};

}  // namespace joulebench
