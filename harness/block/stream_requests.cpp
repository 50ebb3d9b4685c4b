#include "harness/block/stream_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "datasets/order.h"
#include "harness/block/kept_predictions.h"
#include "harness/protocol/failure.h"

namespace joulebench {
namespace {

// The samples of a look from one place.
constexpr std::size_t kChunk = 32;
// Above this time for a sample it does not matter from where it is asked.
constexpr Seconds kPlaceMatters{0.002};

Seconds sum_of(const std::vector<float>& latencies_s) {
  return Seconds(std::accumulate(latencies_s.begin(), latencies_s.end(), 0.0));
}

}  // namespace

StreamRequests::StreamRequests(MeteredSandbox& sandbox, int first_pass)
    : sandbox_(sandbox),
      setting_(sandbox.setting()),
      first_pass_(first_pass),
      samples_(setting_.dataset.hidden_inputs.rows()),
      placing_(setting_, 1) {}

void StreamRequests::open() {
  const Tensor& inputs = setting_.dataset.hidden_inputs;
  sandbox_.session().open_stream(
      stream_request(inputs.dtype, {inputs.shape.begin() + 1, inputs.shape.end()}),
      setting_.track.limits.request);
}

RequestCost StreamRequests::ask(const Tensor& inputs) {
  const SampleFrames frames = frames_of(inputs);
  StreamAnswers answers;
  answers.reserve(frames.size());
  sandbox_.release();
  const auto before = sandbox_.sandbox().cpu_time();
  stream(frames, answers);
  sandbox_.rest(kSettle);
  RequestCost cost{.wall = sum_of(answers.latencies_s)};
  if (const auto after = sandbox_.sandbox().cpu_time(); before && after)
    cost.cpu = *after - *before;
  checked(frames, answers);
  return cost;
}

RequestCost StreamRequests::ask_metered(const Tensor& inputs) {
  const SampleFrames frames = frames_of(inputs);
  StreamAnswers answers;
  answers.reserve(frames.size());
  const std::optional<PinnedThread> here = beside_program();
  const RequestCost cost = sandbox_.measure_apart([&] { stream(frames, answers); });
  checked(frames, answers);
  return cost;
}

RequestCost StreamRequests::look(std::uint64_t order_seed, int pass, KeptPredictions& predictions) {
  const std::optional<PinnedThread> here = beside_program();
  const SampleFrames frames = frames_of(inputs_of_pass(setting_, order_seed, pass));
  StreamAnswers answers;
  answers.reserve(frames.size());
  const RequestCost cost = sandbox_.measure_apart([&] { stream(frames, answers); });
  predictions.put(pass, class_tensor(checked(frames, answers), format_of(setting_)));
  return cost;
}

void StreamRequests::measure_window(BlockRecord& record, KeptPredictions& predictions,
                                    int first_request, int requests) {
  const std::size_t samples = static_cast<std::size_t>(requests) * samples_;
  const int first_pass = first_pass_ + first_request - 1;
  answers_.clear();
  answers_.reserve(samples);
  const std::optional<PinnedThread> here = beside_program();
  SampleFrames frames(next_number_, setting_.dataset.hidden_inputs.row_bytes(), samples);
  next_number_ += static_cast<std::uint32_t>(samples);
  for (int pass = first_pass; pass < first_pass + requests; ++pass) {
    frames.add(inputs_of_pass(setting_, record.order_seed, pass));
  }
  sandbox_.measure(record, {.first_pass = first_pass, .passes = requests, .samples = samples},
                   [&] { stream(frames, answers_); });
  const Tensor classes = class_tensor(checked(frames, answers_), format_of(setting_));
  for (int i = 0; i < requests; ++i) {
    predictions.put(first_pass + i, classes, static_cast<std::size_t>(i) * samples_);
  }
  for (const float latency_s : answers_.latencies_s) latencies_.add(Seconds(latency_s));
}

int StreamRequests::requests_per_window() const {
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
  sandbox_.session().close_stream(setting_.track.limits.request);
}

SampleFrames StreamRequests::frames_of(const Tensor& inputs) {
  SampleFrames frames(next_number_, inputs.row_bytes(), inputs.rows());
  next_number_ += static_cast<std::uint32_t>(inputs.rows());
  frames.add(inputs);
  return frames;
}

void StreamRequests::stream(const SampleFrames& frames, StreamAnswers& answers) {
  sandbox_.session().stream(
      frames, setting_.track.limits.request,
      [this](std::string name) { sandbox_.monitor().mark("phase " + std::move(name)); }, answers);
}

Seconds StreamRequests::time_of_familiar(std::size_t samples) {
  return ask(placing_.familiar(samples)).wall;
}

// Where we sit while we ask: see placement.h. Looked for once, before anything hidden is shown:
// between windows nothing is asked.
std::optional<PinnedThread> StreamRequests::beside_program() {
  if (!has_looked_for_place_) place_ = find_place();
  has_looked_for_place_ = true;
  std::optional<PinnedThread> here;
  if (place_) here.emplace(*place_);
  return here;
}

std::optional<int> StreamRequests::find_place() {
  if (time_of_familiar(1) > kPlaceMatters) return std::nullopt;
  return cpu_of_lowest_latency(sandbox_.sandbox().cpus(),
                               [this] { return time_of_familiar(kChunk); });
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
