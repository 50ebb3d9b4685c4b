#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <iostream>

#include "core/clock.h"
#include "core/error.h"
#include "core/file.h"

namespace joulebench {

Progress::Progress(bool quiet, const std::filesystem::path& log)
    : quiet_(quiet), terminal_(!quiet && ::isatty(2) != 0) {
  if (log.empty()) return;
  log_.open(log, std::ios::app);
  if (log_) return;
  throw Error({.what = "cannot write the log of progress",
               .where = log.string() + ": " + system_message(errno),
               .hint = "name another file with --log"});
}

Progress::~Progress() {
  wipe();
}

void Progress::stand(std::string where, std::optional<Seconds> left) {
  where_ = std::move(where);
  left_ = left;
  phase_.clear();
  note(text());
  draw();
}

void Progress::power(std::optional<Watts> last) {
  watts_ = last;
}

void Progress::phase(const std::string& name) {
  phase_ = name;
  note(text());
  draw();
}

void Progress::line(const std::string& text) {
  note(text);
  if (quiet_) return;
  wipe();
  std::cerr << text << "\n";
  draw();
}

void Progress::note(const std::string& text) {
  if (log_.is_open() && !text.empty()) log_ << SystemClock().now_utc() << " " << text << std::endl;
}

std::string Progress::text() const {
  std::string text = where_;
  if (!phase_.empty()) text += (text.empty() ? "" : " · ") + phase_;
  if (watts_) text += fmt::format(" · {:.3g} W", watts_->value);
  if (left_) text += " · " + spoken(*left_) + " left";
  return text;
}

void Progress::draw() {
  if (!terminal_) return;
  if (where_.empty()) return wipe();
  std::string text = this->text();
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
