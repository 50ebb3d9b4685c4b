#include "harness/protocol/program_session.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"

namespace joulebench {
namespace {

// Marks of one program; they are kept in memory and in the record.
constexpr int kMostPhases = 10'000;

}  // namespace

PredictRequest::PredictRequest(int request, std::string_view inputs_inside, std::size_t samples)
    : number(request),
      count(samples),
      done_line(fmt::format(R"({{"event":"done","request":{}}})", request)),
      output(fmt::format("{}.npy", request)) {
  const nlohmann::json message = {{"op", "predict"},
                                  {"request", request},
                                  {"inputs", inputs_inside},
                                  {"predictions", "/jb/out/" + output},
                                  {"count", samples}};
  line = message.dump() + "\n";
}

TrainRequest::TrainRequest(std::string_view inside, bool with_validation, std::uint32_t seed) {
  const std::string folder(inside);
  nlohmann::json message = {{"op", "train"},
                            {"inputs", folder + "/inputs.npy"},
                            {"labels", folder + "/labels.npy"},
                            {"model", "/jb/model"},
                            {"seed", seed}};
  if (with_validation) message["validation"] = folder + "/validation.npy";
  line = message.dump() + "\n";
}

ProgramSession::ProgramSession(Sandbox& sandbox, Clock& clock, Seconds wall, std::size_t log_bytes,
                               std::function<bool()> stopped)
    : sandbox_(sandbox),
      clock_(clock),
      wall_deadline_(clock.now() + std::chrono::duration_cast<std::chrono::nanoseconds>(wall)),
      wall_(wall),
      log_bytes_(log_bytes),
      stopped_(std::move(stopped)) {}

SteadyTime ProgramSession::deadline_in(Seconds at_most) const {
  return deadline_from(clock_.now(), at_most);
}

SteadyTime ProgramSession::deadline_from(SteadyTime start, Seconds at_most) const {
  return std::min(wall_deadline_,
                  start + std::chrono::duration_cast<std::chrono::nanoseconds>(at_most));
}

void ProgramSession::await_ready(Seconds at_most) {
  constexpr std::string_view kAwaited = R"({"event":"ready"})";
  const SteadyTime deadline = deadline_in(at_most);
  const std::string line = next_event_line(deadline, kAwaited);
  if (line.empty()) fail_late(kAwaited, at_most);
  const auto event = parse_event(line);
  if (!event || event->event != "ready") fail_unexpected(line, kAwaited);
}

void ProgramSession::predict(const PredictRequest& request, Seconds at_most,
                             const std::function<void(std::string)>& on_phase) {
  const SteadyTime deadline = deadline_in(at_most);
  send(request.line, deadline);
  for (;;) {
    const std::string line = next_event_line(deadline, request.done_line);
    if (line == request.done_line) return;
    if (line.empty()) fail_late(request.done_line, at_most);
    const auto event = parse_event(line);
    if (event && event->event == "done" && event->request == request.number) return;
    if (!event || event->event != "phase") fail_unexpected(line, request.done_line);
    take_phase(event->name, on_phase);
  }
}

void ProgramSession::open_stream(std::string_view request, Seconds at_most) {
  constexpr std::string_view kAwaited = R"({"event":"streaming"})";
  const SteadyTime deadline = deadline_in(at_most);
  send(request, deadline);
  const std::string line = next_event_line(deadline, kAwaited);
  if (line.empty()) fail_late(kAwaited, at_most);
  const auto event = parse_event(line);
  if (!event || event->event != "streaming") fail_unexpected(line, kAwaited);
}

void ProgramSession::stream(const SampleFrames& frames, Seconds at_most,
                            const std::function<void(std::string)>& on_phase,
                            StreamAnswers& answers) {
  for (std::size_t i = 0; i < frames.size(); ++i) {
    // An answer that lies there before its sample was sent is no answer, and would have no latency.
    expect_silence();
    const SteadyTime asked = clock_.now();
    const SteadyTime deadline = deadline_from(asked, at_most);
    send(frames.frame(i), deadline);
    answers.classes.push_back(await_answer(frames.number(i), deadline, at_most, on_phase));
    answers.latencies_s.push_back(static_cast<float>(Seconds(clock_.now() - asked).count()));
  }
}

std::int64_t ProgramSession::await_answer(std::uint32_t number, SteadyTime deadline,
                                          Seconds at_most,
                                          const std::function<void(std::string)>& on_phase) {
  for (;;) {
    while (take_event_line(line_)) {
      const auto answer = parse_stream_answer(line_);
      if (answer && answer->sample == number) return answer->answer;
      const auto event = answer ? std::nullopt : parse_event(line_);
      if (!event || event->event != "phase") fail_unexpected(line_, expected_answer(number));
      take_phase(event->name, on_phase);
    }
    if (stopped_()) throw Interrupted{};
    if (clock_.now() >= deadline) fail_late(expected_answer(number), at_most);
    if (fill(deadline) == Filled::ended) fail_at_end(expected_answer(number));
  }
}

void ProgramSession::close_stream(Seconds at_most) {
  send(end_of_stream(), deadline_in(at_most));
}

void ProgramSession::train(const TrainRequest& request, Seconds at_most,
                           const std::function<void(std::string)>& on_phase,
                           const std::function<void(std::string)>& on_checkpoint) {
  constexpr std::string_view kDone = R"({"event":"done"})";
  constexpr std::string_view kFolder = "/jb/out/";
  const SteadyTime deadline = deadline_in(at_most);
  send(request.line, deadline);
  for (;;) {
    const std::string line = next_event_line(deadline, kDone);
    if (line == kDone) return;
    if (line.empty()) fail_late(kDone, at_most);
    const auto event = parse_event(line);
    if (event && event->event == "done") return;
    if (event && event->event == "checkpoint") {
      if (!event->predictions.starts_with(kFolder)) {
        fail_unexpected(line, R"({"event":"checkpoint","predictions":"/jb/out/FILE"})");
      }
      on_checkpoint(event->predictions.substr(kFolder.size()));
      continue;
    }
    if (!event || event->event != "phase") fail_unexpected(line, kDone);
    take_phase(event->name, on_phase);
  }
}

void ProgramSession::take_phase(const std::string& name,
                                const std::function<void(std::string)>& on_phase) {
  if (++phases_ > kMostPhases) {
    throw SubmissionFailure{Outcome::protocol,
                            fmt::format("more than {} phase marks", kMostPhases)};
  }
  if (!name.empty()) on_phase(name.substr(0, 80));
}

void ProgramSession::expect_silence() {
  do {
    if (take_event_line(line_)) {
      throw SubmissionFailure{
          Outcome::protocol,
          fmt::format("the program answered without being asked: {}", printable(line_, 200))};
    }
  } while (fill(clock_.now()) == Filled::bytes);
}

SandboxEnd ProgramSession::exit(Seconds at_most) {
  const SteadyTime deadline = deadline_in(at_most);
  send("{\"op\":\"exit\"}\n", deadline);
  sandbox_.close_input();
  // What it still prints is drained, or a full pipe would keep it from ending.
  while (!sandbox_.has_ended() && clock_.now() < deadline) {
    if (fill(std::min(deadline, clock_.now() + std::chrono::milliseconds(20))) == Filled::ended) {
      clock_.sleep_until(clock_.now() + std::chrono::milliseconds(1));
    }
    std::string line;
    while (lines_.take(line)) keep_as_log(line);
  }
  if (!sandbox_.has_ended()) {
    throw SubmissionFailure{
        Outcome::timeout,
        fmt::format("the program did not exit within {:g} s of being asked to", at_most.count())};
  }
  const SandboxEnd end = sandbox_.wait(Seconds(1));
  if (end.broken_limit) throw SubmissionFailure{*end.broken_limit, end.detail};
  if (end.signal != 0 || end.exit_status != 0) {
    throw SubmissionFailure{
        Outcome::crash,
        end.signal != 0
            ? fmt::format("the program ended by signal {} when asked to exit", end.signal)
            : fmt::format("the program exited with {} when asked to exit, where 0 "
                          "was expected",
                          end.exit_status)};
  }
  return end;
}

std::string ProgramSession::log_tail() const {
  std::string log = sandbox_.log_tail();
  if (!stdout_log_.empty()) {
    if (!log.empty() && log.back() != '\n') log += '\n';
    log += last_lines(printable(stdout_log_, 4000), 20);
  }
  return log;
}

// The next line that could be an answer; empty when the deadline passed first.
std::string ProgramSession::next_event_line(SteadyTime deadline, std::string_view awaited) {
  std::string line;
  for (;;) {
    if (take_event_line(line)) return line;
    if (stopped_()) throw Interrupted{};
    if (clock_.now() >= deadline) return {};
    if (fill(deadline) == Filled::ended) fail_at_end(awaited);
  }
}

// Of what came so far; other lines become log.
bool ProgramSession::take_event_line(std::string& line) {
  while (lines_.take(line)) {
    if (line.starts_with('{')) return true;
    keep_as_log(line);
  }
  return false;
}

// Waits for bytes and takes them; `nothing` after the deadline or a signal.
ProgramSession::Filled ProgramSession::fill(SteadyTime deadline) {
  // Woken now and then to see an interruption, rarely enough to cost nothing in a window.
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - clock_.now());
  const int wait_ms = static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 500));
  pollfd waiting{.fd = sandbox_.from_program(), .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, wait_ms) <= 0) return Filled::nothing;
  char bytes[1 << 14];
  const ssize_t got = ::read(sandbox_.from_program(), bytes, sizeof bytes);
  if (got == 0) return Filled::ended;
  if (got < 0) return Filled::nothing;
  lines_.feed({bytes, static_cast<std::size_t>(got)});
  return Filled::bytes;
}

void ProgramSession::send(std::string_view text, SteadyTime deadline) {
  while (!text.empty()) {
    const ssize_t sent = ::write(sandbox_.to_program(), text.data(), text.size());
    if (sent > 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
      continue;
    }
    if (sent < 0 && errno == EPIPE) fail_at_end("a request could be sent");
    if (stopped_()) throw Interrupted{};
    if (clock_.now() >= deadline) {
      throw SubmissionFailure{Outcome::timeout, "the program does not read its requests"};
    }
    pollfd waiting{.fd = sandbox_.to_program(), .events = POLLOUT, .revents = 0};
    ::poll(&waiting, 1, 50);
  }
}

void ProgramSession::keep_as_log(std::string_view line) {
  stdout_log_.append(line.substr(0, 1000));
  stdout_log_ += '\n';
  // Old lines go first; erased in large steps, so that a flood costs little.
  if (stdout_log_.size() > 2 * log_bytes_) stdout_log_.erase(0, stdout_log_.size() - log_bytes_);
}

// The likeliest reason why an answer is missed, if it is one.
std::string ProgramSession::begun_line() const {
  const std::string_view begun = lines_.begun();
  if (begun.empty()) return {};
  return fmt::format("; a line was begun and not ended: {}", printable(begun.substr(0, 200), 200));
}

void ProgramSession::fail_at_end(std::string_view awaited) {
  // Its stdout ends a moment before the process does.
  const SteadyTime patience = clock_.now() + std::chrono::seconds(1);
  while (!sandbox_.has_ended() && clock_.now() < patience) {
    clock_.sleep_until(clock_.now() + std::chrono::milliseconds(2));
  }
  const bool lives = !sandbox_.has_ended();
  const SandboxEnd end = sandbox_.wait(Seconds(0));
  if (end.broken_limit) throw SubmissionFailure{*end.broken_limit, end.detail};
  if (lives) {
    throw SubmissionFailure{Outcome::protocol,
                            fmt::format("the program closed its stdout, where {} was expected{}",
                                        awaited, begun_line())};
  }
  if (end.signal != 0) {
    throw SubmissionFailure{
        Outcome::crash, fmt::format("the program ended by signal {} ({}), where {} was expected{}",
                                    end.signal, ::strsignal(end.signal), awaited, begun_line())};
  }
  throw SubmissionFailure{end.exit_status == 0 ? Outcome::protocol : Outcome::crash,
                          fmt::format("the program exited with {}, where {} was expected{}",
                                      end.exit_status, awaited, begun_line())};
}

void ProgramSession::fail_unexpected(const std::string& line, std::string_view expected) {
  throw SubmissionFailure{Outcome::protocol,
                          fmt::format("the program answered {}, where {} was expected",
                                      printable(line, 200), expected)};
}

void ProgramSession::fail_late(std::string_view awaited, Seconds at_most) {
  const bool whole = clock_.now() >= wall_deadline_;
  // Why it is late, where we know: a program that may start no more processes waits for ever.
  const SandboxEnd end = sandbox_.kill();
  if (end.broken_limit) throw SubmissionFailure{*end.broken_limit, end.detail};
  throw SubmissionFailure{
      Outcome::timeout,
      fmt::format("no {} within {:g} s{}{}", awaited, whole ? wall_.count() : at_most.count(),
                  whole ? " of the whole block" : "", begun_line())};
}

}  // namespace joulebench
