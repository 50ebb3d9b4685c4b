#include "scripted_campaign.h"

#include <algorithm>
#include <stdexcept>

namespace joulebench {
namespace {

// A disk's fsync would be most of a campaign's time.
std::filesystem::path memory_folder() {
  std::error_code none;
  return std::filesystem::is_directory("/dev/shm", none) ? "/dev/shm" : "";
}

}  // namespace

ScriptedCampaign::ScriptedCampaign(std::vector<std::string> names)
    : folder_("campaign", memory_folder()) {
  Track track;
  track.id = track.dataset = "made-up";
  track.protocol = {.blocks = 4, .min_block = Seconds(10), .idle = Seconds(0), .tail = Seconds(0)};
  track.energy.domains = {DomainKind::cpu_package};
  competition.id = "made-up";
  competition.title = "Made up";
  competition.tracks = {track};
  labelled.dataset.id = "made-up";
  labelled.dataset.sha256 = "made-up";
  labelled.dataset.class_names = {"0", "1"};
  labelled.hidden_labels.assign(ScriptedExecutor::kSamples, 0);
  for (const std::string& name : names) {
    Submission submission;
    submission.name = name;
    submission.id = name + "-id";
    participants.candidates.push_back({submission, participants.candidates.empty()});
  }
}

RunSetting ScriptedCampaign::setting() {
  return {.competition = competition,
          .track = competition.tracks[0],
          .dataset_sha256 = labelled.dataset.sha256,
          .meters = "scripted",
          .program_version = "test",
          .clock = clock,
          .executor = executor};
}

RecordScorer ScriptedCampaign::scorer() const {
  return RecordScorer(competition, competition.tracks[0], labelled, folder_.path(), {});
}

Evaluation ScriptedCampaign::open() {
  setting_ = std::make_unique<RunSetting>(setting());
  return Evaluation(participants, *setting_, folder_.path() / "records");
}

void ScriptedCampaign::run() {
  Evaluation evaluation = open();
  const RecordScorer scores = scorer();
  EvaluationObserver observer;
  observer.on_note = [this](const EntryRun& run, const std::string& note) {
    notes.push_back(run.record().entry.name + ": " + note);
  };
  const auto keep = [&] {
    records_.clear();
    for (const auto& run : evaluation.runs()) records_.push_back(run->record());
    all_valid = evaluation.all_valid();
  };
  try {
    evaluation.run(store, scores, observer);
  } catch (...) {
    keep();
    throw;
  }
  keep();
}

const RunRecord& ScriptedCampaign::record(const std::string& name) const {
  for (const RunRecord& record : records_) {
    if (record.entry.name == name) return record;
  }
  throw std::out_of_range(name);
}

int ScriptedCampaign::count(const std::string& name, Outcome outcome) const {
  const auto& blocks = record(name).blocks;
  return static_cast<int>(
      std::count_if(blocks.begin(), blocks.end(),
                    [outcome](const BlockRecord& block) { return block.outcome == outcome; }));
}

}  // namespace joulebench
