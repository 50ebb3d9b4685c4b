#include "harness/block/offline_requests.h"

#include <fmt/format.h>

#include <algorithm>

#include "datasets/order.h"
#include "harness/protocol/input_file.h"
#include "harness/protocol/read_predictions.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

// Inputs of a request of several copies: at most so many bytes, and this part of the program's
// memory limit, since one that computes in larger numbers than its inputs' needs several times
// their space.
constexpr std::size_t kMostRequestBytes = std::size_t{32} << 20;
constexpr std::size_t kInputShare = 32;
constexpr std::size_t kNumberBytes = 8;  // of one prediction, in the largest types
constexpr std::size_t kMostInWindow = 10'000;
constexpr const char* kWindowFolder = "window";

std::vector<std::size_t> shape_with_rows(const Tensor& tensor, std::size_t rows) {
  std::vector<std::size_t> shape = tensor.shape;
  shape.front() = rows;
  return shape;
}

}  // namespace

OfflineRequests::OfflineRequests(MeteredSandbox& sandbox, const MeasuredPasses& passes)
    : sandbox_(sandbox),
      setting_(sandbox.setting()),
      passes_(passes),
      samples_(setting_.dataset.hidden_inputs.rows()),
      format_(format_of(setting_)),
      window_bytes_(
          std::min<std::size_t>(kWindowInputBytes, fs::space(setting_.scratch).available / 2)),
      prepared_("next", setting_.scratch),
      repeated_("again", setting_.scratch) {}

RequestCost OfflineRequests::ask(const Tensor& inputs) {
  const PredictRequest request = next_request(inputs.rows());
  clear_prepared();
  prepare(request, inputs);
  sandbox_.release();
  show_prepared();
  const auto before = sandbox_.sandbox().cpu_time();
  const SteadyTime start = setting_.clock.now();
  send(request);
  RequestCost cost{.wall = setting_.clock.now() - start};
  sandbox_.rest(kSettle);
  if (const auto after = sandbox_.sandbox().cpu_time(); before && after)
    cost.cpu = *after - *before;
  take_predictions(request);
  hide_shown();
  return cost;
}

RequestCost OfflineRequests::ask_metered(const Tensor& inputs) {
  const PredictRequest request = next_request(inputs.rows());
  clear_prepared();
  prepare(request, inputs);
  const auto here = beside_program();
  const RequestCost cost = sandbox_.measure_apart([&] {
    show_prepared();
    send(request);
  });
  take_predictions(request);
  hide_shown();
  return cost;
}

RequestCost OfflineRequests::look(std::uint64_t order_seed, int pass,
                                  KeptPredictions& predictions) {
  const PredictRequest request = next_request(samples_);
  clear_prepared();
  prepare(request, inputs_of_pass(setting_, order_seed, pass));
  const auto here = beside_program();
  const RequestCost cost = sandbox_.measure_apart([&] {
    show_prepared();
    send(request);
  });
  predictions.put(pass, take_predictions(request));
  hide_shown();
  return cost;
}

void OfflineRequests::answer_once(std::uint64_t order_seed, KeptPredictions& predictions) {
  const PredictRequest request = next_request(samples_);
  clear_prepared();
  prepare(request, inputs_of_pass(setting_, order_seed, 1));
  show_prepared();
  send(request);
  predictions.put(1, take_predictions(request));
  hide_shown();
}

void OfflineRequests::measure_window(BlockRecord& record, KeptPredictions& predictions,
                                     int first_request, int requests) {
  std::vector<PredictRequest> prepared;
  clear_prepared();
  for (int i = 0; i < requests; ++i) {
    prepared.push_back(next_request(rows_of_request()));
    prepare_measured(prepared.back(), record.order_seed, first_request + i);
  }
  const auto here = beside_program();
  WindowRecord window;
  window.first_pass = passes_.first_of(first_request);
  window.passes = requests * passes_.copies;
  window.samples = static_cast<std::uint64_t>(window.passes) * samples_;
  sandbox_.measure(record, std::move(window), [&] {
    show_prepared();
    for (const PredictRequest& request : prepared) send(request);
  });
  const int own = requests_with_own_inputs();
  for (int i = 0; i < requests; ++i) {
    const int number = first_request + i;
    const Tensor answers = take_predictions(prepared[static_cast<std::size_t>(i)]);
    for (int copy = 0; copy < passes_.copies; ++copy) {
      predictions.put_as(passes_.first_of(number) + copy,
                         passes_.first_of((number - 1) % own + 1) + copy, answers,
                         static_cast<std::size_t>(copy) * samples_);
    }
  }
  hide_shown();
}

void OfflineRequests::add_figures(BlockRecord& record) {
  const int requests = (record.passes - 1) / passes_.copies;
  if (const int own = requests_with_own_inputs(); own < requests) record.distinct_requests = own;
}

int OfflineRequests::requests_per_window() const {
  const std::size_t count = rows_of_request();
  const std::size_t input = count * setting_.dataset.hidden_inputs.row_bytes();
  const std::size_t output = count * format_.width() * kNumberBytes + 4096;
  // Inputs that come again are written once, whatever the windows.
  const std::size_t by_input =
      passes_.copies > 1 ? kMostInWindow : window_bytes_ / std::max<std::size_t>(1, input);
  const std::size_t by_output = room_for_output() / output;
  return static_cast<int>(std::clamp<std::size_t>(std::min(by_input, by_output), 1, kMostInWindow));
}

// Requests of several copies answer in milliseconds what takes us longer to prepare: as many have
// inputs of their own as a window's memory holds, and come again in turn.
int OfflineRequests::requests_with_own_inputs() const {
  if (passes_.copies == 1) return std::numeric_limits<int>::max();
  const std::size_t input = rows_of_request() * setting_.dataset.hidden_inputs.row_bytes();
  return static_cast<int>(
      std::clamp<std::size_t>(window_bytes_ / std::max<std::size_t>(1, input), 1, kMostInWindow));
}

std::size_t OfflineRequests::room_for_output() const {
  return setting_.track.limits.output_bytes * 9 / 10;
}

int OfflineRequests::most_copies() const {
  const std::size_t pass = samples_ * setting_.dataset.hidden_inputs.row_bytes();
  const std::size_t bytes = std::min<std::size_t>(
      {kMostRequestBytes, setting_.track.limits.memory_bytes / kInputShare, window_bytes_ / 4});
  const std::size_t by_output = room_for_output() / (samples_ * format_.width() * kNumberBytes);
  return static_cast<int>(std::clamp<std::size_t>(
      std::min(bytes / std::max<std::size_t>(1, pass), by_output), 1, 1'000'000));
}

PredictRequest OfflineRequests::next_request(std::size_t rows) {
  const int number = next_number_++;
  return PredictRequest(number, fmt::format("/jb/in/{}/{}.npy", kWindowFolder, number), rows);
}

void OfflineRequests::send(const PredictRequest& request) {
  sandbox_.session().predict(request, setting_.track.limits.request, [this](std::string name) {
    sandbox_.monitor().mark("phase " + std::move(name));
  });
}

// Woken from another CPU the program costs us, and itself, what it takes to wake that CPU. Where it
// has only one, its answer and our next request are a switch apart.
std::optional<PinnedThread> OfflineRequests::beside_program() {
  std::optional<PinnedThread> beside;
  if (const auto cpus = sandbox_.sandbox().cpus(); cpus.size() == 1) beside.emplace(cpus.front());
  return beside;
}

void OfflineRequests::clear_prepared() {
  fs::remove_all(prepared_.path() / kWindowFolder);
  fs::create_directory(prepared_.path() / kWindowFolder);
  fs::permissions(prepared_.path() / kWindowFolder, fs::perms(0755));
}

void OfflineRequests::prepare(const PredictRequest& request, const Tensor& inputs) {
  write_input(prepared_.path() / kWindowFolder / request.output, inputs.dtype, inputs.shape,
              inputs.bytes);
}

void OfflineRequests::prepare_measured(const PredictRequest& request, std::uint64_t seed,
                                       int number) {
  const fs::path file = prepared_.path() / kWindowFolder / request.output;
  if (passes_.copies == 1) return write_measured(file, seed, number);
  const int own = (number - 1) % requests_with_own_inputs() + 1;
  const fs::path kept = repeated_.path() / fmt::format("{}.npy", own);
  if (own == number) write_measured(kept, seed, number);
  fs::create_hard_link(kept, file);
}

void OfflineRequests::write_measured(const fs::path& file, std::uint64_t seed, int number) const {
  const Tensor& inputs = setting_.dataset.hidden_inputs;
  InputFile out(file, inputs.dtype, shape_with_rows(inputs, rows_of_request()));
  for (int copy = 0; copy < passes_.copies; ++copy) {
    out.append(inputs_of_pass(setting_, seed, passes_.first_of(number) + copy).bytes);
  }
  out.close();
}

// Until its window has begun the sandbox sees nothing of it: else a program could compute its
// answers while we wait for it to be quiet. One rename, so that the window holds nothing else of
// ours.
void OfflineRequests::show_prepared() {
  fs::rename(prepared_.path() / kWindowFolder, sandbox_.inputs() / kWindowFolder);
}

void OfflineRequests::hide_shown() {
  fs::remove_all(sandbox_.inputs() / kWindowFolder);
}

Tensor OfflineRequests::take_predictions(const PredictRequest& request) {
  Tensor predictions = read_predictions(sandbox_.sandbox(), request.output, request.count, format_,
                                        setting_.track.limits);
  sandbox_.sandbox().remove_output(request.output);
  return predictions;
}

}  // namespace joulebench
