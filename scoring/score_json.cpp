#include "scoring/score_json.h"

#include "core/error.h"
#include "core/json_fields.h"

namespace joulebench {

using nlohmann::json;

namespace {

constexpr const char* kFormat = "joulebench-score/2";

}  // namespace

json to_json(const Interval& interval) {
  return json::array({interval.low, interval.high});
}

void from_json(const json& from, const JsonPlace& place, Interval& interval) {
  if (!from.is_array() || from.size() != 2) throw_unexpected(place, from, "a list of two numbers");
  JsonReader::read(from[0], {&place, {}, 0}, interval.low);
  JsonReader::read(from[1], {&place, {}, 1}, interval.high);
}

/// An estimate is two fields beside its neighbours; both are null while it is absent, and
/// NAME_interval while only the interval is.
static void estimate(auto& io, const std::string& name, Of<std::optional<Estimate>> auto& value) {
  std::optional<double> number;
  std::optional<Interval> interval;
  if (value) {
    number = value->value;
    interval = value->interval;
  }
  io.nullable(name, number);
  io.nullable(name + "_interval", interval);
  if constexpr (std::remove_reference_t<decltype(io)>::kReads) {
    if (number) value = Estimate{.value = *number, .interval = interval};
  }
}
static void estimate(auto& io, const std::string& name, Of<Estimate> auto& value) {
  io.field(name, value.value);
  io.nullable(name + "_interval", value.interval);
}

// The tables of fields of a score. What was not measured is null.

void fields(auto& io, Of<CurvePoint> auto& point) {
  io.field("at_s", point.at);
  io.nullable("joules", point.joules);
  io.field("error_joules", point.error);
  io.field("accuracy", point.accuracy);
}

void fields(auto& io, Of<BlockScore> auto& block) {
  io.field("number", block.number);
  io.sparse("round", block.round);
  io.sparse("session", block.session);
  io.field("passes", block.passes);
  io.field("samples", block.samples);
  io.field("scored", block.scored);
  io.nullable("correct", block.correct);
  io.nullable("metric_value", block.metric_value);
  io.field("joules", block.joules);
  io.field("error_joules", block.error);
  io.nullable("net_joules", block.net);
  io.field("net_error_joules", block.net_error);
  io.field("measured_s", block.measured);
  io.sparse("curve", block.curve);
}

/// A pair, so that a matrix stays small: [answer, times].
json to_json(const WrongAnswer& wrong) {
  return json::array({wrong.answer, wrong.times});
}
void from_json(const json& from, const JsonPlace& place, WrongAnswer& wrong) {
  if (!from.is_array() || from.size() != 2) throw_unexpected(place, from, "a class and a count");
  JsonReader::read(from[0], {&place, {}, 0}, wrong.answer);
  JsonReader::read(from[1], {&place, {}, 1}, wrong.times);
}

void fields(auto& io, Of<ClassAnswers> auto& answers) {
  io.field("class", answers.label);
  io.field("times", answers.times);
  io.field("right", answers.right);
  io.sparse("wrong", answers.wrong);
}

void fields(auto& io, Of<EnergyToReach> auto& reached) {
  io.field("floor", reached.floor);
  io.field("blocks", reached.blocks);
  estimate(io, "joules", reached.joules);
}

void fields(auto& io, Of<Score> auto& score) {
  constexpr bool kReads = std::remove_reference_t<decltype(io)>::kReads;
  io.field("entry_id", score.entry_id);
  io.field("entry", score.entry_name);
  io.sparse("is_baseline", score.is_baseline);
  io.sparse("task", score.task);
  io.field("outcome", score.outcome);
  io.field("message", score.message);
  io.field("class", score.energy_class);
  io.field("blocks", score.blocks);
  io.field("samples", score.samples);
  io.field("total_formula", score.total_formula);
  io.sparse("source", score.source);
  io.field("environment", score.environment);
  io.field("node", score.node);
  io.field("unranked", score.unranked);
  io.defaulted("metric", score.metric);
  io.defaulted("less_is_better", score.less_is_better);
  io.defaulted("is_share", score.is_share);
  io.sparse("scorer_sha256", score.scorer_sha256);
  estimate(io, "accuracy", score.accuracy);
  estimate(io, "metric_value", score.metric_value);
  estimate(io, "joules_per_sample", score.joules_per_sample);
  estimate(io, "net_joules_per_sample", score.net_joules_per_sample);
  if (score.task == Task::train) {
    estimate(io, "joules_per_training", score.joules_per_training);
    estimate(io, "net_joules_per_training", score.net_joules_per_training);
    io.field("energy_to_reach", score.energy_to_reach);
  }
  io.nullable("mean_watts", score.mean_watts);
  io.nullable("samples_per_second", score.samples_per_second);
  io.field("harness_cpu_share", score.harness_share);
  if constexpr (kReads) {
    if (io.has("latency_p50_s")) score.latency.emplace();
  }
  if (score.latency) {  // single-stream only
    estimate(io, "latency_p50_s", score.latency->p50);
    estimate(io, "latency_p90_s", score.latency->p90);
    estimate(io, "latency_p99_s", score.latency->p99);
  }
  io.sparse("class_answers", score.class_answers);
  io.sparse("class_names", score.class_names);
  io.field("flags", score.flags);
  io.field("block_scores", score.block_scores);
}

json to_json(const Score& score) {
  json document = {{"format", kFormat}};
  JsonWriter writer(document);
  fields(writer, score);
  return document;
}

Score score_from_json(const json& from, const std::string& name) {
  try {
    const JsonPlace whole;
    JsonReader reader(from, whole);
    std::string format;
    reader.field("format", format);
    if (format != kFormat) {
      throw Error(
          {.what = "cannot read a score",
           .where = name + ": its format is \"" + format + "\", expected \"" + kFormat + "\"",
           .hint = "use the version of joulebench that wrote it, or a newer one"});
    }
    Score score;
    fields(reader, score);
    return score;
  } catch (const JsonFieldError& problem) {
    throw Error({.what = "cannot read a score", .where = name + ": " + problem.what(), .hint = {}});
  }
}

}  // namespace joulebench
