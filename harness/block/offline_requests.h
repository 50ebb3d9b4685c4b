#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/run_record.h"
#include "core/tensor.h"
#include "harness/block/placement.h"
#include "harness/block/requests.h"

namespace joulebench {

/// Whole passes in files: what the offline scenario asks of a program. Each request carries one or
/// more copies of the test part, each in an order and with a salt of its own.
class OfflineRequests final : public Requests {
 public:
  explicit OfflineRequests(MeteredSandbox& sandbox, const MeasuredPasses& passes = {});

  void open() override {}
  RequestCost ask(const Tensor& inputs) override;
  RequestCost ask_metered(const Tensor& inputs) override;
  RequestCost look(std::uint64_t order_seed, int pass, KeptPredictions& predictions) override;
  void measure_window(BlockRecord& record, KeptPredictions& predictions, int first_request,
                      int requests) override;
  int requests_per_window() const override;
  int most_copies() const override;
  void add_figures(BlockRecord& record) override;
  void close() override {}
  /// The first pass of hidden inputs in a sandbox without a window.
  void answer_once(std::uint64_t order_seed, KeptPredictions& predictions);

 private:
  std::size_t rows_of_request() const {
    return samples_ * static_cast<std::size_t>(passes_.copies);
  }
  std::size_t room_for_output() const;  // bytes, with one tenth to spare
  int requests_with_own_inputs() const;
  void prepare(const PredictRequest& request, const Tensor& inputs);
  void prepare_measured(const PredictRequest& request, std::uint64_t seed, int number);
  void write_measured(const std::filesystem::path& file, std::uint64_t seed, int number) const;
  PredictRequest next_request(std::size_t rows);
  void clear_prepared();
  void show_prepared();
  void hide_shown();
  void send(const PredictRequest& request);
  std::optional<PinnedThread> beside_program();
  Tensor take_predictions(const PredictRequest& request);

  MeteredSandbox& sandbox_;
  const BlockSetting& setting_;
  MeasuredPasses passes_;
  std::size_t samples_;  // of one pass
  PredictionFormat format_;
  std::size_t window_bytes_;  // prepared inputs of a window: at most half of the space there is
  TemporaryFolder prepared_;  // what the sandbox shall see in its next window
  TemporaryFolder repeated_;  // inputs of short requests, which come again
  int next_number_ = 1;
};

}  // namespace joulebench
