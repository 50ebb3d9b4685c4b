#include "campaign/outside_scorer.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "core/digest.h"
#include "core/error.h"
#include "core/npy.h"
#include "harness/protocol/failure.h"
#include "harness/sandbox/sandbox.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kMostPrinted = std::size_t{1} << 20;

template <class Number>
Tensor tensor_of(DType dtype, const std::vector<Number>& values) {
  Tensor tensor{.dtype = dtype, .shape = {values.size()}};
  tensor.bytes.resize(values.size() * sizeof(Number));
  std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

void write_readable(const fs::path& file, const std::string& bytes) {
  write_file_atomically(file, bytes);
  fs::permissions(file, fs::perms(0644));
}

/// Everything on its stdout until it closes that, or the deadline passes.
struct ScorerOutput {
  std::string text;
  bool is_late = false;
  bool is_too_much = false;
};
ScorerOutput read_all(Sandbox& sandbox, Clock& clock, Seconds at_most,
                      const std::function<bool()>& stopped) {
  ScorerOutput printed;
  const SteadyTime deadline =
      clock.now() + std::chrono::duration_cast<std::chrono::nanoseconds>(at_most);
  while (clock.now() < deadline) {
    if (stopped()) throw Interrupted{};
    pollfd waiting{.fd = sandbox.from_program(), .events = POLLIN, .revents = 0};
    ::poll(&waiting, 1, 200);
    char bytes[1 << 14];
    const ssize_t got = ::read(sandbox.from_program(), bytes, sizeof bytes);
    if (got == 0) return printed;
    if (got < 0) continue;
    printed.text.append(bytes, static_cast<std::size_t>(got));
    if (printed.text.size() > kMostPrinted) {
      printed.is_too_much = true;
      return printed;
    }
  }
  printed.is_late = true;
  return printed;
}

OutsideScore problem(std::string words) {
  return {.problem = std::move(words)};
}

}  // namespace

OutsideScore parse_outside_score(const std::string& output, const Metric& metric) {
  // Its own words are not repeated: a program that sees labels could show them on the board.
  std::size_t at = output.rfind("\n{");
  at = at == output.npos ? 0 : at + 1;
  const std::string line = output.substr(at, output.find('\n', at) - at);
  if (!line.starts_with('{')) return problem("the scorer printed no JSON object");
  const json parsed = json::parse(line, nullptr, false);
  if (!parsed.is_object()) {
    return problem("the scorer printed no JSON object (NaN and infinity are not JSON)");
  }
  const auto score = parsed.find("score");
  if (score == parsed.end()) return problem("the scorer's object has no \"score\"");
  if (!score->is_number()) {
    return problem(fmt::format("the scorer's \"score\" is a {}, where a number was expected",
                               score->type_name()));
  }
  const double value = score->get<double>();
  OutsideScore result{.value = Estimate{.value = value, .interval = std::nullopt}};
  if (!std::isfinite(value)) return problem("the scorer's \"score\" is not finite");
  if (metric.is_share && (value < 0 || value > 1)) {
    return problem(
        fmt::format("the scorer's \"score\" is {:g}, where a share from 0 to 1 was "
                    "expected",
                    value));
  }
  const auto found = parsed.find("interval");
  if (found == parsed.end() || found->is_null()) return result;
  const bool is_pair =
      found->is_array() && found->size() == 2 && (*found)[0].is_number() && (*found)[1].is_number();
  if (!is_pair) return problem("the scorer's \"interval\" is not a pair of numbers");
  const Interval interval{(*found)[0].get<double>(), (*found)[1].get<double>()};
  if (!(interval.low <= value && value <= interval.high) ||
      !std::isfinite(interval.high - interval.low)) {
    return problem(
        fmt::format("the scorer's \"interval\", {:g} to {:g}, does not hold its score, "
                    "{:g}",
                    interval.low, interval.high, value));
  }
  result.value->interval = interval;
  return result;
}

OutsideScorer::OutsideScorer(const Metric& metric, const fs::path& competition_file,
                             const fs::path& scratch)
    : metric_(metric), scratch_(scratch), files_("scorer", scratch) {
  const fs::path folder = fs::absolute(competition_file).parent_path() / metric.folder;
  std::error_code none;
  if (!fs::is_directory(folder, none)) {
    throw Error(
        {.what = "the program that scores the track is not there",
         .where = folder.string() + ": named by 'metric.folder' of " + competition_file.string(),
         .hint = "put it there, or name the competition file that lies beside it: "
                 "joulebench score --competition FILE"});
  }
  fs::permissions(files_.path(), fs::perms(0755));
  copy_files(folder, files_.path());
  share_with_sandbox(files_.path());
  sha256_ = sha256_of_text(json(metric.command).dump() + "\n" + sha256_of_tree(files_.path()));
}

OutsideScore OutsideScorer::score(const RunRecord& record, const fs::path& record_folder,
                                  const LabelledDataset& labelled, Clock& clock,
                                  const std::function<bool()>& stopped) const {
  const TemporaryFolder inputs("labels", scratch_);  // closed to other users but the sandbox's
  write_readable(
      inputs.path() / "labels.npy",
      to_npy(metric_.predictions == PredictionKind::numbers
                 ? tensor_of(DType::f64, label_numbers(labelled.dataset, labelled.hidden_labels))
                 : tensor_of(DType::i32, labelled.hidden_labels)));
  SandboxSpec spec;
  spec.command = metric_.command;
  spec.command.push_back("/jb/in/labels.npy");
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid) continue;
    const std::string name = fmt::format("predictions-{}.npy", block.number);
    write_readable(inputs.path() / name, to_npy(read_block_predictions(record_folder, block)));
    spec.command.push_back("/jb/in/" + name);
  }
  spec.working_folder = "/jb/scorer";
  spec.mounts = {{.host = files_.path(), .inside = "/jb/scorer", .writable = false},
                 {.host = inputs.path(), .inside = "/jb/in", .writable = false}};
  // Ours ends first and says so in the scorer's words; the sandbox's is there should we be held up.
  spec.limits.wall = 2 * metric_.time_limit;
  spec.limits.memory_bytes = metric_.memory_bytes;
  Sandbox sandbox(std::move(spec));
  sandbox.close_input();
  const ScorerOutput printed = read_all(sandbox, clock, metric_.time_limit, stopped);
  const SandboxEnd end =
      sandbox.wait(printed.is_late || printed.is_too_much ? Seconds(0) : Seconds(5));
  log_tail_ = sandbox.log_tail();
  OutsideScore result;
  if (printed.is_late) {
    result =
        problem(fmt::format("the scorer did not end within {:g} s", metric_.time_limit.count()));
  } else if (printed.is_too_much) {
    result = problem("the scorer printed more than 1 MiB");
  } else if (end.broken_limit) {
    result = problem("the scorer broke a limit: " + end.detail);
  } else if (end.signal != 0) {
    result = problem(fmt::format("the scorer ended by signal {}", end.signal));
  } else if (end.exit_status != 0) {
    result = problem(fmt::format("the scorer exited with {}", end.exit_status));
  } else {
    result = parse_outside_score(printed.text, metric_);
  }
  result.scorer_sha256 = sha256_;
  return result;
}

}  // namespace joulebench
