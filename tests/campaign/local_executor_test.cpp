#include "campaign/local_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "campaign/campaign.h"
#include "core/error.h"
#include "harness/meter/energy_meter.h"
#include "support/tiny_root.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kProgram = R"(import json, sys
print('{"event":"ready"}', flush=True)
for line in sys.stdin:
    r = json.loads(line)
    if r["op"] == "exit":
        break
    with open(r["predictions"], "w") as file:
        file.write("0\n" * r["count"])
    number = "request"
    print(json.dumps({"event": "done", number: r[number]}), flush=True)
)";

/// One watt of the clock's time.
class OneWatt final : public EnergyMeter {
 public:
  explicit OneWatt(const Clock& clock) : clock_(clock) {}
  const DomainInfo& domain() const override { return info_; }
  CounterTraits traits() const override { return {.has_ticks = false}; }
  EnergySample read() override {
    const SteadyTime now = clock_.now();
    return {.before = now, .after = now, .joules = Joules{Seconds(now.time_since_epoch()).count()}};
  }

 private:
  const Clock& clock_;
  DomainInfo info_{.name = "cpu-package-0",
                   .kind = DomainKind::cpu_package,
                   .source = "scripted",
                   .in_total = true};
};

/// This machine's executor, real sandboxes, and a made-up dataset of ten samples.
class LocalExecutorInASandbox : public testing::Test {
 protected:
  LocalExecutorInASandbox() {
    track_.id = track_.dataset = "made-up";
    track_.protocol = {.blocks = 2,
                       .min_block = Seconds(0),
                       .min_sensor_periods = 0,
                       .idle = Seconds(0),
                       .tail = Seconds(0)};
    track_.limits.processes = 16;
    competition_.id = "made-up";
    competition_.tracks = {track_};
    dataset_.id = "made-up";
    dataset_.class_names = {"0", "1"};
    dataset_.hidden_inputs = {.dtype = DType::u8, .shape = {10, 1}, .bytes = {}};
    dataset_.hidden_inputs.bytes.resize(10);
    dataset_.public_inputs = dataset_.hidden_inputs;
    fs::permissions(folder_.path(), fs::perms(0755));
  }

  Submission entry(const std::vector<std::vector<std::string>>& build = {}) {
    const fs::path folder = folder_.path() / "entry";
    fs::create_directories(folder);
    write_file_atomically(folder / "submission.json",
                          nlohmann::json{{"format", "joulebench-submission/1"},
                                         {"name", "honest"},
                                         {"command", {"/usr/bin/python3", "program.py"}},
                                         {"build", build}}
                              .dump());
    write_file_atomically(folder / "program.py", kProgram);
    return read_submission(folder);
  }
  EntryJob job(const Submission& submission) const {
    return {.folder = submission.folder,
            .entry_id = submission.id,
            .track = track_,
            .dataset_sha256 = dataset_.sha256};
  }

  SystemClock clock_;
  TemporaryFolder folder_{"executor"};
  Competition competition_;
  Track track_;
  Dataset dataset_;
  LocalSetting setting_{.track = track_,
                        .dataset = dataset_,
                        .open_meters =
                            [this](std::function<Seconds()>) {
                              std::vector<std::unique_ptr<EnergyMeter>> meters;
                              meters.push_back(std::make_unique<OneWatt>(clock_));
                              return meters;
                            },
                        .clock = clock_,
                        .scratch = folder_.path(),
                        .require_limits = false,
                        .stopped = [] { return false; },
                        .on_phase = [](const std::string&) {}};
  LocalExecutor executor_{setting_};
};

TEST_F(LocalExecutorInASandbox, RunsAnEntrysBlocksForACampaign) {
  const RunSetting setting{.competition = competition_,
                           .track = track_,
                           .dataset_sha256 = dataset_.sha256,
                           .meters = "scripted",
                           .program_version = "test",
                           .clock = clock_,
                           .executor = executor_};
  EntryRun run(entry(), false, setting, folder_.path() / "record");
  EntryRun* const runs[] = {&run};
  int blocks = 0;
  run_campaign(runs, 1, clock_,
               {.before_block = [](EntryRun&) {},
                .after_block = [&blocks](EntryRun&) { ++blocks; },
                .on_note = [](EntryRun&, const std::string&) {}});
  EXPECT_EQ(run.record().outcome, Outcome::valid) << run.record().message;
  EXPECT_EQ(run.record().valid_blocks(), 2);
  EXPECT_EQ(blocks, 2);
  const RunRecord written = read_run_record(run.folder());
  EXPECT_EQ(written.valid_blocks(), 2);
  EXPECT_GT(read_block_predictions(run.folder(), written.blocks[1]).rows(), 0U);
}

// In the language of every environment's shell.
constexpr const char* kShellProgram = R"(echo '{"event":"ready"}'
while read -r line; do
  case $line in *'"exit"'*) exit 0;; esac
  file=${line#*'"predictions":"'}; file=${file%%'"'*}
  count=${line#*'"count":'}; count=${count%%[,\}]*}
  number=${line#*'"request":'}; number=${number%%[,\}]*}
  i=0; while [ $i -lt $count ]; do echo 0; i=$((i+1)); done > $file
  echo '{"event":"done","request":'$number'}'
done
)";

TEST_F(LocalExecutorInASandbox, BuildsAndRunsAnEntryInItsEnvironmentAlone) {
  const fs::path root = folder_.path() / "root";
  fs::create_directory(root);
  make_tiny_root(root, {"sh", "cp"});
  fs::rename(root / "bin/sh", root / "bin/shell-of-the-environment");
  const std::string pack = "tar -C " + root.string() + " -cf " + root.string() + ".tar .";
  ASSERT_EQ(std::system(pack.c_str()), 0);
  EnvironmentStore store(setting_.environments = folder_.path() / "environments");
  const Environment environment = store.import("tiny", root.string() + ".tar");

  const fs::path folder = folder_.path() / "entry";
  fs::create_directory(folder);
  write_file_atomically(
      folder / "submission.json",
      nlohmann::json{
          {"format", "joulebench-submission/1"},
          {"name", "shell"},
          {"command", {"shell-of-the-environment", "built"}},
          {"build", {{"shell-of-the-environment", "-c", "test ! -e /usr && cp source built"}}}}
          .dump());
  write_file_atomically(folder / "source", kShellProgram);
  EntryJob wanted = job(read_submission(folder));
  EXPECT_EQ(executor_.prepare(wanted).outcome, Outcome::build) << "it is not of this machine";
  wanted.environment = EnvironmentIdentity{.name = "tiny", .sha256 = environment.sha256};
  const Preparation prepared = executor_.prepare(wanted);
  ASSERT_EQ(prepared.outcome, Outcome::valid) << prepared.message << prepared.log_tail;
  const BlockResult block =
      executor_.run({.entry = wanted, .plan = prepared.plan, .reference_idle = {}});
  EXPECT_EQ(block.record.outcome, Outcome::valid) << block.record.message;
}

TEST_F(LocalExecutorInASandbox, AnEntryThatCannotBeBuiltIsAFailureWithItsLog) {
  const Preparation prepared =
      executor_.prepare(job(entry({{"/bin/sh", "-c", "echo no compiler; exit 3"}})));
  EXPECT_EQ(prepared.outcome, Outcome::build);
  EXPECT_THAT(prepared.message, testing::HasSubstr("exited with 3"));
  EXPECT_THAT(prepared.log_tail, testing::HasSubstr("no compiler"));
}

TEST_F(LocalExecutorInASandbox, AnEntryThatChangedAfterItWasReadIsAnError) {
  const Submission submission = entry();
  write_file_atomically(submission.folder / "program.py", "changed");
  try {
    executor_.prepare(job(submission));
    FAIL() << "an error was expected";
  } catch (const Error& error) {
    EXPECT_EQ(error.parts().what, "a submission changed after it was read");
  }
}

}  // namespace
}  // namespace joulebench
