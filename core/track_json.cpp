#include "core/track_json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/error.h"

namespace joulebench {
namespace {

using nlohmann::json;

void read(const json& from, const char* key, Seconds& to) {
  if (from.contains(key)) to = Seconds(from[key].get<double>());
}

template <class Value>
void read(const json& from, const char* key, Value& to) {
  if (from.contains(key)) to = from[key].get<Value>();
}

void read_scaled(const json& from, const char* key, int shift, std::uint64_t& to) {
  if (from.contains(key)) to = from[key].get<std::uint64_t>() << shift;
}

void read_ranking(const json& from, RankingRule& ranking) {
  read(from, "rule", ranking.rule);
  read(from, "floors", ranking.floors);
  read(from, "confidence", ranking.confidence);
  read(from, "min_blocks", ranking.min_blocks);
}

void read_energy(const json& from, EnergyRule& energy) {
  if (from.contains("domains")) {
    energy.domains.clear();
    for (const json& name : from["domains"]) {
      energy.domains.push_back(domain_kind_from(name.get<std::string>()).value());
    }
  }
  if (from.contains("class")) {
    energy.energy_class = energy_class_from(from["class"].get<std::string>()).value();
  }
}

Metric metric_from(const json& from, const std::string& where) {
  if (from.is_string()) return metric_named(from.get<std::string>(), where);
  Metric metric{.name = from.at("name").get<std::string>(), .is_share = false};
  if (is_known_metric(metric.name)) {
    throw Error({.what = "an outside scorer has the name of a metric of ours",
                 .where = where + ": field 'metric.name': \"" + metric.name + "\"",
                 .hint = "give it another name, or write the name alone to use ours"});
  }
  read(from, "command", metric.command);
  read(from, "folder", metric.folder);
  read(from, "time_s", metric.time_limit);
  read_scaled(from, "memory_mb", 20, metric.memory_bytes);
  read(from, "share", metric.is_share);
  metric.less_is_better = from.value("better", "higher") == "lower";
  if (from.contains("predictions")) {
    metric.predictions = prediction_kind_from(from["predictions"].get<std::string>()).value();
  }
  return metric;
}

json to_json(const Metric& metric) {
  if (!metric.is_outside()) return metric.name;
  return {{"name", metric.name},
          {"command", metric.command},
          {"folder", metric.folder},
          {"predictions", to_string(metric.predictions)},
          {"better", metric.less_is_better ? "lower" : "higher"},
          {"share", metric.is_share},
          {"time_s", metric.time_limit.count()},
          {"memory_mb", metric.memory_bytes >> 20}};
}

void read_protocol(const json& from, Protocol& protocol) {
  read(from, "blocks", protocol.blocks);
  read(from, "min_block_s", protocol.min_block);
  read(from, "min_sensor_periods", protocol.min_sensor_periods);
  read(from, "max_block_s", protocol.max_block);
  read(from, "idle_s", protocol.idle);
  read(from, "tail_s", protocol.tail);
  read(from, "salt", protocol.salt);
}

void read_limits(const json& from, Limits& limits) {
  read(from, "load_s", limits.load);
  read(from, "pass_s", limits.pass);
  read(from, "train_s", limits.train);
  read(from, "wall_s", limits.wall);
  read_scaled(from, "memory_mb", 20, limits.memory_bytes);
  read(from, "processes", limits.processes);
  read_scaled(from, "output_mb", 20, limits.output_bytes);
  read_scaled(from, "log_kb", 10, limits.log_bytes);
  read(from, "cpus", limits.cpus);
  read(from, "gpus", limits.gpus);
}

}  // namespace

Track track_from_json(const json& from, const std::string& where) {
  Track track;
  read(from, "id", track.id);
  track.title = track.id;
  read(from, "title", track.title);
  read(from, "dataset", track.dataset);
  if (from.contains("metric")) track.metric = metric_from(from["metric"], where);
  read(from, "baselines", track.baselines);
  track.task = from.value("task", "predict") == "train" ? Task::train : Task::predict;
  track.scenario = from.value("scenario", "offline") == "single-stream" ? Scenario::single_stream
                                                                        : Scenario::offline;
  read_ranking(from.value("ranking", json::object()), track.ranking);
  read_energy(from.value("energy", json::object()), track.energy);
  read_protocol(from.value("protocol", json::object()), track.protocol);
  read_limits(from.value("limits", json::object()), track.limits);
  return track;
}

json to_json(const Track& track) {
  json domains = json::array();
  for (const DomainKind kind : track.energy.domains) domains.push_back(to_string(kind));
  const Protocol& protocol = track.protocol;
  const Limits& limits = track.limits;
  json written = {
      {"id", track.id},
      {"title", track.title},
      {"dataset", track.dataset},
      {"task", track.task == Task::train ? "train" : "predict"},
      {"scenario", track.scenario == Scenario::single_stream ? "single-stream" : "offline"},
      {"metric", to_json(track.metric)},
      {"ranking",
       {{"rule", track.ranking.rule},
        {"floors", track.ranking.floors},
        {"confidence", track.ranking.confidence},
        {"min_blocks", track.ranking.min_blocks}}},
      {"energy", {{"domains", domains}, {"class", to_string(track.energy.energy_class)}}},
      {"protocol",
       {{"blocks", protocol.blocks},
        {"min_block_s", protocol.min_block.count()},
        {"min_sensor_periods", protocol.min_sensor_periods},
        {"max_block_s", protocol.max_block.count()},
        {"idle_s", protocol.idle.count()},
        {"tail_s", protocol.tail.count()},
        {"salt", protocol.salt}}},
      {"limits",
       {{"load_s", limits.load.count()},
        {"pass_s", limits.pass.count()},
        {"wall_s", limits.wall.count()},
        {"memory_mb", limits.memory_bytes >> 20},
        {"processes", limits.processes},
        {"output_mb", limits.output_bytes >> 20},
        {"log_kb", limits.log_bytes >> 10},
        {"cpus", limits.cpus},
        {"gpus", limits.gpus}}},
      {"baselines", track.baselines}};
  // Only where it means something: the records of other tracks stay as they were.
  if (track.task == Task::train) written["limits"]["train_s"] = limits.train.count();
  return written;
}

}  // namespace joulebench
