#include "harness/block/offline_requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "datasets/order.h"
#include "harness/block/kept_predictions.h"
#include "harness/block/placement.h"
#include "harness/protocol/input_file.h"
#include "harness/protocol/read_predictions.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

// The inputs of a request of several copies may take this part of the program's memory limit, and
// more once it is seen what the program makes of them: up to this part of the limit in all.
constexpr std::size_t kInputShare = 32;
constexpr std::size_t kPeakShare = 2;
constexpr std::size_t kNumberBytes = 8;  // of one prediction, in the largest types
constexpr const char* kWindowFolder = "window";

std::vector<std::size_t> shape_with_rows(const Tensor& tensor, std::size_t rows) {
  std::vector<std::size_t> shape = tensor.shape;
  shape.front() = rows;
  return shape;
}

}  // namespace

OfflineRequests::OfflineRequests(MeteredSandbox& program)
    : program_(program),
      setting_(program.setting()),
      samples_(setting_.dataset.hidden_inputs.rows()),
      format_(format_of(setting_)),
      window_bytes_(
          std::min<std::size_t>(kWindowInputBytes, fs::space(setting_.scratch).available / 2)),
      prepared_("next", setting_.scratch) {}

void OfflineRequests::warm_up(int copies) {
  setting_.on_phase("warm-up");
  write_public_inputs("0.npy", copies);
  const std::size_t count = samples_ * static_cast<std::size_t>(copies);
  PredictRequest request(0, "/jb/in/0.npy", count);
  send(request);
  take_predictions(request, count);
  fs::remove(program_.inputs() / "0.npy");
}

Seconds OfflineRequests::time_request(int copies, int number) {
  const std::string file = fmt::format("{}.npy", number);
  write_public_inputs(file, copies);
  const std::size_t count = samples_ * static_cast<std::size_t>(copies);
  PredictRequest request(number, "/jb/in/" + file, count);
  program_.await_quiet();
  const SteadyTime start = setting_.clock.now();
  send(request);
  const Seconds taken = setting_.clock.now() - start;
  take_predictions(request, count);
  fs::remove(program_.inputs() / file);
  return taken;
}

Seconds OfflineRequests::cost_of(const Tensor& inputs, int number) {
  const std::string file = fmt::format("{}.npy", number);
  write_input(program_.inputs() / file, inputs.dtype, inputs.shape, inputs.bytes);
  PredictRequest request(number, "/jb/in/" + file, inputs.rows());
  const auto before = program_.sandbox().cpu_time();
  send(request);
  program_.rest(kSettle);
  const auto after = program_.sandbox().cpu_time();
  take_predictions(request, inputs.rows());
  fs::remove(program_.inputs() / file);
  return before && after ? *after - *before : Seconds(0);
}

void OfflineRequests::measure_window(BlockRecord& record, KeptPredictions& predictions,
                                     const BlockPlan& plan, int first_request, int requests) {
  const auto prepared = prepare(record.order_seed, plan, first_request, requests);
  program_.await_quiet();

  // Woken from another CPU the program costs us, and itself, what it takes to wake that CPU. Where
  // it has only one, its answer and our next request are a switch apart.
  std::optional<PinnedThread> beside;
  if (const auto cpus = program_.sandbox().cpus(); cpus.size() == 1) beside.emplace(cpus.front());
  WindowRecord window;
  window.first_pass = (first_request - 1) * plan.copies + 1;
  window.passes = requests * plan.copies;
  window.samples = static_cast<std::uint64_t>(window.passes) * samples_;
  program_.measure(record, std::move(window), [&] {
    show_prepared();
    for (const PredictRequest& request : prepared) send(request);
  });
  for (const PredictRequest& request : prepared) {
    const std::size_t count = samples_ * static_cast<std::size_t>(plan.copies);
    const Tensor answers = take_predictions(request, count);
    for (int copy = 0; copy < plan.copies; ++copy) {
      predictions.put((request.number - 1) * plan.copies + copy + 1, answers,
                      static_cast<std::size_t>(copy) * samples_);
    }
  }
  fs::remove_all(program_.inputs() / kWindowFolder);
}

void OfflineRequests::answer_once(std::uint64_t order_seed, KeptPredictions& predictions) {
  const PredictRequest request = std::move(prepare(order_seed, {}, 1, 1).front());
  show_prepared();
  send(request);
  predictions.put(1, take_predictions(request, samples_));
  fs::remove_all(program_.inputs() / kWindowFolder);
}

int OfflineRequests::requests_per_window(const BlockPlan& plan) const {
  const std::size_t count = samples_ * static_cast<std::size_t>(plan.copies);
  const std::size_t input = count * setting_.dataset.hidden_inputs.row_bytes();
  const std::size_t output = count * format_.width() * kNumberBytes + 4096;
  const std::size_t by_input = window_bytes_ / std::max<std::size_t>(1, input);
  const std::size_t by_output = room_for_output() / output;
  return static_cast<int>(std::clamp<std::size_t>(std::min(by_input, by_output), 1, 10'000));
}

std::size_t OfflineRequests::room_for_output() const {
  return setting_.track.limits.output_bytes * 9 / 10;
}

int OfflineRequests::most_copies(int tried) const {
  // A program that computes in larger numbers than its inputs' needs several times their space: how
  // many copies we put together is not to be what breaks its limit.
  const std::size_t limit = setting_.track.limits.memory_bytes;
  const std::size_t pass = samples_ * setting_.dataset.hidden_inputs.row_bytes();
  std::size_t by_memory = limit / kInputShare / std::max<std::size_t>(1, pass);
  // As if all that it has taken so far were taken per copy. Of a GPU's memory this says nothing.
  const auto peak = program_.sandbox().peak_memory();
  if (peak && setting_.track.limits.gpus == 0) {
    by_memory = std::max(by_memory, static_cast<std::size_t>(tried) * (limit / kPeakShare) /
                                        std::max<std::uint64_t>(1, *peak));
  }
  return static_cast<int>(std::clamp<std::size_t>(
      std::min({by_memory, window_bytes_ / std::max<std::size_t>(1, pass),
                room_for_output() / (samples_ * format_.width() * kNumberBytes)}),
      1, 1'000'000));
}

void OfflineRequests::send(const PredictRequest& request) {
  program_.session().predict(request, setting_.track.limits.request, [this](std::string name) {
    program_.monitor().mark("phase " + std::move(name));
  });
}

void OfflineRequests::write_public_inputs(const std::string& file, int copies) {
  const Tensor& inputs = setting_.dataset.public_inputs;
  InputFile out(program_.inputs() / file, inputs.dtype,
                shape_with_rows(inputs, samples_ * static_cast<std::size_t>(copies)));
  // Each copy in an order of its own, as in a block: processors learn a sequence that repeats.
  for (int copy = 0; copy < copies; ++copy) {
    const Tensor chosen =
        public_inputs(setting_, samples_, static_cast<std::size_t>(copy) * samples_);
    out.append(rows_in_order(chosen, draw_order(0, copy, samples_)).bytes);
  }
  out.close();
}

// Until its window has begun the sandbox sees nothing of it: else a program could compute its
// answers while we wait for it to be quiet. One rename, so that the window holds nothing else of
// ours.
void OfflineRequests::show_prepared() {
  fs::rename(prepared_.path() / kWindowFolder, program_.inputs() / kWindowFolder);
}

std::vector<PredictRequest> OfflineRequests::prepare(std::uint64_t seed, const BlockPlan& plan,
                                                     int first_request, int requests) {
  const Tensor& inputs = setting_.dataset.hidden_inputs;
  const std::size_t count = samples_ * static_cast<std::size_t>(plan.copies);
  std::vector<PredictRequest> prepared;
  fs::create_directory(prepared_.path() / kWindowFolder);
  fs::permissions(prepared_.path() / kWindowFolder, fs::perms(0755));
  for (int number = first_request; number < first_request + requests; ++number) {
    PredictRequest request(number, fmt::format("/jb/in/{}/{}.npy", kWindowFolder, number), count);
    InputFile out(prepared_.path() / kWindowFolder / request.output, inputs.dtype,
                  shape_with_rows(inputs, count));
    for (int copy = 0; copy < plan.copies; ++copy) {
      out.append(inputs_of_pass(setting_, seed, (number - 1) * plan.copies + copy + 1).bytes);
    }
    out.close();
    prepared.push_back(std::move(request));
  }
  return prepared;
}

Tensor OfflineRequests::take_predictions(const PredictRequest& request, std::size_t count) {
  Tensor predictions =
      read_predictions(program_.sandbox(), request.output, count, format_, setting_.track.limits);
  program_.sandbox().remove_output(request.output);
  return predictions;
}

}  // namespace joulebench
