#include "leaderboard/site/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <kainjow/mustache.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>

#include "core/carbon.h"
#include "core/text.h"
#include "embedded/leaderboard_site.h"
#include "leaderboard/board_json.h"
#include "leaderboard/number_text.h"
#include "leaderboard/site/chart.h"
#include "scoring/energy_statistics.h"
#include "scoring/score_json.h"

namespace joulebench {
namespace {

using kainjow::mustache::data;
using kainjow::mustache::mustache;
using nlohmann::json;
namespace text = leaderboard_site;

constexpr const char* kFigureSpace = "\u2007";       // as wide as a digit
constexpr const char* kPunctuationSpace = "\u2008";  // as wide as a point
constexpr const char* kModelled = "Modelled, not measured.";
constexpr const char* kModelledText =
    "No energy counter was readable on this machine: joules are CPU seconds times an assumed "
    "power. "
    "They rank among themselves only and say nothing about measured entries.";

/// Logs are short already (log_kb); this bounds what a page can grow to.
constexpr std::size_t kMostBytes = 1 << 20;
std::string shown(std::string_view text) {
  return printable(text, kMostBytes);
}

/// Text of a submission or a message; the template escapes it.
data object() {
  return data(data::type::object);
}
void put(data& to, const std::string& name, std::string_view value) {
  to.set(name, shown(value));
}
void put(data& to, const std::string& name, bool value) {
  to.set(name, data(value ? data::type::bool_true : data::type::bool_false));
}
void put(data& to, const std::string& name, const char* value) {
  put(to, name, std::string_view(value));
}
/// What was made here and is HTML already.
void put_html(data& to, const std::string& name, const std::string& html) {
  to.set(name, html);
}

std::string render(std::string_view name, const data& values) {
  mustache page{std::string(name)};
  if (!page.is_valid()) throw std::logic_error("bug: a page template: " + page.error_message());
  std::string html = page.render(values);
  if (!page.error_message().empty()) {
    throw std::logic_error("bug: a page template: " + page.error_message());
  }
  return html;
}

/// Where a board's pages lie and how they link to one another.
struct Place {
  std::string folder;              // "" or "competition/track/"
  std::string root;                // from the board's page to the site's root
  std::vector<std::string> slugs;  // one per entry, unique
};

std::string slug_of(const EntryIdentity& entry) {
  std::string slug;
  for (const char c : entry.name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) {
      slug += c;
    } else if (c >= 'A' && c <= 'Z') {
      slug += static_cast<char>(c - 'A' + 'a');
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
    if (slug.size() >= 40) break;
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return (slug.empty() ? "entry" : slug) + "-" + entry.id.substr(0, 8);
}

Place place_of(const Board& board, bool alone) {
  Place place;
  if (!alone) {
    place.folder = board.competition.id + "/" + board.track.id + "/";
    place.root = "../../";
  }
  std::set<std::string> taken;
  for (const BoardEntry& entry : board.entries) {
    const std::string slug = slug_of(entry.run.record.entry);
    std::string name = slug;
    for (int copy = 2; !taken.insert(name).second; ++copy) name = fmt::format("{}-{}", slug, copy);
    place.slugs.push_back(name);
  }
  return place;
}

std::string laid_out(const Board* board, const std::string& title, const std::string& root,
                     const std::string& body) {
  data page = object();
  put(page, "title", title);
  put(page, "root", root);
  put_html(page, "body", body);
  if (board != nullptr && !board->head.sha256.empty()) {
    data history = object();
    put(history, "number", std::to_string(board->head.number));
    put(history, "at_utc", board->head.at_utc);
    put(history, "sha256", board->head.sha256);
    page.set("history", history);
  }
  return render(text::kLayoutMustache, page);
}

std::string percent(double share) {
  return fmt::format("{:g}", std::round(share * 1e6) / 1e4);
}

/// "balanced-accuracy" -> "Balanced accuracy"
std::string metric_title(const Metric& metric) {
  std::string words = metric.name;
  std::replace(words.begin(), words.end(), '-', ' ');
  words[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(words[0])));
  return words;
}

/// A figure of the metric with its unit: "95 %", "0.3".
std::string metric_figure(double value, const Metric& metric) {
  return metric.is_share ? percent(value) + " %" : fmt::format("{:g}", value);
}

std::string rule_text(const Track& track) {
  const Metric& metric = track.metric;
  std::string name = metric_title(metric);
  name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
  std::string floors;
  for (const double floor : track.ranking.floors) {
    floors += (floors.empty() ? "" : ", ") + metric_figure(floor, metric);
  }
  if (track.ranking.rule == "floors") {
    return "Rule floors: an entry competes in each category whose " +
           std::string(metric.less_is_better ? "ceiling (" : "floor (") + floors + ") the " +
           (metric.less_is_better ? "upper" : "lower") + " end of its " + name +
           "’s interval meets; inside a category the least energy per " + unit_of_work(track.task) +
           " wins.";
  }
  if (track.ranking.rule == "acml2021") {
    return "Rule acml2021: half-open classes between " + floors +
           (metric.less_is_better ? ""
            : metric.is_share     ? " and 100 %"
                                  : " and above") +
           " by the point estimate of " + name +
           "; inside a class the least energy of 200 passes over the test part wins, by point "
           "estimates, as in the competition of 2021.";
  }
  if (track.ranking.rule == "accuracy-per-energy") {
    return "Rule accuracy-per-energy: the most right answers per joule wins, among entries whose " +
           name + " surely meets the lowest of the floors " + floors + ".";
  }
  return "Rule pareto: an entry stands in front 1 when no other has both less energy and better " +
         name +
         ", in front 2 when only those of front 1 have, and so on; the range is the front by sure "
         "dominance only and by point estimates.";
}

/// How the metric's figure and interval came about.
std::string metric_text(const Metric& metric) {
  if (metric.name == "accuracy") {
    return "Accuracy is the mean over all measured passes with Wilson’s interval over the distinct "
           "samples.";
  }
  std::string text = metric_title(metric);
  if (metric.is_outside()) {
    text +=
        " is computed by a program of the organizer from the predictions of the measured "
        "passes, and so is its interval";
  } else {
    text +=
        " is taken over all measured passes; its interval is a bootstrap over the distinct "
        "samples";
  }
  return text + (metric.less_is_better ? "; less of it is better." : ".");
}

std::string section_heading(const RankedSection& section) {
  switch (section.energy_class) {
    case EnergyClass::measured:
      return "Measured";
    case EnergyClass::derived:
      return "Derived from power readings";
    default:
      return "Modelled";
  }
}

Interval reach(const Estimate& estimate) {
  return estimate.interval.value_or(Interval{estimate.value, estimate.value});
}

/// The scales of a section's interval bars.
struct Scales {
  BarScale energy;
  BarScale quality;
};

Scales scales_of(const Board& board, const std::vector<SectionRow>& rows) {
  Scales scales{.energy = {.low = 1e300, .high = 0, .logarithmic = true},
                .quality = {.low = 1e300, .high = -1e300}};
  for (const SectionRow& row : rows) {
    const Score& score = *board.entries[row.entry].score;
    const Interval energy = reach(*energy_figure(score));
    const Interval reached = reach(*quality(score));
    scales.energy.low = std::min(scales.energy.low, energy.low);
    scales.energy.high = std::max(scales.energy.high, energy.high);
    scales.quality.low = std::min(scales.quality.low, reached.low);
    scales.quality.high = std::max(scales.quality.high, reached.high);
  }
  return scales;
}

std::vector<ChartPoint> points_of(const Board& board, const std::vector<SectionRow>& rows,
                                  const Place& place) {
  std::vector<Score> scores;
  for (const SectionRow& row : rows) scores.push_back(*board.entries[row.entry].score);
  const std::vector<bool> front = non_dominated(scores);
  std::vector<ChartPoint> points;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    points.push_back({.name = shown(scores[i].entry_name),
                      .link = "entries/" + place.slugs[rows[i].entry] + ".html",
                      .quality = shown_metric(*quality(scores[i]), board.track.metric.is_share),
                      .joules = *energy_figure(scores[i]),
                      .is_front = front[i]});
  }
  return points;
}

data leaders_of(const Board& board, const RankedSection& section, const Place& place) {
  data leaders(data::type::list);
  for (const RankedCategory& category : section.categories) {
    const Leader leader = leader_of(board, category);
    data one = object();
    put(one, "category", category.title);
    data names(data::type::list);
    for (std::size_t i = 0; i < std::min<std::size_t>(leader.entries.size(), 4); ++i) {
      data name = object();
      const std::size_t entry = leader.entries[i];
      put(name, "name", board.entries[entry].run.record.entry.name);
      put(name, "link", "entries/" + place.slugs[entry] + ".html");
      names << name;
    }
    one.set("names", names);
    put(one, "energy",
        joules_text(energy_figure(*board.entries[leader.entries[0]].score)->value) + "/" +
            unit_of_work(board.track.task));
    std::string verdict = leader.verdict;
    if (leader.entries.size() > 4) {
      verdict = fmt::format("and {} more; {}", leader.entries.size() - 4, verdict);
    }
    put(one, "verdict", verdict);
    leaders << one;
  }
  return leaders;
}

/// Samples a second; of a training the seconds that it took, mean over blocks.
std::string speed_text(const Score& score) {
  if (score.task == Task::predict) {
    return score.samples_per_second ? fmt::format("{:.0f}", *score.samples_per_second) : "";
  }
  Seconds sum{0};
  for (const BlockScore& block : score.block_scores) sum += block.measured;
  if (score.block_scores.empty()) return "";
  return short_number(sum.count() / static_cast<double>(score.block_scores.size()));
}

/// The numbers of one column, aligned on their decimal points.
struct Column {
  std::vector<std::string> numbers;
  void align() { align_decimals(numbers, kFigureSpace, kPunctuationSpace); }
};

data section_of(const Board& board, const RankedSection& section, const Place& place) {
  const std::vector<SectionRow> rows = rows_of(board, section);
  const Scales scales = scales_of(board, rows);
  std::vector<double> energies;
  for (const SectionRow& row : rows) {
    energies.push_back(energy_figure(*board.entries[row.entry].score)->value);
  }
  const EnergyUnit unit = energy_unit_for(energies);
  const SectionFigures figures = figures_of(board, section);
  const MassUnit mass = mass_unit_of(figures);
  const bool has_baseline = figures.rows.front().of_baseline.has_value();
  const bool modelled = section.energy_class == EnergyClass::modelled;
  const Metric& metric = board.track.metric;

  const bool is_stream = board.track.scenario == Scenario::single_stream;
  Column energy, accuracy, ratio, watts, speed, hypervolume, grams;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Score& score = *board.entries[rows[i].entry].score;
    const RowFigures& of_row = figures.rows[i];
    energy.numbers.push_back(value_text(*energy_figure(score), unit.joules));
    accuracy.numbers.push_back(value_text(shown_metric(*quality(score), metric.is_share), 1));
    ratio.numbers.push_back(of_row.of_baseline ? value_text(*of_row.of_baseline, 1) : "");
    hypervolume.numbers.push_back(
        of_row.hypervolume ? fmt::format("{:.1f}", *of_row.hypervolume * 100) : "");
    grams.numbers.push_back(of_row.grams_co2e ? short_number(of_row.grams_co2e->value / mass.grams)
                                              : "");
    watts.numbers.push_back(score.mean_watts ? short_number(score.mean_watts->value) : "");
    if (is_stream) {
      speed.numbers.push_back(score.latency ? short_number(1e6 * score.latency->p50.value) : "");
    } else {
      speed.numbers.push_back(speed_text(score));
    }
  }
  for (Column* column : {&energy, &accuracy, &ratio, &watts, &speed, &hypervolume, &grams}) {
    column->align();
  }

  const bool cumulative = board.ranking.cumulative;
  data rank_columns(data::type::list);
  if (cumulative) {
    for (const RankedCategory& category : section.categories) {
      data column = object();
      put(column, "label", category.label);
      put(column, "title", category.title);
      rank_columns << column;
    }
  } else {
    data column = object();
    put(column, "label", "in class");
    put(column, "title", "rank inside its class");
    rank_columns << column;
  }

  const auto row_data = [&](std::size_t index, const std::vector<const RankedEntry*>& places) {
    const SectionRow& row = rows[index];
    const BoardEntry& entry = board.entries[row.entry];
    const Score& score = *entry.score;
    data one = object();
    data ranks(data::type::list);
    for (const RankedEntry* ranked : places) {
      data rank = object();
      put(rank, "rank", ranked != nullptr ? rank_text(*ranked) : "–");
      if (ranked != nullptr) put(rank, "group", ranked->group);
      ranks << rank;
    }
    one.set("ranks", ranks);
    put(one, "link", "entries/" + place.slugs[row.entry] + ".html");
    put(one, "name", entry.run.record.entry.name);
    if (!entry.run.record.entry.team.empty()) put(one, "team", entry.run.record.entry.team);
    put(one, "is_baseline", entry.run.record.entry.is_baseline);
    if (modelled) {
      put(one, "mark_sign", "≈");
      put(one, "mark_title", "modelled, not measured");
    }
    put(one, "energy", energy.numbers[index]);
    put(one, "energy_raw", fmt::format("{}", energy_figure(score)->value));
    put(one, "energy_interval", interval_text(*energy_figure(score), unit.joules));
    put_html(one, "energy_bar", interval_bar(*energy_figure(score), scales.energy));
    put(one, "accuracy", accuracy.numbers[index]);
    put(one, "accuracy_raw", fmt::format("{}", quality(score)->value));
    put(one, "accuracy_interval", interval_text(shown_metric(*quality(score), metric.is_share), 1));
    put_html(one, "accuracy_bar", interval_bar(*quality(score), scales.quality));
    const RowFigures& of_row = figures.rows[index];
    put(one, "has_baseline", has_baseline);
    put(one, "ratio", ratio.numbers[index]);
    if (of_row.of_baseline) {
      put(one, "ratio_raw", fmt::format("{}", of_row.of_baseline->value));
      if (of_row.of_baseline->interval) {
        put(one, "ratio_interval", interval_text(*of_row.of_baseline, 1));
      }
    }
    put(one, "has_hypervolume", figures.hypervolume.has_value());
    put(one, "hypervolume", hypervolume.numbers[index]);
    if (of_row.hypervolume) put(one, "hypervolume_raw", fmt::format("{}", *of_row.hypervolume));
    put(one, "has_carbon", board.carbon.has_value());
    put(one, "grams", grams.numbers[index]);
    if (of_row.grams_co2e) put(one, "grams_raw", fmt::format("{}", of_row.grams_co2e->value));
    put(one, "watts", watts.numbers[index]);
    put(one, "speed", speed.numbers[index]);
    put(one, "blocks", std::to_string(score.blocks));
    return one;
  };

  data groups(data::type::list);
  if (cumulative) {
    data list(data::type::list);
    for (std::size_t i = 0; i < rows.size(); ++i) list << row_data(i, rows[i].places);
    data group = object();
    group.set("rows", list);
    groups << group;
  } else {
    for (std::size_t c = 0; c < section.categories.size(); ++c) {
      data list(data::type::list);
      for (const RankedEntry& ranked : section.categories[c].entries) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
          if (rows[i].entry == ranked.score) list << row_data(i, {&ranked});
        }
      }
      data group = object();
      put(group, "group_title", section.categories[c].title);
      put(group, "columns", "20");
      group.set("rows", list);
      groups << group;
    }
  }

  const auto range = [](double low, double high) {
    return low == high ? fmt::format("{}", low) : fmt::format("{} … {}", low, high);
  };
  const std::vector<ChartPoint> points = points_of(board, rows, place);
  QualityAxis axis{.name = metric_title(metric),
                   .unit = metric_unit(metric.is_share),
                   .less_is_better = metric.less_is_better};
  if (board.track.ranking.rule == "floors") {
    for (const double floor : board.track.ranking.floors) {
      axis.floors.push_back(metric.is_share ? floor * 100 : floor);
    }
  }
  data one = object();
  put(one, "class_name", to_string(section.energy_class));
  put(one, "number", std::to_string(&section - board.ranking.sections.data() + 1));
  put(one, "heading", section_heading(section));
  put(one, "node", section.node);
  put(one, "formula",
      modelled ? "CPU time times an assumed power"
               : board.entries[rows[0].entry].score->total_formula);
  if (modelled) {
    put(one, "mark", kModelled);
    put(one, "mark_text", kModelledText);
  }
  one.set("leaders", leaders_of(board, section, place));
  if (figures.hypervolume)
    put(one, "hypervolume", fmt::format("{:.1f}", 100 * *figures.hypervolume));
  put(one, "has_hypervolume", figures.hypervolume.has_value());
  put(one, "has_carbon", board.carbon.has_value());
  put(one, "mass_unit", mass.name);
  if (board.carbon) put(one, "carbon_source", carbon_source(*board.carbon));
  const std::string per = unit_of_work(board.track.task);
  const bool is_training = board.track.task == Task::train;
  put(one, "per", per);
  put(one, "carbon_of", is_training ? "one training" : "1,000,000 samples");
  put(one, "carbon_per", is_training ? "training" : "10⁶");
  put_html(one, "chart_wide", quality_energy_chart(points, axis, per, 760, 400));
  put_html(one, "chart_phone", quality_energy_chart(points, axis, per, 360, 340));
  put(one, "confidence", percent(board.track.ranking.confidence));
  one.set("rank_columns", rank_columns);
  put(one, "metric", metric_title(metric));
  put(one, "metric_unit", metric_unit(metric.is_share));
  put(one, "better", metric.less_is_better ? "Down" : "Up");
  put(one, "speed_name", is_stream ? "Latency" : is_training ? "Trained in" : "Speed");
  put(one, "speed_unit", is_stream ? "µs, median" : is_training ? "s" : "samples/s");
  put(one, "unit", unit.name);
  put(one, "energy_scale",
      short_number(scales.energy.low / unit.joules) + " … " +
          short_number(scales.energy.high / unit.joules) + ", log");
  put(one, "accuracy_scale",
      metric.is_share
          ? range(std::round(scales.quality.low * 1e3) / 10,
                  std::round(scales.quality.high * 1e3) / 10) +
                " %"
          : short_number(scales.quality.low) + " … " + short_number(scales.quality.high));
  put(one, "has_baseline", has_baseline);
  one.set("groups", groups);
  return one;
}

std::string log_of(const RunRecord& record) {
  if (!record.log_tail.empty()) return record.log_tail;
  for (const BlockRecord& block : record.blocks) {
    if (is_submission_failure(block.outcome) && !block.log_tail.empty()) return block.log_tail;
  }
  return {};
}

std::string tag_of(const BoardEntry& entry) {
  if (entry.state != EntryState::valid) return to_string(entry.state);
  const Outcome outcome = entry.run.record.outcome;
  return outcome == Outcome::valid ? "not ranked" : to_string(outcome);
}

void put_board_page(const Board& board, const Place& place, bool alone, const SiteSink& sink) {
  data page = object();
  const Track& track = board.track;
  const std::string title =
      board.competition.title.empty() ? board.competition.id : board.competition.title;
  put(page, "has_overview", !alone);
  put(page, "root", place.root);
  put(page, "title", title);
  if (!board.competition.description.empty())
    put(page, "description", board.competition.description);
  put(page, "track", track.title.empty() ? track.id : track.title);
  put(page, "dataset", track.dataset);
  for (const BoardEntry& entry : board.entries) {
    if (entry.score && entry.score->samples > 0) {
      put(page, "samples", std::to_string(entry.score->samples));
      break;
    }
  }
  put(page, "task",
      track.task == Task::train
          ? "train"
          : std::string("predict") +
                (track.scenario == Scenario::offline ? ", offline" : ", one sample at a time"));
  put(page, "rule", board.ranking.rule);
  const bool is_training = track.task == Task::train;
  put(page, "protocol",
      is_training
          ? fmt::format("{} trainings, each with a seed of its own", track.protocol.blocks)
          : fmt::format("{} blocks of at least {:g} s{}", track.protocol.blocks,
                        track.protocol.min_block.count(), track.protocol.salt ? ", salted" : ""));
  put(page, "is_training", is_training);
  data sections(data::type::list);
  for (const RankedSection& section : board.ranking.sections) {
    sections << section_of(board, section, place);
  }
  page.set("sections", sections);
  put(page, "has_sections", !board.ranking.sections.empty());
  data unranked(data::type::list);
  for (const UnrankedEntry& one : board.ranking.unranked) {
    const BoardEntry& entry = board.entries[one.score];
    data row = object();
    put(row, "link", "entries/" + place.slugs[one.score] + ".html");
    put(row, "name", entry.run.record.entry.name);
    if (!entry.run.record.entry.team.empty()) put(row, "team", entry.run.record.entry.team);
    put(row, "outcome", tag_of(entry));
    put(row, "reason", one.reason);
    if (const std::string log = log_of(entry.run.record); !log.empty()) put(row, "log", log);
    unranked << row;
  }
  page.set("unranked", unranked);
  put(page, "has_unranked", !board.ranking.unranked.empty());
  data refused(data::type::list);
  for (const RefusedEntry& one : board.refused) {
    data row = object();
    put(row, "name", one.name);
    put(row, "reason", one.reason);
    refused << row;
  }
  page.set("refused", refused);
  put(page, "has_refused", !board.refused.empty());
  put(page, "how", rule_text(track));
  put(page, "how_metric", metric_text(track.metric));
  put(page, "json", "board.json");
  put(page, "csv", "board.csv");
  sink(place.folder + "index.html",
       laid_out(&board, title + " – " + (track.title.empty() ? track.id : track.title), place.root,
                render(text::kBoardMustache, page)));
  sink(place.folder + "board.json",
       to_json(board).dump(2, ' ', false, json::error_handler_t::replace) + "\n");
  sink(place.folder + "board.csv", to_csv(board));
}

// ---- the page of one entry ----

data figure(std::string_view label, std::string_view value, std::string_view interval,
            std::string_view unit, std::string_view from, const char* id = "") {
  data row = object();
  put(row, "label", label);
  put(row, "value", value);
  put(row, "interval", interval);
  put(row, "unit", unit);
  put(row, "from", from);
  if (*id != '\0') put(row, "id", id);
  return row;
}

data figures_of(const Score& score, bool modelled, const std::optional<CarbonRule>& carbon) {
  data list(data::type::list);
  if (energy_figure(score)) {
    const Estimate& energy = *energy_figure(score);
    const double one[] = {energy.value};
    const EnergyUnit unit = energy_unit_for(one);
    data row = figure(
        std::string("Energy per ") + unit_of_work(score.task), value_text(energy, unit.joules),
        interval_text(energy, unit.joules), unit.name,
        fmt::format("geometric mean over {} blocks of {}", score.blocks, score.total_formula),
        "energy");
    if (modelled) put(row, "sign", "≈");
    list << row;
  }
  if (score.accuracy) {
    std::uint64_t correct = 0;
    std::uint64_t scored = 0;
    for (const BlockScore& block : score.block_scores) {
      correct += block.correct.value_or(0);
      scored += block.scored;
    }
    const Estimate shown_accuracy = shown_metric(*score.accuracy, true);
    list << figure("Accuracy", value_text(shown_accuracy, 1), interval_text(shown_accuracy, 1), "%",
                   fmt::format("{} of {} predictions right; {} distinct samples", correct, scored,
                               score.samples),
                   score.metric == "accuracy" ? "accuracy" : "");
  }
  if (net_energy_figure(score)) {
    const Estimate& net = *net_energy_figure(score);
    const double one[] = {net.value};
    const EnergyUnit unit = energy_unit_for(one);
    data row = figure(std::string("Net energy per ") + unit_of_work(score.task),
                      value_text(net, unit.joules), interval_text(net, unit.joules), unit.name,
                      "idle power before and after each block taken out; shown, never ranked");
    if (modelled) put(row, "sign", "≈");
    list << row;
  }
  if (score.mean_watts) {
    data row = figure("Mean power", short_number(score.mean_watts->value), "", "W",
                      "joules over measured seconds of the valid blocks");
    if (modelled) put(row, "sign", "≈");
    list << row;
  }
  if (score.samples_per_second) {
    list << figure("Speed", fmt::format("{:.0f}", *score.samples_per_second), "", "samples/s",
                   "predictions over measured seconds");
  }
  if (score.latency) {
    const auto add = [&list](const char* label, const Estimate& seconds, const char* id = "") {
      list << figure(label, value_text(seconds, 1e-6), interval_text(seconds, 1e-6), "µs",
                     "from before a sample is written to after its answer; geometric mean over "
                     "blocks",
                     id);
    };
    add("Latency, median", score.latency->p50, "latency");
    add("Latency, 90 % are faster", score.latency->p90);
    add("Latency, 99 % are faster", score.latency->p99);
  }
  if (score.metric_value) {
    const Estimate value = shown_metric(*score.metric_value, score.is_share);
    std::string from = "over all measured passes; bootstrap over the distinct samples";
    if (!score.scorer_sha256.empty()) {
      from = "computed by the organizer’s program " + score.scorer_sha256.substr(0, 12);
    }
    list << figure(score.metric, value_text(value, 1), interval_text(value, 1),
                   metric_unit(score.is_share),
                   from + (score.less_is_better ? "; less is better" : ""), "accuracy");
  }
  if (energy_figure(score)) {
    const double joules = energy_figure(score)->value;
    const auto add = [&](const char* label, double value, const char* unit, const char* from) {
      data row = figure(label, short_number(value), "", unit, from);
      if (modelled) put(row, "sign", "≈");
      list << row;
    };
    const bool is_training = score.task == Task::train;
    if (!is_training) {
      add("Energy per 1,000 samples", joules * 1000, "J", "1,000 times energy per sample");
      add("Energy per pass", joules_per_passes(score, 1), "J",
          "energy per sample times the test part");
      add("Energy per 200 passes", joules_per_passes(score, 200), "J",
          "as the competition of 2021 counted");
    }
    if (score.samples_per_second) {
      const double product = joules / *score.samples_per_second;
      const EnergyUnit of_product = energy_unit_for({&product, 1});
      add("Energy-delay product", product / of_product.joules,
          (std::string(of_product.name) + " s").c_str(),
          "energy per sample times seconds per sample");
    }
    if (carbon) {
      add(is_training ? "Carbon of a training" : "Carbon of 1,000,000 samples",
          grams_co2e(Joules{joules * (is_training ? 1 : 1e6)}, *carbon), "gCO2e",
          (carbon_source(*carbon) + "; never ranked").c_str());
    }
    std::vector<double> blocks;
    for (const BlockScore& block : score.block_scores)
      blocks.push_back(energy_figure(score, block));
    const MedianSpread spread = median_and_mad(blocks);
    const EnergyUnit unit = energy_unit_for({&joules, 1});
    data row = figure("Median of blocks", short_number(spread.median / unit.joules),
                      "MAD " + short_number(spread.mad / unit.joules), unit.name,
                      std::string("of energy per ") + unit_of_work(score.task));
    if (modelled) put(row, "sign", "≈");
    list << row;
    if (blocks.size() > 1) {
      const Interval check = bootstrap_geometric_mean(blocks, 0.95, 1);
      list << figure("Bootstrap over blocks", "",
                     interval_text({.value = joules, .interval = check}, unit.joules), unit.name,
                     "95 %, a cross-check of the interval above; knows no sensor error");
    }
  }
  if (score.harness_share) {
    list << figure("The harness itself", short_number(100 * *score.harness_share), "", "% of a CPU",
                   "its own CPU time in the measured windows, over their time");
  }
  if (score.joules_per_sample && score.accuracy) {
    data row = figure("Right answers per joule",
                      short_number(score.accuracy->value / score.joules_per_sample->value), "",
                      "1/J", "accuracy over energy per sample");
    if (modelled) put(row, "sign", "≈");
    list << row;
  }
  return list;
}

data ranks_of(const Board& board, std::size_t index) {
  data ranks(data::type::list);
  for (const RankedSection& section : board.ranking.sections) {
    for (const RankedCategory& category : section.categories) {
      for (const RankedEntry& ranked : category.entries) {
        if (ranked.score != index) continue;
        data row = object();
        put(row, "category",
            category.title + (section.energy_class == EnergyClass::modelled ? " (modelled)" : ""));
        put(row, "rank", rank_text(ranked));
        put(row, "of", std::to_string(category.entries.size()));
        put(row, "group", ranked.group);
        ranks << row;
      }
    }
  }
  return ranks;
}

std::string idle_text(const BlockRecord& block) {
  std::optional<double> before, after;
  for (const IdlePower& idle : block.idle) {
    for (const DomainEnergy& energy : block.energy) {
      if (energy.domain.name != idle.domain || !energy.domain.in_total) continue;
      if (idle.before) before = before.value_or(0) + idle.before->value;
      if (idle.after) after = after.value_or(0) + idle.after->value;
    }
  }
  const auto text = [](std::optional<double> watts) { return watts ? short_number(*watts) : "–"; };
  return before || after ? text(before) + ", " + text(after) : "–";
}

/// What a training has besides: its curve, and what it took to get so far.
data training_of(const RunRecord& record, const Score& score, bool modelled) {
  data training = object();
  QualityAxis axis;
  if (score.metric == "accuracy" && record.track.ranking.rule == "floors") {
    for (const double floor : record.track.ranking.floors) axis.floors.push_back(100 * floor);
  }
  const std::string curve = training_curve_chart(score.block_scores, axis, 760, 340);
  put(training, "has_curve", !curve.empty());
  put_html(training, "wide", curve);
  put_html(training, "phone", training_curve_chart(score.block_scores, axis, 360, 280));
  data legend(data::type::list);
  int index = 0;
  for (const BlockScore& block : score.block_scores) {
    if (block.curve.empty()) continue;
    data key = object();
    put(key, "number", std::to_string(block.number));
    put(key, "index", std::to_string(index++ % 4));
    legend << key;
  }
  training.set("legend", legend);
  std::vector<double> energies;
  for (const EnergyToReach& reached : score.energy_to_reach) {
    if (reached.joules) energies.push_back(reached.joules->value);
  }
  const EnergyUnit unit = energies.empty() ? EnergyUnit{} : energy_unit_for(energies);
  put(training, "unit", unit.name);
  put(training, "has_floors", !score.energy_to_reach.empty());
  Column energy;
  for (const EnergyToReach& reached : score.energy_to_reach) {
    energy.numbers.push_back(reached.joules ? value_text(*reached.joules, unit.joules) : "–");
  }
  energy.align();
  data rows(data::type::list);
  for (std::size_t i = 0; i < score.energy_to_reach.size(); ++i) {
    const EnergyToReach& reached = score.energy_to_reach[i];
    data row = object();
    put(row, "floor", percent(reached.floor));
    put(row, "blocks", fmt::format("{} of {}", reached.blocks, score.block_scores.size()));
    put(row, "energy", energy.numbers[i]);
    put(row, "interval", reached.joules ? interval_text(*reached.joules, unit.joules) : "–");
    if (modelled && reached.joules) put(row, "sign", "≈");
    rows << row;
  }
  training.set("floors", rows);
  return training;
}

data blocks_of(const RunRecord& record, const Score* score, EnergyUnit unit) {
  data list(data::type::list);
  for (const BlockRecord& block : record.blocks) {
    data row = object();
    put(row, "number", std::to_string(block.number));
    put(row, "outcome", to_string(block.outcome));
    put(row, "passes", std::to_string(block.passes));
    put(row, "samples", std::to_string(block.samples));
    put(row, "measured", short_number(block.measured.count()));
    put(row, "load", short_number(block.load.count()));
    put(row, "memory",
        block.peak_memory_bytes > 0 ? bytes_text(static_cast<double>(block.peak_memory_bytes))
                                    : "–");
    put(row, "idle", idle_text(block));
    if (block.training) {
      put(row, "checkpoints", std::to_string(block.training->checkpoints.size()));
      put(row, "model",
          fmt::format("{} in {} {}", bytes_text(static_cast<double>(block.training->model_bytes)),
                      block.training->model_files,
                      block.training->model_files == 1 ? "file" : "files"));
      put(row, "seed", std::to_string(block.training->seed));
    }
    for (const char* name : {"correct", "joules", "error", "per_sample", "watts"})
      put(row, name, "–");
    if (score != nullptr) {
      for (const BlockScore& one : score->block_scores) {
        if (one.number != block.number) continue;
        if (one.accuracy()) put(row, "correct", fmt::format("{:.2f}", *one.accuracy() * 100));
        if (one.joules.value <= 0) continue;
        put(row, "joules", short_number(one.joules.value));
        put(row, "error", short_number(one.error.value));
        put(row, "per_sample", short_number(energy_figure(*score, one) / unit.joules));
        put(row, "watts", short_number((one.joules / one.measured).value));
      }
    }
    if (!block.message.empty()) put(row, "message", block.message);
    list << row;
  }
  return list;
}

data domains_of(const RunRecord& record) {
  std::vector<DomainEnergy> sums;
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid) continue;
    for (const DomainEnergy& energy : block.energy) {
      const auto known = std::find_if(sums.begin(), sums.end(), [&](const DomainEnergy& sum) {
        return sum.domain.name == energy.domain.name;
      });
      if (known == sums.end()) {
        sums.push_back(energy);
        continue;
      }
      known->domain.energy_class = worse(known->domain.energy_class, energy.domain.energy_class);
      if (known->joules && energy.joules) {
        *known->joules += *energy.joules;
      } else {
        known->joules.reset();
      }
    }
  }
  data list(data::type::list);
  for (const DomainEnergy& sum : sums) {
    data row = object();
    put(row, "name", sum.domain.name);
    put(row, "class", to_string(sum.domain.energy_class));
    put(row, "source", sum.domain.source);
    put(row, "counts", sum.domain.in_total ? "in the total" : "shown only");
    put(row, "joules", sum.joules ? short_number(sum.joules->value) : "–");
    list << row;
  }
  return list;
}

data limits_of(const RunRecord& record) {
  const Limits& limits = record.track.limits;
  const auto bytes = [](std::uint64_t value) { return bytes_text(static_cast<double>(value)); };
  const auto seconds = [](Seconds value) { return fmt::format("{:g} s", value.count()); };
  const std::map<std::string, std::string> allowed = {
      {"memory", bytes(limits.memory_bytes)},       {"processes", std::to_string(limits.processes)},
      {"cpus", std::to_string(limits.cpus)},        {"wall_time", seconds(limits.wall)},
      {"output_bytes", bytes(limits.output_bytes)}, {"log_bytes", bytes(limits.log_bytes)}};
  std::map<std::string, std::set<std::string>> how;
  for (const auto& [name, value] : allowed) how[name];
  for (const BlockRecord& block : record.blocks) {
    for (const auto& [name, value] : block.enforcement) how[name].insert(value);
  }
  data list(data::type::list);
  for (const auto& [name, ways] : how) {
    data row = object();
    std::string label = name;
    std::replace(label.begin(), label.end(), '_', ' ');
    put(row, "name", label);
    put(row, "value", allowed.contains(name) ? allowed.at(name) : "");
    std::string joined;
    for (const std::string& way : ways) joined += (joined.empty() ? "" : ", ") + way;
    put(row, "how", joined.empty() ? "not recorded" : joined);
    list << row;
  }
  for (const auto& [name, value] :
       {std::pair{"load", limits.load}, std::pair{"one pass", limits.pass},
        std::pair{"training", limits.train}}) {
    if (std::string_view(name) == "training" && record.track.task != Task::train) continue;
    data row = object();
    put(row, "name", name);
    put(row, "value", seconds(value));
    put(row, "how", "the harness's clock");
    list << row;
  }
  return list;
}

data machine_of(const RunRecord& record) {
  const auto yes_no = [](const std::optional<bool>& value) {
    return value ? std::string(*value ? "on" : "off") : std::string("–");
  };
  const auto lines = [&](const NodeState& node) {
    std::string gpus;
    for (const std::string& gpu : node.gpus) gpus += (gpus.empty() ? "" : ", ") + gpu;
    return std::vector<std::pair<std::string, std::string>>{
        {"Host", node.hostname},
        {"CPU", fmt::format("{} × {}", node.cpus, node.cpu_model)},
        {"Memory", bytes_text(static_cast<double>(node.memory_bytes))},
        {"GPUs", gpus.empty() ? "none" : gpus},
        {"System", node.operating_system},
        {"Kernel", node.kernel},
        {"Governor", node.governor.value_or("–")},
        {"Turbo", yes_no(node.turbo)},
        {"SMT", yes_no(node.smt)},
        {"Load, one minute", node.load_average ? fmt::format("{:.2f}", *node.load_average) : "–"},
        {"Temperature",
         node.temperature_celsius ? fmt::format("{:.1f} °C", *node.temperature_celsius) : "–"},
        {"Swap used",
         node.swap_used_bytes ? bytes_text(static_cast<double>(*node.swap_used_bytes)) : "–"}};
  };
  const auto before = lines(record.node_before);
  const auto after = record.node_after ? lines(*record.node_after) : before;
  data list(data::type::list);
  for (std::size_t i = 0; i < before.size(); ++i) {
    data row = object();
    put(row, "name", before[i].first);
    put(row, "before", before[i].second);
    put(row, "after", record.node_after ? after[i].second : "–");
    // Load and temperature always move; what must not is the rest.
    put(row, "changed", i < 9 && after[i].second != before[i].second);
    list << row;
  }
  return list;
}

std::string blocks_csv(const RunRecord& record, const Score* score) {
  std::string csv =
      "block,outcome,passes,predictions,correct,joules,error_joules,net_joules,measured_s,load_s,"
      "warm_up_s,tail_s,latency_p50_s,latency_p90_s,latency_p99_s\n";
  for (const BlockRecord& block : record.blocks) {
    const BlockScore* of_block = nullptr;
    for (std::size_t i = 0; score != nullptr && i < score->block_scores.size(); ++i) {
      if (score->block_scores[i].number == block.number) of_block = &score->block_scores[i];
    }
    const bool has_energy = of_block != nullptr && of_block->joules.value > 0;
    const auto latency = [&block](Seconds Latency::*which) {
      return block.latency ? fmt::format("{}", ((*block.latency).*which).count()) : "";
    };
    csv += fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}\n", block.number, to_string(block.outcome),
        block.passes, block.samples,
        of_block != nullptr && of_block->correct ? std::to_string(*of_block->correct) : "",
        has_energy ? fmt::format("{}", of_block->joules.value) : "",
        has_energy ? fmt::format("{}", of_block->error.value) : "",
        has_energy && of_block->net ? fmt::format("{}", of_block->net->value) : "",
        block.measured.count(), block.load.count(), block.warm_up.count(), block.tail.count(),
        latency(&Latency::p50), latency(&Latency::p90), latency(&Latency::p99));
  }
  return csv;
}

void put_traces(data& page, const BoardEntry& entry, const std::string& slug,
                const std::string& folder, const TraceSource& traces, const SiteSink& sink) {
  data list(data::type::list);
  data missing(data::type::list);
  for (const BlockRecord& block : entry.run.record.blocks) {
    if (block.trace_sha256.empty()) continue;
    data row = object();
    put(row, "number", std::to_string(block.number));
    const std::optional<EnergyTrace> trace = traces(entry.run, block);
    if (!trace) {
      missing << row;
      continue;
    }
    const std::string csv = fmt::format("{}.block-{}.csv", slug, block.number);
    put(row, "csv", csv);
    put_html(row, "wide", power_trace_chart(*trace, 760, 150));
    put_html(row, "phone", power_trace_chart(*trace, 360, 140));
    data legend(data::type::list);
    int index = 0;
    for (const DomainInfo& domain : trace->domains) {
      if (!domain.in_total) continue;
      data key = object();
      put(key, "name", domain.name);
      put(key, "index", std::to_string(index++ % 4));
      legend << key;
    }
    row.set("legend", legend);
    list << row;
    sink(folder + csv, to_csv(*trace));
  }
  page.set("traces", list);
  page.set("missing", missing);
}

void put_entry_page(const Board& board, std::size_t index, const Place& place,
                    const TraceSource& traces, const SiteSink& sink) {
  const BoardEntry& entry = board.entries[index];
  const RunRecord& record = entry.run.record;
  const Score* score = entry.score ? &*entry.score : nullptr;
  const bool modelled = score != nullptr && score->energy_class == EnergyClass::modelled;
  const std::string& slug = place.slugs[index];
  const std::string folder = place.folder + "entries/";
  data page = object();
  const std::string board_title =
      board.competition.title.empty() ? board.competition.id : board.competition.title;
  put(page, "board_link", "../index.html");
  put(page, "board_title", board_title);
  put(page, "name", record.entry.name);
  for (const auto& [name, value] :
       {std::pair{"team", record.entry.team}, std::pair{"version", record.entry.version},
        std::pair{"licence", record.entry.licence},
        std::pair{"description", record.entry.description}}) {
    if (!value.empty()) put(page, name, value);
  }
  const std::string& url = record.entry.url;
  if (url.starts_with("https://") || url.starts_with("http://")) put(page, "url", url);
  put(page, "is_baseline", record.entry.is_baseline);
  if (modelled) {
    put(page, "mark", kModelled);
    put(page, "mark_text", kModelledText);
  }
  for (const UnrankedEntry& one : board.ranking.unranked) {
    if (one.score == index) put(page, "reason", one.reason);
  }
  if (record.outcome != Outcome::valid) {
    if (const std::string log = log_of(record); !log.empty()) put(page, "log", log);
  }
  EnergyUnit unit;
  if (score != nullptr && energy_figure(*score)) {
    const double one[] = {energy_figure(*score)->value};
    unit = energy_unit_for(one);
  }
  put(page, "has_figures", score != nullptr && score->samples > 0);
  put(page, "confidence", percent(record.track.ranking.confidence));
  if (score != nullptr) page.set("figures", figures_of(*score, modelled, board.carbon));
  data ranks = ranks_of(board, index);
  put(page, "has_ranks", ranks.is_non_empty_list());
  page.set("ranks", ranks);
  put(page, "is_training", record.track.task == Task::train);
  put(page, "has_training",
      record.track.task == Task::train && score != nullptr && score->accuracy.has_value());
  if (score != nullptr) page.set("training", training_of(record, *score, modelled));
  put(page, "has_blocks", !record.blocks.empty());
  put(page, "unit", unit.name);
  page.set("blocks", blocks_of(record, score, unit));
  page.set("domains", domains_of(record));
  put_traces(page, entry, slug, folder, traces, sink);
  const std::vector<Flag>& flags = score != nullptr ? score->flags : record.flags;
  put(page, "has_flags", !flags.empty());
  data flag_list(data::type::list);
  for (const Flag& flag : flags) {
    data row = object();
    put(row, "name", flag.name);
    put(row, "detail", flag.detail);
    flag_list << row;
  }
  page.set("flags", flag_list);
  page.set("limits", limits_of(record));
  page.set("machine", machine_of(record));
  put(page, "entry_id", record.entry.id);
  put(page, "dataset_sha256", record.dataset_sha256);
  put(page, "competition_sha256", record.competition_sha256);
  put(page, "program_version", record.program_version);
  put(page, "started", record.started_at_utc);
  put(page, "json", slug + ".json");
  put(page, "csv", slug + ".csv");
  sink(folder + slug + ".html", laid_out(&board, shown(record.entry.name) + " – " + board_title,
                                         "../" + place.root, render(text::kEntryMustache, page)));
  const json download{{"format", "joulebench-entry/1"},
                      {"state", to_string(entry.state)},
                      {"record", json::parse(to_json_text(record))},
                      {"score", score != nullptr ? to_json(*score) : json()}};
  sink(folder + slug + ".json",
       download.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
  sink(folder + slug + ".csv", blocks_csv(record, score));
}

/// The measured or modelled entries of tracks that ask for the same, on one figure; for
/// competitions that compare the same methods on several datasets.
data figures_across(std::span<const Board> boards) {
  using Key = std::tuple<std::string, Task, Scenario, std::string, EnergyClass>;
  std::map<Key, std::vector<std::pair<const Board*, const RankedSection*>>> comparable;
  for (const Board& board : boards) {
    for (const RankedSection& section : board.ranking.sections) {
      comparable[{board.competition.id, board.track.task, board.track.scenario,
                  board.track.metric.name, section.energy_class}]
          .emplace_back(&board, &section);
    }
  }
  data figures(data::type::list);
  for (const auto& [key, sections] : comparable) {
    if (sections.size() < 2) continue;
    const auto& [competition, task, scenario, metric, energy_class] = key;
    std::vector<ChartRow> rows;
    for (const auto& [board, section] : sections) {
      const Place place = place_of(*board, false);
      std::vector<ChartRow> group;
      for (const SectionRow& one : rows_of(*board, *section)) {
        const BoardEntry& entry = board->entries[one.entry];
        group.push_back({.group = board->track.title.empty() ? board->track.id : board->track.title,
                         .name = shown(entry.run.record.entry.name),
                         .link = place.folder + "entries/" + place.slugs[one.entry] + ".html",
                         .energy = *energy_figure(*entry.score),
                         .quality = shown_metric(*quality(*entry.score), entry.score->is_share)});
      }
      // By name, so that a method stands at the same place of each group.
      std::sort(group.begin(), group.end(),
                [](const ChartRow& a, const ChartRow& b) { return a.name < b.name; });
      rows.insert(rows.end(), group.begin(), group.end());
    }
    data figure = object();
    const Board& first = *sections.front().first;
    const bool modelled = energy_class == EnergyClass::modelled;
    put(figure, "heading",
        (first.competition.title.empty() ? competition : first.competition.title) +
            (task == Task::train ? ": training" : ": prediction") +
            (scenario == Scenario::single_stream ? ", one sample at a time" : ""));
    if (modelled) put(figure, "mark", "MODELLED, not measured");
    const QualityAxis axis{.name = metric, .unit = metric_unit(first.track.metric.is_share)};
    put(figure, "metric", metric);
    const std::string energy = std::string("energy per ") + unit_of_work(task);
    put(figure, "energy", energy);
    put_html(figure, "chart_wide", energy_quality_rows(rows, energy, axis, 760));
    put_html(figure, "chart_phone", energy_quality_rows(rows, "energy", axis, 350));
    put(figure, "confidence", percent(first.track.ranking.confidence));
    figures << figure;
  }
  return figures;
}

void put_overview(std::span<const Board> boards, const SiteSink& sink) {
  data page = object();
  data figures = figures_across(boards);
  put(page, "has_figures", figures.is_non_empty_list());
  page.set("figures", figures);
  data list(data::type::list);
  for (const Board& board : boards) {
    data row = object();
    put(row, "competition",
        board.competition.title.empty() ? board.competition.id : board.competition.title);
    put(row, "track", board.track.title.empty() ? board.track.id : board.track.title);
    put(row, "link", board.competition.id + "/" + board.track.id + "/index.html");
    put(row, "dataset", board.track.dataset);
    put(row, "per", unit_of_work(board.track.task));
    put(row, "entries", std::to_string(board.entries.size()));
    if (!board.ranking.sections.empty()) {
      const RankedSection& section = board.ranking.sections.front();
      const RankedCategory& category = section.categories.front();
      const Leader leader = leader_of(board, category);
      std::string names;
      for (const std::size_t entry : leader.entries) {
        names += (names.empty() ? "" : ", ") + board.entries[entry].run.record.entry.name;
      }
      put(row, "leader", names);
      put(row, "energy",
          joules_text(energy_figure(*board.entries[leader.entries[0]].score)->value));
      put(row, "category", category.title);
      if (section.energy_class == EnergyClass::modelled) put(row, "mark", "modelled, not measured");
    }
    list << row;
  }
  page.set("boards", list);
  sink("index.html", laid_out(boards.empty() ? nullptr : &boards.front(), "Boards", "",
                              render(text::kOverviewMustache, page)));
}

}  // namespace

void make_site(std::span<const Board> boards, const TraceSource& traces, const SiteSink& sink) {
  sink("style.css", text::kStyleCss);
  sink("board.js", text::kBoardJs);
  const bool alone = boards.size() == 1;
  if (!alone) put_overview(boards, sink);
  for (const Board& board : boards) {
    const Place place = place_of(board, alone);
    put_board_page(board, place, alone, sink);
    for (std::size_t i = 0; i < board.entries.size(); ++i) {
      put_entry_page(board, i, place, traces, sink);
    }
  }
}

}  // namespace joulebench
