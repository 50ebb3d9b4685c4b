// Not a test: the costs of a board by its size.
//   ninja -C build/release store_bench && build/release/bin/store_bench FOLDER RUN.JSON 100 1000
//   10000
// FOLDER on a memory file system (/dev/shm) leaves the disk's fsync out; RUN.JSON is a record as
// `evaluate` writes it, whose entry is named anew for each run.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <iostream>

#include "core/digest.h"
#include "core/file.h"
#include "leaderboard/store.h"
#include "scoring/score.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
constexpr const char* kNow = "2026-12-01T09:00:00.000Z";

template <class Action>
double seconds_of(Action&& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median_of(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + std::ssize(values) / 2, values.end());
  return values[values.size() / 2];
}

/// A score as large as a real one: of blocks that gave these joules.
Score score_of(const RunRecord& record) {
  Score score{.entry_id = record.entry.id,
              .entry_name = record.entry.name,
              .outcome = Outcome::valid,
              .blocks = static_cast<int>(record.blocks.size()),
              .node = record.node_before.hostname};
  score.metric = "accuracy";
  score.accuracy = Estimate{.value = 0.97, .interval = Interval{0.95, 0.98}};
  score.joules_per_sample = Estimate{.value = 1e-6, .interval = Interval{9e-7, 1.1e-6}};
  for (const BlockRecord& block : record.blocks) {
    score.block_scores.push_back({.number = block.number,
                                  .passes = block.passes,
                                  .samples = block.samples,
                                  .joules = Joules{1},
                                  .measured = block.measured});
  }
  return score;
}

/// As a campaign does: the run as it was before its last block, with it, and its score.
class Filler {
 public:
  Filler(Store& store, RunRecord record) : store_(store), record_(std::move(record)) {}
  void add() {
    record_.entry.name = fmt::format("entry {}", ++count_);
    record_.entry.id = sha256_of_text(record_.entry.name);
    store_.received_at(record_.competition_id, record_.entry.id, kNow);
    const fs::path folder = fs::path("/records") / record_.entry.id;
    double spent = seconds_of([&] { id_ = store_.put_run(record_, folder, kNow); });
    spent +=
        seconds_of([&] { store_.put_score(id_, score_of(record_), "floors/1", "0.1.0", kNow); });
    insert_s.push_back(spent);
  }
  std::vector<double> insert_s;  // of a record with all its blocks, and its score

 private:
  Store& store_;
  RunRecord record_;
  std::int64_t id_ = 0;
  int count_ = 0;
};

void measure(const fs::path& folder, const RunRecord& record, int entries) {
  const fs::path file = folder / fmt::format("bench-{}.db", entries);
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(file.string() + suffix);
  const std::string competition =
      fmt::format(R"({{"format": "joulebench-competition/2", "id": "{}", "tracks": [{{"id": "{}",
        "dataset": "digits"}}]}})",
                  record.competition_id, record.track.id);
  double fill = 0;
  double insert = 0;
  {
    Store store(file);
    store.put_competition(parse_competition(competition, "bench.json"), kNow);
    Filler filler(store, record);
    fill = seconds_of([&] {
      for (int i = 0; i < entries; ++i) filler.add();
    });
    const auto last = filler.insert_s.size() - std::min<std::size_t>(filler.insert_s.size(), 100);
    insert = median_of(
        {filler.insert_s.begin() + static_cast<std::ptrdiff_t>(last), filler.insert_s.end()});
  }
  std::vector<double> opens;
  for (int i = 0; i < 11; ++i) {
    opens.push_back(seconds_of([&] { Store::open_existing(file).head(); }));
  }
  std::size_t problems = 0;
  const std::clock_t before = std::clock();
  const double verify = seconds_of([&] { problems = Store::open_existing(file).verify().size(); });
  const double cpu = static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC;
  const auto blocks = static_cast<double>(record.blocks.size()) * entries;
  std::cout << fmt::format(
                   "{:>7} entries x {} blocks: fill {:.2f} ms an entry, insert at the end {:.2f} "
                   "ms, open {:.2f} "
                   "ms, verify {:.2f} s ({:.2f} s of CPU, {:.3f} ms an entry, {} problems), {:.1f} "
                   "kB a block\n",
                   entries, record.blocks.size(), fill * 1e3 / entries, insert * 1e3,
                   median_of(opens) * 1e3, verify, cpu, cpu * 1e3 / entries, problems,
                   static_cast<double>(fs::file_size(file)) / blocks / 1000)
            << std::flush;
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(file.string() + suffix);
}

}  // namespace
}  // namespace joulebench

int main(int argc, char** argv) {
  using namespace joulebench;
  if (argc < 4) {
    std::cerr << "usage: store_bench FOLDER RUN.JSON ENTRIES...\n";
    return 2;
  }
  const RunRecord record = parse_run_record(read_text_file(argv[2]), argv[2]);
  for (int i = 3; i < argc; ++i) measure(argv[1], record, std::atoi(argv[i]));
  return 0;
}
