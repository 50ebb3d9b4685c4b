#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <iostream>

namespace joulebench {

Progress::Progress(bool quiet) : quiet_(quiet), terminal_(!quiet && ::isatty(2) != 0) {}

Progress::~Progress() {
  wipe();
}

void Progress::stand(std::string where, std::optional<Seconds> left) {
  where_ = std::move(where);
  left_ = left;
  phase_.clear();
  draw();
}

void Progress::phase(const std::string& name) {
  phase_ = name;
  draw();
}

void Progress::line(const std::string& text) {
  if (quiet_) return;
  wipe();
  std::cerr << text << "\n";
  draw();
}

void Progress::draw() {
  if (!terminal_ || where_.empty()) return;
  std::string text = where_;
  if (!phase_.empty()) text += " · " + phase_;
  if (left_) text += " · " + spoken(*left_) + " left";
  winsize size{};
  if (::ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col > 4) {
    // A line that wraps could not be wiped. Bytes are at least as many as columns.
    if (text.size() >= size.ws_col) text = text.substr(0, size.ws_col - 4u) + "...";
  }
  std::cerr << "\r\x1b[K" << text << std::flush;
  drawn_ = true;
}

void Progress::wipe() {
  if (drawn_) std::cerr << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

std::string spoken(Seconds time) {
  const auto seconds = static_cast<long>(std::ceil(time.count()));
  if (seconds >= 3600) return fmt::format("{} h {:02} min", seconds / 3600, seconds / 60 % 60);
  if (seconds >= 60) return fmt::format("{} min {:02} s", seconds / 60, seconds % 60);
  return fmt::format("{} s", seconds);
}

}  // namespace joulebench
