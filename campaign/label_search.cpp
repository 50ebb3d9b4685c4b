#include "campaign/label_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <thread>

#include "core/error.h"
#include "core/text.h"
#include "datasets/store.h"

namespace joulebench {
namespace {

// Each is a mount of its own at every launch.
constexpr std::size_t kMostMasked = 500;

}  // namespace

std::vector<std::string> mask_copies(LabelledDataset& labelled, const DatasetLocations& locations,
                                     const LabelSearch& search) {
  const auto tell = [&search](const std::string& more) {
    if (search.on_phase) search.on_phase("looking for files that give labels away" + more);
  };
  tell("");
  const CopyPatterns patterns(labelled, locations);
  const FoundCopies found = find_copies(
      patterns,
      {.roots = search.roots,
       .cache = search.cache,
       .threads = std::clamp(std::thread::hardware_concurrency(), 1u, 4u),
       .stopped = search.stopped,
       .on_progress = [&, told = std::size_t{0}](std::size_t done, std::size_t of) mutable {
         const std::size_t percent = 100 * done / of;
         // Few new files are nothing to wait for.
         constexpr std::size_t kMany = 1000;
         if (of < kMany || percent == told) return;
         told = percent;
         tell(fmt::format(", once on this machine: {} % of {} files", percent, of));
       }});
  labelled.dataset.copy_patterns = patterns.sha256();
  std::vector<std::string> lines;
  for (const auto* list : {&found.copies, &found.unread}) {
    for (const DatasetCopy& one : *list) {
      labelled.dataset.copies.push_back(one.path);
      const std::string name = search.environment.empty()
                                   ? one.path.string()
                                   : search.environment.substr(0, 12) + ": /" +
                                         one.path.lexically_relative(search.roots.front()).string();
      lines.push_back(printable(name, 1000) + ": " + one.reason);
    }
  }
  std::sort(lines.begin(), lines.end());
  if (lines.size() > kMostMasked) {
    throw Error(
        {.what = "labels of the test part cannot be kept from entries on this machine",
         .where = fmt::format("{} files give dataset '{}' away, such as {}; at most {} are masked",
                              lines.size(), labelled.dataset.id, lines.front(), kMostMasked),
         .hint = "remove them, or let entries run in an environment"});
  }
  return lines;
}

LabelsInside find_labels_inside(const LabelSearch& search, const DatasetLocations& locations) {
  LabelsInside inside;
  for (const DatasetState& state : list_datasets(locations)) {
    if (!state.is_complete()) continue;
    const auto found = [&](const std::string& what) {
      inside.files.push_back("dataset " + printable(state.id, 100) + ": " + what);
    };
    try {
      LabelledDataset labelled = open_dataset(state.id, locations);
      if (!labelled.dataset.practice_for.empty()) continue;
      inside.datasets.push_back(state.id);
      for (const std::string& line : mask_copies(labelled, locations, search)) found(line);
    } catch (const Error& error) {
      found(error.parts().what + ": " + error.parts().where);
    }
  }
  return inside;
}

bool is_label_search_off() {
  const char* const wanted = std::getenv("JOULEBENCH_LABEL_SEARCH");
  return wanted != nullptr && std::string_view(wanted) == "off";
}

}  // namespace joulebench
