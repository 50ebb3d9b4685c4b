#include "core/run_record.h"
#include "core/block_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/digest.h"
#include "core/file.h"
#include "core/gzip.h"
#include "core/json_file.h"
#include "tests/support/error_text.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

DomainEnergy package(std::optional<Joules> joules) {
  DomainEnergy energy;
  energy.domain = {.name = "cpu-package-0",
                   .kind = DomainKind::cpu_package,
                   .source = "powercap:intel-rapl:0",
                   .energy_class = EnergyClass::measured,
                   .in_total = true};
  energy.joules = joules;
  energy.error = Joules{0.125};
  return energy;
}

RunRecord sample_record() {
  RunRecord record;
  record.entry.id = std::string(64, 'a');
  record.entry.name = "tiny \xc3\xa9";
  record.track.id = "t";
  record.track.dataset = "digits";
  record.outcome = Outcome::voided;
  BlockRecord block;
  block.number = 1;
  block.outcome = Outcome::valid;
  block.round = 4;
  block.session = "2026-12-01T08:00:00.000Z";
  block.order_seed = 0xffffffffffffffffULL;
  block.passes = 2;
  block.samples_per_pass = 3;
  block.measured = Seconds(1.0 / 3);
  block.windows.push_back({.first_pass = 1,
                           .passes = 2,
                           .samples = 6,
                           .wall = Seconds(1.0 / 3),
                           .submission_cpu = std::nullopt,
                           .harness_cpu = Seconds(0),
                           .domains = {package(Joules{0.1}), package(std::nullopt)}});
  block.energy = {package(Joules{0.1})};
  block.idle = {{.domain = "cpu-package-0", .before = Watts{0}, .after = std::nullopt}};
  block.latency = {.p50 = Seconds(1e-5 / 3), .p90 = Seconds(2e-5), .p99 = Seconds(3)};
  block.enforcement = {{"memory", "cgroup-v2"}};
  block.flags = {{"gap", "once"}};
  record.blocks.push_back(block);
  return record;
}

Tensor sample_predictions() {
  return {.dtype = DType::u8, .shape = {2, 3}, .bytes = std::vector<std::byte>(6)};
}

TEST(RunRecord, ComesBackFromDiskAsItWas) {
  const TemporaryFolder folder("record");
  const RunRecord record = sample_record();
  write_run_record(folder.path(), record);
  const RunRecord back = read_run_record(folder.path());
  EXPECT_EQ(to_json_text(back), to_json_text(record));
  EXPECT_EQ(back.blocks[0].order_seed, 0xffffffffffffffffULL);
  EXPECT_EQ(back.blocks[0].round, 4);
  EXPECT_EQ(back.blocks[0].session, "2026-12-01T08:00:00.000Z");
  EXPECT_EQ(back.blocks[0].measured, Seconds(1.0 / 3));  // unrounded
}

TEST(RunRecord, WhatWasNotMeasuredIsAbsentNotZero) {
  const RunRecord back = parse_run_record(to_json_text(sample_record()), "r");
  EXPECT_FALSE(back.blocks[0].windows[0].domains[1].joules.has_value());
  EXPECT_FALSE(back.blocks[0].windows[0].submission_cpu.has_value());
  EXPECT_FALSE(back.blocks[0].idle[0].after.has_value());
  ASSERT_TRUE(back.blocks[0].latency);
  EXPECT_EQ(back.blocks[0].latency->p50, Seconds(1e-5 / 3));
  EXPECT_EQ(back.blocks[0].latency->p99, Seconds(3));
  EXPECT_EQ(back.blocks[0].idle[0].before, Watts{0});
}

TEST(RunRecord, SaysWhichEnvironmentItRanInAndOfTheHostNothing) {
  RunRecord record = sample_record();
  EXPECT_EQ(to_json_text(record).find("environment"), std::string::npos);
  record.environment = {.name = "python", .sha256 = std::string(64, 'b')};
  const RunRecord back = parse_run_record(to_json_text(record), "r");
  ASSERT_TRUE(back.environment);
  EXPECT_EQ(back.environment->name, "python");
  EXPECT_EQ(back.environment->sha256, std::string(64, 'b'));
}

TEST(RunRecord, AnUnknownVersionOrAMissingFieldIsAnError) {
  auto json = nlohmann::json::parse(to_json_text(sample_record()));
  json["format"] = "joulebench-run-record/1";
  EXPECT_THAT(error_text([&] { parse_run_record(json.dump(), "run.json"); }),
              testing::HasSubstr("run.json: field 'format'"));
  json["format"] = "joulebench-run-record/2";
  json["blocks"][0].erase("passes");
  EXPECT_THAT(error_text([&] { parse_run_record(json.dump(), "run.json"); }),
              testing::HasSubstr("passes"));
}

TEST(RunRecord, AlteredPredictionsAreFoundOut) {
  const TemporaryFolder folder("record");
  BlockRecord block = sample_record().blocks[0];
  write_block_files(folder.path(), block, sample_predictions(), {});
  EXPECT_EQ(read_block_predictions(folder.path(), block).rows(), 2U);
  const fs::path file = folder.path() / "block-1/predictions.npy";
  std::string bytes = read_block_file(file);
  bytes.back() = '\x01';
  write_block_file(file, bytes);
  EXPECT_THAT(error_text([&] { read_block_predictions(folder.path(), block); }),
              testing::HasSubstr("its SHA-256 differs"));
  fs::remove(find_block_file(file));
  EXPECT_THAT(error_text([&] { read_block_predictions(folder.path(), block); }),
              testing::HasSubstr("no such file"));
}

TEST(RunRecord, TheTraceComesBackAsItWas) {
  const TemporaryFolder folder("record");
  EnergyTrace trace;
  trace.domains = {package(std::nullopt).domain};
  trace.domains[0].source = "perf:power/energy-pkg/,cpu=0";
  const auto at = [](int ns) { return SteadyTime(std::chrono::nanoseconds(ns)); };
  trace.samples = {{.domain = 0, .before = at(10), .after = at(12), .joules = Joules{1.0 / 3}},
                   {.domain = 0, .before = at(20), .after = at(25), .joules = std::nullopt}};
  trace.marks = {{.time = at(15), .name = "phase a,b\n\"c\""}};
  BlockRecord block = sample_record().blocks[0];
  write_block_files(folder.path(), block, sample_predictions(), trace);
  const EnergyTrace back = read_trace(folder.path(), block);
  EXPECT_EQ(back.domains[0].source, "perf:power/energy-pkg/,cpu=0");
  ASSERT_EQ(back.samples.size(), 2U);
  EXPECT_EQ(back.samples[0].joules, Joules{1.0 / 3});
  EXPECT_FALSE(back.samples[1].joules.has_value());
  EXPECT_EQ(back.marks[0].name, "phase a b  c ");  // what would break the line is gone
}

TEST(RunRecord, ATraceIsPassedOnAsItsFileAndNothingElseThatLiesInIt) {
  const TemporaryFolder folder("record");
  EnergyTrace trace;
  trace.domains = {{.name = "cpu-package-0"}};
  trace.marks = {{.time = SteadyTime{}, .name = "ready"}};
  BlockRecord block = sample_record().blocks[0];
  write_block_files(folder.path(), block, sample_predictions(), trace);
  const std::filesystem::path path = folder.path() / "block-1" / "trace.csv";
  EXPECT_EQ(read_trace_file(folder.path(), block).packed_csv,
            read_text_file(path.string() + ".gz"));

  const std::string csv = to_csv(trace) + "mark,ready,5,a note,that no reader looks at\n";
  write_block_file(path, csv);
  block.trace_sha256 = sha256_of_text(csv);
  const TraceFile passed_on = read_trace_file(folder.path(), block);
  EXPECT_EQ(passed_on.packed_csv, pack_gzip(to_csv(passed_on.trace)));
  EXPECT_EQ(passed_on.trace.marks.size(), 2U);
}

TEST(RunRecord, ATrainingComesBackWithItsCheckpoints) {
  const TemporaryFolder folder("record");
  RunRecord record = sample_record();
  record.track.task = Task::train;
  BlockRecord& block = record.blocks[0];
  block.training = {.seed = 4'000'000'000U,
                    .samples = 80,
                    .validation_samples = 2,
                    .model_files = 1,
                    .model_bytes = 12,
                    .model_sha256 = "m",
                    .checkpoints = {{.file = "c1", .at = Seconds(0.1), .energy = {}},
                                    {.file = "c2",
                                     .at = Seconds(1.0 / 3),
                                     .energy = {package(Joules{0.1}), package(std::nullopt)}}},
                    .checkpoints_sha256 = {}};
  const Tensor checkpoints{
      .dtype = DType::u8, .shape = {2, 2}, .bytes = std::vector<std::byte>(4, std::byte{3})};
  write_block_files(folder.path(), block, sample_predictions(), {}, checkpoints);
  write_run_record(folder.path(), record);
  const RunRecord back = read_run_record(folder.path());
  EXPECT_EQ(to_json_text(back), to_json_text(record));
  const TrainingRecord& training = back.blocks[0].training.value();
  EXPECT_EQ(training.seed, 4'000'000'000U);
  EXPECT_EQ(training.checkpoints[1].at, Seconds(1.0 / 3));
  EXPECT_FALSE(training.checkpoints[1].energy[1].joules) << "absent, not zero";
  EXPECT_EQ(read_block_checkpoints(folder.path(), back.blocks[0]).bytes, checkpoints.bytes);

  const fs::path file = folder.path() / "block-1/checkpoints.npy";
  std::string bytes = read_block_file(file);
  bytes.back() = '\x01';
  write_block_file(file, bytes);
  EXPECT_THAT(error_text([&] { read_block_checkpoints(folder.path(), back.blocks[0]); }),
              testing::HasSubstr("checkpoints.npy: its SHA-256 differs"));
}

TEST(RunRecord, OnlyTrainingsHaveATraining) {
  EXPECT_FALSE(parse_run_record(to_json_text(sample_record()), "r").blocks[0].training);
}

TEST(RunRecord, AHalfWrittenBlockIsReplaced) {
  const TemporaryFolder folder("record");
  fs::create_directories(folder.path() / "block-1.part");
  fs::create_directories(folder.path() / "block-1");
  std::ofstream(folder.path() / "block-1/predictions.npy") << "half";
  BlockRecord block = sample_record().blocks[0];
  write_block_files(folder.path(), block, sample_predictions(), {});
  EXPECT_EQ(read_block_predictions(folder.path(), block).rows(), 2U);
  EXPECT_FALSE(fs::exists(folder.path() / "block-1.part"));
}

}  // namespace
}  // namespace joulebench
