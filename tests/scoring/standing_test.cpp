#include "scoring/standing.h"

#include <gmock/gmock.h>

namespace joulebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Offline; 1 us of CPU time a sample, `per_second` samples a second, no fixed cost.
struct MadeRun {
  explicit MadeRun(double per_second) {
    BlockRecord block;
    block.outcome = Outcome::valid;
    block.load = Seconds(0.5);
    WindowRecord window;
    window.samples = 1'000'000;
    window.submission_cpu = Seconds(1);
    block.windows = {window};
    record.blocks = {block};
    score.samples_per_second = per_second;
  }
  RunRecord record;
  Score score;
};

TEST(EnergyHints, SayNothingOfAProgramThatComputesAllTheTime) {
  const MadeRun run(1e6);
  EXPECT_THAT(energy_hints(run.record, run.score), IsEmpty());
}

TEST(EnergyHints, CpusThatWaitAreNamed) {
  const MadeRun waits(0.4e6), threads(3e6);
  EXPECT_THAT(energy_hints(waits.record, waits.score),
              ElementsAre(HasSubstr("0.40 of a CPU was busy: while a program waits")));
  EXPECT_THAT(energy_hints(threads.record, threads.score),
              ElementsAre(HasSubstr("3.0 CPUs were busy: threads that wait")));
}

TEST(EnergyHints, AFixedCostBelongsIntoLoadingOrIsTheInterpreters) {
  MadeRun run(1e6);
  run.record.shape = RequestShape{};
  run.record.shape->fixed = Seconds(0.3);
  run.record.shape->request = Seconds(1);
  const std::vector<std::string> python = {"python3", "p.py"};
  EXPECT_THAT(energy_hints(run.record, run.score, python),
              ElementsAre(HasSubstr("30 % of a request's time is spent however few samples it has: "
                                    "reading and writing files, or the Python interpreter"),
                          HasSubstr("belongs before \"ready\": loading took 0.5 s")));
}

TEST(EnergyHints, AStreamInPythonIsComparedWithACompiledProgram) {
  MadeRun run(1e4);
  run.record.track.scenario = Scenario::single_stream;
  run.score.latency = LatencyEstimate{};
  run.score.latency->p50.value = 40e-6;
  const std::vector<std::string> python = {"/usr/bin/python3.11", "p.py"}, native = {"./p"};
  EXPECT_THAT(energy_hints(run.record, run.score, python),
              ElementsAre(HasSubstr("a sample takes 40 us in Python")));
  EXPECT_THAT(energy_hints(run.record, run.score, native), IsEmpty());
}

}  // namespace
}  // namespace joulebench
