#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "campaign/block_executor.h"
#include "support/fake_clock.h"

namespace joulebench {

/// An executor that starts nothing: blocks are as the test says, and take ten seconds of a clock
/// that the test holds. Unless the test says otherwise an entry prepares well, and each of its
/// blocks is valid: two passes of ten samples, every prediction 0, 1 J of cpu-package-0 in 10 s, no
/// idle power.
class ScriptedExecutor final : public BlockExecutor {
 public:
  explicit ScriptedExecutor(FakeClock& clock) : clock_(clock) {}

  /// May change what the preparation of an entry gives, or throw.
  std::function<void(const EntryJob&, Preparation&)> on_prepare;
  /// May change a block, or throw instead of it. Called in the order in which blocks run.
  std::function<void(const BlockJob&, BlockRecord&)> on_block;

  /// Whose block ran, in order: first letters of the entries' ids.
  const std::string& order() const { return order_; }
  int prepared() const { return prepared_; }

  std::string hostname = "scripted";  // of the machine that it says it is

  NodeState node() override { return {.hostname = hostname}; }
  Preparation prepare(const EntryJob& job) override;
  BlockResult run(const BlockJob& job) override;

  static constexpr std::size_t kSamples = 10;
  static constexpr int kPasses = 2;

 private:
  FakeClock& clock_;
  std::string order_;
  int prepared_ = 0;
};

/// Sets what a block cost, and with it nothing else.
void set_joules(BlockRecord& block, double joules);

}  // namespace joulebench
