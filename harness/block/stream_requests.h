#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "harness/block/latency_histogram.h"
#include "harness/block/placement.h"
#include "harness/block/public_samples.h"
#include "harness/block/requests.h"
#include "harness/protocol/sample_frames.h"

namespace joulebench {

/// One sample a request, its bytes in the request: what the single-stream scenario asks of a
/// program. A request of the plan is one pass, sample by sample.
class StreamRequests final : public Requests {
 public:
  StreamRequests(MeteredSandbox& sandbox, int first_pass);

  void open() override;
  RequestCost ask(const Tensor& inputs) override;
  RequestCost ask_metered(const Tensor& inputs) override;
  RequestCost look(std::uint64_t order_seed, int pass, KeptPredictions& predictions) override;
  void measure_window(BlockRecord& record, KeptPredictions& predictions, int first_request,
                      int requests) override;
  int requests_per_window() const override;
  int most_copies() const override { return 1; }
  void add_figures(BlockRecord& record) override;
  void close() override;

 private:
  SampleFrames frames_of(const Tensor& inputs);
  void stream(const SampleFrames& frames, StreamAnswers& answers);
  Seconds time_of_familiar(std::size_t samples);
  std::optional<PinnedThread> beside_program();
  std::optional<int> find_place();
  std::vector<std::int32_t> checked(const SampleFrames& frames, const StreamAnswers& answers) const;

  MeteredSandbox& sandbox_;
  const BlockSetting& setting_;
  int first_pass_;       // of the measured ones
  std::size_t samples_;  // of one pass
  std::uint32_t next_number_ = 1;
  PublicSamples placing_;  // asked for to find the CPU of lowest latency
  bool has_looked_for_place_ = false;
  std::optional<int> place_;    // a CPU; absent: where the kernel puts us
  StreamAnswers answers_;       // of the window that is measured
  LatencyHistogram latencies_;  // of all windows of the block
};

}  // namespace joulebench
