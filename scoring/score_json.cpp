#include "scoring/score_json.h"

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace joulebench {
namespace {

using nlohmann::json;

constexpr const char* kFormat = "joulebench-score/1";

/// An absent estimate is null, an absent interval too: what was not measured is not 0.
void put(json& to, const char* name, const std::optional<Estimate>& estimate) {
  to[name] = estimate ? json(estimate->value) : json();
  to[std::string(name) + "_interval"] =
      estimate && estimate->interval
          ? json::array({estimate->interval->low, estimate->interval->high})
          : json();
}

std::optional<Estimate> get_estimate(const json& from, const char* name) {
  if (from.at(name).is_null()) return std::nullopt;
  Estimate estimate{.value = from.at(name).get<double>(), .interval = std::nullopt};
  const json& interval = from.at(std::string(name) + "_interval");
  if (!interval.is_null()) {
    estimate.interval =
        Interval{.low = interval.at(0).get<double>(), .high = interval.at(1).get<double>()};
  }
  return estimate;
}

std::optional<double> get_number(const json& from, const char* name) {
  if (from.at(name).is_null()) return std::nullopt;
  return from.at(name).get<double>();
}

json to_json(const BlockScore& block) {
  json one{{"number", block.number},
           {"passes", block.passes},
           {"samples", block.samples},
           {"scored", block.scored},
           {"correct", block.correct ? json(*block.correct) : json()},
           {"metric_value", block.metric_value ? json(*block.metric_value) : json()},
           {"joules", block.joules.value},
           {"error_joules", block.error.value},
           {"net_joules", block.net ? json(block.net->value) : json()},
           {"net_error_joules", block.net_error.value},
           {"measured_s", block.measured.count()}};
  if (block.curve.empty()) return one;
  one["curve"] = json::array();
  for (const CurvePoint& point : block.curve) {
    one["curve"].push_back({{"at_s", point.at.count()},
                            {"joules", point.joules ? json(point.joules->value) : json()},
                            {"error_joules", point.error.value},
                            {"accuracy", point.accuracy}});
  }
  return one;
}

BlockScore block_from_json(const json& from) {
  BlockScore block{.number = from.at("number").get<int>(),
                   .passes = from.at("passes").get<int>(),
                   .samples = from.at("samples").get<std::uint64_t>(),
                   .scored = from.value("scored", from.at("samples").get<std::uint64_t>()),
                   .joules = Joules{from.at("joules").get<double>()},
                   .error = Joules{from.at("error_joules").get<double>()},
                   .net_error = Joules{from.at("net_error_joules").get<double>()},
                   .measured = Seconds(from.at("measured_s").get<double>())};
  if (!from.at("correct").is_null()) block.correct = from.at("correct").get<std::uint64_t>();
  // Scores of before there were metrics other than of classes have none.
  if (from.contains("metric_value")) block.metric_value = get_number(from, "metric_value");
  if (const auto net = get_number(from, "net_joules")) block.net = Joules{*net};
  for (const json& one : from.value("curve", json::array())) {
    CurvePoint point{.at = Seconds(one.at("at_s").get<double>()),
                     .error = Joules{one.at("error_joules").get<double>()},
                     .accuracy = one.at("accuracy").get<double>()};
    if (const auto joules = get_number(one, "joules")) point.joules = Joules{*joules};
    block.curve.push_back(point);
  }
  return block;
}

}  // namespace

json to_json(const Score& score) {
  json to{{"format", kFormat},
          {"entry_id", score.entry_id},
          {"entry", score.entry_name},
          {"outcome", to_string(score.outcome)},
          {"message", score.message},
          {"class", to_string(score.energy_class)},
          {"blocks", score.blocks},
          {"samples", score.samples},
          {"total_formula", score.total_formula},
          {"node", score.node},
          {"unranked", score.unranked}};
  put(to, "accuracy", score.accuracy);
  to["metric"] = score.metric;
  to["less_is_better"] = score.less_is_better;
  to["is_share"] = score.is_share;
  if (!score.scorer_sha256.empty()) to["scorer_sha256"] = score.scorer_sha256;
  put(to, "metric_value", score.metric_value);
  put(to, "joules_per_sample", score.joules_per_sample);
  put(to, "net_joules_per_sample", score.net_joules_per_sample);
  if (score.task == Task::train) {
    to["task"] = "train";
    put(to, "joules_per_training", score.joules_per_training);
    put(to, "net_joules_per_training", score.net_joules_per_training);
    to["energy_to_reach"] = json::array();
    for (const EnergyToReach& reached : score.energy_to_reach) {
      json one{{"floor", reached.floor}, {"blocks", reached.blocks}};
      put(one, "joules", reached.joules);
      to["energy_to_reach"].push_back(std::move(one));
    }
  }
  to["mean_watts"] = score.mean_watts ? json(score.mean_watts->value) : json();
  to["samples_per_second"] = score.samples_per_second ? json(*score.samples_per_second) : json();
  if (score.harness_share) to["harness_cpu_share"] = *score.harness_share;
  if (score.latency) {
    put(to, "latency_p50_s", score.latency->p50);
    put(to, "latency_p90_s", score.latency->p90);
    put(to, "latency_p99_s", score.latency->p99);
  }
  to["flags"] = json::array();
  for (const Flag& flag : score.flags) {
    to["flags"].push_back({{"name", flag.name}, {"detail", flag.detail}});
  }
  to["block_scores"] = json::array();
  for (const BlockScore& block : score.block_scores) to["block_scores"].push_back(to_json(block));
  return to;
}

Score score_from_json(const json& from, const std::string& name) {
  try {
    if (from.at("format") != kFormat) {
      throw Error({.what = "cannot read a score",
                   .where = name + ": its format is " + from.at("format").dump() + ", expected \"" +
                            kFormat + "\"",
                   .hint = "use the version of joulebench that wrote it, or a newer one"});
    }
    Score score{.entry_id = from.at("entry_id").get<std::string>(),
                .entry_name = from.at("entry").get<std::string>(),
                .message = from.at("message").get<std::string>(),
                .accuracy = get_estimate(from, "accuracy"),
                .metric = from.value("metric", "accuracy"),
                .less_is_better = from.value("less_is_better", false),
                .is_share = from.value("is_share", true),
                .metric_value = from.contains("metric_value") ? get_estimate(from, "metric_value")
                                                              : std::nullopt,
                .scorer_sha256 = from.value("scorer_sha256", ""),
                .joules_per_sample = get_estimate(from, "joules_per_sample"),
                .net_joules_per_sample = get_estimate(from, "net_joules_per_sample"),
                .samples_per_second = get_number(from, "samples_per_second"),
                .blocks = from.at("blocks").get<int>(),
                .samples = from.at("samples").get<std::uint64_t>(),
                .total_formula = from.at("total_formula").get<std::string>(),
                .node = from.at("node").get<std::string>(),
                .unranked = from.at("unranked").get<std::vector<std::string>>()};
    if (from.value("task", "predict") == "train") {
      score.task = Task::train;
      score.joules_per_training = get_estimate(from, "joules_per_training");
      score.net_joules_per_training = get_estimate(from, "net_joules_per_training");
      for (const json& one : from.at("energy_to_reach")) {
        score.energy_to_reach.push_back({.floor = one.at("floor").get<double>(),
                                         .blocks = one.at("blocks").get<int>(),
                                         .joules = get_estimate(one, "joules")});
      }
    }
    if (const auto watts = get_number(from, "mean_watts")) score.mean_watts = Watts{*watts};
    if (from.contains("harness_cpu_share")) {  // older scores have none
      score.harness_share = get_number(from, "harness_cpu_share");
    }
    if (from.contains("latency_p50_s")) {  // offline scores have none
      const auto p50 = get_estimate(from, "latency_p50_s");
      const auto p90 = get_estimate(from, "latency_p90_s");
      const auto p99 = get_estimate(from, "latency_p99_s");
      if (p50 && p90 && p99) score.latency = {.p50 = *p50, .p90 = *p90, .p99 = *p99};
    }
    const auto outcome = outcome_from(from.at("outcome").get<std::string>());
    const auto energy_class = energy_class_from(from.at("class").get<std::string>());
    if (!outcome || !energy_class) {
      throw Error(
          {.what = "cannot read a score", .where = name + ": outcome or class", .hint = {}});
    }
    score.outcome = *outcome;
    score.energy_class = *energy_class;
    for (const json& flag : from.at("flags")) {
      score.flags.push_back(
          {flag.at("name").get<std::string>(), flag.at("detail").get<std::string>()});
    }
    for (const json& block : from.at("block_scores")) {
      score.block_scores.push_back(block_from_json(block));
    }
    return score;
  } catch (const json::exception& problem) {
    throw Error({.what = "cannot read a score", .where = name + ": " + problem.what(), .hint = {}});
  }
}

}  // namespace joulebench
