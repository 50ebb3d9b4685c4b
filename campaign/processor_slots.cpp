#include "campaign/processor_slots.h"

#include <algorithm>

namespace joulebench {

ProcessorSlots::Slot::Slot(ProcessorSlots& slots, std::size_t count) : slots_(slots), begin_(0) {
  count = std::max<std::size_t>(count, 1);
  const std::lock_guard lock(slots_.mutex_);
  for (const auto& [begin, end] : slots_.ends_) {
    if (begin_ + count <= begin) break;
    begin_ = end;
  }
  slots_.ends_[begin_] = begin_ + count;
}

ProcessorSlots::Slot::~Slot() {
  const std::lock_guard lock(slots_.mutex_);
  slots_.ends_.erase(begin_);
}

}  // namespace joulebench
