// Whole pages of a fixed board, compared byte for byte with the files in golden/.
// JOULEBENCH_UPDATE_GOLDEN=1 in the environment writes them anew; read the difference before you
// commit it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <sstream>

#include "core/file.h"
#include "leaderboard/site/site.h"
#include "support/synthetic_board.h"
#include "test_paths.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using joulebench::support::add;
using joulebench::support::good_run;
using joulebench::support::kNow;
using joulebench::support::make_record;
using joulebench::support::SyntheticRun;

constexpr const char* kCup = R"({"format": "joulebench-competition/2", "id": "test",
  "title": "Test cup", "description": "Made up <for> a test.",
  "carbon": {"grams_per_kwh": 360, "source": "the grid", "year": 2025, "pue": 1.2},
  "tracks": [{"id": "digits", "dataset": "digits", "title": "Handwritten digits"},
             {"id": "classes", "dataset": "digits", "ranking": {"rule": "acml2021"}},
             {"id": "learn", "dataset": "digits", "task": "train",
              "ranking": {"floors": [0.75, 0.9]}}]})";

/// Fields that pages show and other tests leave empty.
RunRecord detailed(RunRecord record) {
  record.entry.version = "1.2";
  record.entry.licence = "MIT";
  record.entry.description = "A tree of \"depth\" 5 & more";
  record.entry.url = "https://example.org/tree";
  record.flags = {{"foreign-load", "others used 3 % of the CPUs"}};
  record.node_after->operating_system = "Debian 12.1";
  record.blocks[0].peak_memory_bytes = std::uint64_t{12} << 20;
  record.blocks[0].message = "slow to load";
  record.blocks[0].trace_sha256 = std::string(64, '0');
  return record;
}

void fill_digits(Store& store) {
  const SyntheticRun tree = good_run("tree", {10, 11, 12});
  RunRecord record = detailed(make_record(tree));
  record.entry.is_baseline = true;
  add(store, tree, record);
  SyntheticRun forest = good_run("Forest <b>", {20, 21, 20});
  forest.wrong = 4;
  add(store, forest, make_record(forest));
  SyntheticRun guess = good_run("guess", {1, 1});
  guess.energy_class = EnergyClass::modelled;
  add(store, guess, make_record(guess));
  const SyntheticRun hog = good_run("hog", {10});
  record = make_record(hog);
  record.outcome = record.blocks[0].outcome = Outcome::memory;
  record.message = record.blocks[0].message = "used 65 MB of 64 MB";
  record.log_tail = "allocating <much>";
  add(store, hog, record);
  const SyntheticRun cheat = good_run("cheat", {1, 1, 1});
  store.decide(add(store, cheat, make_record(cheat)), Decision::disqualified, "read the labels",
               kNow);
  const SyntheticRun memo = good_run("memo", {2, 2, 2});
  record = make_record(memo);
  record.flags = {{"answer-caching", "later looks cost 0.07 of first ones"}};
  add(store, memo, record);
  store.put_refused("test", "digits", {{"odd", "submission.json: field 'format'"}}, kNow);
}

void fill_classes(Store& store) {
  const SyntheticRun tree = good_run("tree", {10, 10});
  SyntheticRun low = good_run("low", {5, 5});
  low.wrong = 150;
  for (const SyntheticRun& run : {tree, low}) {
    RunRecord record = make_record(run);
    record.track.id = "classes";
    add(store, run, record);
  }
}

void fill_learn(Store& store) {
  SyntheticRun run = good_run("learner", {10, 40});
  run.passes = 1;
  RunRecord record = support::make_training_record(run);
  record.track = store.competition("test").track("learn");
  record.track.energy.domains = {DomainKind::cpu_package};
  add(store, run, record);
}

std::map<std::string, std::string> golden_site() {
  Store store(":memory:");
  store.put_competition(parse_competition(kCup, "test.json"), kNow);
  fill_digits(store);
  fill_classes(store);
  fill_learn(store);
  std::vector<Board> boards;
  for (const char* track : {"digits", "classes", "learn"}) {
    boards.push_back(make_board(store, "test", track));
    // The log holds digests of records: a change of their format is no change of the pages.
    boards.back().head = {.number = 7, .at_utc = kNow, .sha256 = std::string(64, 'a')};
  }
  std::map<std::string, std::string> files;
  make_site(boards, support::flat_trace,
            {.sink = [&](const std::string& path, std::string_view content) {
              files.emplace(path, content);
            }});
  return files;
}

/// "line 12: \"a\" was expected, \"b\" is there"
std::string first_difference(const std::string& expected, const std::string& actual) {
  std::istringstream one(expected), other(actual);
  for (int number = 1;; ++number) {
    std::string a = "(end)", b = "(end)";
    const bool has_a = static_cast<bool>(std::getline(one, a));
    const bool has_b = static_cast<bool>(std::getline(other, b));
    if (!has_a && !has_b) return "none";
    if (a != b) return "line " + std::to_string(number) + ":\n- " + a + "\n+ " + b;
  }
}

/// A page and the file in golden/ that it must equal.
struct Page {
  const char* file;
  const char* path;  // up to the id, for an entry
  const char* suffix = "";
};

void PrintTo(const Page& page, std::ostream* out) {
  *out << page.file;
}

class Golden : public ::testing::TestWithParam<Page> {};

TEST_P(Golden, PageIsAsAgreed) {
  const Page& page = GetParam();
  std::string actual;
  for (const auto& [path, content] : golden_site()) {
    if (path.starts_with(page.path) && path.ends_with(page.suffix)) actual = content;
  }
  ASSERT_FALSE(actual.empty());
  const fs::path file = fs::path(JOULEBENCH_SOURCE_DIR) / "tests/leaderboard/golden" / page.file;
  if (std::getenv("JOULEBENCH_UPDATE_GOLDEN") != nullptr) write_file_atomically(file, actual);
  const std::string expected = read_text_file(file);
  EXPECT_TRUE(actual == expected) << page.file << " differs, first at "
                                  << first_difference(expected, actual)
                                  << "\nJOULEBENCH_UPDATE_GOLDEN=1 takes over what is there now";
}

INSTANTIATE_TEST_SUITE_P(
    Site, Golden,
    ::testing::Values(Page{"overview.html", "index.html"},
                      Page{"board.html", "test/digits/index.html"},
                      Page{"board.csv", "test/digits/board.csv"},
                      Page{"classes.html", "test/classes/index.html"},
                      Page{"entry.html", "test/digits/entries/reference/tree", ".html"},
                      Page{"failed.html", "test/digits/entries/reference/hog", ".html"},
                      Page{"held.html", "test/digits/entries/reference/memo", ".html"},
                      Page{"training.html", "test/learn/entries/reference/learner", ".html"},
                      Page{"how.html", "test/digits/how.html"},
                      Page{"compare.html", "test/digits/compare.html"}));

}  // namespace
}  // namespace joulebench
