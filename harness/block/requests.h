#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/run_record.h"
#include "core/tensor.h"
#include "harness/block/block_setting.h"
#include "harness/block/kept_predictions.h"
#include "harness/block/metered_sandbox.h"

namespace joulebench {

/// How a scenario asks a program for the classes of samples. All requests of a sandbox are alike:
/// their numbers run on, their inputs are prepared elsewhere and appear under the same path by one
/// rename, whatever they are for. Errors: those of MeteredSandbox.
class Requests {
 public:
  virtual ~Requests() = default;

  virtual void open() = 0;  // once, when the program is ready
  /// One request for `inputs`, answered and checked like a measured one; no meter is read.
  virtual RequestCost ask(const Tensor& inputs) = 0;
  /// The same under meters, in a window of its own that is no part of the figure.
  virtual RequestCost ask_metered(const Tensor& inputs) = 0;
  /// One pass of hidden inputs in one request, likewise metered; its answers are kept.
  virtual RequestCost look(std::uint64_t order_seed, int pass, KeptPredictions& predictions) = 0;
  /// Requests first_request.. (1-based) of the block's plan, prepared, measured in one window and
  /// mapped back.
  virtual void measure_window(BlockRecord& record, KeptPredictions& predictions, int first_request,
                              int requests) = 0;
  /// As many requests of the plan as one window has room for.
  virtual int requests_per_window() const = 0;
  /// As many passes as one request may carry.
  virtual int most_copies() const = 0;
  /// What else the windows showed, once they are over.
  virtual void add_figures(BlockRecord& record) = 0;
  virtual void close() = 0;  // before the program is asked to exit
};

/// What the track's metric asks of a program.
PredictionFormat format_of(const BlockSetting& setting);

// What both scenarios share.

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

}  // namespace joulebench
