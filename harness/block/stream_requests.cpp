#include "harness/block/stream_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "harness/block/kept_predictions.h"
#include "harness/protocol/failure.h"

namespace joulebench {
namespace {

// Samples of a warm-up and of the pilot's looks are asked for at most this long, a pass at most.
constexpr Seconds kEnough{0.5};
constexpr std::size_t kChunk = 32;
// Above this time for a sample it does not matter from where it is asked.
constexpr Seconds kPlaceMatters{0.002};

Seconds sum_of(const std::vector<float>& latencies_s) {
  return Seconds(std::accumulate(latencies_s.begin(), latencies_s.end(), 0.0));
}

}  // namespace

StreamRequests::StreamRequests(MeteredSandbox& program)
    : program_(program),
      setting_(program.setting()),
      samples_(setting_.dataset.hidden_inputs.rows()) {}

void StreamRequests::open() {
  const Tensor& inputs = setting_.dataset.hidden_inputs;
  program_.session().open_stream(
      stream_request(inputs.dtype, {inputs.shape.begin() + 1, inputs.shape.end()}),
      setting_.track.limits.request);
}

void StreamRequests::warm_up(int) {
  setting_.on_phase("warm-up");
  time_request(1, 0);
}

// Of a pass, from as many samples as there is time for.
Seconds StreamRequests::time_request(int, int) {
  const std::optional<PinnedThread> here = beside_program();
  program_.await_quiet();
  Seconds taken{0};
  std::size_t asked = 0;
  while (asked < samples_ && taken < kEnough) {
    const std::size_t count = std::min(asked + kChunk, samples_ - asked);  // ever more at once
    taken += sum_of(ask_public(count).latencies_s);
    asked += count;
  }
  return taken * (static_cast<double>(samples_) / static_cast<double>(asked));
}

Seconds StreamRequests::cost_of(const Tensor& inputs, int) {
  SampleFrames frames = frames_for(inputs.rows());
  frames.add(inputs);
  StreamAnswers answers;
  answers.reserve(frames.size());
  const auto before = program_.sandbox().cpu_time();
  stream(frames, answers);
  program_.rest(kSettle);
  const auto after = program_.sandbox().cpu_time();
  checked(frames, answers);
  return before && after ? *after - *before : Seconds(0);
}

void StreamRequests::measure_window(BlockRecord& record, KeptPredictions& predictions,
                                    const BlockPlan&, int first_request, int requests) {
  const std::size_t samples = static_cast<std::size_t>(requests) * samples_;
  answers_.clear();
  answers_.reserve(samples);
  SampleFrames frames = frames_for(samples);
  for (int pass = first_request; pass < first_request + requests; ++pass) {
    frames.add(inputs_of_pass(setting_, record.order_seed, pass));
  }
  {
    const std::optional<PinnedThread> here = beside_program();
    program_.await_quiet();
    program_.measure(record, {.first_pass = first_request, .passes = requests, .samples = samples},
                     [&] { stream(frames, answers_); });
  }
  const Tensor classes = class_tensor(checked(frames, answers_), format_of(setting_));
  for (int i = 0; i < requests; ++i) {
    predictions.put(first_request + i, classes, static_cast<std::size_t>(i) * samples_);
  }
  for (const float latency_s : answers_.latencies_s) latencies_.add(Seconds(latency_s));
}

int StreamRequests::requests_per_window(const BlockPlan&) const {
  // A frame, its answer and its latency.
  const std::size_t sample =
      setting_.dataset.hidden_inputs.row_bytes() + SampleFrames::kHeaderBytes + 12;
  return static_cast<int>(
      std::clamp<std::size_t>(kWindowInputBytes / (samples_ * sample), 1, 1'000'000));
}

void StreamRequests::add_figures(BlockRecord& record) {
  if (!latencies_.is_empty()) record.latency = latencies_.figures();
}

void StreamRequests::close() {
  program_.session().close_stream(setting_.track.limits.request);
}

SampleFrames StreamRequests::frames_for(std::size_t samples) {
  SampleFrames frames(next_number_, setting_.dataset.hidden_inputs.row_bytes(), samples);
  next_number_ += static_cast<std::uint32_t>(samples);
  return frames;
}

void StreamRequests::stream(const SampleFrames& frames, StreamAnswers& answers) {
  program_.session().stream(
      frames, setting_.track.limits.request,
      [this](std::string name) { program_.monitor().mark("phase " + std::move(name)); }, answers);
}

StreamAnswers StreamRequests::ask(const Tensor& inputs) {
  SampleFrames frames = frames_for(inputs.rows());
  frames.add(inputs);
  StreamAnswers answers;
  answers.reserve(frames.size());
  stream(frames, answers);
  checked(frames, answers);
  return answers;
}

StreamAnswers StreamRequests::ask_public(std::size_t samples) {
  const std::size_t first = next_public_;
  next_public_ += samples;
  return ask(public_inputs(setting_, samples, first));
}

// Where we sit while we ask: see placement.h.
std::optional<PinnedThread> StreamRequests::beside_program() {
  std::optional<PinnedThread> here;
  if (sum_of(ask_public(1).latencies_s) > kPlaceMatters) return here;
  const auto place = soonest_answered_from(
      program_.sandbox().cpus(), [this] { return sum_of(ask_public(kChunk).latencies_s); });
  if (place) here.emplace(*place);
  return here;
}

std::vector<std::int32_t> StreamRequests::checked(const SampleFrames& frames,
                                                  const StreamAnswers& answers) const {
  const auto classes = static_cast<std::int64_t>(setting_.dataset.class_names.size());
  std::vector<std::int32_t> result;
  result.reserve(answers.classes.size());
  for (std::size_t i = 0; i < answers.classes.size(); ++i) {
    const std::int64_t answer = answers.classes[i];
    if (answer < 0 || answer >= classes) {
      throw SubmissionFailure{Outcome::predictions,
                              fmt::format("sample {} of the stream: class {}, where 0 to {} was "
                                          "expected",
                                          frames.number(i), answer, classes - 1)};
    }
    result.push_back(static_cast<std::int32_t>(answer));
  }
  return result;
}

}  // namespace joulebench
