#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "campaign/competition_words.h"
#include "campaign/measuring.h"
#include "cli/competition_commands.h"
#include "cli/json_output.h"
#include "core/clock.h"
#include "core/text.h"
#include "leaderboard/number_text.h"
#include "scoring/ranking.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

struct CompetitionShowOptions {
  fs::path competition;
  fs::path datasets;
  std::string format = "text";
};

void print_lines(const std::vector<CompetitionWords::Line>& lines) {
  for (const auto& [name, value] : lines) {
    std::cout << fmt::format("  {:<14}{}\n", printable(name, 64), printable(value, 2000));
  }
}

void print(const CompetitionWords& words) {
  std::cout << printable(words.title, 200) << "\n";
  if (!words.description.empty()) std::cout << printable(words.description, 10'000) << "\n";
  for (const CompetitionWords::OfTrack& track : words.tracks) {
    std::cout << fmt::format("\ntrack {}{}\n", track.id,
                             track.title.empty() ? "" : " (" + printable(track.title, 200) + ")");
    print_lines(track.rules);
    for (const std::string& line : track.calendar) {
      std::cout << fmt::format("  {:<14}{}\n", "calendar", printable(line, 200));
    }
    std::cout << "  limits of every entry\n";
    for (const auto& [name, value] : track.limits) {
      std::cout << fmt::format("    {:<12}{}\n", name, value);
    }
  }
  std::cout << "\nenvironments that entries may run in\n";
  print_lines(words.environments);
}

nlohmann::ordered_json to_json(const std::vector<CompetitionWords::Line>& lines) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : lines) json[name] = value;
  return json;
}

nlohmann::ordered_json to_json(const CompetitionWords& words) {
  nlohmann::ordered_json tracks = nlohmann::ordered_json::array();
  for (const CompetitionWords::OfTrack& track : words.tracks) {
    tracks.push_back({{"track", track.id},
                      {"title", track.title},
                      {"rules", to_json(track.rules)},
                      {"calendar", track.calendar},
                      {"limits", to_json(track.limits)}});
  }
  return {{"format", "joulebench-competition-show/1"},
          {"competition", words.id},
          {"title", words.title},
          {"description", words.description},
          {"tracks", tracks},
          {"environments", to_json(words.environments)}};
}

void show(const CompetitionShowOptions& options) {
  const Competition competition = read_competition(options.competition);
  validate_ranking(competition);
  const DatasetLocations locations = dataset_locations(options.datasets, competition.file);
  std::vector<DatasetSize> sizes;
  for (const Track& track : competition.tracks) {
    sizes.push_back(size_of_dataset(track.dataset, locations));
  }
  const CompetitionWords words = words_of(competition, sizes, SystemClock().now_utc());
  if (options.format == "json") {
    print_json(to_json(words));
  } else {
    print(words);
  }
}

}  // namespace

void add_competition_show(CLI::App& competition) {
  auto options = std::make_shared<CompetitionShowOptions>();
  CLI::App* command =
      competition.add_subcommand("show", "Print tracks, rules, limits and dates in words");
  command->add_option("competition", options->competition, "The competition.json")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_option("--datasets", options->datasets, "Folder to look for datasets in first")
      ->check(CLI::ExistingDirectory);
  command->add_option("--format", options->format, "How to print the result")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->footer("Example: joulebench competition show competitions/digits/competition.json");
  command->callback([options] { show(*options); });
}

}  // namespace joulebench
