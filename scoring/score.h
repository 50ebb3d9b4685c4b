#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/run_record.h"
#include "core/statistics.h"
#include "core/tensor.h"
#include "core/units.h"
#include "scoring/quality.h"

namespace joulebench {

/// What one valid block contributes to its entry's score.
/// A training on its way, at one of its checkpoints.
struct CurvePoint {
  Seconds at{0};                 // since the training began
  std::optional<Joules> joules;  // used until then; absent: a counter could not be read
  Joules error;                  // half width of the 95 % interval around them
  double accuracy = 0;           // on the validation samples
};

/// What it took until a checkpoint was at least so accurate.
struct EnergyToReach {
  double floor = 0;
  int blocks = 0;                  // that reached it
  std::optional<Estimate> joules;  // geometric mean; absent unless every valid block did
};

struct BlockScore {
  int number = 0;
  int round = 0;        // of the campaign, 1-based; 0: not recorded
  std::string session;  // that it ran in; empty: not recorded
  std::string meter;    // the node whose meter read it, where several count as one; never stored
  int passes = 0;
  std::uint64_t samples = 0;             // predictions in the measured windows
  std::uint64_t scored = 0;              // of these, compared with labels: of the passes kept
  std::optional<std::uint64_t> correct;  // of those; absent: numbers are not right or wrong
  std::optional<double> metric_value;    // of a metric of ours other than accuracy
  Joules joules;                         // of the domains the track asks for
  Joules error;                          // half width of the 95 % interval around it
  std::optional<Joules> net;             // idle power taken out; absent: idle was not measured
  Joules net_error;
  Seconds measured{0};
  std::vector<CurvePoint> curve;  // of a training

  double joules_per_sample() const { return joules.value / static_cast<double>(samples); }
  std::optional<double> accuracy() const {
    if (!correct) return std::nullopt;
    return static_cast<double>(*correct) / static_cast<double>(scored);
  }
};

/// Of single-stream: time per sample, each the geometric mean over valid blocks, in seconds.
struct LatencyEstimate {
  Estimate p50;
  Estimate p90;
  Estimate p99;
};

/// Which distinct samples of the test part a run answered right, more often than not over all
/// measured passes. What it shows of labels is not for the public: it is no part of a score's JSON.
struct AnswersBySample {
  std::string dataset_sha256;
  std::vector<bool> is_right;
};

/// What a run's record is worth under its track's rules. Computed from records alone.
struct Score {
  std::string entry_id;
  std::string entry_name;
  bool is_baseline = false;
  Task task = Task::predict;
  Outcome outcome = Outcome::infrastructure;
  std::string message;
  std::optional<Estimate> accuracy;      // of the measured passes; Wilson, n = distinct samples
  std::string metric = "accuracy";       // what the track ranks by
  bool less_is_better = false;           // of the metric
  bool is_share = true;                  // the metric lies in [0, 1]: shown in percent
  std::optional<Estimate> metric_value;  // of another metric than accuracy; bootstrap, or outside
  std::string scorer_sha256;             // of the outside scorer; empty: the metric is ours
  std::optional<Estimate> joules_per_sample;      // geometric mean over valid blocks
  std::optional<Estimate> net_joules_per_sample;  // idle power taken out; shown, never ranked
  std::optional<Estimate> joules_per_training;    // of a training track, in place of the other two
  std::optional<Estimate> net_joules_per_training;
  std::vector<EnergyToReach> energy_to_reach;  // one per floor, if it has checkpoints
  std::optional<Watts> mean_watts;
  std::optional<double> samples_per_second;
  // CPU time of the harness itself in the measured windows of the valid blocks, over their time.
  std::optional<double> harness_share;
  std::optional<LatencyEstimate> latency;  // shown, never ranked
  EnergyClass energy_class = EnergyClass::unavailable;
  std::vector<ClassAnswers> class_answers;  // class_answers_of() all valid blocks; empty: numbers
  std::vector<std::string> class_names;     // of all classes; empty: they are numbers, or too long
  int blocks = 0;                           // valid ones
  std::uint64_t samples = 0;                // distinct test samples
  std::vector<Flag> flags;

  std::vector<BlockScore> block_scores;  // of the valid blocks, in order
  std::string total_formula;             // "cpu-package-0 + dram-0": what joules are the sum of
  std::string source;                    // what they were read from: "powercap", "nvml", "model:65"
  std::optional<EnvironmentIdentity> environment;  // absent: the machine's own /usr
  std::string node;  // machine and settings; entries compare only where this is equal
  /// machine_line() of it; empty: not known. Not part of the score's JSON: the record has it.
  std::string machine = {};
  /// Of a track that predicts; absent: not known here, or numbers. Not part of the score's JSON.
  std::optional<AnswersBySample> answers = {};
  std::vector<std::string> unranked;  // why it has no rank, in words; empty: it may be ranked
};

/// The flag of entries whose campaign's drift could not be told from the baseline's noise.
inline constexpr const char* kDriftUnclear = "drift-unclear";

/// Of the accuracy of a score's valid blocks: Wilson's, n = distinct samples; of a training track
/// the scatter of its trainings is added in squares (Student's, over the blocks' accuracies).
/// Errors  std::logic_error without accuracy or samples.
Interval accuracy_interval(const Score& score, double confidence);

/// All of a node but its name that could change energy, as one line: nodes where it is equal may be
/// compared by their baselines.
std::string machine_line(const NodeState& node);

/// "python 0123456789ab", or "the organizer's own /usr".
std::string environment_words(const std::optional<EnvironmentIdentity>& environment);
/// The same digest, or both in the machine's own /usr.
bool ran_in_same_environment(const Score& a, const Score& b);

/// What a rule compares with its floors: the track's metric.
inline const std::optional<Estimate>& quality(const Score& score) {
  return score.metric == "accuracy" ? score.accuracy : score.metric_value;
}

/// What a rule compares entries by: joules per sample, in a training track joules per training.
inline const std::optional<Estimate>& energy_figure(const Score& score) {
  return score.task == Task::train ? score.joules_per_training : score.joules_per_sample;
}
inline const std::optional<Estimate>& net_energy_figure(const Score& score) {
  return score.task == Task::train ? score.net_joules_per_training : score.net_joules_per_sample;
}
/// One block's share in it.
inline double energy_figure(const Score& score, const BlockScore& block) {
  return score.task == Task::train ? block.joules.value : block.joules_per_sample();
}
/// What it is per: "sample" or "training".
inline const char* unit_of_work(Task task) {
  return task == Task::train ? "training" : "sample";
}

/// Hands over one valid block's predictions in the dataset's order (core/README.md has their
/// shapes). Called once per block, so that no more than one block's are in memory. Errors: may
/// throw Error (file missing or altered); score_run() passes it on.
using PredictionSource = std::function<Tensor(const BlockRecord&)>;

/// Accuracy, the track's metric, energy and their intervals of one run, from its valid blocks; a
/// failed run has none. `outside` is what the organizer's program made of the run where the metric
/// is such; its problem is a reason in `unranked`. Errors: Error when the labels are of another
/// version of the dataset, or the predictions' shape is not what the block says. Damaged energies
/// (NaN, negative) are a reason in `unranked`, not an error. `checkpoints` hands over a training's,
/// of shape (checkpoints, validation samples); without it there is no curve.
Score score_run(const RunRecord& record, const PredictionSource& predictions,
                const TestLabels& labels, const OutsideScore* outside = nullptr,
                const PredictionSource& checkpoints = {});

/// The predictions that lie in a record's folder, digest checked; for score_run().
PredictionSource predictions_in(const std::filesystem::path& run_folder);
PredictionSource checkpoints_in(const std::filesystem::path& run_folder);

}  // namespace joulebench
