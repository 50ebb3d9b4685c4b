#include "core/track_json.h"

#include <algorithm>

#include "core/error.h"
#include "core/json_fields.h"
#include "core/units.h"

namespace joulebench {

using nlohmann::json;

namespace {

constexpr std::uint64_t kKilobyte = 1'000;

}  // namespace

const char* to_string(Task task) {
  return task == Task::train ? "train" : "predict";
}

const char* to_string(Scenario scenario) {
  return scenario == Scenario::single_stream ? "single-stream" : "offline";
}

const char* to_string(NodeRule nodes) {
  return nodes == NodeRule::every ? "every" : "alike";
}

const char* to_string(LooksRule looks) {
  return looks == LooksRule::once ? "once" : "repeated";
}

std::optional<NodeRule> from_name(std::string_view name, NodeRule) {
  for (const NodeRule nodes : {NodeRule::alike, NodeRule::every}) {
    if (name == to_string(nodes)) return nodes;
  }
  return std::nullopt;
}

std::optional<LooksRule> from_name(std::string_view name, LooksRule) {
  for (const LooksRule looks : {LooksRule::repeated, LooksRule::once}) {
    if (name == to_string(looks)) return looks;
  }
  return std::nullopt;
}

std::optional<Task> from_name(std::string_view name, Task) {
  for (const Task task : {Task::predict, Task::train}) {
    if (name == to_string(task)) return task;
  }
  return std::nullopt;
}

std::optional<Scenario> from_name(std::string_view name, Scenario) {
  for (const Scenario scenario : {Scenario::offline, Scenario::single_stream}) {
    if (name == to_string(scenario)) return scenario;
  }
  return std::nullopt;
}

// The tables of fields of a track.

void fields(auto& io, Of<RankingRule> auto& ranking) {
  io.defaulted("rule", ranking.rule);
  io.defaulted("floors", ranking.floors);
  io.defaulted("confidence", ranking.confidence);
  io.defaulted("floor_confidence", ranking.floor_confidence);
  io.defaulted("min_blocks", ranking.min_blocks);
  io.defaulted("node_tolerance", ranking.node_tolerance);
  io.sparse("nodes", ranking.nodes);
}

/// A kind of domain as a track names it: "dram", or "dram?" where it counts only on nodes that have
/// its counter.
struct NamedDomain {
  DomainKind kind = DomainKind::cpu_package;
  bool is_where_present = false;
};

json to_json(const NamedDomain& domain) {
  return to_string(domain.kind) + std::string(domain.is_where_present ? "?" : "");
}

void from_json(const json& from, const JsonPlace& place, NamedDomain& domain) {
  std::string name;
  JsonReader::read(from, place, name);
  domain.is_where_present = name.ends_with('?');
  if (domain.is_where_present) name.pop_back();
  const std::optional<DomainKind> kind = domain_kind_from(name);
  if (!kind) throw_unexpected(place, from, "a name that this version knows");
  domain.kind = *kind;
}

bool is_where_present(const EnergyRule& energy, DomainKind kind) {
  return std::find(energy.where_present.begin(), energy.where_present.end(), kind) !=
         energy.where_present.end();
}

void fields(auto& io, Of<EnergyRule> auto& energy) {
  std::vector<NamedDomain> domains;
  for (const DomainKind kind : energy.domains) {
    domains.push_back({kind, is_where_present(energy, kind)});
  }
  io.defaulted("domains", domains);
  if constexpr (std::remove_reference_t<decltype(io)>::kReads) {
    energy.domains.clear();
    energy.where_present.clear();
    for (const NamedDomain& one : domains) {
      energy.domains.push_back(one.kind);
      if (one.is_where_present) energy.where_present.push_back(one.kind);
    }
  }
  io.defaulted("class", energy.energy_class);
}

/// A number, or "auto": as many as it takes.
struct BlockCount {
  int first = 0;
  bool is_auto = false;
};

json to_json(const BlockCount& blocks) {
  return blocks.is_auto ? json("auto") : json(blocks.first);
}

void from_json(const json& from, const JsonPlace& place, BlockCount& blocks) {
  blocks.is_auto = from == "auto";
  if (!blocks.is_auto) JsonReader::read(from, place, blocks.first);
}

void fields(auto& io, Of<Protocol> auto& protocol) {
  BlockCount blocks{protocol.blocks, protocol.adds_blocks};
  io.defaulted("blocks", blocks);
  constexpr bool kReads = std::remove_reference_t<decltype(io)>::kReads;
  if constexpr (kReads) {
    protocol.blocks = blocks.first;
    protocol.adds_blocks = blocks.is_auto;
  }
  if (kReads || protocol.adds_blocks) {
    io.defaulted("most_blocks", protocol.most_blocks);
    io.defaulted("most_time_s", protocol.most_time);
  }
  io.defaulted("min_block_s", protocol.min_block);
  io.defaulted("min_sensor_periods", protocol.min_sensor_periods);
  io.defaulted("max_block_s", protocol.max_block);
  io.defaulted("idle_s", protocol.idle);
  io.defaulted("tail_s", protocol.tail);
  io.defaulted("salt", protocol.salt);
  io.sparse("looks", protocol.looks);
}

void fields(auto& io, Of<Limits> auto& limits) {
  io.defaulted("load_s", limits.load);
  io.defaulted("request_s", limits.request);
  io.defaulted("train_s", limits.train);
  io.defaulted("wall_s", limits.wall);
  io.scaled("memory_mb", kMegabyte, limits.memory_bytes);
  io.defaulted("processes", limits.processes);
  io.scaled("output_mb", kMegabyte, limits.output_bytes);
  io.scaled("log_kb", kKilobyte, limits.log_bytes);
  io.defaulted("cpus", limits.cpus);
  io.defaulted("gpus", limits.gpus);
}

/// Of an outside scorer; a metric of ours is its name alone.
void fields(auto& io, Of<Metric> auto& metric) {
  io.field("name", metric.name);
  io.defaulted("command", metric.command);
  io.defaulted("folder", metric.folder);
  io.defaulted("predictions", metric.predictions);
  std::string better = metric.less_is_better ? "lower" : "higher";
  io.defaulted("better", better);
  if constexpr (std::remove_reference_t<decltype(io)>::kReads) {
    metric.less_is_better = better == "lower";
  }
  io.defaulted("share", metric.is_share);
  io.defaulted("time_s", metric.time_limit);
  io.scaled("memory_mb", kMegabyte, metric.memory_bytes);
}

json to_json(const Metric& metric) {
  if (!metric.is_outside()) return metric.name;
  json written;
  JsonWriter writer(written);
  fields(writer, metric);
  return written;
}

/// One of ours has only its name from here: resolve() finds the rest.
void from_json(const json& from, const JsonPlace& place, Metric& metric) {
  if (from.is_string()) {
    metric.name = from.get<std::string>();
    return;
  }
  metric.is_share = false;
  JsonReader reader(from, place);
  fields(reader, metric);
}

void fields(auto& io, Of<Track> auto& track) {
  io.defaulted("id", track.id);
  if constexpr (std::remove_reference_t<decltype(io)>::kReads) track.title = track.id;
  io.defaulted("title", track.title);
  io.defaulted("dataset", track.dataset);
  io.defaulted("task", track.task);
  io.defaulted("scenario", track.scenario);
  io.defaulted("metric", track.metric);
  io.defaulted("ranking", track.ranking);
  io.defaulted("energy", track.energy);
  io.defaulted("protocol", track.protocol);
  io.defaulted("limits", track.limits);
  io.defaulted("baselines", track.baselines);
}

static void resolve(Metric& metric, const std::string& where) {
  if (!metric.is_outside()) {
    metric = metric_named(metric.name, where);
  } else if (is_known_metric(metric.name)) {
    throw Error({.what = "an outside scorer has the name of a metric of ours",
                 .where = where + ": field 'metric.name': \"" + metric.name + "\"",
                 .hint = "give it another name, or write the name alone to use ours"});
  }
}

void from_json(const json& from, const JsonPlace& place, Track& track) {
  JsonReader reader(from, place);
  fields(reader, track);
  resolve(track.metric, "field '" + place.name() + "'");
}

Track track_from_json(const json& from, const std::string& where) {
  Track track;
  const JsonPlace whole;
  JsonReader reader(from, whole);
  fields(reader, track);
  resolve(track.metric, where);
  return track;
}

json to_json(const Track& track) {
  json written;
  JsonWriter writer(written);
  fields(writer, track);
  return written;
}

}  // namespace joulebench
