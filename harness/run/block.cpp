#include "harness/run/block.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <mutex>
#include <numeric>

#include "core/error.h"
#include "core/npy.h"
#include "harness/meter/energy_monitor.h"
#include "harness/run/audit.h"
#include "harness/run/node_state.h"
#include "harness/run/predictions.h"
#include "harness/run/program_session.h"
#include "harness/sandbox/sandbox.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

// A request shorter than this is given more copies of the test part, so that neither file handling
// nor the window's edges weigh against it.
constexpr Seconds kShortestRequest{0.2};
// Prepared inputs of one window, in memory: what 200 passes of Fashion-MNIST may take, with the
// answers and our own copies, stays below 400 MB.
constexpr std::size_t kWindowInputBytes = std::size_t{96} << 20;
// A pass may be this much faster in the block than in the pilot before the block is too short.
constexpr double kPilotMargin = 1.2;
constexpr const char* kWindowFolder = "window";
// Quiet: at most this share of one CPU, over a look of this length.
constexpr double kQuietShare = 0.05;
constexpr Seconds kQuietLook{0.04};
// After a look that was not quiet the next is twice as long, up to this: a busy program that a
// loaded machine left without a CPU for a moment does not pass for a quiet one.
constexpr Seconds kLongestQuietLook{0.64};
constexpr Seconds kQuietPatience{10};
// Idle power before and after a block may differ by this share (design.md 5.8).
constexpr double kIdleDrift = 0.05;
// Other programs' CPU time may be this share of the measured time (one CPU) before it is flagged.
constexpr double kForeignShare = 0.05;
constexpr Seconds kExitPatience{10};
// An audit: this many trials of four requests, of at least so many samples each; of more while all
// of it takes no longer than this share of a block, or two seconds.
constexpr int kAuditTrials = 12;
constexpr std::size_t kAuditRows = 4;
constexpr double kAuditShare = 1.0;
// What a program still does after it has answered belongs to that answer.
constexpr Seconds kSettle{0.001};

// CPU seconds that the block's sandbox has used so far; asked by the sampling thread too.
class CpuTimeOfBlock {
 public:
  void follow(Sandbox* sandbox) {
    const std::lock_guard lock(mutex_);
    last_ = read();
    sandbox_ = sandbox;
  }
  Seconds now() {
    const std::lock_guard lock(mutex_);
    return last_ = read();
  }

 private:
  Seconds read() const {
    return sandbox_ == nullptr ? last_ : std::max(last_, sandbox_->cpu_time().value_or(last_));
  }
  std::mutex mutex_;
  Sandbox* sandbox_ = nullptr;
  Seconds last_{0};
};

Seconds own_cpu_time() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return Seconds(static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec));
}

void write_input(const fs::path& file, DType dtype, const std::vector<std::size_t>& shape,
                 std::span<const std::byte> bytes) {
  std::ofstream out(file, std::ios::binary);
  const std::string header = npy_header(dtype, shape);
  out.write(header.data(), static_cast<std::streamsize>(header.size()));
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) {
    throw Error({.what = "cannot write the inputs of a pass",
                 .where = file.string() + ": " + system_message(errno),
                 .hint = "free some memory, or name a larger folder with --scratch"});
  }
}

std::vector<std::size_t> shape_with_rows(const Tensor& tensor, std::size_t rows) {
  std::vector<std::size_t> shape = tensor.shape;
  shape.front() = rows;
  return shape;
}

std::uint64_t salt_seed(std::uint64_t order_seed, int pass) {
  return order_seed ^ (0x9e3779b97f4a7c15u * static_cast<std::uint64_t>(pass));
}

// The block on its way: owns the sandbox, the meters and the folder of inputs.
class Block {
 public:
  explicit Block(const BlockSetting& setting)
      : setting_(setting),
        samples_(setting.dataset.hidden_inputs.rows()),
        inputs_("in", setting.scratch),
        prepared_("next", setting.scratch),
        monitor_(setting.open_meters([this] { return cpu_.now(); }), setting.clock, {}) {
    // The sandbox's user is another one: it may pass through, and read, nothing more.
    fs::permissions(inputs_.path(), fs::perms(0755));
  }
  ~Block() { cpu_.follow(nullptr); }

  EnergyMonitor& monitor() { return monitor_; }
  Sandbox& sandbox() { return *sandbox_; }
  std::size_t samples() const { return samples_; }
  int lines_read() const { return session_ ? session_->lines_read() : 0; }
  std::string log_tail() const { return session_ ? session_->log_tail() : std::string(); }

  void launch() {
    SandboxSpec spec;
    spec.command = setting_.submission.command;
    spec.environment = setting_.submission.environment;
    // One entry may hold a model for each of several datasets.
    spec.environment["JOULEBENCH_DATASET"] = setting_.dataset.id;
    spec.mounts = {{.host = setting_.staged, .inside = "/jb/submission", .writable = false},
                   {.host = inputs_.path(), .inside = "/jb/in", .writable = false}};
    spec.limits = setting_.track.limits;
    spec.require_limits = setting_.require_limits;
    spec.hidden = setting_.dataset.folders;
    sandbox_.emplace(std::move(spec));
    cpu_.follow(&*sandbox_);
    session_.emplace(*sandbox_, setting_.clock, setting_.track.limits.wall,
                     setting_.track.limits.log_bytes, setting_.stopped);
  }

  void load() {
    setting_.on_phase("loading");
    session_->await_ready(setting_.track.limits.load);
    monitor_.mark("ready");
  }

  // Requests on public inputs, as large as the measured ones; the answers are checked like theirs.
  void warm_up(int copies) {
    setting_.on_phase("warm-up");
    write_public_inputs("0.npy", copies);
    const std::size_t count = samples_ * static_cast<std::size_t>(copies);
    PredictRequest request(0, "/jb/in/0.npy", count);
    send(request);
    take_predictions(request, count);
    fs::remove(inputs_.path() / "0.npy");
  }

  // One request on public inputs, timed: what the pilot counts with.
  Seconds time_request(int copies, int number) {
    const std::string file = fmt::format("{}.npy", number);
    write_public_inputs(file, copies);
    const std::size_t count = samples_ * static_cast<std::size_t>(copies);
    PredictRequest request(number, "/jb/in/" + file, count);
    await_quiet();
    const SteadyTime start = setting_.clock.now();
    send(request);
    const Seconds taken = setting_.clock.now() - start;
    take_predictions(request, count);
    fs::remove(inputs_.path() / file);
    return taken;
  }

  // CPU time that the answers to `inputs` take.
  Seconds cost_of(const Tensor& inputs, int number) {
    const std::string file = fmt::format("{}.npy", number);
    write_input(inputs_.path() / file, inputs.dtype, inputs.shape, inputs.bytes);
    PredictRequest request(number, "/jb/in/" + file, inputs.rows());
    const auto before = sandbox_->cpu_time();
    send(request);
    rest(kSettle);
    const auto after = sandbox_->cpu_time();
    take_predictions(request, inputs.rows());
    fs::remove(inputs_.path() / file);
    return before && after ? *after - *before : Seconds(0);
  }

  // Four requests a trial: samples never seen, the same in another order, one sample with a salt of
  // its own in every row, and the same sample everywhere. Their costs are compared in pairs, so
  // that a machine that slows down does so for both. `pass` is what the test part takes.
  std::vector<AuditFigure> audit(Seconds pass, int number) {
    const Tensor& pool = setting_.dataset.hidden_inputs;
    const Protocol& protocol = setting_.track.protocol;
    if (samples_ < kAuditTrials * kAuditRows || !sandbox_->cpu_time()) return {};
    const Seconds most = std::max(Seconds(2), kAuditShare * protocol.min_block);
    const double fitting = static_cast<double>(samples_) * (most / (4 * kAuditTrials * pass));
    const std::size_t rows = static_cast<std::size_t>(std::clamp(
        fitting, static_cast<double>(kAuditRows), static_cast<double>(samples_ / kAuditTrials)));
    setting_.on_phase("audit");
    const std::uint64_t seed = std::hash<std::string>{}(setting_.dataset.sha256) ^ 1;
    const auto order = draw_order(seed, 1, samples_);
    std::vector<AuditPair> caching, coalescing;
    for (std::size_t trial = 0; trial < kAuditTrials; ++trial) {
      std::vector<std::uint32_t> chosen(
          order.begin() + static_cast<std::ptrdiff_t>(trial * rows),
          order.begin() + static_cast<std::ptrdiff_t>((trial + 1) * rows));
      AuditPair pair{.plain = cost_of(rows_in_order(pool, chosen), number++)};
      std::reverse(chosen.begin(), chosen.end());
      pair.suspect = cost_of(rows_in_order(pool, chosen), number++);
      caching.push_back(pair);
      if (setting_.dataset.salt == SaltKind::none) continue;  // nothing to compare with
      const std::vector<std::uint32_t> one(rows, chosen.front());
      const Tensor same = rows_in_order(pool, one);
      Tensor alike = same;
      salt_inputs(alike, setting_.dataset.salt, salt_seed(seed, static_cast<int>(trial) + 2));
      // Either first in turn: the second finds its sample in the caches.
      const bool same_first = trial % 2 == 1;
      const Seconds first = cost_of(same_first ? same : alike, number++);
      const Seconds second = cost_of(same_first ? alike : same, number++);
      coalescing.push_back(
          {.plain = same_first ? second : first, .suspect = same_first ? first : second});
    }
    std::vector<AuditFigure> figures = {judge_pairs("answer-caching", caching)};
    if (!coalescing.empty()) figures.push_back(judge_pairs("coalescing", coalescing));
    return figures;
  }

  // Waits until the sandbox uses no CPU; a program that never rests works outside what is measured.
  void await_quiet() {
    const SteadyTime give_up =
        setting_.clock.now() + std::chrono::duration_cast<std::chrono::nanoseconds>(kQuietPatience);
    for (Seconds look = kQuietLook;; look = std::min(2 * look, kLongestQuietLook)) {
      const auto before = sandbox_->cpu_time();
      if (!before) return;  // recorded as a flag: nothing here can tell
      rest(look);
      session_->expect_silence();
      const Seconds used = sandbox_->cpu_time().value_or(*before) - *before;
      if (used <= kQuietShare * look) return;
      if (setting_.clock.now() >= give_up) {
        throw SubmissionFailure{
            Outcome::violation,
            fmt::format("the program computes while it waits for a request: {:.0f} % of a CPU, for "
                        "{:g} s",
                        100 * used / look, kQuietPatience.count())};
      }
    }
  }

  // Sleeps, awake often enough to notice that we are asked to stop.
  void rest(Seconds time) {
    const SteadyTime end =
        setting_.clock.now() + std::chrono::duration_cast<std::chrono::nanoseconds>(time);
    while (setting_.clock.now() < end) {
      if (setting_.stopped()) throw Interrupted{};
      setting_.clock.sleep_until(
          std::min(end, setting_.clock.now() + std::chrono::milliseconds(200)));
    }
  }

  // Requests first_request.. of a plan, prepared, measured in one window, read back and mapped.
  void measure_window(BlockRecord& record, Tensor& predictions, const BlockPlan& plan,
                      int first_request, int requests) {
    const auto prepared = prepare(record.order_seed, plan, first_request, requests);
    await_quiet();

    WindowRecord window;
    window.first_pass = (first_request - 1) * plan.copies + 1;
    window.passes = requests * plan.copies;
    window.samples = static_cast<std::uint64_t>(window.passes) * samples_;
    const auto cpu_before = sandbox_->cpu_time();
    const auto machine_before = machine_cpu_time();
    const auto own_before = own_cpu_time();
    monitor_.begin_window();
    show_prepared();
    for (const PredictRequest& request : prepared) send(request);
    WindowEnergy energy = monitor_.end_window();
    window.harness_cpu = own_cpu_time() - own_before;
    const auto machine_after = machine_cpu_time();
    const auto cpu_after = sandbox_->cpu_time();

    if (machine_before && machine_after && cpu_before && cpu_after) {
      foreign_cpu_ +=
          *machine_after - *machine_before - (*cpu_after - *cpu_before) - window.harness_cpu;
    }
    if (cpu_before && cpu_after) window.submission_cpu = *cpu_after - *cpu_before;
    window.wall = energy.wall();
    window.domains = std::move(energy.domains);
    record.measured += window.wall;
    record.samples += window.samples;
    if (energy.is_void) make_void(record, "a counter could not be read at an end of a window");
    for (Flag& flag : energy.flags) record.flags.push_back(std::move(flag));
    record.windows.push_back(std::move(window));

    for (const PredictRequest& request : prepared) {
      const std::size_t count = samples_ * static_cast<std::size_t>(plan.copies);
      map_back(record.order_seed, plan, request.number, take_predictions(request, count),
               predictions);
    }
    fs::remove_all(inputs_.path() / kWindowFolder);
  }

  void flag_foreign_load(BlockRecord& record) const {
    const double share = foreign_cpu_ / record.measured;
    if (share > kForeignShare) {
      record.flags.push_back(
          {"foreign-load", fmt::format("other programs used {:.0f} % of a CPU while the submission "
                                       "was measured",
                                       100 * share)});
    }
  }

  // Requests of one window: as many as memory allows.
  int requests_per_window(const BlockPlan& plan) const {
    const std::size_t count = samples_ * static_cast<std::size_t>(plan.copies);
    const std::size_t input = count * setting_.dataset.hidden_inputs.row_bytes();
    // Eight bytes a prediction, the largest integer type, and one tenth of the space to spare.
    const std::size_t output = count * 8 + 4096;
    const std::size_t by_input = kWindowInputBytes / std::max<std::size_t>(1, input);
    const std::size_t by_output = setting_.track.limits.output_bytes * 9 / 10 / output;
    return static_cast<int>(std::clamp<std::size_t>(std::min(by_input, by_output), 1, 10'000));
  }

  int most_copies() const {
    BlockPlan plan;
    return std::max(1, requests_per_window(plan));
  }

  void watch_tail(BlockRecord& record) {
    setting_.on_phase("tail");
    const Seconds length = setting_.track.protocol.tail;
    if (length.count() <= 0) return;
    const auto before = sandbox_->cpu_time();
    monitor_.begin_window();
    rest(length);
    WindowEnergy energy = monitor_.end_window();
    record.tail = energy.wall();
    record.tail_energy = std::move(energy.domains);
    session_->expect_silence();
    const auto after = sandbox_->cpu_time();
    if (!before || !after) {
      record.flags.push_back(
          {"no-cpu-time",
           "the CPU time of the sandbox cannot be read here: gates and tail were "
           "not checked"});
    } else if (*after - *before > kQuietShare * length) {
      throw SubmissionFailure{
          Outcome::violation,
          fmt::format("the program works after its last answer: {:.2f} s of CPU time in {:g} s",
                      (*after - *before).count(), length.count())};
    }
  }

  SandboxEnd exit() {
    const SandboxEnd end = session_->exit(kExitPatience);
    cpu_.follow(nullptr);
    return end;
  }

  // Ends everything inside, so that what is measured afterwards is the idle machine.
  void close() {
    cpu_.follow(nullptr);
    session_.reset();
    sandbox_.reset();
  }

  std::vector<DomainEnergy> idle_energy(Seconds& length) {
    monitor_.begin_window();
    rest(setting_.track.protocol.idle);
    WindowEnergy energy = monitor_.end_window();
    length = energy.wall();
    return std::move(energy.domains);
  }

  static void make_void(BlockRecord& record, const std::string& why) {
    record.outcome = Outcome::voided;
    record.message += (record.message.empty() ? "" : "; ") + why;
  }

 private:
  void send(const PredictRequest& request) {
    session_->predict(request, setting_.track.limits.pass,
                      [this](std::string name) { monitor_.mark("phase " + std::move(name)); });
  }

  void write_public_inputs(const std::string& file, int copies) {
    const Tensor& inputs = setting_.dataset.public_inputs;
    const std::size_t count = samples_ * static_cast<std::size_t>(copies);
    std::vector<std::uint32_t> rows(count);
    for (std::size_t i = 0; i < count; ++i) rows[i] = static_cast<std::uint32_t>(i % inputs.rows());
    const Tensor chosen = rows_in_order(inputs, rows);
    write_input(inputs_.path() / file, chosen.dtype, chosen.shape, chosen.bytes);
  }

  // Until its window has begun the sandbox sees nothing of it: else a program could compute its
  // answers while we wait for it to be quiet. One rename, so that the window holds nothing else of
  // ours.
  void show_prepared() {
    fs::rename(prepared_.path() / kWindowFolder, inputs_.path() / kWindowFolder);
  }

  std::vector<PredictRequest> prepare(std::uint64_t seed, const BlockPlan& plan, int first_request,
                                      int requests) {
    const Tensor& inputs = setting_.dataset.hidden_inputs;
    const std::size_t count = samples_ * static_cast<std::size_t>(plan.copies);
    std::vector<PredictRequest> prepared;
    std::vector<std::byte> bytes;
    fs::create_directory(prepared_.path() / kWindowFolder);
    fs::permissions(prepared_.path() / kWindowFolder, fs::perms(0755));
    for (int number = first_request; number < first_request + requests; ++number) {
      bytes.clear();
      bytes.reserve(count * inputs.row_bytes());
      for (int copy = 0; copy < plan.copies; ++copy) {
        const int pass = (number - 1) * plan.copies + copy + 1;
        Tensor shuffled = rows_in_order(inputs, draw_order(seed, pass, samples_));
        if (setting_.track.protocol.salt && pass > 1) {
          salt_inputs(shuffled, setting_.dataset.salt, salt_seed(seed, pass));
        }
        bytes.insert(bytes.end(), shuffled.bytes.begin(), shuffled.bytes.end());
      }
      PredictRequest request(number, fmt::format("/jb/in/{}/{}.npy", kWindowFolder, number), count);
      write_input(prepared_.path() / kWindowFolder / request.output, inputs.dtype,
                  shape_with_rows(inputs, count), bytes);
      prepared.push_back(std::move(request));
    }
    return prepared;
  }

  std::vector<std::int32_t> take_predictions(const PredictRequest& request, std::size_t count) {
    std::string problem;
    const std::size_t most =
        std::min<std::size_t>(setting_.track.limits.output_bytes, 24 * count + 4096);
    const auto bytes = sandbox_->read_output(request.output, most, problem);
    if (!bytes)
      throw SubmissionFailure{Outcome::predictions, "/jb/out/" + request.output + ": " + problem};
    auto parsed = parse_predictions(*bytes, count, setting_.dataset.class_names.size(),
                                    "/jb/out/" + request.output);
    if (const auto* refused = std::get_if<PredictionsProblem>(&parsed)) {
      throw SubmissionFailure{Outcome::predictions, refused->message};
    }
    sandbox_->remove_output(request.output);
    return std::get<std::vector<std::int32_t>>(std::move(parsed));
  }

  void map_back(std::uint64_t seed, const BlockPlan& plan, int request,
                const std::vector<std::int32_t>& answers, Tensor& predictions) {
    for (int copy = 0; copy < plan.copies; ++copy) {
      const int pass = (request - 1) * plan.copies + copy + 1;
      put_in_order(predictions, pass, draw_order(seed, pass, samples_),
                   std::span(answers).subspan(static_cast<std::size_t>(copy) * samples_, samples_));
    }
  }

  const BlockSetting& setting_;
  std::size_t samples_;
  TemporaryFolder inputs_;    // what the sandbox sees as /jb/in
  TemporaryFolder prepared_;  // what it shall see in its next window
  CpuTimeOfBlock cpu_;
  EnergyMonitor monitor_;
  std::optional<Sandbox> sandbox_;
  std::optional<ProgramSession> session_;
  Seconds foreign_cpu_{0};  // of other programs, while windows were open
};

// Adds one window's domains to the block's sums, by name.
void add_energy(std::vector<DomainEnergy>& sums, const std::vector<DomainEnergy>& window) {
  for (const DomainEnergy& energy : window) {
    const auto same = std::find_if(sums.begin(), sums.end(), [&energy](const DomainEnergy& sum) {
      return sum.domain.name == energy.domain.name;
    });
    if (same == sums.end()) {
      sums.push_back(energy);
      continue;
    }
    same->domain.energy_class = worse(same->domain.energy_class, energy.domain.energy_class);
    same->error += energy.error;
    if (same->joules && energy.joules) {
      *same->joules += *energy.joules;
    } else {
      same->joules.reset();
    }
    same->flags.insert(same->flags.end(), energy.flags.begin(), energy.flags.end());
  }
}

void record_idle(BlockRecord& record, const std::vector<DomainEnergy>& energies, Seconds length,
                 bool before) {
  if (length.count() <= 0) return;
  for (const DomainEnergy& energy : energies) {
    if (!energy.joules) continue;
    auto same = std::find_if(record.idle.begin(), record.idle.end(), [&energy](const IdlePower& p) {
      return p.domain == energy.domain.name;
    });
    if (same == record.idle.end()) {
      record.idle.push_back({.domain = energy.domain.name, .before = {}, .after = {}});
      same = std::prev(record.idle.end());
    }
    (before ? same->before : same->after) = *energy.joules / length;
  }
}

// Design.md 5.8: a machine whose idle power moved measured something besides the submission.
void check_idle(BlockRecord& record, const EnergyMonitor& monitor) {
  for (const IdlePower& power : record.idle) {
    const auto& domains = monitor.domains();
    const bool counts = std::any_of(domains.begin(), domains.end(), [&power](const DomainInfo& d) {
      return d.name == power.domain && d.in_total;
    });
    if (!counts || !power.before || !power.after || power.before->value <= 0) continue;
    const double drift = *power.after / *power.before - 1;
    if (std::abs(drift) > kIdleDrift) {
      Block::make_void(record,
                       fmt::format("idle power of {} moved from {:.3g} W before to {:.3g} W after",
                                   power.domain, power.before->value, power.after->value));
    }
  }
}

}  // namespace

PilotResult run_pilot(const BlockSetting& setting) {
  PilotResult result;
  Block block(setting);
  try {
    block.launch();
    block.load();
    block.warm_up(1);
    setting.on_phase("pilot");
    // The fastest of a few: what a block that is not disturbed will do.
    Seconds fastest = setting.track.limits.pass;
    int number = 1;
    const SteadyTime enough = setting.clock.now() + std::chrono::milliseconds(400);
    for (int tries = 0; tries < 5 && (tries < 1 || setting.clock.now() < enough); ++tries) {
      fastest = std::min(fastest, block.time_request(1, number++));
    }
    BlockPlan plan;
    const Seconds pass = fastest;
    if (fastest < kShortestRequest) {
      plan.copies = static_cast<int>(std::clamp(std::ceil(kShortestRequest / fastest), 1.0,
                                                static_cast<double>(block.most_copies())));
      // A request has a cost of its own, so that many copies take less than as many requests: the
      // second look is at the size that will be measured.
      fastest = block.time_request(plan.copies, number++);
      for (int tries = 0; tries < 3; ++tries) {
        fastest = std::min(fastest, block.time_request(plan.copies, number++));
      }
    }
    const Protocol& protocol = setting.track.protocol;
    const Seconds least = std::max(protocol.min_block,
                                   protocol.min_sensor_periods * block.monitor().slowest_period());
    const double requests = std::ceil(kPilotMargin * least / fastest);
    const double most = std::max(1.0, std::floor(protocol.max_block / fastest));
    plan.requests = static_cast<int>(std::clamp(requests, 1.0, std::min(most, 1e6)));
    result.plan = plan;
    result.audits = block.audit(pass, number);
    block.exit();
  } catch (const SubmissionFailure& failure) {
    result.outcome = failure.outcome;
    result.message = failure.message;
    result.log_tail = block.log_tail();
  }
  return result;
}

Conformance check_conformance(const BlockSetting& setting) {
  Conformance result;
  Block block(setting);
  const auto step = [&](std::string name, const std::function<void()>& action) {
    result.failed = std::move(name);
    action();
    result.passed.push_back(std::move(result.failed));
    result.failed.clear();
  };
  const Tensor& inputs = setting.dataset.public_inputs;
  const auto rows = [&inputs](std::size_t count, std::size_t stride) {
    std::vector<std::uint32_t> chosen(count);
    for (std::size_t i = 0; i < count; ++i) {
      chosen[i] = static_cast<std::uint32_t>(i * stride % inputs.rows());
    }
    return rows_in_order(inputs, chosen);
  };
  const std::size_t samples = block.samples();
  try {
    step("starts and says ready", [&] {
      block.launch();
      block.load();
    });
    step(fmt::format("answers a request of {} samples", samples),
         [&] { block.cost_of(rows(samples, 1), 1); });
    step("answers a request of one sample", [&] { block.cost_of(rows(1, 1), 2); });
    step(fmt::format("answers a request of {} samples", 2 * samples),
         [&] { block.cost_of(rows(2 * samples, 7), 3); });
    step("is silent and at rest until it is asked", [&] { block.await_quiet(); });
    step("answers again after a pause", [&] { block.cost_of(rows(samples, 3), 4); });
    step("exits with 0 when asked to", [&] { block.exit(); });
  } catch (const SubmissionFailure& failure) {
    result.outcome = failure.outcome;
    result.message = failure.message;
    if (failure.outcome == Outcome::protocol) result.line = block.lines_read();
    result.log_tail = block.log_tail();
  }
  return result;
}

BlockResult run_block(const BlockSetting& setting, int number, const BlockPlan& plan,
                      std::uint64_t order_seed) {
  BlockResult result;
  BlockRecord& record = result.record;
  record.number = number;
  record.started_at_utc = setting.clock.now_utc();
  record.order_seed = order_seed;
  record.passes = plan.passes();
  record.outcome = Outcome::valid;

  Block block(setting);
  record.samples_per_pass = block.samples();
  const auto elapsed_since = [&setting](SteadyTime start) {
    return Seconds(setting.clock.now() - start);
  };
  const bool with_idle = setting.track.protocol.idle.count() > 0;
  Seconds idle_length{0};
  if (with_idle) {
    setting.on_phase("idle before");
    const auto idle = block.idle_energy(idle_length);
    record_idle(record, idle, idle_length, true);
  }
  try {
    SteadyTime start = setting.clock.now();
    block.launch();
    record.enforcement = block.sandbox().enforcement();
    block.load();
    record.load = elapsed_since(start);

    start = setting.clock.now();
    block.warm_up(plan.copies);
    record.warm_up = elapsed_since(start);

    result.predictions =
        prediction_tensor(plan.passes(), block.samples(), setting.dataset.class_names.size());
    for (int first = 1; first <= plan.requests;) {
      setting.on_phase(fmt::format("pass {} of {}", (first - 1) * plan.copies + 1, plan.passes()));
      const int requests = std::min(block.requests_per_window(plan), plan.requests - first + 1);
      block.monitor().mark(fmt::format("pass {}", (first - 1) * plan.copies + 1));
      block.measure_window(record, result.predictions, plan, first, requests);
      first += requests;
    }
    block.flag_foreign_load(record);
    block.monitor().mark("last answer");
    block.watch_tail(record);
    record.peak_memory_bytes = block.exit().peak_memory_bytes;
  } catch (const SubmissionFailure& failure) {
    record.outcome = failure.outcome;
    record.message = failure.message;
    record.log_tail = block.log_tail();
    block.close();
    return result;
  }
  block.close();
  for (const WindowRecord& window : record.windows) add_energy(record.energy, window.domains);
  if (with_idle) {
    setting.on_phase("idle after");
    const auto idle = block.idle_energy(idle_length);
    record_idle(record, idle, idle_length, false);
    check_idle(record, block.monitor());
  }
  const Protocol& protocol = setting.track.protocol;
  const Seconds least =
      std::max(protocol.min_block, protocol.min_sensor_periods * block.monitor().slowest_period());
  if (record.measured < std::min(least, protocol.max_block)) {
    Block::make_void(record, fmt::format("measured for {:.3f} s, where at least {:.3f} s was "
                                         "expected",
                                         record.measured.count(), least.count()));
  }
  result.trace = block.monitor().take_trace();
  return result;
}

}  // namespace joulebench
