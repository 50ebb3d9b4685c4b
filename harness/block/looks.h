#pragma once

#include <cstdint>

#include "core/run_record.h"
#include "harness/block/public_samples.h"
#include "harness/block/requests.h"

namespace joulebench {

/// What a block asks besides its measured requests: a warm-up in their shape on public inputs, the
/// first look at the hidden inputs, and what the two are compared with. Each look is one request in
/// a window of its own, right after requests on public inputs that warm processor and program, so
/// that all are alike but for what the program has seen before.
class Looks {
 public:
  /// `copies`: passes in a measured request.
  Looks(MeteredSandbox& sandbox, Requests& requests, int copies, std::uint64_t order_seed);

  /// Both shapes, of the measured requests and of the first look, until they become no faster.
  void warm_up();
  /// Where requests carry several passes: what unseen public samples cost in both shapes.
  void see_public(BlockRecord& record);
  /// One pass, the block's first sight of the hidden inputs.
  void see_first(BlockRecord& record, KeptPredictions& predictions);
  /// Where requests carry several passes: one pass again, when the program has seen them often.
  void see_later(BlockRecord& record, int pass, KeptPredictions& predictions);

  /// Looks at hidden inputs in a block of requests with `copies` passes each.
  static int hidden_looks(int copies) { return copies > 1 ? 2 : 1; }

 private:
  Seconds ask_both_shapes();
  void warm_processor(std::size_t rows);
  std::size_t familiar_rows() const;

  MeteredSandbox& sandbox_;
  const BlockSetting& setting_;
  Requests& requests_;
  int copies_;
  std::uint64_t order_seed_;
  std::size_t samples_;  // of one pass
  PublicSamples samples_shown_;
};

}  // namespace joulebench
