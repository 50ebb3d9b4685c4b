#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/run_record.h"
#include "core/tensor.h"
#include "harness/block/requests.h"

namespace joulebench {

/// Whole passes in files: what the offline scenario asks of a program. Each request carries one or
/// more copies of the test part, each in an order and with a salt of its own.
class OfflineRequests final : public Requests {
 public:
  explicit OfflineRequests(MeteredSandbox& program);

  void open() override {}
  void warm_up(int copies) override;  // one request, as large as the measured ones
  Seconds time_request(int copies, int number) override;
  Seconds cost_of(const Tensor& inputs, int number) override;
  void measure_window(BlockRecord& record, KeptPredictions& predictions, const BlockPlan& plan,
                      int first_request, int requests) override;
  int requests_per_window(const BlockPlan& plan) const override;
  int most_copies(int tried) const override;
  void add_figures(BlockRecord&) override {}
  void close() override {}
  /// One pass, the first of its block, not measured.
  void answer_once(std::uint64_t order_seed, KeptPredictions& predictions);

 private:
  std::size_t room_for_output() const;  // bytes, with one tenth to spare
  void send(const PredictRequest& request);
  void write_public_inputs(const std::string& file, int copies);
  void show_prepared();
  std::vector<PredictRequest> prepare(std::uint64_t seed, const BlockPlan& plan, int first_request,
                                      int requests);
  Tensor take_predictions(const PredictRequest& request, std::size_t count);

  MeteredSandbox& program_;
  const BlockSetting& setting_;
  std::size_t samples_;
  PredictionFormat format_;
  std::size_t window_bytes_;  // prepared inputs of a window: at most half of the space there is
  TemporaryFolder prepared_;  // what the sandbox shall see in its next window
};

}  // namespace joulebench
