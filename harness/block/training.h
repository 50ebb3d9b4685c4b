#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/run_record.h"
#include "core/tensor.h"
#include "harness/block/metered_sandbox.h"
#include "harness/sandbox/file_stamp.h"

namespace joulebench {

/// One training: what the program is shown, what its window measures, and what becomes of its
/// model. Errors as of MeteredSandbox.
class Training {
 public:
  /// `most_samples`, where it is not 0, of the public part: for a trial that shall not take long.
  Training(MeteredSandbox& sandbox, std::uint32_t seed, std::size_t most_samples = 0);

  /// Starts the program that learns, with an empty folder for its model.
  void launch();
  /// From the request to its answer, in the block's window. Nothing of the data is there before.
  void measure(BlockRecord& record);
  /// What it reported, (checkpoints, validation samples); call it before the program has ended.
  Tensor take_checkpoints() const;
  /// Looks through the folder of the model, after the program was closed, and takes down what is
  /// in it.
  void carry_model(TrainingRecord& record) const;
  /// Starts the program that predicts: it sees the model, which it may not change, and no data.
  void launch_predictor();

 private:
  struct Checkpoint {
    std::string file;
    FileStamp stamp;
    SteadyTime at{};
  };
  void prepare();
  std::optional<Seconds> used_before(const WindowRecord& window) const;
  void note_checkpoint(std::string file);

  MeteredSandbox& sandbox_;
  const BlockSetting& setting_;
  std::uint32_t seed_;
  std::vector<std::uint32_t> learned_;     // rows of the public part
  std::vector<std::uint32_t> validation_;  // likewise; their labels are not shown
  TemporaryFolder prepared_;
  TemporaryFolder model_;
  std::vector<Checkpoint> checkpoints_;
};

/// The seed that a training is given, from the block's.
std::uint32_t training_seed(std::uint64_t order_seed);

/// Adds to the energy of a block what its program did before it was asked to train, at the energy
/// that a second of CPU time took in the training: loading libraries is work too, and so is a
/// training on data that was brought along. The record's look `before-training` says how much.
void charge_work_before(BlockRecord& record);

/// Gives each checkpoint of a block the energy that was used from its window's beginning until
/// then.
void weigh_checkpoints(BlockRecord& record, const EnergyTrace& trace);

}  // namespace joulebench
