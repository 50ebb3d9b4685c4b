#include "campaign/competition_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "campaign/competition_check.h"
#include "core/error.h"
#include "core/text.h"
#include "datasets/labels.h"
#include "leaderboard/number_text.h"
#include "scoring/power.h"
#include "scoring/ranking.h"
#include "scoring/rules/ranking_rule.h"

namespace joulebench {
namespace {

std::string plural(std::uint64_t count, const char* unit) {
  return fmt::format("{} {}{}", count, unit, count == 1 ? "" : "s");
}

std::string seconds(Seconds time) {
  return fmt::format("{:g} s", time.count());
}

std::string dataset_words(const Track& track, const DatasetSize& size) {
  if (size.hidden_samples == 0 && size.public_samples == 0) {
    return track.dataset + (size.problem.empty() ? "" : "; " + size.problem);
  }
  if (size.hidden_samples == 0) {
    return fmt::format("{}: {} public samples; the hidden part is not on this machine",
                       track.dataset, size.public_samples);
  }
  return fmt::format("{}: {} {} samples to be predicted, {} to learn from", track.dataset,
                     size.hidden_samples, size.is_practice ? "practice" : "hidden",
                     size.public_samples);
}

std::string task_words(const Track& track) {
  if (track.task == Task::train) return "train: the program learns, and all that it takes counts";
  if (track.scenario == Scenario::single_stream) {
    return "predict, one sample at a time (single-stream); its latency is shown";
  }
  return "predict, all samples at once (offline)";
}

// "80, 90, 95 %", or in the metric's own unit.
std::string floors_words(const Track& track, const DatasetSize& size) {
  std::vector<double> floors = floors_to_prove(track);
  std::sort(floors.begin(), floors.end());
  std::string text;
  for (const double floor : floors) {
    text += text.empty() ? "" : "; ";
    text += track.metric.is_share ? percent_text(floor) + " %" : fmt::format("{:g}", floor);
    if (track.metric.name != "accuracy" || size.hidden_samples == 0) continue;
    const auto right =
        right_answers_to_prove(floor, size.hidden_samples, track.ranking.floor_confidence);
    text += right ? fmt::format(": {} of {} right answers", *right, size.hidden_samples)
                  : std::string(": cannot be met");
  }
  return text;
}

std::string energy_words(const EnergyRule& rule) {
  std::string text;
  for (const DomainKind domain : rule.domains) {
    const auto& optional = rule.where_present;
    text += (text.empty() ? "" : " + ") + std::string(to_string(domain));
    if (std::find(optional.begin(), optional.end(), domain) != optional.end()) {
      text += " (where the node has its counter)";
    }
  }
  return text + ", " + to_string(rule.energy_class);
}

std::string protocol_words(const Track& track) {
  const Protocol& protocol = track.protocol;
  std::string text = plural(static_cast<std::uint64_t>(protocol.blocks), "block") +
                     " of each entry, each in a fresh sandbox";
  if (protocol.adds_blocks) {
    text += fmt::format(
        "; then up to {} of those that are tied at the top, until they differ significantly",
        protocol.most_blocks);
    if (protocol.most_time.count() > 0) {
      text += ", while all blocks take less than " + seconds(protocol.most_time);
    }
  }
  if (track.task == Task::train) return text + "; one training a block";
  text += ", measured for at least " + seconds(protocol.min_block);
  if (protocol.looks == LooksRule::once) text += "; each sandbox sees the hidden samples once";
  return text;
}

std::vector<CompetitionWords::Line> limits_words(const Track& track) {
  const Limits& limits = track.limits;
  std::vector<CompetitionWords::Line> lines = {
      {"to load", seconds(limits.load) + " from the start to \"ready\""},
      {"to answer",
       seconds(limits.request) +
           (track.scenario == Scenario::single_stream ? " for one sample" : " for one request")}};
  if (track.task == Task::train) lines.push_back({"to train", seconds(limits.train)});
  lines.push_back({"in all", seconds(limits.wall) + " for a block"});
  lines.push_back({"memory", bytes_text(static_cast<double>(limits.memory_bytes)) +
                                 ", files in /tmp, /dev/shm and /jb/out included"});
  lines.push_back(
      {"processors", plural(limits.cpus, "CPU") + ", " +
                         (limits.gpus == 0 ? std::string("no GPU") : plural(limits.gpus, "GPU"))});
  lines.push_back({"processes", fmt::format("{}, threads included", limits.processes)});
  lines.push_back({"output", bytes_text(static_cast<double>(limits.output_bytes)) + " of files, " +
                                 bytes_text(static_cast<double>(limits.log_bytes)) + " of log"});
  lines.push_back({"network", "none"});
  return lines;
}

std::string baselines_words(const Track& track) {
  std::string text;
  for (const std::string& path : track.baselines) text += (text.empty() ? "" : ", ") + path;
  return text.empty() ? "none" : text;
}

CompetitionWords::OfTrack words_of_track(const Track& track, const DatasetSize& size) {
  CompetitionWords::OfTrack words{.id = track.id};
  if (track.title != track.id) words.title = track.title;
  words.rules = {{"dataset", dataset_words(track, size)},
                 {"task", task_words(track)},
                 {"metric", track.metric.name + (track.metric.less_is_better ? ", less is better"
                                                                             : ", more is better")},
                 {"ranking", ranking_rule(track).describe(track)}};
  if (const std::string floors = floors_words(track, size); !floors.empty()) {
    words.rules.push_back({track.metric.less_is_better ? "ceilings" : "floors", floors});
  }
  if (track.ranking.nodes == NodeRule::every) {
    words.rules.push_back(
        {"machines",
         "every entry runs on every machine of the campaign; ranked is its energy "
         "over the baseline's there"});
  }
  words.rules.push_back({"energy", energy_words(track.energy)});
  words.rules.push_back({"measured", protocol_words(track)});
  words.rules.push_back({"baselines", baselines_words(track)});
  words.limits = limits_words(track);
  return words;
}

std::vector<CompetitionWords::Line> environment_words(const Competition& competition) {
  std::vector<CompetitionWords::Line> lines;
  for (const OfferedEnvironment& one : competition.environments) {
    std::string what = one.name == kHostEnvironment ? "the organizer's own /usr"
                       : one.sha256.empty() ? "the one of this name on the organizer's machine"
                                            : one.sha256;
    if (lines.empty() && competition.environments.size() > 1) what += " (the default)";
    lines.push_back({one.name, what});
  }
  if (lines.empty()) lines.push_back({kHostEnvironment, "the organizer's own /usr"});
  return lines;
}

}  // namespace

DatasetSize size_of_dataset(const std::string& name, const DatasetLocations& locations) {
  try {
    const LabelledDataset labelled = open_dataset(name, locations);
    return {.hidden_samples = labelled.hidden_labels.size(),
            .public_samples = labelled.dataset.public_labels.size(),
            .is_practice = !labelled.dataset.practice_for.empty()};
  } catch (const Error& error) {
    return {.problem = error.parts().what + ": " + error.parts().where};
  }
}

CompetitionWords words_of(const Competition& competition, const std::vector<DatasetSize>& sizes,
                          const std::string& now_utc) {
  const Calendars calendars = parse_calendars(competition.text, competition.file.string());
  const std::optional<Instant> now = parse_instant(now_utc);
  CompetitionWords words{.id = competition.id,
                         .title = competition.title.empty() ? competition.id : competition.title,
                         .description = competition.description,
                         .environments = environment_words(competition),
                         .has_teams = !competition.intake.teams.empty()};
  for (std::size_t i = 0; i < competition.tracks.size(); ++i) {
    const Track& track = competition.tracks[i];
    words.tracks.push_back(words_of_track(track, sizes.at(i)));
    const auto calendar = calendars.tracks.find(track.id);
    words.tracks.back().calendar =
        calendar_in_words(calendar == calendars.tracks.end() ? Calendar{} : calendar->second,
                          calendars.time_zone, now);
  }
  return words;
}

}  // namespace joulebench
