#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/run_record.h"

namespace joulebench::support {

/// A run record that nobody measured: round figures that a test can check by hand.
struct SyntheticRun {
  std::string name = "tiny-tree";
  std::vector<double> joules_per_block = {10, 10, 10};  // of cpu-package-0
  double error_joules = 0;
  int passes = 2;
  std::vector<std::int32_t> labels = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  std::size_t wrong = 1;  // how many samples of each pass are answered wrongly, the first ones
  EnergyClass energy_class = EnergyClass::measured;
};

/// A valid run on node "bench-1" for track "digits" of competition "test"; blocks of 10 s, idle 2
/// W.
RunRecord make_record(const SyntheticRun& run);

/// Doubles as a tensor of float64.
Tensor make_tensor(std::vector<std::size_t> shape, const std::vector<double>& values);

/// The same as a training: one pass, and checkpoints after 1/4, 1/2 and all of a block's energy and
/// time, about four validation samples of the labels 0, 1, 2, 3.
RunRecord make_training_record(SyntheticRun run);

/// Its checkpoints, (3, 4): right about 1, 3 and 4 of the validation samples.
Tensor make_checkpoints();

/// The predictions of every block of such a run, (passes, samples).
Tensor make_predictions(const SyntheticRun& run);

/// Writes the record's folder with all its files (run.json, predictions, a trace of constant
/// power).
void write_record(const std::filesystem::path& folder, RunRecord& record, const SyntheticRun& run);

}  // namespace joulebench::support
