#include "campaign/measuring.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <string_view>

#include "campaign/build_cache.h"
#include "campaign/label_search.h"
#include "core/error.h"
#include "core/shipped_files.h"
#include "core/user_folders.h"
#include "core/version.h"
#include "datasets/locate.h"
#include "harness/meter/open_meters.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

bool is_model(const std::string& name) {
  return name == "model" || name.starts_with("model:");
}

void check_meters(const MeasuringOptions& options, const Track& track, Clock& clock) {
  MeterRequest request;
  request.names = options.meters;
  request.cpu_time = [] { return Seconds(0); };
  const OpenedMeters opened = open_meters(request, clock);
  const bool counts = std::any_of(opened.meters.begin(), opened.meters.end(),
                                  [](const auto& meter) { return meter->domain().in_total; });
  if (counts) return;
  std::string where = "track '" + track.id + "' needs one, and nothing here can be read";
  std::string hint;
  for (const MissingSource& missing : opened.missing) {
    where += "\n  " + missing.source + ": " + missing.reason;
    if (!missing.remedy.empty()) hint += missing.remedy + "\n  ";
  }
  throw Error({.what = "no energy counter can be read",
               .where = where,
               .hint = hint +
                       "or practise without: --meters model computes energy from CPU time, marked "
                       "'modelled', never ranked beside measured energy"});
}

}  // namespace

// A disk would put its own time and energy into the passes.
fs::path default_scratch() {
  std::error_code none;
  const auto space = fs::space("/dev/shm", none);
  if (!none && space.available > (std::uintmax_t{512} << 20) && ::access("/dev/shm", W_OK) == 0) {
    return "/dev/shm";
  }
  return fs::temp_directory_path();
}

DatasetLocations dataset_locations(const fs::path& named, const fs::path& competition_file) {
  DatasetLocations locations;
  if (!named.empty()) locations.folders.push_back(named);
  if (!competition_file.empty()) {
    const fs::path beside = fs::absolute(competition_file).parent_path() / "datasets";
    std::error_code none;
    if (fs::is_directory(beside, none)) locations.folders.push_back(beside);
  }
  if (const fs::path data = user_data_folder(); !data.empty()) {
    locations.folders.push_back(data / "datasets");
  }
  locations.folders.push_back(shipped_files() / "datasets");
  return locations;
}

Measuring::Measuring(const MeasuringOptions& options, const Track& track)
    : locations_(dataset_locations(options.datasets, options.competition_file)),
      labelled_(open_dataset(track.dataset, locations_)),
      modelled_(std::any_of(options.meters.begin(), options.meters.end(), is_model)),
      meters_(fmt::format("{}", fmt::join(options.meters, ","))) {
  check_meters(options, track, clock_);
  setting_ = std::make_unique<LocalSetting>(
      LocalSetting{.track = track,
                   .dataset = labelled_.dataset,
                   .open_meters =
                       [this, names = options.meters](std::function<Seconds()> cpu_time) {
                         MeterRequest request;
                         request.names = names;
                         request.cpu_time = std::move(cpu_time);
                         return std::move(open_meters(request, clock_).meters);
                       },
                   .clock = clock_,
                   .environments = options.environments.empty() ? EnvironmentStore::default_folder()
                                                                : options.environments,
                   .scratch = options.scratch.empty() ? default_scratch() : options.scratch,
                   .require_limits = options.require_limits && !modelled_,
                   .stopped = options.stopped,
                   .on_phase = options.on_phase,
                   .build_cache = default_build_cache(),
                   .node_name = options.node_name});
}

std::vector<std::string> Measuring::mask_labels(
    const std::vector<std::optional<EnvironmentIdentity>>& places) {
  if (is_label_search_off()) {
    return {"nobody looked for files to mask: JOULEBENCH_LABEL_SEARCH=off"};
  }
  // Their labels lie open in the bundle.
  if (!dataset().practice_for.empty()) {
    return {"nobody looked for files to mask: all samples of a bundle are public"};
  }
  std::set<std::string> digests;  // empty: the host
  for (const auto& place : places) digests.insert(place ? place->sha256 : "");
  std::vector<std::string> masked;
  for (const std::string& digest : digests) {
    LabelSearch search{.stopped = setting_->stopped, .on_phase = setting_->on_phase};
    if (digest.empty()) {
      search.roots = host_roots();
    } else {
      search.roots = {environments().open(digest).root};
      search.environment = digest;
    }
    for (std::string& line : mask_copies(labelled_, locations_, search)) {
      masked.push_back(std::move(line));
    }
  }
  return masked;
}

bool Measuring::has_open_labels() const {
  if (!dataset().practice_for.empty()) return true;
  const fs::path shipped = shipped_files() / "datasets";
  std::error_code none;
  if (!fs::is_regular_file(shipped / dataset().id / "dataset.json", none)) return false;
  return find_manifest(dataset().id, {{shipped}}).sha256 == dataset().sha256;
}

RunSetting Measuring::run_setting(const Competition& competition, BlockExecutor& executor) const {
  return {.competition = competition,
          .track = setting_->track,
          .dataset_sha256 = labelled_.dataset.sha256,
          .meters = meters_,
          .program_version = kVersion,
          .clock = setting_->clock,
          .executor = executor,
          .is_practice = !labelled_.dataset.practice_for.empty()};
}

}  // namespace joulebench
