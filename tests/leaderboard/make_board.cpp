// Not a test: makes a board of any size, records and traces included, to look at its pages and to
// measure what they cost.
//   ninja -C build/release make_board && build/release/bin/make_board FOLDER 1000 [BLOCKS
//   [hostile|tracks|digits]]
// writes FOLDER/board.db and the records beside it. The same arguments give the same board. With
// "hostile" two more entries say in every field what no page may take for its own; with "tracks"
// the entries are spread over two tracks; with "digits" they answered the dataset of that name, so
// that joulebench board verify --scores can compute their scores again.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>
#include <random>

#include "core/digest.h"
#include "core/shipped_files.h"
#include "datasets/labels.h"
#include "leaderboard/store.h"
#include "support/synthetic_record.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using joulebench::support::make_predictions;
using joulebench::support::make_record;
using joulebench::support::SyntheticRun;

constexpr const char* kCup = R"({"format": "joulebench-competition/2", "id": "test",
  "title": "Made-up cup", "description": "Entries that nobody measured, to try the pages with.",
  "tracks": [{"id": "digits", "dataset": "digits", "title": "Handwritten digits",
              "baselines": ["logistic-regression"]},
             {"id": "letters", "dataset": "digits", "title": "Handwritten letters"}]})";
// Of boards with one track the second is left out.
constexpr std::string_view kSecondTrack =
    R"(,
             {"id": "letters", "dataset": "digits", "title": "Handwritten letters"})";
constexpr const char* kKinds[] = {"tree",  "forest",  "network", "svm",    "boosting",
                                  "mixer", "ternary", "lookup",  "pruned", "distilled"};
constexpr const char* kTeams[] = {"reference", "TU Berlin", "lab-12",
                                  "",          "École <X>", "kernel hackers"};

/// Draws entries whose accuracy costs energy, with some that waste it.
class Drawer {
 public:
  SyntheticRun next(int blocks) {
    const double skill = uniform_(random_);
    const double waste = -std::log(1 - uniform_(random_)) * 1.2;
    const double joules = 0.002 * std::exp(7 * skill + waste);  // a block
    SyntheticRun run{.name = fmt::format("{}-{}", kKinds[count_ % 10], count_ / 10 + 1)};
    run.joules_per_block.clear();
    for (int i = 0; i < blocks; ++i) {
      run.joules_per_block.push_back(joules * std::exp(0.02 * normal_(random_)));
    }
    run.error_joules = joules * 0.002;
    run.labels.clear();
    for (int i = 0; i < 1000; ++i) run.labels.push_back(i * i % 10);  // 0, 1, 4, 5, 6 and 9
    const double wrong = 0.26 * std::exp(-3.4 * skill) + 0.02 * uniform_(random_);
    run.wrong = static_cast<std::size_t>(1000 * std::min(wrong, 0.9));
    ++count_;
    return run;
  }
  bool one_in(int times) { return std::uniform_int_distribution<int>(1, times)(random_) == 1; }
  int count() const { return count_; }

 private:
  std::mt19937 random_{7};
  std::uniform_real_distribution<double> uniform_{0, 1};
  std::normal_distribution<double> normal_{0, 1};
  int count_ = 0;
};

/// A tenth of the energy as a domain of its own, so that there are shares to draw.
void add_dram(RunRecord& record, double share) {
  record.track.energy.domains = {DomainKind::cpu_package, DomainKind::dram};
  for (BlockRecord& block : record.blocks) {
    DomainEnergy dram = block.energy.front();
    dram.domain.name = "dram-0";
    dram.domain.kind = DomainKind::dram;
    dram.domain.source = "powercap:intel-rapl:0:0";
    *dram.joules = *dram.joules * share;
    *block.energy.front().joules = *block.energy.front().joules * (1 - share);
    block.energy.push_back(dram);
    block.windows.front().domains = block.energy;
    block.round = block.number;
  }
}

void decorate(RunRecord& record, Drawer& drawer) {
  record.entry.team = kTeams[drawer.count() % 6];
  record.entry.version = fmt::format("1.{}", drawer.count() % 4);
  record.entry.licence = "MIT";
  record.entry.description = "Made up to try the pages with.";
  if (drawer.one_in(25)) record.flags.push_back({"drift", "block 2: the baseline moved by 3.4 %"});
  if (drawer.one_in(30)) record.flags.push_back({"foreign-load", "others kept 0.2 CPUs busy"});
  if (drawer.one_in(60)) {
    record.flags.push_back({"answer-caching", "later looks cost 0.07 of first ones"});
  }
  record.audits = {{.name = "answer-caching",
                    .ratio = 1.01,
                    .interval = Interval{0.97, 1.05},
                    .detectable_gain = 0.08,
                    .trials = 5}};
}

std::string cup_of(std::string_view kind) {
  std::string cup = kCup;
  if (kind != "tracks") cup.erase(cup.find(kSecondTrack), kSecondTrack.size());
  return cup;
}

/// Of the digits; else none: labels are made up, and no dataset has them.
LabelledDataset labels_for(std::string_view kind) {
  if (kind == "digits") {
    return open_dataset("digits", {.folders = {shipped_files() / "datasets"}}, DatasetPart::hidden);
  }
  return {};
}

void add_entry(Store& store, const fs::path& folder, Drawer& drawer, int blocks,
               std::string_view kind, const LabelledDataset& real) {
  SyntheticRun run = drawer.next(blocks);
  if (drawer.count() == 8) run.name = "logistic-regression";
  if (!real.hidden_labels.empty()) {
    run.wrong = run.wrong * real.hidden_labels.size() / run.labels.size();
    run.labels = real.hidden_labels;
  }
  RunRecord record = make_record(run);
  if (!real.hidden_labels.empty()) record.dataset_sha256 = real.dataset.sha256;
  record.entry.is_baseline = drawer.count() == 8;
  if (kind == "tracks" && drawer.count() % 2 == 1) record.track.id = "letters";
  add_dram(record, 0.06 + 0.01 * (drawer.count() % 9));
  if (!record.entry.is_baseline) decorate(record, drawer);
  if (drawer.one_in(40)) {
    record.outcome = Outcome::memory;
    record.message = "used 65 MB of 64 MB";
    record.log_tail = "allocating\nTraceback (most recent call last):\nMemoryError";
  }
  const fs::path place = folder / "board.records" / record.entry.id.substr(0, 16);
  write_record(place, record, run);
  const auto number = store.put_run(record, place, "2026-12-01T09:00:00.000Z");
  const Score score = score_run(record, [&](const BlockRecord&) { return make_predictions(run); },
                                {.values = run.labels,
                                 .dataset_sha256 = record.dataset_sha256,
                                 .class_names = real.dataset.class_names});
  store.put_score(number, score, "floors/2", "0.1.0", "2026-12-01T09:00:00.000Z");
}

/// A valid and a failed entry of which every text is an attack or has no place to break.
void add_hostile(Store& store, const fs::path& folder, Drawer& drawer) {
  const std::string attack =
      "<script>window.hurt = 1</script><b class=hurt onclick=\"x\"><img src=x onerror='hurt = 1'>";
  for (const bool fails : {false, true}) {
    SyntheticRun run = drawer.next(2);
    run.wrong = 20;
    RunRecord record = make_record(run);
    add_dram(record, 0.1);
    record.entry.name = attack + (fails ? " failed" : std::string(300, 'W'));
    record.entry.team = record.entry.version = record.entry.licence = attack;
    record.entry.description = attack + std::string(500, 'x');
    record.entry.url = "javascript:window.hurt = 1";
    record.flags = {{attack, attack}, {"drift", std::string(400, 'y')}};
    record.audits = {{.name = attack, .ratio = 1.0}};
    record.masked = {{attack}};
    record.blocks[0].message = attack;
    record.log_tail = attack + "\x1b[31m\xff";
    if (fails) {
      record.outcome = Outcome::crash;
      record.message = attack;
    }
    record.node_after->operating_system = attack;
    const fs::path place = folder / "board.records" / (fails ? "hostile-2" : "hostile-1");
    write_record(place, record, run);
    const auto number = store.put_run(record, place, "2026-12-01T09:00:00.000Z");
    const std::vector<std::string> names(10, attack);  // of classes
    store.put_score(
        number,
        score_run(
            record, [&](const BlockRecord&) { return make_predictions(run); },
            {.values = run.labels, .dataset_sha256 = record.dataset_sha256, .class_names = names}),
        "floors/2", "0.1.0", "2026-12-01T09:00:00.000Z");
  }
}

}  // namespace
}  // namespace joulebench

int main(int argc, char** argv) {
  using namespace joulebench;
  if (argc < 3) {
    std::cerr << "usage: make_board FOLDER ENTRIES [BLOCKS [hostile|tracks|digits]]\n";
    return 2;
  }
  const fs::path folder = argv[1];
  fs::create_directories(folder);
  Store store(folder / "board.db");
  const std::string_view kind = argc > 4 ? argv[4] : "";
  store.put_competition(parse_competition(cup_of(kind), "competition.json"),
                        "2026-12-01T08:00:00.000Z");
  Drawer drawer;
  const int blocks = argc > 3 ? std::atoi(argv[3]) : 5;
  const LabelledDataset real = labels_for(kind);
  for (int i = 0; i < std::atoi(argv[2]); ++i) add_entry(store, folder, drawer, blocks, kind, real);
  if (kind == "hostile") add_hostile(store, folder, drawer);
  std::cout << (folder / "board.db").string() << "\n";
  return 0;
}
