#pragma once

#include <string>
#include <vector>

namespace joulebench {

/// What helps against several problems, said once.
struct Remedy {
  std::string text;                // "sudo sysctl kernel.perf_event_paranoid=0"
  std::vector<std::string> helps;  // names of what it helps
  std::string after_reboot;        // what keeps it; empty: it stays, or nothing is known
};

/// Gathers remedies in the order of their first problem, each once.
class Remedies {
 public:
  /// Nothing where `text` is empty.
  void add(const std::string& text, const std::string& helps);
  const std::vector<Remedy>& all() const { return remedies_; }
  bool empty() const { return remedies_.empty(); }

  /// "heading\n  1. ...", a line for each and one for how it stays; empty where there is none.
  std::string text(const std::string& heading) const;

 private:
  std::vector<Remedy> remedies_;
};

}  // namespace joulebench
