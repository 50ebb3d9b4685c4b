#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "core/units.h"

namespace joulebench {

/// One line on stderr that says what goes on: rewritten in place on a terminal, a plain line per
/// finished step elsewhere. Quiet: nothing there. A log file gets a line with the time for each
/// step and phase all the same.
class Progress {
 public:
  /// `log` is added to; empty: there is none. Errors: Error when it cannot be opened.
  explicit Progress(bool quiet, const std::filesystem::path& log = {});
  ~Progress();

  /// Where we are as a whole: "block 7 of 20 · k-NN".
  void stand(std::string where, std::optional<Seconds> left);
  void power(std::optional<Watts> last);  // of the last block, shown with where we are
  void phase(const std::string& name);    // within it: shown on a terminal only
  void line(const std::string& text);     // stays
  void wipe();                            // until there is something to say again

 private:
  void draw();
  std::string text() const;
  void note(const std::string& text);

  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  std::string where_;
  std::string phase_;
  std::optional<Seconds> left_;
  std::optional<Watts> watts_;
  std::ofstream log_;
};

/// "1 h 05 min", "2 min 10 s", "8 s".
std::string spoken(Seconds time);

}  // namespace joulebench
