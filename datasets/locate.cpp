#include "datasets/locate.h"

#include <fmt/format.h>

#include <set>

#include "core/error.h"
#include "core/nearest_name.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> places_of(const Manifest& manifest, const DatasetLocations& locations) {
  std::vector<fs::path> places = {manifest.path.parent_path()};
  for (const fs::path& folder : locations.folders) {
    const fs::path place = folder / manifest.id;
    if (place != places.front()) places.push_back(place);
  }
  return places;
}

}  // namespace

Manifest find_manifest(const std::string& name, const DatasetLocations& locations) {
  std::string looked_at;
  for (const fs::path& folder : locations.folders) {
    const fs::path path = folder / name / "dataset.json";
    std::error_code missing;
    if (fs::is_regular_file(path, missing)) return read_manifest(path);
    looked_at += (looked_at.empty() ? "looked in " : ", ") + folder.string();
  }
  const std::string near = nearest_name(name, dataset_names(locations));
  throw Error({.what = "there is no dataset '" + name + "'",
               .where = looked_at.empty() ? "no folder to look in was given" : looked_at,
               .hint = near.empty() ? "" : "did you mean '" + near + "'?"});
}

std::vector<std::string> dataset_names(const DatasetLocations& locations) {
  std::set<std::string> names;
  for (const fs::path& folder : locations.folders) {
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(folder, missing)) {
      if (fs::is_regular_file(entry.path() / "dataset.json", missing)) {
        names.insert(entry.path().filename().string());
      }
    }
  }
  return {names.begin(), names.end()};
}

std::optional<fs::path> find_file(const Manifest& manifest, const std::string& name,
                                  const DatasetLocations& locations) {
  for (const fs::path& place : places_of(manifest, locations)) {
    std::error_code missing;
    if (fs::exists(place / name, missing)) return place / name;
  }
  return {};
}

fs::path require_file(const Manifest& manifest, const std::string& name,
                      const DatasetLocations& locations) {
  if (auto path = find_file(manifest, name, locations)) return *path;
  std::string looked_at;
  for (const fs::path& place : places_of(manifest, locations)) {
    looked_at += (looked_at.empty() ? "looked in " : ", ") + place.string();
  }
  throw Error({.what = fmt::format("dataset '{}' lacks its file {}", manifest.id, name),
               .where = looked_at,
               .hint = "joulebench dataset fetch " + manifest.id});
}

}  // namespace joulebench
