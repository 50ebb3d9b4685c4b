#include "core/run_record.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json_file.h"
#include "core/npy.h"
#include "core/track_json.h"

namespace joulebench {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr const char* kFormat = "joulebench-run-record/1";

// An optional is absent from the JSON rather than null: what was not measured is not there.
template <class Value>
void put(json& to, const char* key, const std::optional<Value>& value) {
  if (value) to[key] = *value;
}

template <class Value>
void take(const json& from, const char* key, std::optional<Value>& value) {
  if (from.contains(key)) value = from[key].get<Value>();
}

json flags_to_json(const std::vector<Flag>& flags) {
  json list = json::array();
  for (const Flag& flag : flags) list.push_back({{"name", flag.name}, {"detail", flag.detail}});
  return list;
}

std::vector<Flag> flags_from_json(const json& list) {
  std::vector<Flag> flags;
  for (const json& flag : list) flags.push_back({flag.at("name"), flag.at("detail")});
  return flags;
}

json audits_to_json(const std::vector<AuditFigure>& audits) {
  json list = json::array();
  for (const AuditFigure& audit : audits) {
    json one = {{"name", audit.name}, {"trials", audit.trials}, {"accused", audit.accused}};
    put(one, "ratio", audit.ratio);
    put(one, "lower", audit.lower);
    put(one, "upper", audit.upper);
    list.push_back(std::move(one));
  }
  return list;
}

std::vector<AuditFigure> audits_from_json(const json& list) {
  std::vector<AuditFigure> audits;
  for (const json& one : list) {
    AuditFigure audit{
        .name = one.at("name"), .trials = one.at("trials"), .accused = one.at("accused")};
    take(one, "ratio", audit.ratio);
    take(one, "lower", audit.lower);
    take(one, "upper", audit.upper);
    audits.push_back(std::move(audit));
  }
  return audits;
}

json energy_to_json(const std::vector<DomainEnergy>& energies) {
  json list = json::array();
  for (const DomainEnergy& energy : energies) {
    json one = {
        {"name", energy.domain.name},          {"kind", to_string(energy.domain.kind)},
        {"source", energy.domain.source},      {"class", to_string(energy.domain.energy_class)},
        {"in_total", energy.domain.in_total},  {"error_joules", energy.error.value},
        {"flags", flags_to_json(energy.flags)}};
    if (energy.joules) one["joules"] = energy.joules->value;
    list.push_back(std::move(one));
  }
  return list;
}

std::vector<DomainEnergy> energy_from_json(const json& list) {
  std::vector<DomainEnergy> energies;
  for (const json& one : list) {
    DomainEnergy energy;
    energy.domain.name = one.at("name");
    energy.domain.source = one.at("source");
    energy.domain.in_total = one.at("in_total");
    const auto kind = domain_kind_from(one.at("kind").get<std::string>());
    const auto energy_class = energy_class_from(one.at("class").get<std::string>());
    if (!kind || !energy_class)
      throw std::out_of_range("an energy domain of unknown kind or class");
    energy.domain.kind = *kind;
    energy.domain.energy_class = *energy_class;
    energy.error = Joules{one.at("error_joules").get<double>()};
    if (one.contains("joules")) energy.joules = Joules{one["joules"].get<double>()};
    energy.flags = flags_from_json(one.at("flags"));
    energies.push_back(std::move(energy));
  }
  return energies;
}

json window_to_json(const WindowRecord& window) {
  json one = {{"first_pass", window.first_pass},
              {"passes", window.passes},
              {"samples", window.samples},
              {"started_ns", window.started.time_since_epoch().count()},
              {"wall_s", window.wall.count()},
              {"harness_cpu_s", window.harness_cpu.count()},
              {"domains", energy_to_json(window.domains)}};
  if (window.submission_cpu) one["submission_cpu_s"] = window.submission_cpu->count();
  return one;
}

WindowRecord window_from_json(const json& one) {
  WindowRecord window;
  window.first_pass = one.at("first_pass");
  window.passes = one.at("passes");
  window.samples = one.at("samples");
  // Records of before windows were found in the trace have none.
  window.started = SteadyTime(std::chrono::nanoseconds(one.value("started_ns", std::int64_t{0})));
  window.wall = Seconds(one.at("wall_s").get<double>());
  window.harness_cpu = Seconds(one.at("harness_cpu_s").get<double>());
  if (one.contains("submission_cpu_s")) {
    window.submission_cpu = Seconds(one["submission_cpu_s"].get<double>());
  }
  window.domains = energy_from_json(one.at("domains"));
  return window;
}

json training_to_json(const TrainingRecord& training) {
  json checkpoints = json::array();
  for (const CheckpointRecord& checkpoint : training.checkpoints) {
    checkpoints.push_back({{"file", checkpoint.file},
                           {"at_s", checkpoint.at.count()},
                           {"energy", energy_to_json(checkpoint.energy)}});
  }
  return {{"seed", training.seed},
          {"samples", training.samples},
          {"validation_samples", training.validation_samples},
          {"model_files", training.model_files},
          {"model_bytes", training.model_bytes},
          {"model_sha256", training.model_sha256},
          {"checkpoints", checkpoints},
          {"checkpoints_sha256", training.checkpoints_sha256}};
}

TrainingRecord training_from_json(const json& one) {
  TrainingRecord training;
  training.seed = one.at("seed");
  training.samples = one.at("samples");
  training.validation_samples = one.at("validation_samples");
  training.model_files = one.at("model_files");
  training.model_bytes = one.at("model_bytes");
  training.model_sha256 = one.at("model_sha256");
  for (const json& checkpoint : one.at("checkpoints")) {
    training.checkpoints.push_back({.file = checkpoint.at("file"),
                                    .at = Seconds(checkpoint.at("at_s").get<double>()),
                                    .energy = energy_from_json(checkpoint.at("energy"))});
  }
  training.checkpoints_sha256 = one.at("checkpoints_sha256");
  return training;
}

json block_to_json(const BlockRecord& block) {
  json windows = json::array();
  for (const WindowRecord& window : block.windows) windows.push_back(window_to_json(window));
  json idle = json::array();
  for (const IdlePower& power : block.idle) {
    json one = {{"domain", power.domain}};
    if (power.before) one["before_watts"] = power.before->value;
    if (power.after) one["after_watts"] = power.after->value;
    idle.push_back(std::move(one));
  }
  json to = {{"number", block.number},
             {"outcome", to_string(block.outcome)},
             {"message", block.message},
             {"log_tail", block.log_tail},
             {"started_at_utc", block.started_at_utc},
             {"order_seed", block.order_seed},
             {"passes", block.passes},
             {"samples_per_pass", block.samples_per_pass},
             {"samples", block.samples},
             {"cool_down_s", block.cool_down.count()},
             {"load_s", block.load.count()},
             {"warm_up_s", block.warm_up.count()},
             {"measured_s", block.measured.count()},
             {"tail_s", block.tail.count()},
             {"windows", windows},
             {"energy", energy_to_json(block.energy)},
             {"tail_energy", energy_to_json(block.tail_energy)},
             {"idle", idle},
             {"peak_memory_bytes", block.peak_memory_bytes},
             {"enforcement", block.enforcement},
             {"flags", flags_to_json(block.flags)},
             {"predictions_sha256", block.predictions_sha256},
             {"trace_sha256", block.trace_sha256}};
  if (block.kept_passes > 0) to["kept_passes"] = block.kept_passes;
  if (block.latency) {
    to["latency"] = {{"p50_s", block.latency->p50.count()},
                     {"p90_s", block.latency->p90.count()},
                     {"p99_s", block.latency->p99.count()}};
  }
  if (block.training) to["training"] = training_to_json(*block.training);
  return to;
}

Outcome outcome_in(const json& from) {
  const auto outcome = outcome_from(from.at("outcome").get<std::string>());
  if (!outcome) throw std::out_of_range("an unknown outcome");
  return *outcome;
}

BlockRecord block_from_json(const json& one) {
  BlockRecord block;
  block.number = one.at("number");
  block.outcome = outcome_in(one);
  block.message = one.at("message");
  block.log_tail = one.at("log_tail");
  block.started_at_utc = one.at("started_at_utc");
  block.order_seed = one.at("order_seed");
  block.passes = one.at("passes");
  block.samples_per_pass = one.at("samples_per_pass");
  block.samples = one.at("samples");
  block.cool_down = Seconds(one.value("cool_down_s", 0.0));
  block.kept_passes = one.value("kept_passes", 0);
  block.load = Seconds(one.at("load_s").get<double>());
  block.warm_up = Seconds(one.at("warm_up_s").get<double>());
  block.measured = Seconds(one.at("measured_s").get<double>());
  block.tail = Seconds(one.at("tail_s").get<double>());
  for (const json& window : one.at("windows")) block.windows.push_back(window_from_json(window));
  block.energy = energy_from_json(one.at("energy"));
  block.tail_energy = energy_from_json(one.at("tail_energy"));
  for (const json& power : one.at("idle")) {
    IdlePower idle{.domain = power.at("domain"), .before = {}, .after = {}};
    if (power.contains("before_watts")) idle.before = Watts{power["before_watts"].get<double>()};
    if (power.contains("after_watts")) idle.after = Watts{power["after_watts"].get<double>()};
    block.idle.push_back(std::move(idle));
  }
  if (one.contains("latency")) {
    const json& latency = one["latency"];
    block.latency = {.p50 = Seconds(latency.at("p50_s").get<double>()),
                     .p90 = Seconds(latency.at("p90_s").get<double>()),
                     .p99 = Seconds(latency.at("p99_s").get<double>())};
  }
  block.peak_memory_bytes = one.at("peak_memory_bytes");
  block.enforcement = one.at("enforcement").get<std::map<std::string, std::string>>();
  block.flags = flags_from_json(one.at("flags"));
  block.predictions_sha256 = one.at("predictions_sha256");
  block.trace_sha256 = one.at("trace_sha256");
  if (one.contains("training")) block.training = training_from_json(one["training"]);
  return block;
}

json node_to_json(const NodeState& node) {
  json one = {{"hostname", node.hostname}, {"cpu_model", node.cpu_model},
              {"cpus", node.cpus},         {"memory_bytes", node.memory_bytes},
              {"kernel", node.kernel},     {"operating_system", node.operating_system},
              {"gpus", node.gpus}};
  put(one, "governor", node.governor);
  put(one, "turbo", node.turbo);
  put(one, "smt", node.smt);
  put(one, "load_average", node.load_average);
  put(one, "temperature_celsius", node.temperature_celsius);
  put(one, "swap_used_bytes", node.swap_used_bytes);
  return one;
}

NodeState node_from_json(const json& one) {
  NodeState node;
  node.hostname = one.at("hostname");
  node.cpu_model = one.at("cpu_model");
  node.cpus = one.at("cpus");
  node.memory_bytes = one.at("memory_bytes");
  node.kernel = one.at("kernel");
  node.operating_system = one.at("operating_system");
  node.gpus = one.at("gpus").get<std::vector<std::string>>();
  take(one, "governor", node.governor);
  take(one, "turbo", node.turbo);
  take(one, "smt", node.smt);
  take(one, "load_average", node.load_average);
  take(one, "temperature_celsius", node.temperature_celsius);
  take(one, "swap_used_bytes", node.swap_used_bytes);
  return node;
}

json entry_to_json(const EntryIdentity& entry) {
  return {{"id", entry.id},
          {"name", entry.name},
          {"team", entry.team},
          {"version", entry.version},
          {"description", entry.description},
          {"licence", entry.licence},
          {"url", entry.url},
          {"is_baseline", entry.is_baseline}};
}

EntryIdentity entry_from_json(const json& one) {
  return {.id = one.at("id"),
          .name = one.at("name"),
          .team = one.at("team"),
          .version = one.at("version"),
          .description = one.at("description"),
          .licence = one.at("licence"),
          .url = one.at("url"),
          .is_baseline = one.at("is_baseline")};
}

json record_to_json(const RunRecord& record) {
  json blocks = json::array();
  for (const BlockRecord& block : record.blocks) blocks.push_back(block_to_json(block));
  json one = {{"format", kFormat},
              {"entry", entry_to_json(record.entry)},
              {"competition_id", record.competition_id},
              {"competition_sha256", record.competition_sha256},
              {"track", to_json(record.track)},
              {"dataset_sha256", record.dataset_sha256},
              {"program_version", record.program_version},
              {"started_at_utc", record.started_at_utc},
              {"node_before", node_to_json(record.node_before)},
              {"outcome", to_string(record.outcome)},
              {"message", record.message},
              {"log_tail", record.log_tail},
              {"passes_per_block", record.passes_per_block},
              {"copies_per_request", record.copies_per_request},
              {"blocks", blocks},
              {"audits", audits_to_json(record.audits)},
              {"flags", flags_to_json(record.flags)}};
  if (record.node_after) one["node_after"] = node_to_json(*record.node_after);
  return one;
}

RunRecord record_from_json(const json& one) {
  RunRecord record;
  record.entry = entry_from_json(one.at("entry"));
  record.competition_id = one.at("competition_id");
  record.competition_sha256 = one.at("competition_sha256");
  record.track = track_from_json(one.at("track"), "field 'track'");
  record.dataset_sha256 = one.at("dataset_sha256");
  record.program_version = one.at("program_version");
  record.started_at_utc = one.at("started_at_utc");
  record.node_before = node_from_json(one.at("node_before"));
  if (one.contains("node_after")) record.node_after = node_from_json(one["node_after"]);
  record.outcome = outcome_in(one);
  record.message = one.at("message");
  record.log_tail = one.at("log_tail");
  record.passes_per_block = one.at("passes_per_block");
  record.copies_per_request = one.at("copies_per_request");
  for (const json& block : one.at("blocks")) record.blocks.push_back(block_from_json(block));
  // Records of before there were audits have none.
  if (one.contains("audits")) record.audits = audits_from_json(one["audits"]);
  record.flags = flags_from_json(one.at("flags"));
  return record;
}

std::int64_t nanoseconds(SteadyTime time) {
  return time.time_since_epoch().count();
}

}  // namespace

int RunRecord::valid_blocks() const {
  int count = 0;
  for (const BlockRecord& block : blocks) count += block.outcome == Outcome::valid ? 1 : 0;
  return count;
}

std::string to_json_text(const RunRecord& record) {
  return record_to_json(record).dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

RunRecord parse_run_record(std::string_view text, const std::string& name) {
  const json document = parse_json(text, name, {});
  if (!document.is_object() || !document.contains("format") || document["format"] != kFormat) {
    throw Error({.what = "a run record of a format that this version does not know",
                 .where = name + ": field 'format', where \"" + kFormat + "\" was expected",
                 .hint = "read it with the version that wrote it"});
  }
  try {
    return record_from_json(document);
  } catch (const std::exception& error) {
    throw Error({.what = "a run record cannot be read",
                 .where = name + ": " + error.what(),
                 .hint = "restore it from a copy, or run the entry again"});
  }
}

RunRecord read_run_record(const fs::path& folder) {
  const fs::path file = folder / "run.json";
  return parse_run_record(read_text_file(file), file.string());
}

void write_run_record(const fs::path& folder, const RunRecord& record) {
  fs::create_directories(folder);
  write_file_atomically(folder / "run.json", to_json_text(record));
}

fs::path block_folder(const fs::path& run_folder, int block_number) {
  return run_folder / fmt::format("block-{}", block_number);
}

std::vector<std::pair<std::string, std::string>> block_files(const BlockRecord& block) {
  std::vector<std::pair<std::string, std::string>> files;
  if (!block.predictions_sha256.empty()) {
    files.emplace_back("predictions.npy", block.predictions_sha256);
  }
  if (!block.trace_sha256.empty()) files.emplace_back("trace.csv", block.trace_sha256);
  if (block.training && !block.training->checkpoints_sha256.empty()) {
    files.emplace_back("checkpoints.npy", block.training->checkpoints_sha256);
  }
  return files;
}

void write_block_files(const fs::path& run_folder, BlockRecord& block, const Tensor& predictions,
                       const EnergyTrace& trace, const Tensor& checkpoints) {
  const fs::path final_path = block_folder(run_folder, block.number);
  fs::path temporary = final_path;
  temporary += ".part";
  // A power cut may have left either: the record is what says that a block is there, and it does
  // not.
  fs::remove_all(temporary);
  fs::remove_all(final_path);
  fs::create_directories(temporary);
  const std::string npy = to_npy(predictions);
  const std::string csv = to_csv(trace);
  block.predictions_sha256 = sha256_of_text(npy);
  block.trace_sha256 = sha256_of_text(csv);
  write_file_atomically(temporary / "predictions.npy", npy);
  write_file_atomically(temporary / "trace.csv", csv);
  if (block.training && !block.training->checkpoints.empty()) {
    const std::string of_checkpoints = to_npy(checkpoints);
    block.training->checkpoints_sha256 = sha256_of_text(of_checkpoints);
    write_file_atomically(temporary / "checkpoints.npy", of_checkpoints);
  }
  publish_folder(temporary, final_path);
}

namespace {

/// Predictions from a block's folder, as they were recorded: so many rows, each of all samples.
Tensor read_answers(const fs::path& file, const std::string& sha256, std::size_t rows,
                    const char* kind_of_row, std::uint64_t samples) {
  const auto fail = [&file](const std::string& reason) {
    return Error({.what = "the predictions of a block are not those that were recorded",
                  .where = file.string() + ": " + reason,
                  .hint = "restore the record from a copy, or run the entry again"});
  };
  const std::string bytes = read_text_file(file, std::size_t{4} << 30);
  if (sha256_of_text(bytes) != sha256) throw fail("its SHA-256 differs");
  Tensor answers = parse_npy(bytes, file.string());
  const bool is_shaped = (answers.shape.size() == 2 || answers.shape.size() == 3) &&
                         answers.shape[0] == rows && answers.shape[1] == samples;
  if (!is_shaped) {
    throw fail(fmt::format("not predictions of {} {} of {} samples", rows, kind_of_row, samples));
  }
  return answers;
}

}  // namespace

Tensor read_block_predictions(const fs::path& run_folder, const BlockRecord& block) {
  const int kept = block.kept_passes > 0 ? block.kept_passes : block.passes;
  return read_answers(block_folder(run_folder, block.number) / "predictions.npy",
                      block.predictions_sha256, static_cast<std::size_t>(kept), "passes",
                      block.samples_per_pass);
}

Tensor read_block_checkpoints(const fs::path& run_folder, const BlockRecord& block) {
  const TrainingRecord& training = block.training.value();
  return read_answers(block_folder(run_folder, block.number) / "checkpoints.npy",
                      training.checkpoints_sha256, training.checkpoints.size(), "checkpoints",
                      training.validation_samples);
}

std::string to_csv(const EnergyTrace& trace) {
  std::string csv = "kind,domain,before_ns,after_ns,joules\n";
  for (std::size_t i = 0; i < trace.domains.size(); ++i) {
    const DomainInfo& domain = trace.domains[i];
    csv += fmt::format("# {},{},{},{},{},{}\n", i, domain.name, to_string(domain.kind),
                       domain.source, to_string(domain.energy_class), domain.in_total ? 1 : 0);
  }
  for (const EnergySample& sample : trace.samples) {
    if (sample.joules) {
      csv += fmt::format("sample,{},{},{},{}\n", sample.domain, nanoseconds(sample.before),
                         nanoseconds(sample.after), sample.joules->value);
    } else {
      csv += fmt::format("gap,{},{},{},\n", sample.domain, nanoseconds(sample.before),
                         nanoseconds(sample.after));
    }
  }
  for (const TraceReading& reading : trace.readings) {
    const auto at = nanoseconds(reading.time);
    if (reading.watts)
      csv += fmt::format("watts,{},{},{},{}\n", reading.domain, at, at, reading.watts->value);
    if (reading.celsius)
      csv += fmt::format("celsius,{},{},{},{}\n", reading.domain, at, at, *reading.celsius);
  }
  for (const TraceMark& mark : trace.marks) {
    // A mark's name may come from a submission: what would end the field or the line is replaced.
    std::string name = mark.name;
    for (char& c : name) {
      if (c == ',' || c == '"' || static_cast<unsigned char>(c) < 0x20) c = ' ';
    }
    csv += fmt::format("mark,{},{},,\n", name, nanoseconds(mark.time));
  }
  return csv;
}

EnergyTrace read_trace(const fs::path& run_folder, const BlockRecord& block) {
  const fs::path file = block_folder(run_folder, block.number) / "trace.csv";
  const std::string text = read_text_file(file, std::size_t{1} << 30);
  const auto fail = [&file](const std::string& reason) {
    return Error({.what = "the power trace of a block cannot be read",
                  .where = file.string() + ": " + reason,
                  .hint = "restore the record from a copy, or run the entry again"});
  };
  if (sha256_of_text(text) != block.trace_sha256) throw fail("its SHA-256 differs");
  EnergyTrace trace;
  std::size_t row = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const auto newline = rest.find('\n');
    std::string_view line = rest.substr(0, newline);
    rest.remove_prefix(newline == rest.npos ? rest.size() : newline + 1);
    if (++row == 1) continue;
    const bool is_domain = line.starts_with("# ");
    if (is_domain) line.remove_prefix(2);
    std::vector<std::string_view> cells;
    for (;;) {
      const auto comma = line.find(',');
      cells.push_back(line.substr(0, comma));
      if (comma == line.npos) break;
      line.remove_prefix(comma + 1);
    }
    const auto bad_row = [&] { return fail(fmt::format("row {} is not a row of a trace", row)); };
    const auto number = [&](std::string_view cell, auto value) {
      const auto [end, code] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
      if (code != std::errc() || end != cell.data() + cell.size()) throw bad_row();
      return value;
    };
    const auto time = [&](std::string_view cell) {
      return SteadyTime(std::chrono::nanoseconds(number(cell, std::int64_t{})));
    };
    if (is_domain) {
      // A source may hold commas (perf events do): it is all between the kind and the last two.
      if (cells.size() < 6) throw bad_row();
      DomainInfo domain;
      domain.name = cells[1];
      const auto kind = domain_kind_from(cells[2]);
      const auto energy_class = energy_class_from(cells[cells.size() - 2]);
      if (!kind || !energy_class) throw bad_row();
      domain.kind = *kind;
      domain.energy_class = *energy_class;
      domain.in_total = cells.back() == "1";
      for (std::size_t i = 3; i + 2 < cells.size(); ++i) {
        domain.source += (i == 3 ? "" : ",") + std::string(cells[i]);
      }
      trace.domains.push_back(std::move(domain));
    } else if (cells.size() == 5 && cells[0] == "mark") {
      trace.marks.push_back({time(cells[2]), std::string(cells[1])});
    } else if (cells.size() == 5 && (cells[0] == "sample" || cells[0] == "gap")) {
      EnergySample sample;
      sample.domain = number(cells[1], std::uint32_t{});
      if (sample.domain >= trace.domains.size()) throw bad_row();
      sample.before = time(cells[2]);
      sample.after = time(cells[3]);
      if (cells[0] == "sample") sample.joules = Joules{number(cells[4], double{})};
      trace.samples.push_back(sample);
    } else if (cells.size() == 5 && (cells[0] == "watts" || cells[0] == "celsius")) {
      TraceReading reading{.domain = number(cells[1], std::uint32_t{}), .time = time(cells[2])};
      if (reading.domain >= trace.domains.size()) throw bad_row();
      const double value = number(cells[4], double{});
      if (cells[0] == "watts") {
        reading.watts = Watts{value};
      } else {
        reading.celsius = value;
      }
      trace.readings.push_back(reading);
    } else {
      throw bad_row();
    }
  }
  return trace;
}

}  // namespace joulebench
