#include "campaign/record_scorer.h"

#include <utility>

#include "core/text.h"

namespace joulebench {

RecordScorer::RecordScorer(const Competition& competition, const Track& track,
                           const LabelledDataset& labelled, const std::filesystem::path& scratch,
                           ScorerCallbacks callbacks)
    : labelled_(labelled),
      callbacks_(std::move(callbacks)),
      numbers_(label_numbers(labelled.dataset, labelled.hidden_labels)) {
  const Dataset& dataset = labelled.dataset;
  require_scorable(dataset, track.metric);
  for (const std::uint32_t row : dataset.validation_rows) {
    validation_.push_back(dataset.public_labels[row]);
  }
  if (track.metric.is_outside()) outside_.emplace(track.metric, competition.file, scratch);
}

namespace {

PredictionSource noting(PredictionSource source, const char* file, FilesRead* read) {
  if (read == nullptr) return source;
  return [source = std::move(source), file, read](const BlockRecord& block) {
    Tensor tensor = source(block);
    read->emplace(block.number, file);
    return tensor;
  };
}

}  // namespace

Score RecordScorer::score(const RunRecord& record, const std::filesystem::path& folder,
                          FilesRead* read) const {
  const TestLabels labels{.values = labelled_.hidden_labels,
                          .numbers = numbers_,
                          .dataset_sha256 = labelled_.dataset.sha256,
                          .class_names = labelled_.dataset.class_names,
                          .validation = validation_};
  const PredictionSource checkpoints = noting(checkpoints_in(folder), "checkpoints.npy", read);
  const PredictionSource predictions = noting(predictions_in(folder), "predictions.npy", read);
  if (!outside_ || record.outcome != Outcome::valid || record.valid_blocks() == 0 ||
      record.dataset_sha256 != labelled_.dataset.sha256) {
    return score_run(record, predictions, labels, nullptr, checkpoints);
  }
  SystemClock clock;
  const OutsideScore outside =
      outside_->score(record, folder, labelled_, clock, callbacks_.stopped);
  if (!outside.value) {
    callbacks_.on_failure(printable(record.entry.name, 80) + ": " + outside.problem,
                          printable(outside_->log_tail(), 8000));
  }
  return score_run(record, predictions, labels, &outside, checkpoints);
}

}  // namespace joulebench
