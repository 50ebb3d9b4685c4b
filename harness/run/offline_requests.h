#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/run_record.h"
#include "core/tensor.h"
#include "harness/run/block_setting.h"
#include "harness/run/metered_sandbox.h"

namespace joulebench {

/// Whole passes in files: what the offline scenario asks of a program. Each request carries one or
/// more copies of the test part, each in an order and with a salt of its own.
class OfflineRequests {
 public:
  explicit OfflineRequests(MeteredSandbox& program);

  std::size_t samples() const { return samples_; }

  /// One on public inputs, as large as the measured ones; its answer is checked like theirs.
  void warm_up(int copies);
  /// One on public inputs, timed: what the pilot counts with.
  Seconds time_request(int copies, int number);
  /// CPU time that the answers to `inputs` take.
  Seconds cost_of(const Tensor& inputs, int number);

  /// Requests first_request.. of a plan, prepared, measured in one window, read back and mapped.
  void measure_window(BlockRecord& record, Tensor& predictions, const BlockPlan& plan,
                      int first_request, int requests);
  /// As many as memory allows.
  int requests_per_window(const BlockPlan& plan) const;
  int most_copies() const;

 private:
  void send(const PredictRequest& request);
  void write_public_inputs(const std::string& file, int copies);
  void show_prepared();
  std::vector<PredictRequest> prepare(std::uint64_t seed, const BlockPlan& plan, int first_request,
                                      int requests);
  std::vector<std::int32_t> take_predictions(const PredictRequest& request, std::size_t count);
  void map_back(std::uint64_t seed, const BlockPlan& plan, int request,
                const std::vector<std::int32_t>& answers, Tensor& predictions) const;

  MeteredSandbox& program_;
  const BlockSetting& setting_;
  std::size_t samples_;
  TemporaryFolder prepared_;  // what the sandbox shall see in its next window
};

/// The salt of one pass of a block.
std::uint64_t salt_seed(std::uint64_t order_seed, int pass);

}  // namespace joulebench
