#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/tensor.h"
#include "harness/block/block_setting.h"

namespace joulebench {

/// This many samples of a stream time a pass of it and warm a program up: they come one by one.
constexpr std::size_t kStreamRows = 256;

/// Public inputs for one sandbox, in an order drawn for it. An eighth of them is for warming up and
/// comes again and again; the others are given out once each, as long as they last, so that their
/// first answers have to be computed.
class PublicSamples {
 public:
  PublicSamples(const BlockSetting& setting, std::uint64_t seed);

  /// A request of `rows` samples of those for warming up, in an order and with a salt of its own.
  Tensor familiar(std::size_t rows);
  /// A request of `rows` samples that holds each of the next `distinct` unseen ones equally often;
  /// fewer where fewer are left, and familiar ones where none are.
  Tensor unseen(std::size_t rows, std::size_t distinct);
  std::size_t left() const { return order_.size() - next_; }

 private:
  Tensor request_of(const std::vector<std::uint32_t>& chosen, std::size_t rows);

  const BlockSetting& setting_;
  std::uint64_t seed_;
  std::vector<std::uint32_t> order_;
  std::size_t familiar_;  // the first of the order
  std::size_t next_;      // the first that was not given out
  int requests_ = 0;
};

}  // namespace joulebench
