#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "core/units.h"
#include "harness/protocol/failure.h"
#include "harness/protocol/protocol_lines.h"
#include "harness/protocol/sample_frames.h"
#include "harness/sandbox/sandbox.h"

namespace joulebench {

/// A request with its text made beforehand: nothing of it is left to do in a measured window.
struct PredictRequest {
  int number = 0;
  std::size_t count = 0;  // samples in it
  std::string line;       // what is sent, newline included
  std::string done_line;  // the plainest right answer
  std::string output;     // file below /jb/out that the answer promises

  PredictRequest(int number, std::string_view inputs_inside, std::size_t samples);
};

/// The request of a training, likewise; its arrays lie in the folder `inside` of the sandbox.
struct TrainRequest {
  std::string line;

  TrainRequest(std::string_view inside, bool with_validation, std::uint32_t seed);
};

/// The process protocol (design.md 4.3) with the program in one sandbox. One caller.
/// Errors  SubmissionFailure, typed, with words for the author; Interrupted.
class ProgramSession {
 public:
  ProgramSession(Sandbox& sandbox, Clock& clock, Seconds wall, std::size_t log_bytes,
                 std::function<bool()> stopped);

  void await_ready(Seconds at_most);
  /// Sends and waits for "done"; `on_phase` gets the names of the program's phase marks.
  void predict(const PredictRequest& request, Seconds at_most,
               const std::function<void(std::string)>& on_phase);
  /// Single-stream: opens the stream with stream_request()'s line and waits until the program says
  /// that it reads frames.
  void open_stream(std::string_view request, Seconds at_most);
  /// Sends one frame after the other, each when the one before it was answered; `at_most` is for
  /// each. Appends to `answers`, which has room: nothing is computed, allocated or kept beside.
  void stream(const SampleFrames& frames, Seconds at_most,
              const std::function<void(std::string)>& on_phase, StreamAnswers& answers);
  void close_stream(Seconds at_most);
  /// The same of a training; `on_checkpoint` gets the name of a file that the program says is in
  /// /jb/out. Both are called while it goes on: they shall do next to nothing.
  void train(const TrainRequest& request, Seconds at_most,
             const std::function<void(std::string)>& on_phase,
             const std::function<void(std::string)>& on_checkpoint);
  /// Fails a program that answered what it was not asked.
  void expect_silence();
  /// Asks the program to exit and waits for status 0.
  SandboxEnd exit(Seconds at_most);

  /// Last lines of stderr and of what stdout had beside the protocol.
  std::string log_tail() const;
  /// Lines of stdout that were read so far: the last of them is the one that a failure is about.
  int lines_read() const { return lines_.count(); }
  bool was_stopped() const { return stopped_(); }

 private:
  enum class Filled { bytes, nothing, ended };
  std::string next_event_line(SteadyTime deadline, std::string_view awaited);
  bool take_event_line(std::string& line);
  Filled fill(SteadyTime deadline);
  void send(std::string_view text, SteadyTime deadline);
  std::int64_t await_answer(std::uint32_t number, SteadyTime deadline, Seconds at_most,
                            const std::function<void(std::string)>& on_phase);
  void take_phase(const std::string& name, const std::function<void(std::string)>& on_phase);
  void keep_as_log(std::string_view line);
  SteadyTime deadline_in(Seconds at_most) const;
  SteadyTime deadline_from(SteadyTime start, Seconds at_most) const;
  std::string begun_line() const;
  [[noreturn]] void fail_at_end(std::string_view awaited);
  [[noreturn]] void fail_unexpected(const std::string& line, std::string_view expected);
  [[noreturn]] void fail_late(std::string_view awaited, Seconds at_most);

  Sandbox& sandbox_;
  Clock& clock_;
  SteadyTime wall_deadline_;
  Seconds wall_;
  std::size_t log_bytes_;
  std::function<bool()> stopped_;
  ProtocolLines lines_;
  std::string line_;  // room that is used again: one answer after the other
  std::string stdout_log_;
  int phases_ = 0;
};

}  // namespace joulebench
