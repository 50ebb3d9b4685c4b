#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/competition.h"
#include "core/energy.h"
#include "core/outcome.h"
#include "core/statistics.h"
#include "core/tensor.h"
#include "core/units.h"

namespace joulebench {

/// One metered window: from just before its first request to just after its last answer.
struct WindowRecord {
  int first_pass = 0;  // 1-based
  int passes = 0;
  std::uint64_t samples = 0;  // predictions made in it
  SteadyTime started{};       // on the trace's clock
  Seconds wall{0};
  std::optional<Seconds>
      submission_cpu;  // user + system time of everything in the sandbox; absent: not readable
  std::optional<Seconds>
      rest_cpu;            // the same from the window before until this one began; absent likewise
  Seconds harness_cpu{0};  // our own, sampler included
  std::vector<DomainEnergy> domains;
};

/// One request that shows what a program costs in its sandbox, outside the figure: `first-look`
/// (the first time that it sees the hidden inputs, one pass) and `later-look` (one pass again, when
/// it has seen them often); on public inputs that it has not seen `public-pass` and, of the shape
/// of the measured requests, `public-request`.
struct LookRecord {
  std::string role;
  int pass = 0;    // number of the pass whose predictions it gave; 0: public inputs
  int passes = 1;  // in the request
  Seconds wall{0};
  std::optional<Seconds> cpu;    // of everything in the sandbox; absent: not readable
  std::optional<Joules> joules;  // absent: not metered, or too short to say anything
};

struct IdlePower {
  std::string domain;
  std::optional<Watts> before;  // absent: not measured
  std::optional<Watts> after;
};

/// How long a program took for one sample, over all samples of a block's windows: from just before
/// the sample was written to just after its answer's last byte, stamped outside the sandbox. Each
/// is the least time that so many were answered within.
struct Latency {
  Seconds p50{0};
  Seconds p90{0};
  Seconds p99{0};
};

/// A model on its way: predictions for the validation samples that a program made while it trained.
struct CheckpointRecord {
  std::string file;                  // the name they had in /jb/out
  Seconds at{0};                     // since the window began
  std::vector<DomainEnergy> energy;  // used until then, domain by domain
};

/// What a block of a training track has besides: the training that its window measured.
struct TrainingRecord {
  std::uint32_t seed = 0;                // as the program was given it
  std::uint64_t samples = 0;             // it learned from
  std::uint64_t validation_samples = 0;  // 0: the dataset keeps none for validation
  std::uint64_t model_files = 0;
  std::uint64_t model_bytes = 0;
  std::string model_sha256;  // over its sorted file list
  std::vector<CheckpointRecord> checkpoints;
  std::string checkpoints_sha256;  // of checkpoints.npy; empty when there is none
};

struct BlockRecord {
  int number = 0;  // 1-based within the run
  Outcome outcome = Outcome::infrastructure;
  std::string message;   // of a failure: what happened, for the author
  std::string log_tail;  // last lines of stderr
  std::string started_at_utc;
  int round = 0;                 // of its campaign, 1-based; 0: not recorded
  std::string session;           // that it ran in: rounds without a break; empty: not recorded
  std::uint64_t order_seed = 0;  // pass p's permutation comes from (order_seed, p)
  int passes = 0;  // that were predicted: those of the windows, and the looks at hidden inputs
  int distinct_requests = 0;  // requests with inputs of their own, those after them repeat them in
                              // turn; 0: all
  std::uint64_t samples_per_pass = 0;
  std::uint64_t samples = 0;  // predictions made in measured windows
  int sandboxes = 0;          // fresh ones, one pass of each; 0: all passes come from one
  int kept_passes = 0;   // passes in predictions.npy, the first and others drawn; 0: all of them
  Seconds cool_down{0};  // waited until idle power was back
  Seconds load{0};
  Seconds warm_up{0};
  Seconds measured{0};
  Seconds tail{0};
  std::vector<WindowRecord> windows;
  std::vector<LookRecord> looks;
  std::vector<DomainEnergy> energy;  // the windows' sum, domain by domain
  std::vector<DomainEnergy> tail_energy;
  std::vector<IdlePower> idle;
  std::optional<Latency> latency;       // single-stream only
  std::uint64_t peak_memory_bytes = 0;  // 0: not known
  std::map<std::string, std::string>
      enforcement;  // limit -> cgroup-v2 | cgroup-v1 | rlimit | polled | none
  std::vector<Flag> flags;
  std::optional<TrainingRecord> training;  // absent in tracks of the task predict
  std::string predictions_sha256;          // of predictions.npy; empty when there is none
  std::string trace_sha256;
};

/// What the machine was like; everything that could change a result. Absent fields could not be
/// read.
struct NodeState {
  std::string hostname;
  std::string cpu_model;
  unsigned cpus = 0;
  std::uint64_t memory_bytes = 0;
  std::string kernel;
  std::string operating_system;
  std::optional<std::string> governor;
  std::optional<bool> turbo;
  std::optional<bool> smt;
  std::optional<double> load_average;  // one minute
  std::optional<double> temperature_celsius;
  std::optional<std::uint64_t> swap_used_bytes;
  std::vector<std::string> gpus;
  std::optional<std::string> microcode = {};   // of the CPU, as the kernel writes it
  std::optional<std::string> gpu_driver = {};  // the version that the kernel has loaded
  std::vector<std::string> gpu_ids = {};       // by which two boards of one model differ
};

struct EntryIdentity {
  std::string id;  // SHA-256 over the submission's sorted file list
  std::string name;
  std::string team;
  std::string version;
  std::string description;
  std::string licence;
  std::string url;
  bool is_baseline = false;
};

/// The root file system that an entry ran in. It never changes, so the digest says all.
struct EnvironmentIdentity {
  std::string name;    // as the competition calls it
  std::string sha256;  // over its sorted file list
};

/// What an audit of a run found: what requests cost that a cheat would answer for less, as a share
/// of what they would cost an honest program. Absent figures: too few trials.
struct AuditFigure {
  std::string name;                       // "answer-caching", "coalescing", "trend"
  std::optional<double> ratio;            // geometric mean over the trials; 1: no difference
  std::optional<Interval> interval;       // of the ratio, 99 %
  std::optional<double> detectable_gain;  // a gain above this share would have been flagged
  int trials = 0;                         // blocks
  bool flagged = false;  // the whole interval lies below 0.9; the run has a flag of this name
};

/// How many rows a request of an entry has, and why: measured by the pilot on public inputs, kept
/// for the program's content.
struct RequestShape {
  int copies = 1;              // passes in one request
  Seconds pass{0};             // what a request of one pass takes
  Seconds fixed{0};            // what a request of one row takes, however large a request is
  Seconds request{0};          // what a request of `copies` passes takes
  Seconds per_sample{0};       // its cost of each further row
  std::string reason;          // in words: why this many copies
  std::string program_sha256;  // of what the entry runs: entries that differ in their names alone
                               // have one shape
};

/// All that a run leaves behind, as run.json in its folder (README.md there has the table of keys).
struct RunRecord {
  EntryIdentity entry;
  std::string competition_id;
  std::string competition_sha256;
  Track track;  // as it was in force
  std::string dataset_sha256;
  std::optional<EnvironmentIdentity> environment;  // absent: the machine's own /usr
  /// Files of the machine that no sandbox could open since they give labels away, and why. Absent:
  /// nobody looked for such files.
  std::optional<std::vector<std::string>> masked;
  std::string program_version;
  std::string started_at_utc;
  NodeState node_before;
  std::optional<NodeState> node_after;
  Outcome outcome = Outcome::infrastructure;  // of the whole run
  std::string message;
  std::string log_tail;
  int passes_per_block = 0;           // chosen by the pilot; 0: not yet
  int copies_per_request = 1;         // passes that one request carries
  std::optional<RequestShape> shape;  // absent: not yet, or a training
  std::vector<BlockRecord> blocks;
  std::vector<AuditFigure> audits;
  std::vector<Flag> flags;

  int valid_blocks() const;
};

/// Reads and writes `folder`/run.json. Writing is atomic: a reader sees the former file or the new
/// one. Errors: Error naming the file and field; an unknown format version is one.
RunRecord read_run_record(const std::filesystem::path& folder);
void write_run_record(const std::filesystem::path& folder, const RunRecord& record);

/// The text of run.json, and back; `name` is for messages. What the board's database keeps.
std::string to_json_text(const RunRecord& record);
RunRecord parse_run_record(std::string_view json, const std::string& name);

/// The folder of one block below the run's.
std::filesystem::path block_folder(const std::filesystem::path& run_folder, int block_number);

/// The files of a block's folder with their SHA-256, as the record has them; none of a block that
/// left none. Who adds a file to a block adds it here: copies and checks go by this list.
std::vector<std::pair<std::string, std::string>> block_files(const BlockRecord& block);

/// Writes block-N/ with predictions.npy and trace.csv, of a training with checkpoints also
/// checkpoints.npy, published as a whole, and sets the digests in `block`. predictions: of shape
/// (passes, samples) or (passes, samples, classes), in the dataset's order; checkpoints: integers
/// of shape (checkpoints, validation samples).
void write_block_files(const std::filesystem::path& run_folder, BlockRecord& block,
                       const Tensor& predictions, const EnergyTrace& trace,
                       const Tensor& checkpoints = {});

/// Reads a block's predictions, checking digest and shape against the record.
/// Errors: Error naming the file when it is missing, altered or not what the block says.
Tensor read_block_predictions(const std::filesystem::path& run_folder, const BlockRecord& block);

/// The same of a training's checkpoints; `block` must have some.
Tensor read_block_checkpoints(const std::filesystem::path& run_folder, const BlockRecord& block);

/// trace.csv: kind,domain,before_ns,after_ns,joules per line; kind is sample, gap, mark, or what a
/// device said about itself: watts, celsius (the value stands in the last column).
std::string to_csv(const EnergyTrace& trace);
EnergyTrace read_trace(const std::filesystem::path& run_folder, const BlockRecord& block);

/// A trace with its gzip file for others: that of the record where it holds to_csv() of the trace
/// and nothing else, else one made here. So a record that is published again has the same bytes.
struct TraceFile {
  EnergyTrace trace;
  std::string packed_csv;
};
TraceFile read_trace_file(const std::filesystem::path& run_folder, const BlockRecord& block);

}  // namespace joulebench
