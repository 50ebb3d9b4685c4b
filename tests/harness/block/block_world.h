#pragma once

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/file.h"
#include "harness/block/block.h"
#include "harness/block/pilot.h"

namespace joulebench {

/// One block in a real sandbox, of a made-up dataset of 100 samples, under a scripted meter that
/// also writes down what this thread did between its readings.
class BlockWorld : public testing::Test {
 protected:
  static constexpr std::size_t kSamples = 100;
  /// Answers each sample with its first byte.
  static constexpr const char* kHonest = R"(
ready()
for r in requests():
    answer(r, firsts(r))
    done(r)
)";

  BlockWorld();

  /// Runs a Python program whose text is `body` behind a few helpers: ready(), requests(),
  /// firsts(request), all_rows(request), answer(request, values), done(request), spin(cpu_seconds);
  /// for streams samples() and reply(number, class); for training validation(request),
  /// checkpoint(name, values), keep(request, text), trained(). The public part's label is a
  /// sample's first byte; 20 of its 100 samples are for validation.
  BlockResult run(const std::string& body, const BlockPlan& plan, std::uint64_t seed = 1);
  PilotResult run_pilot_of(const std::string& body, const std::optional<RequestShape>& known = {});
  /// So many blocks, each in a sandbox of its own, as a record of them all.
  RunRecord run_blocks(const std::string& body, const BlockPlan& plan, int blocks);

  Track track;  // blocks of a moment, no idle
  std::size_t row_bytes = 8;
  bool distinct_rows = false;           // else zeros behind the first byte
  std::map<std::string, double> watts;  // by phase; elsewhere 20 W
  std::string fails_in;                 // the phase in which the meter cannot be read
  Seconds meter_period{0};              // what the meter says of itself
  std::optional<Watts> reference_idle;  // as BlockSetting's
  Seconds cool_down{60};

  /// What this thread did between two instants.
  struct Span {
    std::uint64_t read = 0;     // bytes, all descriptors
    std::uint64_t written = 0;  // bytes
    double cpu = 0;             // seconds
  };
  /// A program that computed for so many CPU seconds between two windows is a violation, or all of
  /// it lies in windows, where it is paid for: it was done before the first one closed.
  static void expect_violation_or_paid(const BlockRecord& block, double cpu_seconds);
  std::vector<Span> windows_seen() const;
  std::vector<Span> spans_before_windows() const;

 private:
  friend class ScriptedMeter;
  struct Stamp {
    std::string phase;
    std::uint64_t read = 0;
    std::uint64_t written = 0;
    std::uint64_t own_read = 0;  // bytes of stamps taken before this one
    double cpu = 0;
    bool by_meter = false;  // else: the phase began here
  };
  static Span between(const Stamp& from, const Stamp& to);
  Stamp stamp(bool by_meter);
  BlockSetting setting();
  void write_program(const std::string& body);

  SystemClock clock_;
  TemporaryFolder staged_{"staged"};
  TemporaryFolder scratch_{"scratch"};
  Submission submission_;
  Dataset dataset_;
  std::thread::id thread_ = std::this_thread::get_id();
  std::string phase_;
  std::uint64_t stamp_bytes_ = 0;
  std::vector<Stamp> stamps_;
};

}  // namespace joulebench
