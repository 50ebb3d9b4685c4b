#include "harness/block/training.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/digest.h"
#include "core/text.h"
#include "datasets/order.h"
#include "harness/block/requests.h"
#include "harness/protocol/failure.h"
#include "harness/protocol/input_file.h"
#include "harness/protocol/read_predictions.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDataFolder = "train";
constexpr const char* kModelInside = "/jb/model";
// Each is a reading of every meter inside the window.
constexpr std::size_t kMostCheckpoints = 1000;
constexpr std::uint64_t kMostModelFiles = 4096;

void write_labels(const fs::path& file, const std::vector<std::int32_t>& labels,
                  const std::vector<std::uint32_t>& rows) {
  std::vector<std::int32_t> chosen;
  chosen.reserve(rows.size());
  for (const std::uint32_t row : rows) chosen.push_back(labels[row]);
  write_input(file, DType::i32, {chosen.size()}, std::as_bytes(std::span(chosen)));
}

void write_rows(const fs::path& file, const Tensor& inputs,
                const std::vector<std::uint32_t>& rows) {
  const Tensor chosen = rows_in_order(inputs, rows);
  write_input(file, chosen.dtype, chosen.shape, chosen.bytes);
}

// At most `most` of them, evenly; 0: all.
std::vector<std::uint32_t> thinned(const std::vector<std::uint32_t>& rows, std::size_t most) {
  if (most == 0 || rows.size() <= most) return rows;
  std::vector<std::uint32_t> few;
  for (std::size_t i = 0; i < most; ++i) few.push_back(rows[i * rows.size() / most]);
  return few;
}

}  // namespace

std::uint32_t training_seed(std::uint64_t order_seed) {
  // 31 bits: a positive whole number in every language.
  return static_cast<std::uint32_t>((order_seed * 0x9e3779b97f4a7c15u) >> 33);
}

Training::Training(MeteredSandbox& sandbox, std::uint32_t seed, std::size_t most_samples)
    : sandbox_(sandbox),
      setting_(sandbox.setting()),
      seed_(seed),
      prepared_("next", setting_.scratch),
      model_("model", setting_.scratch) {
  const std::vector<std::uint32_t>& kept = setting_.dataset.validation_rows;
  std::vector<std::uint32_t> others;
  for (std::uint32_t row = 0; row < setting_.dataset.public_inputs.rows(); ++row) {
    if (!std::binary_search(kept.begin(), kept.end(), row)) others.push_back(row);
  }
  learned_ = thinned(others, most_samples);
  validation_ = thinned(kept, most_samples);
  fs::permissions(model_.path(), fs::perms(0755));
}

void Training::launch() {
  sandbox_.launch({{.host = model_.path(), .inside = kModelInside, .writable = true}});
}

void Training::prepare() {
  const fs::path folder = prepared_.path() / kDataFolder;
  fs::create_directory(folder);
  fs::permissions(folder, fs::perms(0755));
  write_rows(folder / "inputs.npy", setting_.dataset.public_inputs, learned_);
  write_labels(folder / "labels.npy", setting_.dataset.public_labels, learned_);
  if (!validation_.empty()) {
    write_rows(folder / "validation.npy", setting_.dataset.public_inputs, validation_);
  }
}

// Read behind the window, where the program is frozen: what it computed while the gate waited for
// quiet is work before the request too.
std::optional<Seconds> Training::used_before(const WindowRecord& window) const {
  const auto used = sandbox_.sandbox().cpu_time();
  if (!used || !window.submission_cpu) return std::nullopt;
  return *used - *window.submission_cpu;
}

void Training::measure(BlockRecord& record) {
  prepare();
  const TrainRequest request(std::string("/jb/in/") + kDataFolder, !validation_.empty(), seed_);
  checkpoints_.reserve(kMostCheckpoints);
  setting_.on_phase("training");
  sandbox_.measure(record, {}, [&] {
    fs::rename(prepared_.path() / kDataFolder, sandbox_.inputs() / kDataFolder);
    sandbox_.session().train(
        request, setting_.track.limits.train,
        [this](std::string name) { sandbox_.monitor().mark("phase " + std::move(name)); },
        [this](std::string file) { note_checkpoint(std::move(file)); });
  });
  const WindowRecord& window = record.windows.back();
  record.looks.push_back({.role = "before-training", .cpu = used_before(window)});
  TrainingRecord& training = record.training.value();
  training.seed = seed_;
  training.samples = learned_.size();
  training.validation_samples = validation_.size();
  for (const Checkpoint& checkpoint : checkpoints_) {
    training.checkpoints.push_back(
        {.file = checkpoint.file, .at = checkpoint.at - window.started, .energy = {}});
  }
}

// In the window: a reading of the meters, and four system calls for the file. It is read when the
// window is over, and its stamp says whether it is still the same.
void Training::note_checkpoint(std::string file) {
  const SteadyTime now = setting_.clock.now();
  sandbox_.monitor().sample();
  const auto fail = [&file](Outcome outcome, const std::string& why) {
    throw SubmissionFailure{outcome,
                            fmt::format("checkpoint /jb/out/{}: {}", printable(file, 200), why)};
  };
  if (validation_.empty()) fail(Outcome::protocol, "the dataset keeps no samples for validation");
  if (checkpoints_.size() == kMostCheckpoints) {
    fail(Outcome::protocol,
         fmt::format("more than the {} that a training may have", kMostCheckpoints));
  }
  if (std::any_of(checkpoints_.begin(), checkpoints_.end(),
                  [&file](const Checkpoint& other) { return other.file == file; })) {
    fail(Outcome::protocol, "reported twice; each needs a file of its own");
  }
  std::string problem;
  const auto stamp = sandbox_.sandbox().stamp_output(file, problem);
  if (!stamp) fail(Outcome::predictions, problem);
  checkpoints_.push_back({.file = std::move(file), .stamp = *stamp, .at = now});
}

Tensor Training::take_checkpoints() const {
  const PredictionFormat format = format_of(setting_);
  Tensor all{.dtype = format.kept_as(), .shape = {checkpoints_.size(), validation_.size()}};
  for (const Checkpoint& checkpoint : checkpoints_) {
    FileStamp now;
    const Tensor predictions =
        read_predictions(sandbox_.sandbox(), checkpoint.file, validation_.size(), format,
                         setting_.track.limits, &now);
    if (now != checkpoint.stamp) {
      throw SubmissionFailure{Outcome::violation,
                              fmt::format("checkpoint /jb/out/{} was changed after it was reported",
                                          printable(checkpoint.file, 200))};
    }
    all.bytes.insert(all.bytes.end(), predictions.bytes.begin(), predictions.bytes.end());
  }
  return all;
}

void Training::carry_model(TrainingRecord& record) const {
  const auto refuse = [](const std::string& why) {
    throw SubmissionFailure{Outcome::output, "the model cannot be carried on: " + why};
  };
  const auto shown = [this](const fs::path& path) {
    return std::string(kModelInside) + "/" +
           printable(path.lexically_relative(model_.path()).string(), 200);
  };
  // The sandbox kept files, folders and links alone; nobody writes there any more.
  const std::uint64_t most = setting_.track.limits.output_bytes;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(model_.path())) {
    const fs::file_status status = entry.symlink_status();
    if (fs::is_directory(status)) continue;
    if (!fs::is_regular_file(status)) refuse(shown(entry.path()) + " is a link");
    ++record.model_files;
    record.model_bytes += entry.file_size();
    if (record.model_bytes > most || record.model_files > kMostModelFiles) {
      refuse(fmt::format("it has more than {} MB (limits.output_mb) or {} files", most / 1'000'000,
                         kMostModelFiles));
    }
  }
  if (record.model_files == 0) refuse(std::string("there is no file in ") + kModelInside);
  record.model_sha256 = sha256_of_tree(model_.path());
}

void Training::launch_predictor() {
  fs::remove_all(sandbox_.inputs() / kDataFolder);
  sandbox_.launch({{.host = model_.path(), .inside = kModelInside, .writable = false}},
                  {{"JOULEBENCH_MODEL", kModelInside}});
}

void charge_work_before(BlockRecord& record) {
  if (record.windows.empty() || record.looks.empty() || !record.looks.front().cpu) return;
  const std::optional<Seconds> cpu = record.windows.front().submission_cpu;
  if (!cpu || cpu->count() <= 0) return;
  LookRecord& before = record.looks.front();
  const double share = *before.cpu / *cpu;
  for (DomainEnergy& energy : record.energy) {
    if (!energy.joules) continue;
    const double charged = share * energy.joules->value;
    energy.joules->value += charged;
    energy.error.value *= 1 + share;
    if (energy.domain.in_total)
      before.joules = Joules{before.joules.value_or(Joules{}).value + charged};
  }
}

void weigh_checkpoints(BlockRecord& record, const EnergyTrace& trace) {
  if (record.windows.empty()) return;
  const WindowRecord& window = record.windows.front();
  std::vector<CheckpointRecord>& checkpoints = record.training.value().checkpoints;
  std::vector<SteadyTime> instants;
  for (const CheckpointRecord& checkpoint : checkpoints) {
    instants.push_back(window.started +
                       std::chrono::duration_cast<std::chrono::nanoseconds>(checkpoint.at));
  }
  std::vector<std::vector<DomainEnergy>> energies = energy_since(trace, window.started, instants);
  for (std::size_t i = 0; i < checkpoints.size(); ++i) {
    // What the sensor may be off by, the whole window tells.
    for (DomainEnergy& energy : energies[i]) {
      for (const DomainEnergy& whole : window.domains) {
        if (whole.domain.name == energy.domain.name) energy.error += whole.error;
      }
    }
    checkpoints[i].energy = std::move(energies[i]);
  }
}

}  // namespace joulebench
