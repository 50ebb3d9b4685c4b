#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/run_record.h"
#include "core/units.h"

namespace joulebench {

struct Interval {
  double low = 0;
  double high = 0;
};

/// A number and how sure it is; without interval when one block or one sample cannot give one.
struct Estimate {
  double value = 0;
  std::optional<Interval> interval;
};

/// What a run's record is worth under its track's rules. Computed from records alone.
struct Score {
  std::string entry_id;
  Outcome outcome = Outcome::infrastructure;
  std::string message;
  std::optional<Estimate> accuracy;           // of the measured passes; Wilson, n = distinct samples
  std::optional<Estimate> joules_per_sample;  // geometric mean over valid blocks
  std::optional<Estimate> net_joules_per_sample;  // idle power taken out; shown, never ranked
  std::optional<Watts> mean_watts;
  std::optional<double> samples_per_second;
  EnergyClass energy_class = EnergyClass::unavailable;
  int blocks = 0;  // valid ones
  std::uint64_t samples = 0;  // distinct test samples
  std::vector<Flag> flags;
};

}  // namespace joulebench
