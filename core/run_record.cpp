#include "core/run_record.h"
#include "core/block_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "core/file.h"
#include "core/gzip.h"
#include "core/json_fields.h"
#include "core/json_file.h"
#include "core/npy.h"
#include "core/record_outline.h"
#include "core/track_json.h"

namespace joulebench {
namespace fs = std::filesystem;
using nlohmann::json;

// The tables of fields of run.json. What was not measured is absent rather than null.

void fields(auto& io, Of<AuditFigure> auto& audit) {
  io.field("name", audit.name);
  io.field("trials", audit.trials);
  io.field("flagged", audit.flagged);
  io.field("ratio", audit.ratio);
  std::optional<double> lower, upper;  // one interval, two keys
  if (audit.interval) lower = audit.interval->low, upper = audit.interval->high;
  io.field("lower", lower);
  io.field("upper", upper);
  if constexpr (std::remove_cvref_t<decltype(io)>::kReads) {
    if (lower && upper) audit.interval = Interval{*lower, *upper};
  }
  io.field("detectable_gain", audit.detectable_gain);
}

void fields(auto& io, Of<RequestShape> auto& shape) {
  io.field("copies", shape.copies);
  io.field("pass_s", shape.pass);
  io.field("fixed_s", shape.fixed);
  io.field("request_s", shape.request);
  io.field("per_sample_s", shape.per_sample);
  io.field("reason", shape.reason);
  io.field("program_sha256", shape.program_sha256);
}

void fields(auto& io, Of<DomainEnergy> auto& energy) {
  io.field("name", energy.domain.name);
  io.field("kind", energy.domain.kind);
  io.field("source", energy.domain.source);
  io.field("class", energy.domain.energy_class);
  io.field("in_total", energy.domain.in_total);
  io.field("joules", energy.joules);
  io.field("error_joules", energy.error);
  io.field("flags", energy.flags);
}

void fields(auto& io, Of<WindowRecord> auto& window) {
  io.field("first_pass", window.first_pass);
  io.field("passes", window.passes);
  io.field("samples", window.samples);
  io.defaulted("started_ns", window.started);  // absent: not found in the trace
  io.field("wall_s", window.wall);
  io.field("submission_cpu_s", window.submission_cpu);
  io.field("rest_cpu_s", window.rest_cpu);
  io.field("harness_cpu_s", window.harness_cpu);
  io.field("domains", window.domains);
}

void fields(auto& io, Of<LookRecord> auto& look) {
  io.field("role", look.role);
  io.field("pass", look.pass);
  io.field("passes", look.passes);
  io.field("wall_s", look.wall);
  io.field("cpu_s", look.cpu);
  io.field("joules", look.joules);
}

void fields(auto& io, Of<CheckpointRecord> auto& checkpoint) {
  io.field("file", checkpoint.file);
  io.field("at_s", checkpoint.at);
  io.field("energy", checkpoint.energy);
}

void fields(auto& io, Of<TrainingRecord> auto& training) {
  io.field("seed", training.seed);
  io.field("samples", training.samples);
  io.field("validation_samples", training.validation_samples);
  io.field("model_files", training.model_files);
  io.field("model_bytes", training.model_bytes);
  io.field("model_sha256", training.model_sha256);
  io.field("checkpoints", training.checkpoints);
  io.field("checkpoints_sha256", training.checkpoints_sha256);
}

void fields(auto& io, Of<IdlePower> auto& idle) {
  io.field("domain", idle.domain);
  io.field("before_watts", idle.before);
  io.field("after_watts", idle.after);
}

void fields(auto& io, Of<Latency> auto& latency) {
  io.field("p50_s", latency.p50);
  io.field("p90_s", latency.p90);
  io.field("p99_s", latency.p99);
}

void fields(auto& io, Of<BlockRecord> auto& block) {
  io.field("number", block.number);
  io.sparse("round", block.round);
  io.sparse("session", block.session);
  io.field("outcome", block.outcome);
  io.field("message", block.message);
  io.field("log_tail", block.log_tail);
  io.field("started_at_utc", block.started_at_utc);
  io.field("order_seed", block.order_seed);
  io.field("passes", block.passes);
  io.field("samples_per_pass", block.samples_per_pass);
  io.field("samples", block.samples);
  io.sparse("distinct_requests", block.distinct_requests);
  io.sparse("sandboxes", block.sandboxes);
  io.sparse("kept_passes", block.kept_passes);
  io.defaulted("cool_down_s", block.cool_down);
  io.field("load_s", block.load);
  io.field("warm_up_s", block.warm_up);
  io.field("measured_s", block.measured);
  io.field("tail_s", block.tail);
  io.field("windows", block.windows);
  io.sparse("looks", block.looks);
  io.field("energy", block.energy);
  io.field("tail_energy", block.tail_energy);
  io.field("idle", block.idle);
  io.field("latency", block.latency);
  io.field("peak_memory_bytes", block.peak_memory_bytes);
  io.field("enforcement", block.enforcement);
  io.field("flags", block.flags);
  io.field("training", block.training);
  io.field("predictions_sha256", block.predictions_sha256);
  io.field("trace_sha256", block.trace_sha256);
}

void fields(auto& io, Of<NodeState> auto& node) {
  io.field("hostname", node.hostname);
  io.field("cpu_model", node.cpu_model);
  io.field("cpus", node.cpus);
  io.field("memory_bytes", node.memory_bytes);
  io.field("kernel", node.kernel);
  io.field("operating_system", node.operating_system);
  io.field("governor", node.governor);
  io.field("turbo", node.turbo);
  io.field("smt", node.smt);
  io.field("load_average", node.load_average);
  io.field("temperature_celsius", node.temperature_celsius);
  io.field("swap_used_bytes", node.swap_used_bytes);
  io.field("gpus", node.gpus);
  io.field("microcode", node.microcode);
  io.field("gpu_driver", node.gpu_driver);
  io.sparse("gpu_ids", node.gpu_ids);
}

void fields(auto& io, Of<EntryIdentity> auto& entry) {
  io.field("id", entry.id);
  io.field("name", entry.name);
  io.field("team", entry.team);
  io.field("version", entry.version);
  io.field("description", entry.description);
  io.field("licence", entry.licence);
  io.field("url", entry.url);
  io.field("is_baseline", entry.is_baseline);
}

void fields(auto& io, Of<RunRecord> auto& record) {
  io.field("entry", record.entry);
  io.field("competition_id", record.competition_id);
  io.field("competition_sha256", record.competition_sha256);
  io.field("track", record.track);
  io.field("dataset_sha256", record.dataset_sha256);
  io.field("environment", record.environment);
  io.field("masked", record.masked);
  io.field("program_version", record.program_version);
  io.field("started_at_utc", record.started_at_utc);
  io.field("node_before", record.node_before);
  io.field("node_after", record.node_after);
  io.field("outcome", record.outcome);
  io.field("message", record.message);
  io.field("log_tail", record.log_tail);
  io.field("passes_per_block", record.passes_per_block);
  io.field("copies_per_request", record.copies_per_request);
  io.field("shape", record.shape);
  io.field("blocks", record.blocks);
  io.defaulted("audits", record.audits);
  io.field("flags", record.flags);
}

namespace {

constexpr const char* kFormat = "joulebench-run-record/2";

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
  json document = {{"format", kFormat}};
  JsonWriter writer(document);
  fields(writer, record);
  return document.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

namespace {

RunRecord record_of(const json& document, const std::string& name) {
  if (!document.is_object() || !document.contains("format") || document["format"] != kFormat) {
    throw Error({.what = "a run record of a format that this version does not know",
                 .where = name + ": field 'format', where \"" + kFormat + "\" was expected",
                 .hint = "read it with the version that wrote it"});
  }
  try {
    RunRecord record;
    const JsonPlace whole;
    JsonReader reader(document, whole);
    fields(reader, record);
    return record;
  } catch (const std::exception& error) {
    throw Error({.what = "a run record cannot be read",
                 .where = name + ": " + error.what(),
                 .hint = "restore it from a copy, or run the entry again"});
  }
}

/// Lines without their indents, nearly half of a record: the parser looks at each space.
void append_lines(std::string& text, std::string_view lines) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    text.append(lines.substr(0, end));
    lines.remove_prefix(end);
    lines.remove_prefix(std::min(lines.find_first_not_of("\n "), lines.size()));
  }
}

/// Lines of to_json_text() without the members of blocks that an outline leaves empty. A line
/// break stands between tokens alone, never in a text, so that indents tell where a member ends.
std::string outline_text(std::string_view text) {
  constexpr std::string_view kMember = "\n      \"";  // of a block
  constexpr std::string_view kLeftOut[] = {"windows", "looks", "idle", "enforcement",
                                           "tail_energy"};
  std::string outline;
  outline.reserve(text.size() / 2);
  std::size_t done = 0;
  for (std::size_t at = text.find(kMember); at != text.npos; at = text.find(kMember, at)) {
    at += kMember.size();
    const std::string_view rest = text.substr(at);
    for (const std::string_view name : kLeftOut) {
      if (!rest.starts_with(name) || rest.substr(name.size(), 3) != "\": ") continue;
      const std::size_t open = at + name.size() + 3;
      const char* const end = open < text.size() && text[open] == '[' ? "\n      ]" : "\n      }";
      // A value on one line is empty already.
      if (open + 1 >= text.size() || text[open + 1] != '\n') break;
      const std::size_t close = text.find(end, open);
      if (close == text.npos) break;
      append_lines(outline, text.substr(done, open + 1 - done));
      done = at = close + std::string_view(end).size() - 1;
      break;
    }
  }
  append_lines(outline, text.substr(done));
  return outline;
}

}  // namespace

RunRecord parse_run_record(std::string_view text, const std::string& name) {
  return record_of(parse_json(text, name, {}), name);
}

RunRecord parse_record_outline(std::string_view text, const std::string& name) {
  json document;
  try {
    document = json::parse(outline_text(text));
  } catch (const json::exception& error) {
    throw Error({.what = "a run record is not JSON",
                 .where = name + ": " + error.what(),
                 .hint = "restore it from a copy"});
  }
  return record_of(document, name);
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
  write_block_file(temporary / "predictions.npy", npy);
  write_block_file(temporary / "trace.csv", csv);
  if (block.training && !block.training->checkpoints.empty()) {
    const std::string of_checkpoints = to_npy(checkpoints);
    block.training->checkpoints_sha256 = sha256_of_text(of_checkpoints);
    write_block_file(temporary / "checkpoints.npy", of_checkpoints);
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
  const std::string bytes = read_block_file(file);
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

namespace {

/// Reads the rows of a trace; each bad one throws what `bad_row` gives.
class TraceReader {
 public:
  explicit TraceReader(std::function<Error(std::size_t row)> bad_row)
      : bad_row_(std::move(bad_row)) {}

  void take(std::string_view line) {
    if (++row_ == 1) return;  // the names of the columns
    const bool is_domain = line.starts_with("# ");
    if (is_domain) line.remove_prefix(2);
    const std::vector<std::string_view> cells = cells_of(line);
    if (!is_domain && cells.size() != 5) throw bad_row_(row_);
    if (is_domain) {
      take_domain(cells);
    } else if (cells[0] == "mark") {
      trace_.marks.push_back({time(cells[2]), std::string(cells[1])});
    } else if (cells[0] == "sample" || cells[0] == "gap") {
      EnergySample sample;
      sample.domain = domain(cells[1]);
      sample.before = time(cells[2]);
      sample.after = time(cells[3]);
      if (cells[0] == "sample") sample.joules = Joules{number(cells[4], double{})};
      trace_.samples.push_back(sample);
    } else if (cells[0] == "watts" || cells[0] == "celsius") {
      TraceReading reading{.domain = domain(cells[1]), .time = time(cells[2])};
      const double value = number(cells[4], double{});
      if (cells[0] == "watts") {
        reading.watts = Watts{value};
      } else {
        reading.celsius = value;
      }
      trace_.readings.push_back(reading);
    } else {
      throw bad_row_(row_);
    }
  }
  EnergyTrace end() { return std::move(trace_); }

 private:
  static std::vector<std::string_view> cells_of(std::string_view line) {
    std::vector<std::string_view> cells;
    for (;;) {
      const auto comma = line.find(',');
      cells.push_back(line.substr(0, comma));
      if (comma == line.npos) return cells;
      line.remove_prefix(comma + 1);
    }
  }
  template <typename Number>
  Number number(std::string_view cell, Number value) const {
    const auto [end, code] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (code != std::errc() || end != cell.data() + cell.size()) throw bad_row_(row_);
    return value;
  }
  SteadyTime time(std::string_view cell) const {
    return SteadyTime(std::chrono::nanoseconds(number(cell, std::int64_t{})));
  }
  std::uint32_t domain(std::string_view cell) const {
    const auto index = number(cell, std::uint32_t{});
    if (index >= trace_.domains.size()) throw bad_row_(row_);
    return index;
  }
  // A source may hold commas (perf events do): it is all between the kind and the last two.
  void take_domain(const std::vector<std::string_view>& cells) {
    if (cells.size() < 6) throw bad_row_(row_);
    const auto kind = domain_kind_from(cells[2]);
    const auto energy_class = energy_class_from(cells[cells.size() - 2]);
    if (!kind || !energy_class) throw bad_row_(row_);
    DomainInfo domain;
    domain.name = cells[1];
    domain.kind = *kind;
    domain.energy_class = *energy_class;
    domain.in_total = cells.back() == "1";
    for (std::size_t i = 3; i + 2 < cells.size(); ++i) {
      domain.source += (i == 3 ? "" : ",") + std::string(cells[i]);
    }
    trace_.domains.push_back(std::move(domain));
  }

  std::function<Error(std::size_t)> bad_row_;
  EnergyTrace trace_;
  std::size_t row_ = 0;
};

}  // namespace

namespace {

EnergyTrace trace_in(const fs::path& file, const std::string& text, const BlockRecord& block) {
  const auto fail = [&file](const std::string& reason) {
    return Error({.what = "the power trace of a block cannot be read",
                  .where = file.string() + ": " + reason,
                  .hint = "restore the record from a copy, or run the entry again"});
  };
  if (sha256_of_text(text) != block.trace_sha256) throw fail("its SHA-256 differs");
  TraceReader reader(
      [&](std::size_t row) { return fail(fmt::format("row {} is not a row of a trace", row)); });
  for (std::string_view rest = text; !rest.empty();) {
    const auto newline = rest.find('\n');
    reader.take(rest.substr(0, newline));
    rest.remove_prefix(newline == rest.npos ? rest.size() : newline + 1);
  }
  return reader.end();
}

fs::path trace_file(const fs::path& run_folder, const BlockRecord& block) {
  return block_folder(run_folder, block.number) / "trace.csv";
}

}  // namespace

EnergyTrace read_trace(const fs::path& run_folder, const BlockRecord& block) {
  const fs::path file = trace_file(run_folder, block);
  return trace_in(file, read_block_file(file), block);
}

TraceFile read_trace_file(const fs::path& run_folder, const BlockRecord& block) {
  const fs::path path = trace_file(run_folder, block);
  BlockFile file = read_packed_block_file(path);
  EnergyTrace trace = trace_in(path, file.content, block);
  // What others wrote may have cells that no reader looks at: they are not passed on.
  const std::string csv = to_csv(trace);
  if (file.packed.empty() || csv != file.content) file.packed = pack_gzip(csv);
  return {.trace = std::move(trace), .packed_csv = std::move(file.packed)};
}

}  // namespace joulebench
