#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/carbon.h"
#include "core/energy.h"
#include "core/intake_rules.h"
#include "core/metric.h"
#include "core/units.h"

namespace joulebench {

/// What one block may use; enforced by harness/sandbox, recorded with how.
struct Limits {
  Seconds load{60};     // from start to "ready"
  Seconds request{60};  // from a request to its "done"
  Seconds train{1800};  // the same of a training
  Seconds wall{3600};   // the whole block; of a training track each of its two sandboxes
  std::uint64_t memory_bytes = 4'096'000'000;
  std::uint64_t processes = 64;             // processes and threads together
  std::uint64_t output_bytes = 64'000'000;  // of /jb/out, and of a trained model
  std::uint64_t log_bytes = 256'000;
  unsigned cpus = 2;
  unsigned gpus = 0;
};

/// How often one sandbox is shown a hidden sample: in every measured pass, or once in its life;
/// then a block is as many fresh sandboxes as its length needs.
enum class LooksRule { repeated, once };

struct Protocol {
  int blocks = 5;            // of each entry; where blocks are added those before the first look
  bool adds_blocks = false;  // "auto": more blocks for entries that are tied at the top
  int most_blocks = 20;      // of each entry, where blocks are added
  Seconds most_time{0};      // that all blocks of a campaign may take then; 0: any
  Seconds min_block{10};     // measured time of one block
  double min_sensor_periods = 100;
  Seconds max_block{600};
  Seconds idle{5};  // before and after each block
  Seconds tail{1};  // after the last answer, watched
  bool salt = true;
  LooksRule looks = LooksRule::repeated;
};

/// Which nodes an entry runs on where there are several: one of those that are alike, or every one,
/// ranked by what it uses there relative to the baseline.
enum class NodeRule { alike, every };

struct RankingRule {
  std::string rule = "floors";  // acml2021, accuracy-per-energy (the lowest floor admits), pareto
  // In the metric's own unit. Of one where less is better they are ceilings: at most so much.
  std::vector<double> floors = {0.80, 0.90, 0.95};
  double confidence = 0.95;
  double floor_confidence = 0.95;  // one-sided, that an entry meets a floor
  int min_blocks = 2;              // 1: also rank what has no interval
  double node_tolerance = 0.01;    // within which the baseline's energy makes two nodes one
  NodeRule nodes = NodeRule::alike;
};

struct EnergyRule {
  std::vector<DomainKind> domains = {DomainKind::cpu_package, DomainKind::dram};
  // Of these the ones that count where the node has their counter, and are not missed elsewhere:
  // AMD's and many client processors have none for memory.
  std::vector<DomainKind> where_present = {DomainKind::dram};
  EnergyClass energy_class = EnergyClass::measured;
};

enum class Task { predict, train };
enum class Scenario { offline, single_stream };
const char* to_string(LooksRule looks);    // "once"
const char* to_string(NodeRule nodes);     // "every"
const char* to_string(Task task);          // "predict"
const char* to_string(Scenario scenario);  // "single-stream"

struct Track {
  std::string id;
  std::string title;
  std::string dataset;
  Task task = Task::predict;
  Scenario scenario = Scenario::offline;
  Metric metric;
  RankingRule ranking;
  EnergyRule energy;
  Protocol protocol;
  Limits limits;
  std::vector<std::string> baselines;  // as written: relative to the competition file or above it
};

/// A root file system that a competition lets its entries run in (environments/README.md).
struct OfferedEnvironment {
  std::string name;    // "host": the organizer's own /usr
  std::string sha256;  // that it must have; empty: whichever has the name where it runs
};
/// The name of no environment: entries see the /usr of the machine that they run on.
inline constexpr const char* kHostEnvironment = "host";

/// competition.json as data (design.md 4.1). Computes nothing.
struct Competition {
  std::string id;
  std::string title;
  std::string description;
  std::vector<OfferedEnvironment> environments;  // first: the default; empty: host alone
  std::vector<Track> tracks;                     // at least one
  IntakeRules intake;                            // how archives are taken in
  std::optional<CarbonRule> carbon;              // how joules become gCO2e; shown, never ranked by
  std::filesystem::path file;
  std::string digest;  // SHA-256 of the file
  std::string text;    // of the file, as it was read

  /// Errors: Error naming the track that does not exist and the nearest that does.
  const Track& track(const std::string& track_id) const;
};

/// Errors: Error naming the file, the line or the field, and the nearest known name.
Competition read_competition(const std::filesystem::path& file);

/// The same from text in memory; `file` is for messages and for Competition::file.
Competition parse_competition(std::string_view text, const std::filesystem::path& file);

/// The published JSON Schema of competition.json; what read_competition() checks with.
std::string_view competition_schema();

}  // namespace joulebench
