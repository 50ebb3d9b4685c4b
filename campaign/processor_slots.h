#pragma once

#include <cstddef>
#include <map>
#include <mutex>

namespace joulebench {

/// Which processors sandboxes that run at once have, by how many lie before theirs
/// (SandboxSpec::cpus_before). May be used by several threads at once.
class ProcessorSlots {
 public:
  /// So many processors beside one another, the first that nobody holds, while it lives. They are
  /// counted on beyond what the machine has: there sandboxes share.
  class Slot {
   public:
    /// `slots` must outlive it.
    Slot(ProcessorSlots& slots, std::size_t count);
    ~Slot();
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    std::size_t cpus_before() const { return begin_; }

   private:
    ProcessorSlots& slots_;
    std::size_t begin_;
  };

 private:
  std::mutex mutex_;
  std::map<std::size_t, std::size_t> ends_;  // of those that are held, by their begin
};

}  // namespace joulebench
