#include "support/synthetic_record.h"

#include <cstring>

#include "core/digest.h"

namespace joulebench::support {

RunRecord make_record(const SyntheticRun& run) {
  RunRecord record;
  record.entry = {.id = sha256_of_text(run.name), .name = run.name, .team = "reference"};
  record.competition_id = "test";
  record.competition_sha256 = sha256_of_text("test");
  record.track.id = "digits";
  record.track.title = "Handwritten digits";
  record.track.dataset = "digits";
  record.track.energy.domains = {DomainKind::cpu_package};
  record.dataset_sha256 = sha256_of_text("digits");
  record.program_version = "0.1.0";
  record.started_at_utc = "2026-12-01T08:00:00.000Z";
  record.node_before = {.hostname = "bench-1",
                        .cpu_model = "Test CPU",
                        .cpus = 2,
                        .memory_bytes = std::uint64_t{8} << 30,
                        .kernel = "6.1.0",
                        .operating_system = "Debian GNU/Linux 12",
                        .governor = "performance"};
  record.node_after = record.node_before;
  record.outcome = Outcome::valid;
  record.passes_per_block = run.passes;
  for (const double joules : run.joules_per_block) {
    BlockRecord block;
    block.number = static_cast<int>(record.blocks.size()) + 1;
    block.outcome = Outcome::valid;
    block.started_at_utc = record.started_at_utc;
    block.passes = run.passes;
    block.samples_per_pass = run.labels.size();
    block.samples = run.labels.size() * static_cast<std::size_t>(run.passes);
    block.load = Seconds(0.5);
    block.measured = Seconds(10);
    block.tail = Seconds(1);
    const bool modelled = run.energy_class == EnergyClass::modelled;
    DomainEnergy energy{.domain = {.name = modelled ? "model" : "cpu-package-0",
                                   .kind = modelled ? DomainKind::model : DomainKind::cpu_package,
                                   .source = modelled ? "model" : "powercap:intel-rapl:0",
                                   .energy_class = run.energy_class,
                                   .in_total = true},
                        .joules = Joules{joules},
                        .error = Joules{run.error_joules}};
    block.energy = {energy};
    block.windows = {{.first_pass = 1,
                      .passes = run.passes,
                      .samples = block.samples,
                      .wall = block.measured,
                      .submission_cpu = Seconds(9.5),
                      .domains = {energy}}};
    block.idle = {{.domain = energy.domain.name, .before = Watts{0.2}, .after = Watts{0.2}}};
    block.enforcement = {{"memory", "cgroup-v2"}, {"processes", "cgroup-v2"}, {"wall", "polled"}};
    record.blocks.push_back(std::move(block));
  }
  return record;
}

RunRecord make_training_record(SyntheticRun run) {
  run.passes = 1;
  RunRecord record = make_record(run);
  record.track.task = Task::train;
  for (BlockRecord& block : record.blocks) {
    TrainingRecord& training = block.training.emplace();
    training.seed = 1;
    training.samples = 20;
    training.validation_samples = 4;
    training.model_files = 1;
    training.model_bytes = 1024;
    training.model_sha256 = sha256_of_text("model");
    for (const double share : {0.25, 0.5, 1.0}) {
      DomainEnergy energy = block.energy.front();
      *energy.joules = *energy.joules * share;
      training.checkpoints.push_back(
          {.file = "c", .at = block.measured * share, .energy = {energy}});
    }
    training.checkpoints_sha256 = sha256_of_text("checkpoints");
  }
  return record;
}

Tensor make_checkpoints() {
  Tensor tensor{.dtype = DType::u8, .shape = {3, 4}, .bytes = {}};
  for (const int value : {0, 9, 9, 9, 0, 1, 2, 9, 0, 1, 2, 3}) {
    tensor.bytes.push_back(std::byte(value));
  }
  return tensor;
}

Tensor make_predictions(const SyntheticRun& run) {
  std::vector<std::int32_t> values;
  for (int pass = 0; pass < run.passes; ++pass) {
    for (std::size_t i = 0; i < run.labels.size(); ++i) {
      values.push_back(i < run.wrong ? run.labels[i] + 1 : run.labels[i]);
    }
  }
  Tensor tensor{.dtype = DType::i32,
                .shape = {static_cast<std::size_t>(run.passes), run.labels.size()},
                .bytes = std::vector<std::byte>(values.size() * sizeof(std::int32_t))};
  std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

Tensor make_tensor(std::vector<std::size_t> shape, const std::vector<double>& values) {
  Tensor tensor{.dtype = DType::f64,
                .shape = std::move(shape),
                .bytes = std::vector<std::byte>(values.size() * sizeof(double))};
  std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

void write_record(const std::filesystem::path& folder, RunRecord& record, const SyntheticRun& run) {
  std::filesystem::create_directories(folder);
  for (BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid) continue;
    EnergyTrace trace;
    trace.domains = {block.energy.front().domain};
    const double watts = block.energy.front().joules->value / block.measured.count();
    for (int tenth = 0; tenth <= 100; ++tenth) {
      const SteadyTime time{std::chrono::milliseconds(tenth * 100)};
      trace.samples.push_back({.domain = 0,
                               .before = time,
                               .after = time + std::chrono::microseconds(3),
                               .joules = Joules{watts * tenth / 10}});
    }
    trace.marks = {{SteadyTime{}, "pass 1"}, {SteadyTime{std::chrono::seconds(5)}, "pass 2"}};
    write_block_files(folder, block, make_predictions(run), trace);
  }
  write_run_record(folder, record);
}

}  // namespace joulebench::support
