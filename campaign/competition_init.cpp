#include "campaign/competition_init.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "campaign/measuring.h"
#include "core/competition.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/text.h"
#include "datasets/labels.h"
#include "scoring/power.h"
#include "scoring/ranking.h"
#include "submissions/template.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

/// What suits the labels: classes, or quantities.
const char* baseline_for(const CompetitionInitReport& report) {
  return report.predicts_numbers ? "straight-line" : "nearest-mean";
}

// "My Cup 2027" -> "my-cup-2027"
std::string id_of(const fs::path& folder) {
  std::string id;
  for (const char c : folder.filename().string()) {
    const bool upper = c >= 'A' && c <= 'Z';
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_';
    if (upper) {
      id += static_cast<char>(c - 'A' + 'a');
    } else if (plain || (!id.empty() && id.back() != '-')) {
      id += plain ? c : '-';
    }
  }
  while (!id.empty() && (id.front() == '.' || id.front() == '_' || id.front() == '-'))
    id.erase(0, 1);
  while (!id.empty() && id.back() == '-') id.pop_back();
  id.resize(std::min<std::size_t>(id.size(), 64));
  if (id.empty()) {
    throw Error({.what = "cannot start a competition here",
                 .where = folder.string() + ": its name gives no id",
                 .hint = "name a folder with letters a-z or digits"});
  }
  return id;
}

std::vector<double> provable(const std::vector<double>& floors, std::size_t samples) {
  std::vector<double> met;
  for (const double floor : floors) {
    if (right_answers_to_prove(floor, samples, RankingRule{}.floor_confidence)) {
      met.push_back(floor);
    }
  }
  return met;
}

// The usual floors, or the highest one that a small test part proves.
std::vector<double> floors_for(std::size_t samples) {
  std::vector<double> floors = provable(RankingRule{}.floors, samples);
  if (!floors.empty()) return floors;
  floors = provable({0.5, 0.6, 0.7}, samples);
  if (floors.size() > 1) floors.erase(floors.begin(), floors.end() - 1);
  return floors;
}

// The field that is wrong, without the file that nobody has seen.
std::string field_of(std::string where, const fs::path& made) {
  const std::string file = (made / "competition.json").string();
  if (const std::size_t at = where.find(file); at != where.npos) {
    where.replace(at, file.size(), "competition.json");
  }
  return where;
}

double share_of_most_frequent(const std::vector<std::int32_t>& labels) {
  std::map<std::int32_t, std::size_t> counts;
  std::size_t most = 0;
  for (const std::int32_t label : labels) most = std::max(most, ++counts[label]);
  return static_cast<double>(most) / static_cast<double>(std::max<std::size_t>(labels.size(), 1));
}

ordered_json track_of(const std::string& id, const CompetitionInitReport& report) {
  ordered_json ranking = {{"rule", report.floors.empty() ? "pareto" : "floors"}};
  if (!report.floors.empty()) ranking["floors"] = report.floors;
  return {{"id", id},
          {"dataset", report.dataset},
          {"task", "predict"},
          {"metric", report.predicts_numbers ? "rmse" : "accuracy"},
          {"ranking", ranking},
          {"protocol", {{"blocks", 5}, {"min_block_s", 2}, {"idle_s", 1}, {"tail_s", 1}}},
          {"limits",
           {{"load_s", 60},
            {"request_s", 60},
            {"wall_s", 600},
            {"memory_mb", 2048},
            {"processes", 32},
            {"cpus", 1}}},
          {"baselines", {fmt::format("baselines/{}", baseline_for(report))}}};
}

ordered_json document_of(const std::string& id, const CompetitionInit& init,
                         const CompetitionInitReport& report) {
  ordered_json document = {{"format", "joulebench-competition/2"},
                           {"id", id},
                           {"title", init.title.empty() ? id : init.title}};
  if (!init.time_zone.empty()) document["time_zone"] = init.time_zone;
  if (!init.opens.empty()) document["dates"]["opens"] = init.opens;
  if (!init.closes.empty()) document["dates"]["closes"] = init.closes;
  document["tracks"] = {track_of(id, report)};
  return document;
}

void write_baseline(const fs::path& folder, bool predicts_numbers) {
  write_template(folder,
                 {.kind = predicts_numbers ? TemplateKind::regression : TemplateKind::classes});
  ordered_json manifest = ordered_json::parse(read_text_file(folder / "submission.json"));
  manifest["team"] = "organizer";
  write_file_atomically(folder / "submission.json", manifest.dump(2) + "\n");
}

void add_dataset(const CompetitionInit& init, const std::string& id, const fs::path& folder,
                 CompetitionInitReport& report) {
  report.dataset = init.dataset;
  fs::path looked_in = init.datasets;
  if (init.dataset.empty()) {
    ImportOptions data = init.data;
    data.name = id;
    if (data.title.empty()) data.title = init.title;
    data.store = folder / "datasets";
    if (!data.header) data.header = first_line_names_columns(data);
    if (*data.header) report.notes.push_back("the first line of the CSV file was read as names");
    const ImportReport imported = import_dataset(data);
    if (imported.twins.leaked > 0) {
      report.notes.push_back(fmt::format("{} hidden samples have a public twin, label included",
                                         imported.twins.leaked));
    }
    report.dataset = id;
    looked_in = data.store;
  }
  const LabelledDataset labelled = open_dataset(report.dataset, dataset_locations(looked_in));
  report.public_rows = labelled.dataset.public_labels.size();
  report.hidden_rows = labelled.hidden_labels.size();
  report.classes = labelled.dataset.class_names.size();
  report.predicts_numbers = init.data.label_is_number;
  if (report.predicts_numbers) return;  // a floor is a share of right answers
  report.floors = init.floors.empty() ? floors_for(report.hidden_rows) : init.floors;
  const double most = share_of_most_frequent(labelled.hidden_labels);
  if (!report.floors.empty() &&
      *std::min_element(report.floors.begin(), report.floors.end()) <= most) {
    report.notes.push_back(fmt::format(
        "always the most frequent class is right for {} % of the test part: a floor below asks "
        "for nothing",
        percent_text(most)));
  }
}

}  // namespace

CompetitionInitReport init_competition(const CompetitionInit& init) {
  fs::path folder = fs::absolute(init.folder).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  const std::string id = id_of(folder);
  std::error_code none;
  if (fs::exists(folder, none)) {
    throw Error({.what = "cannot start a competition here",
                 .where = folder.string() + ": is already there",
                 .hint = "name a folder that is not there yet"});
  }
  if (!fs::is_directory(folder.parent_path(), none)) {
    throw Error({.what = "cannot start a competition here",
                 .where = folder.parent_path().string() + ": there is no such folder",
                 .hint = "make it first"});
  }
  const TemporaryFolder temporary("competition", folder.parent_path());
  const fs::path made = temporary.path() / "made";
  fs::create_directories(made);
  CompetitionInitReport report;
  add_dataset(init, id, made, report);
  write_baseline(made / "baselines" / baseline_for(report), report.predicts_numbers);
  fs::create_directories(made / "submissions");
  const std::string text = document_of(id, init, report).dump(2) + "\n";
  write_file_atomically(made / "competition.json", text);
  try {
    validate_ranking(read_competition(made / "competition.json"));
  } catch (const Error& error) {
    throw Error({.what = "cannot start a competition so",
                 .where = field_of(error.parts().where, made),
                 .hint = error.parts().hint});
  }
  publish_folder(made, folder);
  report.competition = folder / "competition.json";
  report.baseline = baseline_for(report);
  report.files = {"competition.json", fmt::format("baselines/{}/", baseline_for(report)),
                  "submissions/"};
  if (init.dataset.empty()) report.files.push_back("datasets/" + id + "/");
  return report;
}

}  // namespace joulebench
