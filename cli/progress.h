#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "core/units.h"

namespace joulebench {

/// One line on stderr that says what goes on: rewritten in place on a terminal, a plain line per
/// finished step elsewhere. Quiet: nothing.
class Progress {
 public:
  explicit Progress(bool quiet);
  ~Progress();

  /// Where we are as a whole: "block 7 of 20 · k-NN".
  void stand(std::string where, std::optional<Seconds> left);
  void phase(const std::string& name);  // within it: shown on a terminal only
  void line(const std::string& text);   // stays

 private:
  void draw();
  void wipe();

  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  std::string where_;
  std::string phase_;
  std::optional<Seconds> left_;
};

/// "1 h 05 min", "2 min 10 s", "8 s".
std::string spoken(Seconds time);

}  // namespace joulebench
