#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/run_record.h"
#include "core/tensor.h"
#include "harness/block/block_setting.h"
#include "harness/block/kept_predictions.h"
#include "harness/block/metered_sandbox.h"

namespace joulebench {

/// How a scenario asks a program for the classes of samples. Errors: those of MeteredSandbox.
class Requests {
 public:
  virtual ~Requests() = default;

  virtual void open() = 0;  // once, when the program is ready
  /// On public inputs, answers checked like the measured ones'. `copies`: passes in one request.
  virtual void warm_up(int copies) = 0;
  /// How long a request on public inputs takes: what the pilot counts with.
  virtual Seconds time_request(int copies, int number) = 0;
  /// CPU time that the answers to `inputs` take.
  virtual Seconds cost_of(const Tensor& inputs, int number) = 0;
  /// Requests first_request.. of a plan, prepared, measured in one window and mapped back.
  virtual void measure_window(BlockRecord& record, KeptPredictions& predictions,
                              const BlockPlan& plan, int first_request, int requests) = 0;
  /// Of one window: as many as memory allows.
  virtual int requests_per_window(const BlockPlan& plan) const = 0;
  /// Of one request; more when the memory that requests of `tried` took leaves room, 0: none were.
  virtual int most_copies(int tried) const = 0;
  /// What else the windows showed, once they are over.
  virtual void add_figures(BlockRecord& record) = 0;
  virtual void close() = 0;  // before the program is asked to exit
};

/// What the track's metric asks of a program.
PredictionFormat format_of(const BlockSetting& setting);

/// Of the track's scenario.
std::unique_ptr<Requests> make_requests(MeteredSandbox& program);

// What both kinds share.

/// Prepared inputs of one window, in memory: what 200 passes of Fashion-MNIST may take, with the
/// answers and our own copies, stays below 400 MB. Each window and each request costs CPU time of
/// ours, so they are as large as that allows.
constexpr std::size_t kWindowInputBytes = std::size_t{256} << 20;

/// What a program still does after it has answered belongs to that answer.
constexpr Seconds kSettle{0.001};

/// The salt of one pass of a block.
std::uint64_t salt_seed(std::uint64_t order_seed, int pass);

/// The hidden inputs of one pass, 1-based: in its order, with its salt.
Tensor inputs_of_pass(const BlockSetting& setting, std::uint64_t order_seed, int pass);

/// `count` public inputs, from the first again when there are fewer.
Tensor public_inputs(const BlockSetting& setting, std::size_t count, std::size_t first = 0);

}  // namespace joulebench
