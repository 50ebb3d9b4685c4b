#include "leaderboard/record_ranges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "support/synthetic_record.h"

namespace joulebench {
namespace {

using joulebench::support::make_record;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

RunRecord plausible() {
  RunRecord record = make_record({});
  for (BlockRecord& block : record.blocks) {
    block.samples_per_pass = 10;
    block.samples = 20;
  }
  return record;
}

TEST(RecordRanges, TakeWhatAMachineCanMeasure) {
  EXPECT_THAT(out_of_range(plausible()), IsEmpty());
}

TEST(RecordRanges, RefuseNumbersThatNoMachineCanMeasure) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  for (const double joules :
       {-1.0, 1e308, kInfinity, 10 * most_watts(DomainKind::cpu_package).value + 1}) {
    RunRecord record = plausible();  // blocks of 10 s
    record.blocks[1].energy[0].joules = Joules{joules};
    EXPECT_THAT(out_of_range(record), Contains(HasSubstr("block 2: the energy of a domain is")))
        << joules;
  }
  RunRecord record = plausible();
  record.blocks[0].measured = Seconds(-1);
  EXPECT_THAT(out_of_range(record), Contains("block 1: the measured time is -1"));
  record = plausible();
  record.blocks[0].energy[0].joules = Joules{0};
  EXPECT_THAT(out_of_range(record), Contains("block 1: its total energy is not positive"));
}

TEST(RecordRanges, RefuseWhatDoesNotAddUp) {
  RunRecord record = plausible();
  record.blocks[0].samples = 21;
  EXPECT_THAT(out_of_range(record),
              ElementsAre("block 1: its windows' samples do not add up to its own",
                          "block 1: it has more samples than passes times samples a pass"));
  record = plausible();
  std::swap(record.blocks[0].number, record.blocks[1].number);
  EXPECT_THAT(out_of_range(record), Contains("block 1: blocks are not in order"));
}

TEST(RecordRanges, RefuseEnergyThatIsNotTheWindowsOrBelowAnyMachine) {
  RunRecord record = plausible();
  record.blocks[0].energy[0].joules = Joules{9};
  EXPECT_THAT(out_of_range(record), ElementsAre("block 1: its energy is less than its windows'"));
  const auto drawing = [](double joules, EnergyClass energy_class) {
    RunRecord one = plausible();  // blocks of 10 s
    for (DomainEnergy* energy : {&one.blocks[0].energy[0], &one.blocks[0].windows[0].domains[0]}) {
      energy->joules = Joules{joules};
      energy->domain.energy_class = energy_class;
    }
    return out_of_range(one);
  };
  EXPECT_THAT(drawing(1e-9, EnergyClass::measured),
              ElementsAre("block 1: its total energy is less than a machine that runs draws"));
  EXPECT_THAT(drawing(1e-9, EnergyClass::modelled), IsEmpty()) << "a model may say so";
  EXPECT_THAT(drawing(0.011, EnergyClass::measured), IsEmpty());
}

TEST(RecordRanges, RefuseMorePackagesThanCpusAndADomainTwice) {
  RunRecord record = plausible();
  record.node_before.cpus = 1;
  for (BlockRecord& block : record.blocks) {
    block.windows.clear();
    block.energy.push_back(block.energy[0]);
    block.energy[1].domain.name = "cpu-package-1";
  }
  EXPECT_THAT(out_of_range(record),
              Contains("block 1: it has more packages than the machine has CPUs"));
  record.blocks[0].energy[1].domain.name = record.blocks[0].energy[0].domain.name;
  EXPECT_THAT(out_of_range(record), Contains("block 1: it has a domain twice"));
}

TEST(RecordRanges, RefuseNamesThatWouldMakeLinesOfTheirOwn) {
  RunRecord record = plausible();
  record.entry.team = "ours\njoulebench: all is well";
  EXPECT_THAT(out_of_range(record), ElementsAre("the team has more than one line"));
}

TEST(RecordRanges, RefuseOtherThingsOfAbsurdSize) {
  const auto problems_of = [](auto&& change) {
    RunRecord record = plausible();
    change(record);
    return out_of_range(record);
  };
  EXPECT_THAT(problems_of([](RunRecord& r) {
                r.blocks[0].latency = Latency{Seconds(2), Seconds(1), Seconds(3)};
              }),
              ElementsAre("block 1: the median latency is 2"));
  EXPECT_THAT(problems_of([](RunRecord& r) { r.entry.description.assign(64'001, 'x'); }),
              ElementsAre("the description has more than 64000 bytes"));
  EXPECT_THAT(problems_of([](RunRecord& r) { r.started_at_utc = "yesterday"; }),
              ElementsAre("its start is no date"));
  EXPECT_THAT(
      problems_of([](RunRecord& r) { r.blocks[1].samples_per_pass = std::size_t{1} << 60; }),
      Contains(HasSubstr("block 2: the count of samples a pass is")));
  EXPECT_THAT(problems_of([](RunRecord& r) {
                r.blocks[0].windows[0].started = SteadyTime(std::chrono::seconds(-1));
              }),
              ElementsAre("block 1: its windows are not in order of time"));
  EXPECT_THAT(problems_of([](RunRecord& r) { r.node_after->temperature_celsius = 1e9; }),
              ElementsAre("its temperature is absurd"));
}

TEST(TraceRanges, RefuseReadingsThatNoCounterGives) {
  const auto at = [](int s, double joules) {
    return EnergySample{.before = SteadyTime(std::chrono::seconds(s)),
                        .after = SteadyTime(std::chrono::seconds(s)),
                        .joules = Joules{joules}};
  };
  EnergyTrace trace{.samples = {at(1, 0), at(2, 5), at(3, 5)}};
  EXPECT_THAT(out_of_range(trace), IsEmpty());
  trace.samples[2].joules = Joules{4};
  EXPECT_THAT(out_of_range(trace), ElementsAre("trace: a counter goes backwards"));
  trace.samples = {at(2, 0), at(1, 1)};
  EXPECT_THAT(out_of_range(trace), ElementsAre("trace: readings are not in order of time"));
  trace.samples = {at(1, std::numeric_limits<double>::infinity())};
  EXPECT_THAT(out_of_range(trace), ElementsAre("trace: a reading is inf"));
}

TEST(RecordRanges, RefuseIdsThatAreNoDigests) {
  RunRecord record = plausible();
  record.entry.id = "../../etc/passwd";
  EXPECT_THAT(out_of_range(record),
              ElementsAre("the entry's id is no SHA-256: \"../../etc/passwd\""));
  EXPECT_TRUE(is_sha256(std::string(64, 'a')));
  EXPECT_FALSE(is_sha256(std::string(64, 'A')));
  EXPECT_FALSE(is_sha256(std::string(63, 'a')));
}

}  // namespace
}  // namespace joulebench
