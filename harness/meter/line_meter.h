#pragma once

#include <sys/types.h>

#include <deque>
#include <string>

#include "core/child_process.h"
#include "core/clock.h"
#include "core/file.h"
#include "harness/meter/energy_meter.h"

namespace joulebench {

/// An outside meter: a program that prints one line a sample (README.md has the protocol):
///
///   SECONDS joules VALUE [ERROR]     an energy counter of its own, ERROR in joules
///   SECONDS watts VALUE [ERROR]      power at that time, ERROR in watts
///   # name rack-plug / # kind wall   before the first sample: what it measures
///   # clock monotonic                its seconds are CLOCK_MONOTONIC; else its own, placed by
///   arrival
///
/// Its samples may come late: value_at() waits for one behind the instant and interpolates.
class LineMeter final : public EnergyMeter {
 public:
  /// Starts `command` with sh -c and waits up to 5 s for two samples.
  /// Errors: Error naming the command when it ends, is silent, or prints what is no sample.
  LineMeter(std::string command, unsigned index, bool in_total, Clock& clock);
  ~LineMeter() override;  // ends the program

  const DomainInfo& domain() const override { return info_; }
  /// The newest sample that has arrived.
  EnergySample read() override;
  std::optional<ValueAt> value_at(SteadyTime instant, SteadyTime deadline) override;
  CounterTraits traits() const override;
  CounterEvents events() const override { return events_; }

 private:
  struct Sample {
    SteadyTime time{};
    double joules = 0;         // since the first sample
    double reading_error = 0;  // of this reading of a counter
    double summed_error = 0;   // of power, integrated since the first sample
  };
  void end_program();
  void take_what_arrived();
  bool take_header(std::vector<std::string> words);  // false: it names an unknown kind
  void take_line(const std::string& line);

  std::string command_;
  Clock* clock_;
  DomainInfo info_;
  ChildProcess program_;
  FileDescriptor output_;
  std::string partial_;
  std::deque<Sample> samples_;  // bounded: windows look back at most some minutes
  bool is_monotonic_ = false;
  std::optional<double> offset_;  // our seconds minus its seconds, the least delay seen
  std::optional<double> first_joules_;
  std::optional<double> last_watts_;
  double period_ = 0;
  bool has_ended_ = false;
  CounterEvents events_;
};

}  // namespace joulebench
