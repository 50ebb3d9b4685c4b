#include "campaign/bundle.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "campaign/bundle_page.h"
#include "campaign/competition_words.h"
#include "campaign/measuring.h"
#include "campaign/participants.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "datasets/copies.h"
#include "datasets/labels.h"
#include "datasets/locate.h"
#include "datasets/practice.h"
#include "submissions/archive.h"
#include "submissions/entry_tree.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

std::string counted(std::size_t count, const char* unit) {
  return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
}

// Whether files that the hidden part alone needs are missing.
bool lacks_hidden_part(const Manifest& manifest, const DatasetLocations& locations) {
  std::set<std::string> open_to_all;
  for (const SampleSource& source : manifest.public_samples) {
    open_to_all.insert({source.inputs_file, source.labels_file});
  }
  for (const SampleSource& source : manifest.hidden_samples) {
    for (const std::string& file : {source.inputs_file, source.labels_file}) {
      if (file.empty() || open_to_all.contains(file)) continue;
      if (!find_file(manifest, file, locations)) return true;
    }
  }
  return false;
}

std::size_t hidden_equal_to_public(const Dataset& dataset) {
  const auto view = [](std::span<const std::byte> bytes) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  std::set<std::string_view> rows;
  for (std::size_t i = 0; i < dataset.public_inputs.rows(); ++i) {
    rows.insert(view(dataset.public_inputs.row(i)));
  }
  std::size_t equal = 0;
  for (std::size_t i = 0; i < dataset.hidden_inputs.rows(); ++i) {
    equal += rows.count(view(dataset.hidden_inputs.row(i)));
  }
  return equal;
}

/// A bundle in the making, in a folder that gets its name when all is well.
class Bundle {
 public:
  Bundle(const Competition& competition, const BundleOptions& options, fs::path root)
      : competition_(competition),
        options_(options),
        locations_(dataset_locations(options.datasets, competition.file)),
        root_(std::move(root)),
        document_(ordered_json::parse(competition.text)) {}

  BundleReport make() {
    for (const Track& track : competition_.tracks) add_dataset(track.dataset);
    for (std::size_t i = 0; i < competition_.tracks.size(); ++i) {
      ordered_json& track = document_["tracks"][i];
      add_baselines(competition_.tracks[i], track);
      add_scorer(competition_.tracks[i], track);
    }
    add_environments();
    add_schemas();
    document_["$schema"] = "schema/competition.schema.json";
    write("competition.json",
          document_.dump(2, ' ', false, ordered_json::error_handler_t::replace) + "\n");
    write("README.md", page());
    for (auto& [name, one] : datasets_) search(name, one);
    list_files();
    return std::move(report_);
  }

 private:
  struct OneDataset {
    LabelledDataset labelled;
    BundledDataset words;
    bool has_hidden_part = true;
  };

  void write(const fs::path& name, const std::string& content) {
    fs::create_directories((root_ / name).parent_path());
    write_file_atomically(root_ / name, content);
  }

  void phase(const std::string& text) const {
    if (options_.stopped && options_.stopped()) throw Interrupted{};
    if (options_.on_phase) options_.on_phase(text);
  }

  void add_dataset(const std::string& name) {
    if (datasets_.contains(name)) return;
    phase("writing the public part of " + name);
    const Manifest manifest = find_manifest(name, locations_);
    OneDataset one;
    one.has_hidden_part = !lacks_hidden_part(manifest, locations_);
    one.labelled =
        open_dataset(name, locations_, one.has_hidden_part ? DatasetPart::all : DatasetPart::open);
    const Dataset& dataset = one.labelled.dataset;
    if (!dataset.practice_for.empty()) {
      throw Error({.what = "a bundle is not made of a bundle",
                   .where = manifest.path.string() + ": field 'practice_for'",
                   .hint = "use the organizer's competition file and dataset"});
    }
    const fs::path folder = root_ / "datasets" / name;
    fs::create_directories(folder);
    const PracticeParts parts =
        write_practice_dataset(dataset, manifest, options_.practice_share, folder);
    one.words = {.name = name,
                 .title = dataset.title,
                 .licence = dataset.licence,
                 .citation = dataset.citation,
                 .home_page = dataset.home_page,
                 .learned_from = parts.learned_from,
                 .asked_for = parts.asked_for,
                 .hidden_samples = one.labelled.hidden_labels.size()};
    if (const std::size_t equal = hidden_equal_to_public(dataset); equal > 0) {
      report_.notes.push_back(
          fmt::format("{}: {} of the hidden part {} equal to public ones, whose labels are known",
                      name, counted(equal, "sample"), equal == 1 ? "is" : "are"));
    }
    datasets_.emplace(name, std::move(one));
  }

  // Where a folder of that name goes: each content once, two of one name apart.
  std::string place_for(const std::string& room, const std::string& name, const std::string& id) {
    for (int copy = 1;; ++copy) {
      const std::string place = room + "/" + (copy == 1 ? name : fmt::format("{}-{}", name, copy));
      const auto [at, is_new] = places_.try_emplace(place, id);
      if (at->second == id) {
        is_new_ = is_new;
        return place;
      }
    }
  }

  void add_baselines(const Track& track, ordered_json& written) {
    if (track.baselines.empty()) return;
    ordered_json paths = ordered_json::array();
    for (const std::string& path : track.baselines) {
      const fs::path found = find_beside(competition_, path);
      const Submission baseline = open_submission(found);
      std::string name = found.filename().string();
      if (name.empty()) name = found.parent_path().filename().string();
      const std::string place = place_for("baselines", name.substr(0, name.find('.')), baseline.id);
      if (is_new_) copy_entry(baseline.folder, root_ / place);
      paths.push_back(place);
    }
    written["baselines"] = paths;
  }

  void add_scorer(const Track& track, ordered_json& written) {
    if (!track.metric.is_outside()) return;
    const fs::path folder = fs::absolute(competition_.file).parent_path() / track.metric.folder;
    if (!fs::is_directory(folder)) {
      throw Error({.what = "a competition names a scorer that is not there",
                   .where = competition_.file.string() + ": track '" + track.id +
                            "': field 'metric.folder': " + folder.string(),
                   .hint = "write its path relative to the competition file"});
    }
    const std::string place = place_for("scorers", track.metric.name, sha256_of_tree(folder));
    if (is_new_) {
      fs::create_directories(root_ / place);
      copy_files(folder, root_ / place);
    }
    written["metric"]["folder"] = place;
  }

  void add_environments() {
    if (competition_.environments.empty()) return;
    const EnvironmentStore store(options_.environments.empty() ? EnvironmentStore::default_folder()
                                                               : options_.environments);
    ordered_json offered = ordered_json::array();
    for (OfferedEnvironment& one : offered_) {
      if (one.sha256.empty() && one.name != kHostEnvironment) {
        if (store.contains(one.name)) {
          one.sha256 = store.open(one.name).sha256;
        } else {
          report_.notes.push_back("environment '" + one.name +
                                  "' is not on this machine: the bundle names it without a digest");
        }
      }
      if (one.sha256.empty()) {
        offered.push_back(one.name);
      } else {
        offered.push_back({{"name", one.name}, {"sha256", one.sha256}});
      }
    }
    document_["environments"] = offered;
  }

  void add_schemas() {
    write("schema/competition.schema.json", std::string(competition_schema()));
    write("schema/submission.schema.json", std::string(submission_schema()));
    write("schema/dataset.schema.json", std::string(dataset_schema()));
  }

  std::string page() const {
    // What is told is the competition as participants have it: their paths, their digests.
    const Competition written = parse_competition(document_.dump(), root_ / "competition.json");
    std::vector<DatasetSize> sizes;
    for (const Track& track : written.tracks) {
      const OneDataset& one = datasets_.at(track.dataset);
      sizes.push_back({.hidden_samples = one.labelled.hidden_labels.size(),
                       .public_samples = one.labelled.dataset.public_labels.size()});
    }
    // Without how far away dates are today: the same competition gives the same bytes.
    const CompetitionWords words = words_of(written, sizes);
    std::vector<BundledDataset> datasets;
    for (const auto& [name, one] : datasets_) datasets.push_back(one.words);
    return bundle_page(words, datasets);
  }

  // Our own public files hold what they should; of them only what matches counts.
  bool is_ours(const fs::path& path) const {
    return !path.lexically_relative(root_ / "datasets").string().starts_with("..");
  }

  void search(const std::string& name, const OneDataset& one) {
    if (!one.has_hidden_part) {
      report_.notes.push_back(name +
                              ": its hidden part is not on this machine, so the bundle cannot hold "
                              "it by way of the dataset; baselines were not searched for it");
      return;
    }
    phase("looking for hidden samples of " + name + " in the bundle");
    const CopyPatterns patterns(one.labelled, locations_, CopyCare::any);
    const FoundCopies found = find_copies(
        patterns, {.roots = {root_}, .cache = {}, .threads = 2, .stopped = options_.stopped});
    std::string files;
    for (const auto* list : {&found.copies, &found.unread}) {
      for (const DatasetCopy& copy : *list) {
        if (list == &found.unread && is_ours(copy.path)) continue;
        files += (files.empty() ? "" : "\n  ") +
                 printable(copy.path.lexically_relative(root_).string(), 1000) + ": " + copy.reason;
      }
    }
    if (!files.empty()) {
      throw Error({.what = "the bundle would give away the hidden part of dataset '" + name + "'",
                   .where = files,
                   .hint = "take these files out of the baseline or scorer that they lie in (name "
                           "them in its .joulebenchignore); nothing was written"});
    }
    report_.searched.push_back(name);
  }

  void list_files() {
    std::string sums;
    for (auto walk = fs::recursive_directory_iterator(root_);
         walk != fs::recursive_directory_iterator(); ++walk) {
      if (!fs::is_regular_file(walk->symlink_status())) continue;
      report_.files.push_back(walk->path().lexically_relative(root_).generic_string());
      report_.bytes += walk->file_size();
    }
    std::sort(report_.files.begin(), report_.files.end());
    for (const std::string& file : report_.files) {
      sums += sha256_of_file(root_ / file) + "  " + file + "\n";
    }
    write("SHA256SUMS", sums);
    report_.files.push_back("SHA256SUMS");
    report_.bytes += sums.size();
  }

  const Competition& competition_;
  const BundleOptions& options_;
  const DatasetLocations locations_;
  const fs::path root_;
  ordered_json document_;
  std::vector<OfferedEnvironment> offered_ = competition_.environments;
  std::map<std::string, OneDataset> datasets_;
  std::map<std::string, std::string> places_;  // and the id of what lies there
  bool is_new_ = false;                        // the place that was given last
  BundleReport report_;
};

}  // namespace

BundleReport make_bundle(const Competition& competition, const fs::path& output,
                         const BundleOptions& options) {
  const fs::path place = fs::absolute(output).lexically_normal();
  const fs::path final_path = place.has_filename() ? place : place.parent_path();
  std::error_code none;
  if (fs::exists(final_path, none)) {
    throw Error({.what = "cannot write a bundle",
                 .where = final_path.string() + ": is already there",
                 .hint = "name another place, or remove it"});
  }
  if (!fs::is_directory(final_path.parent_path(), none)) {
    throw Error({.what = "cannot write a bundle",
                 .where = final_path.parent_path().string() + ": there is no such folder",
                 .hint = "make it, or name another place: --output"});
  }
  const TemporaryFolder temporary("bundle", final_path.parent_path());
  const fs::path root = temporary.path() / competition.id;
  fs::create_directories(root);
  BundleReport report = Bundle(competition, options, root).make();
  if (has_archive_name(final_path)) {
    pack_archive(temporary.path(), final_path);
  } else {
    publish_folder(root, final_path);
  }
  report.output = final_path;
  return report;
}

}  // namespace joulebench
