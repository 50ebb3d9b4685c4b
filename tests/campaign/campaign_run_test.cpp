#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "campaign/campaign.h"
#include "campaign/local_executor.h"
#include "harness/meter/energy_meter.h"

namespace joulebench {
namespace {

using testing::HasSubstr;

namespace fs = std::filesystem;

constexpr const char* kProgram = R"(import json, sys
print('{"event":"ready"}', flush=True)
for line in sys.stdin:
    r = json.loads(line)
    if r["op"] == "exit":
        break
    with open(r["predictions"], "w") as file:
        file.write("0\n" * r["count"])
    print(json.dumps({"event": "done", "pass": r["pass"]}), flush=True)
)";

/// A campaign of a baseline and one other entry, in real sandboxes, whose measured windows cost
/// what the test says: the first block so many joules, the second so many, ... the last for all
/// others.
class CampaignRun : public testing::Test {
 protected:
  CampaignRun() {
    track_.id = track_.dataset = "made-up";
    track_.protocol = {.blocks = 4,
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

  /// Runs what is missing; `joules` of the windows in the order in which they open.
  void run(std::vector<double> joules) {
    joules_ = std::move(joules);
    const LocalSetting local{.track = track_,
                             .dataset = dataset_,
                             .open_meters =
                                 [this](std::function<Seconds()>) {
                                   std::vector<std::unique_ptr<EnergyMeter>> meters;
                                   meters.push_back(std::make_unique<WindowMeter>(*this));
                                   return meters;
                                 },
                             .clock = clock_,
                             .scratch = folder_.path(),
                             .require_limits = false,
                             .stopped = [] { return false; },
                             .on_phase = [this](std::string phase) { on_phase(phase); }};
    LocalExecutor executor(local);
    const RunSetting setting{.competition = competition_,
                             .track = track_,
                             .dataset_sha256 = dataset_.sha256,
                             .meters = "scripted",
                             .program_version = "test",
                             .clock = clock_,
                             .executor = executor};
    EntryRun baseline(entry("baseline"), true, setting, folder_.path() / "record-baseline");
    EntryRun other(entry("other"), false, setting, folder_.path() / "record-other");
    EntryRun* const runs[] = {&baseline, &other};
    run_campaign(
        runs, 1,
        {.before_block = [](EntryRun&) {},
         .after_block = [this](EntryRun& one) { order_ += one.record().entry.name[0]; },
         .on_note = [this](EntryRun&, const std::string& note) { notes_.push_back(note); }});
    baseline_ = baseline.record();
    other_ = other.record();
  }

  static int count(const RunRecord& record, Outcome outcome) {
    return static_cast<int>(
        std::count_if(record.blocks.begin(), record.blocks.end(),
                      [outcome](const BlockRecord& one) { return one.outcome == outcome; }));
  }

  RunRecord baseline_, other_;
  std::string order_;  // "bob...": whose block ran
  std::vector<std::string> notes_;

 private:
  /// Stands still but while a measured window is open, at whose end it has what the test says.
  class WindowMeter final : public EnergyMeter {
   public:
    explicit WindowMeter(CampaignRun& world) : world_(world) {}
    const DomainInfo& domain() const override { return info_; }
    CounterTraits traits() const override { return {.has_ticks = false}; }
    EnergySample read() override {
      EnergySample sample{.before = world_.clock_.now()};
      sample.after = sample.before;
      // begin_window() reads twice, end_window() once: on this thread the third is the end.
      const bool is_ours = std::this_thread::get_id() == world_.thread_;
      if (is_ours && world_.in_window_ && ++reads_ == 3) joules_ = world_.next_joules();
      sample.joules = Joules{joules_};
      return sample;
    }

   private:
    CampaignRun& world_;
    DomainInfo info_{.name = "cpu-package-0",
                     .kind = DomainKind::cpu_package,
                     .source = "scripted",
                     .in_total = true};
    int reads_ = 0;
    std::atomic<double> joules_ = 0;
  };

  double next_joules() {
    const double joules = joules_.front();
    if (joules_.size() > 1) joules_.erase(joules_.begin());
    return joules;
  }

  void on_phase(const std::string& phase) { in_window_ = phase.starts_with("pass "); }

  Submission entry(const std::string& name) {
    const fs::path folder = folder_.path() / name;
    fs::create_directories(folder);
    write_file_atomically(folder / "submission.json",
                          nlohmann::json{{"format", "joulebench-submission/1"},
                                         {"name", name},
                                         {"command", {"/usr/bin/python3", "program.py"}}}
                              .dump());
    write_file_atomically(folder / "program.py", kProgram);
    return read_submission(folder);
  }

  SystemClock clock_;
  TemporaryFolder folder_{"campaign"};
  Competition competition_;
  Track track_;
  Dataset dataset_;
  std::vector<double> joules_;
  bool in_window_ = false;
  std::thread::id thread_ = std::this_thread::get_id();
};

TEST_F(CampaignRun, ASteadyMachineRepeatsNothing) {
  run({1});
  EXPECT_EQ(order_.size(), 8U);
  EXPECT_EQ(order_.front(), 'b');
  EXPECT_EQ(order_.back(), 'b');
  EXPECT_EQ(count(other_, Outcome::valid), 4);
  EXPECT_TRUE(notes_.empty());
  EXPECT_TRUE(other_.flags.empty());
}

TEST_F(CampaignRun, BlocksAroundWhichTheBaselineMovedAreRepeatedAndABaselineFollows) {
  // The machine steps up once, after the first block of all.
  run({1.00, 1.10});
  const auto drifted = count(other_, Outcome::voided);
  EXPECT_GE(drifted, 1) << order_;
  EXPECT_EQ(count(other_, Outcome::valid), 4);
  EXPECT_EQ(other_.outcome, Outcome::valid);
  EXPECT_EQ(baseline_.outcome, Outcome::valid);
  EXPECT_EQ(count(baseline_, Outcome::valid), 5) << "one more, behind what was repeated";
  EXPECT_EQ(order_.back(), 'b');
  for (const BlockRecord& block : other_.blocks) {
    if (block.outcome != Outcome::voided) continue;
    EXPECT_EQ(block.message, "the baseline moved by +10.0 % around it, over 3 %");
    EXPECT_EQ(block.flags.back().name, "drift");
  }
  ASSERT_FALSE(notes_.empty());
  EXPECT_THAT(notes_[0], HasSubstr("is repeated: the baseline moved by +10.0 % around it"));

  order_.clear();
  run({1.10});
  EXPECT_EQ(order_, "") << "a campaign that is finished runs nothing again";
}

TEST_F(CampaignRun, AMachineThatNeverRestsIsFlaggedAndEndsAllTheSame) {
  run({1, 1.2, 1.4, 1.7, 2.0, 2.4, 2.9, 3.5, 4.2, 5});
  EXPECT_LE(order_.size(), 8U + 4) << order_;
  EXPECT_EQ(other_.outcome, Outcome::valid);
  EXPECT_EQ(count(other_, Outcome::valid), 4);
  ASSERT_FALSE(other_.flags.empty());
  EXPECT_EQ(other_.flags[0].name, "drift-unclear");
  EXPECT_THAT(other_.flags[0].detail, HasSubstr("drift cannot be told from noise here"));
}

}  // namespace
}  // namespace joulebench
