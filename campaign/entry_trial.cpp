#include "campaign/entry_trial.h"

#include "campaign/entry_environment.h"
#include "campaign/stage_and_build.h"
#include "core/text.h"
#include "datasets/labels.h"

namespace joulebench {
namespace {

std::string words_of(const Conformance& found) {
  if (found.outcome == Outcome::valid) return {};
  std::string text = found.failed + ": " + printable(found.message, 1500);
  if (found.line > 0) text += "\nline " + std::to_string(found.line) + " of its stdout";
  if (!found.log_tail.empty()) {
    text += "\nthe last lines of its log:\n" +
            indented(last_lines(printable(found.log_tail, 8000), 10), "| ");
  }
  return text;
}

}  // namespace

TrialFinding try_entry(const Competition& competition, const MeasuringOptions& options,
                       const Submission& submission, const Track& track, const std::string& named) {
  TrialFinding finding;
  // Nothing is measured: the model meter is one that is always there.
  MeasuringOptions without_meters = options;
  without_meters.meters = {"model"};
  Measuring measuring(without_meters, track);
  const LocalSetting& setting = measuring.setting();
  require_scorable(measuring.dataset(), track.metric);
  std::optional<Environment>& environment = finding.environment;
  if (const auto offered = environment_for(competition, submission, named)) {
    environment = open_offered(measuring.environments(), *offered);
  }
  std::optional<EnvironmentIdentity> place;
  if (environment) place = {.name = environment->name, .sha256 = environment->sha256};
  measuring.mask_labels({place});
  const TemporaryFolder staged("staged", setting.scratch);
  const BuildSetting build{.track = track,
                           .dataset = measuring.dataset(),
                           .scratch = setting.scratch,
                           .clock = setting.clock,
                           .environment = environment ? &*environment : nullptr,
                           .stopped = setting.stopped,
                           .on_phase = setting.on_phase,
                           .build_cache = setting.build_cache};
  if (const auto failure = stage_and_build(submission, build, staged.path())) {
    finding.found = {.failed = "builds",
                     .outcome = Outcome::build,
                     .message = failure->message,
                     .log_tail = failure->log_tail};
    return finding;
  }
  finding.found =
      check_conformance({.submission = submission,
                         .track = track,
                         .dataset = measuring.dataset(),
                         .staged = staged.path(),
                         .root = environment ? environment->root : std::filesystem::path(),
                         .scratch = setting.scratch,
                         .open_meters = setting.open_meters,
                         .clock = setting.clock,
                         .stopped = setting.stopped,
                         .on_phase = setting.on_phase});
  if (!submission.build.empty()) {
    finding.found.passed.insert(finding.found.passed.begin(), "builds");
  }
  return finding;
}

EntryTrial sandbox_trial(const Competition& competition, const MeasuringOptions& options) {
  return [&competition, &options](const Submission& submission, const Track& track) {
    return words_of(try_entry(competition, options, submission, track).found);
  };
}

}  // namespace joulebench
