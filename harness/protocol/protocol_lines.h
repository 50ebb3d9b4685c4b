#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace joulebench {

/// Cuts an entry's stdout into lines, in bounded memory whatever comes.
/// Errors  take() throws SubmissionFailure for a protocol line that is too long to be one.
class ProtocolLines {
 public:
  /// A protocol line is short; what is longer is a program's log without newlines, or an attack.
  static constexpr std::size_t kMaxLine = 64 << 10;

  void feed(std::string_view bytes);
  /// The next whole line without its end. Of an overlong log line the first kMaxLine + 1 bytes,
  /// once.
  bool take(std::string& line);
  /// What came of a line whose end did not; for messages.
  std::string_view begun() const { return std::string_view(buffer_).substr(taken_); }
  /// Lines handed out so far: the last one's number, from 1.
  int count() const { return count_; }

 private:
  int count_ = 0;
  std::string buffer_;
  std::size_t taken_ = 0;  // bytes of buffer_ that were handed out as lines
  bool skipping_ = false;  // inside a line that is too long to be ours
};

/// {"event": "done", "request": 3, "name": "...", "predictions": "..."} as far as it is there and
/// of the right type.
struct ProtocolEvent {
  std::string event;
  std::optional<std::int64_t> request;
  std::string name;
  std::string predictions;  // a path, as the program says it
};

/// Absent when the line is no JSON object with a text "event". Takes any bytes.
std::optional<ProtocolEvent> parse_event(std::string_view line);

}  // namespace joulebench
