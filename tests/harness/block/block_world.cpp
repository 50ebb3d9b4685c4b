#include "tests/harness/block/block_world.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <random>

#include "harness/meter/energy_meter.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrelude = R"(import json, os, struct, sys, time
def say(line):
    print(line, flush=True)
def ready():
    say('{"event":"ready"}')
def requests():
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "exit":
            sys.exit(0)
        yield request
def firsts(request):
    with open(request["inputs"], "rb") as file:
        bytes = file.read()
    start = 10 + bytes[8] + 256 * bytes[9]
    row = (len(bytes) - start) // request["count"]
    return list(bytes[start::row])
def all_rows(request):
    with open(request["inputs"], "rb") as file:
        bytes = file.read()
    start = 10 + bytes[8] + 256 * bytes[9]
    row = (len(bytes) - start) // request["count"]
    return [bytes[at:at + row] for at in range(start, len(bytes), row)]
def answer(request, values):
    with open(request["predictions"], "w") as file:
        file.write("".join("%s\n" % value for value in values))
def done(request):
    say(json.dumps({"event": "done", "request": request["request"]}))
def samples():
    """Of a stream: (number, bytes) of each sample; then exits as it is asked to."""
    assert json.loads(sys.stdin.buffer.readline())["op"] == "stream"
    say('{"event":"streaming"}')
    while True:
        length, number = struct.unpack("<II", sys.stdin.buffer.read(8))
        if number == 0:
            break
        yield number, sys.stdin.buffer.read(length)
    assert json.loads(sys.stdin.buffer.readline())["op"] == "exit"
    sys.exit(0)
def reply(number, value):
    say('{"event":"answer","sample":%d,"class":%d}' % (number, value))
def first_bytes(path):
    with open(path, "rb") as file:
        bytes = file.read()
    start = 10 + bytes[8] + 256 * bytes[9]
    rows = int(bytes[:start].decode("latin1").split("(")[1].split(",")[0])
    return list(bytes[start::(len(bytes) - start) // rows])
def validation(request):
    return first_bytes(request["validation"])
def checkpoint(name, values):
    with open("/jb/out/" + name, "w") as file:
        file.write("".join("%s\n" % value for value in values))
    say(json.dumps({"event": "checkpoint", "predictions": "/jb/out/" + name}))
def keep(request, text):
    with open(request["model"] + "/model.txt", "w") as file:
        file.write(text)
def trained():
    say('{"event":"done"}')
def spin(cpu_seconds):
    start = time.process_time()
    while time.process_time() - start < cpu_seconds:
        pass
)";

std::uint64_t number_behind(const std::string& text, const std::string& key) {
  const auto at = text.find(key);
  return at == text.npos ? 0 : std::stoull(text.substr(at + key.size()));
}

bool is_window(const std::string& phase) {
  return phase.starts_with("pass ") || phase == "training";
}

double thread_cpu() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace

// Watts by phase, integrated over real time. Read by the block's thread and by the sampler's.
class ScriptedMeter final : public EnergyMeter {
 public:
  explicit ScriptedMeter(BlockWorld& world) : world_(world), last_(world.clock_.now()) {
    info_ = {.name = "cpu-package-0",
             .kind = DomainKind::cpu_package,
             .source = "scripted",
             .in_total = true};
  }
  const DomainInfo& domain() const override { return info_; }
  CounterTraits traits() const override {
    return {.period = world_.meter_period, .has_ticks = false};
  }
  CounterEvents events() const override { return events_; }
  EnergySample read() override {
    const bool is_blocks_thread = std::this_thread::get_id() == world_.thread_;
    if (is_blocks_thread) {
      world_.stamps_.push_back(world_.stamp(true));
      phase_ = world_.phase_;  // seen by the sampler one reading later: it only needs the trace
    }
    EnergySample sample{.before = world_.clock_.now()};
    const auto found = world_.watts.find(phase_);
    joules_ +=
        Seconds(sample.before - last_).count() * (found == world_.watts.end() ? 20 : found->second);
    last_ = sample.before;
    sample.after = world_.clock_.now();
    if (!world_.fails_in.empty() && phase_ == world_.fails_in) {
      ++events_.failed_reads;
      events_.last_error = "scripted: Input/output error";
      return sample;
    }
    sample.joules = Joules{joules_};
    return sample;
  }

 private:
  BlockWorld& world_;
  DomainInfo info_;
  CounterEvents events_;
  SteadyTime last_;
  std::string phase_;
  double joules_ = 0;
};

BlockWorld::BlockWorld() {
  ::signal(SIGPIPE, SIG_IGN);  // as the program does
  fs::permissions(staged_.path(), fs::perms(0755));
  track.id = "made-up";
  track.dataset = "made-up";
  track.protocol = {.blocks = 1,
                    .min_block = Seconds(0),
                    .min_sensor_periods = 0,
                    .idle = Seconds(0),
                    .tail = Seconds(0.1),
                    .salt = false};
  track.limits.load = Seconds(10);
  track.limits.request = Seconds(10);
  track.limits.wall = Seconds(60);
  track.limits.memory_bytes = std::uint64_t{300} << 20;
  track.limits.processes = 16;
  dataset_.id = "made-up";
  for (int i = 0; i < 10; ++i) dataset_.class_names.push_back(std::to_string(i));
}

void BlockWorld::write_program(const std::string& body) {
  write_file_atomically(staged_.path() / "program.py", kPrelude + body);
  fs::permissions(staged_.path() / "program.py", fs::perms(0644));
  submission_.name = "scripted";
  submission_.command = {"/usr/bin/python3", "program.py"};
  submission_.folder = staged_.path();
  Tensor inputs{.dtype = DType::u8, .shape = {kSamples, row_bytes}, .bytes = {}};
  inputs.bytes.resize(kSamples * row_bytes);
  for (std::size_t i = 0; i < kSamples; ++i) inputs.bytes[i * row_bytes] = std::byte(i % 10);
  if (distinct_rows) {
    std::mt19937 random(5);
    for (std::byte& byte : inputs.bytes) byte = std::byte(random() % 256);
    dataset_.salt = SaltKind::lowest_bit;
  }
  dataset_.hidden_inputs = inputs;
  for (std::size_t i = 0; i < inputs.bytes.size(); ++i) {
    if (i % row_bytes != 0) inputs.bytes[i] ^= std::byte{0x55};  // other samples
  }
  dataset_.public_inputs = std::move(inputs);
  dataset_.public_labels.clear();
  dataset_.validation_rows.clear();
  for (std::uint32_t i = 0; i < kSamples; ++i) {
    dataset_.public_labels.push_back(static_cast<std::int32_t>(i % 10));
    if (i % 5 == 0) dataset_.validation_rows.push_back(i);
  }
}

BlockSetting BlockWorld::setting() {
  return {.submission = submission_,
          .track = track,
          .dataset = dataset_,
          .staged = staged_.path(),
          .scratch = scratch_.path(),
          .open_meters =
              [this](std::function<Seconds()>) {
                std::vector<std::unique_ptr<EnergyMeter>> meters;
                meters.push_back(std::make_unique<ScriptedMeter>(*this));
                return meters;
              },
          .clock = clock_,
          .reference_idle = reference_idle,
          .cool_down = cool_down,
          .stopped = [] { return false; },
          .on_phase =
              [this](std::string phase) {
                phase_ = std::move(phase);
                stamps_.push_back(stamp(false));
              }};
}

BlockResult BlockWorld::run(const std::string& body, const BlockPlan& plan, std::uint64_t seed) {
  fs::permissions(scratch_.path(), fs::perms(0755));
  write_program(body);
  return run_block(setting(), 1, plan, seed);
}

RunRecord BlockWorld::run_blocks(const std::string& body, const BlockPlan& plan, int blocks) {
  RunRecord record{.track = track, .copies_per_request = plan.copies};
  for (int i = 0; i < blocks; ++i) {
    record.blocks.push_back(run(body, plan, static_cast<std::uint64_t>(i) + 1).record);
  }
  return record;
}

PilotResult BlockWorld::run_pilot_of(const std::string& body,
                                     const std::optional<RequestShape>& known) {
  fs::permissions(scratch_.path(), fs::perms(0755));
  write_program(body);
  return run_pilot(setting(), known);
}

BlockWorld::Stamp BlockWorld::stamp(bool by_meter) {
  Stamp stamp{.phase = phase_, .cpu = thread_cpu(), .by_meter = by_meter};
  const FileDescriptor file(::open("/proc/thread-self/io", O_RDONLY | O_CLOEXEC));
  char bytes[512];
  const ssize_t got = ::read(file.get(), bytes, sizeof bytes);
  const std::string text(bytes, got > 0 ? static_cast<std::size_t>(got) : 0);
  stamp.read = number_behind(text, "rchar: ");
  stamp.written = number_behind(text, "wchar: ");
  stamp.own_read = stamp_bytes_;
  stamp_bytes_ += text.size();
  return stamp;
}

BlockWorld::Span BlockWorld::between(const Stamp& from, const Stamp& to) {
  return {.read = to.read - from.read - (to.own_read - from.own_read),
          .written = to.written - from.written,
          .cpu = to.cpu - from.cpu};
}

void BlockWorld::expect_violation_or_paid(const BlockRecord& block, double cpu_seconds) {
  if (block.outcome == Outcome::valid) {
    double paid = 0;
    for (const WindowRecord& window : block.windows) {
      ASSERT_TRUE(window.submission_cpu);
      paid += window.submission_cpu->count();
    }
    EXPECT_GE(paid, 0.9 * cpu_seconds);
    return;
  }
  EXPECT_EQ(block.outcome, Outcome::violation);
  EXPECT_THAT(block.message,
              testing::HasSubstr("the program computes while it waits for a request: "));
}

// From the meter's first to its last reading within each phase of a window.
std::vector<BlockWorld::Span> BlockWorld::windows_seen() const {
  std::vector<Span> spans;
  for (std::size_t i = 0; i < stamps_.size(); ++i) {
    if (stamps_[i].by_meter || !is_window(stamps_[i].phase)) continue;
    const std::size_t first = i + 1;
    std::size_t last = first;
    while (last + 1 < stamps_.size() && stamps_[last + 1].by_meter) ++last;
    if (first < stamps_.size() && stamps_[first].by_meter) {
      spans.push_back(between(stamps_[first], stamps_[last]));
    }
  }
  return spans;
}

std::vector<BlockWorld::Span> BlockWorld::spans_before_windows() const {
  std::vector<Span> spans;
  for (std::size_t i = 0; i + 1 < stamps_.size(); ++i) {
    if (stamps_[i].by_meter || !is_window(stamps_[i].phase)) continue;
    if (stamps_[i + 1].by_meter) spans.push_back(between(stamps_[i], stamps_[i + 1]));
  }
  return spans;
}

}  // namespace joulebench
