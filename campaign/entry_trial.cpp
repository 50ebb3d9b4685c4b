#include "campaign/entry_trial.h"

#include <chrono>
#include <map>
#include <mutex>
#include <utility>

#include "campaign/entry_environment.h"
#include "campaign/failure_advice.h"
#include "campaign/processor_slots.h"
#include "campaign/stage_and_build.h"
#include "core/shipped_files.h"
#include "core/text.h"
#include "datasets/labels.h"
#include "datasets/locate.h"

namespace joulebench {
namespace {

/// Trials run at once, of whichever track and environment: places share it.
ProcessorSlots& slots_of_process() {
  static ProcessorSlots slots;
  return slots;
}

/// Where entries of one track are tried: dataset, environment and masked files are looked up once.
/// Several threads may try entries at once.
class TrialPlace {
 public:
  TrialPlace(const MeasuringOptions& options, const Track& track,
             std::optional<Environment> environment, TrialSearch search)
      : measuring_(without_meters(options), track), environment_(std::move(environment)) {
    require_scorable(measuring_.dataset(), track.metric);
    if (search == TrialSearch::where_labels_are_secret && measuring_.has_open_labels()) return;
    std::optional<EnvironmentIdentity> place;
    if (environment_) place = {.name = environment_->name, .sha256 = environment_->sha256};
    measuring_.mask_labels({place});
  }

  const std::optional<Environment>& environment() const { return environment_; }

  Conformance try_one(const Submission& submission) const {
    const LocalSetting& setting = measuring_.setting();
    const TemporaryFolder staged("staged", setting.scratch);
    const ProcessorSlots::Slot slot(slots_of_process(), setting.track.limits.cpus);
    const BuildSetting build{.track = setting.track,
                             .dataset = measuring_.dataset(),
                             .scratch = setting.scratch,
                             .clock = setting.clock,
                             .environment = environment_ ? &*environment_ : nullptr,
                             .cpus_before = slot.cpus_before(),
                             .stopped = setting.stopped,
                             .on_phase = setting.on_phase,
                             .build_cache = setting.build_cache};
    if (const auto failure = stage_and_build(submission, build, staged.path())) {
      return {.failed = "builds",
              .outcome = Outcome::build,
              .message = failure->message,
              .log_tail = failure->log_tail};
    }
    Conformance found =
        check_conformance({.submission = submission,
                           .track = setting.track,
                           .dataset = measuring_.dataset(),
                           .staged = staged.path(),
                           .root = environment_ ? environment_->root : std::filesystem::path(),
                           .scratch = setting.scratch,
                           .open_meters = setting.open_meters,
                           .clock = setting.clock,
                           .cpus_before = slot.cpus_before(),
                           .stopped = setting.stopped,
                           .on_phase = setting.on_phase});
    if (!submission.build.empty()) found.passed.insert(found.passed.begin(), "builds");
    return found;
  }

 private:
  // Nothing is measured: the model meter is one that is always there.
  static MeasuringOptions without_meters(MeasuringOptions options) {
    options.meters = {"model"};
    return options;
  }

  Measuring measuring_;
  std::optional<Environment> environment_;
};

std::optional<Environment> environment_of(const Competition& competition,
                                          const MeasuringOptions& options,
                                          const Submission& submission, const std::string& named) {
  const auto offered = environment_for(competition, submission, named);
  if (!offered) return std::nullopt;
  const EnvironmentStore store(options.environments.empty() ? EnvironmentStore::default_folder()
                                                            : options.environments);
  return open_offered(store, *offered);
}

/// The places of a competition's tracks and environments, as trials ask for them.
class TrialPlaces {
 public:
  TrialPlaces(const Competition& competition, const MeasuringOptions& options)
      : competition_(competition), options_(options) {}

  std::shared_ptr<const TrialPlace> at(const Submission& submission, const Track& track) {
    auto environment = environment_of(competition_, options_, submission, {});
    const std::pair key(track.id, environment ? environment->sha256 : std::string());
    const std::lock_guard lock(mutex_);
    Made& known = places_[key];
    const auto now = std::chrono::steady_clock::now();
    if (!known.place || now - known.at > kFresh) {
      known.place.reset();
      known.place = std::make_shared<const TrialPlace>(options_, track, std::move(environment),
                                                       TrialSearch::always);
      known.at = now;
    }
    return known.place;
  }

 private:
  struct Made {
    std::shared_ptr<const TrialPlace> place;
    std::chrono::steady_clock::time_point at{};
  };
  static constexpr std::chrono::minutes kFresh{1};
  const Competition& competition_;
  const MeasuringOptions& options_;
  std::mutex mutex_;
  std::map<std::pair<std::string, std::string>, Made> places_;
};

std::string words_of(const Conformance& found, const Submission& submission, const Track& track) {
  if (found.outcome == Outcome::valid) return {};
  std::string text = found.failed + ": " + printable(found.message, 1500);
  if (found.line > 0) text += "\nline " + std::to_string(found.line) + " of its stdout";
  const Failure failure{.outcome = found.outcome,
                        .message = found.message,
                        .log_tail = found.log_tail,
                        .folder = submission.folder};
  for (const std::string& advice : advice_on(failure, track)) text += "\n" + advice;
  if (!found.log_tail.empty()) {
    text += "\nthe last lines of its log:\n" +
            indented(last_lines(printable(found.log_tail, 8000), 10), "| ");
  }
  return text;
}

}  // namespace

TrialFinding try_entry(const Competition& competition, const MeasuringOptions& options,
                       const Submission& submission, const Track& track, TrialSearch search,
                       const std::string& named) {
  const TrialPlace place(options, track, environment_of(competition, options, submission, named),
                         search);
  return {place.try_one(submission), place.environment()};
}

EntryTrial sandbox_trial(const Competition& competition, const MeasuringOptions& options) {
  return [&competition, places = std::make_shared<TrialPlaces>(competition, options)](
             const Submission& submission, const Track& track) {
    return words_of(places->at(submission, track)->try_one(submission), submission, track);
  };
}

}  // namespace joulebench
