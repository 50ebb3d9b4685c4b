#include "leaderboard/site/site.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/error.h"
#include "leaderboard/board_json.h"
#include "leaderboard/number_text.h"
#include "leaderboard/site/chart/point_names.h"
#include "leaderboard/site/chart/power_overlay_chart.h"
#include "leaderboard/site/chart/quality_energy_chart.h"
#include "leaderboard/site/chart/training_curve_chart.h"
#include "leaderboard/site/single_page.h"
#include "support/synthetic_board.h"

namespace joulebench {
namespace {

using joulebench::support::add;
using joulebench::support::flat_trace;
using joulebench::support::good_run;
using joulebench::support::kNow;
using joulebench::support::make_predictions;
using joulebench::support::make_record;
using joulebench::support::SyntheticRun;
using ::testing::HasSubstr;
using ::testing::Not;

Store make_store(const std::string& tracks = R"([{"id": "digits", "dataset": "digits"}])",
                 const std::string& more = "") {
  Store store(":memory:");
  store.put_competition(
      parse_competition(R"({"format": "joulebench-competition/2", "id": "test", "title": "Test cup",
                            "tracks": )" +
                            tracks + more + "}",
                        "test.json"),
      kNow);
  return store;
}

std::map<std::string, std::string> site_of(std::span<const Board> boards) {
  std::map<std::string, std::string> files;
  make_site(boards, flat_trace, {.sink = [&](const std::string& path, std::string_view content) {
              EXPECT_TRUE(files.emplace(path, content).second) << path << " was written twice";
            }});
  return files;
}

std::string entry_page(const std::map<std::string, std::string>& files, const std::string& name) {
  const auto page = files.find("entries/reference/" + name + ".html");
  if (page != files.end()) return page->second;
  ADD_FAILURE() << "no page for " << name;
  return {};
}

TEST(Site, ShowsWhichClassesAreTakenForWhich) {
  Store store = make_store();
  SyntheticRun run = good_run("digits", {10, 11});
  for (std::size_t i = 0; i < run.labels.size(); ++i) {
    run.labels[i] = static_cast<std::int32_t>(i % 3);
  }
  const RunRecord record = make_record(run);
  const auto number = store.put_run(record, "/tmp/board.records/x", kNow);
  Score score = score_run(record, [&](const BlockRecord&) { return make_predictions(run); },
                          {.values = run.labels, .dataset_sha256 = record.dataset_sha256});
  score.class_answers = {{.label = 0, .times = 1000, .right = 1000, .wrong = {}},
                         {.label = 1, .times = 1000, .right = 900, .wrong = {{0, 60}, {-1, 40}}},
                         {.label = 2, .times = 100'000, .right = 99'999, .wrong = {{1, 1}}}};
  score.class_names = {"cat", "<b>dog", "owl"};
  store.put_score(number, score, "floors/2", "0.1.0", kNow);
  const Board board = make_board(store, "test", "digits");
  const std::string page = entry_page(site_of({&board, 1}), "digits");
  EXPECT_THAT(page, HasSubstr("<th scope=row><bdi>&lt;b&gt;dog</bdi><td class=n>90.0<td><bdi>cat"
                              "</bdi><td class=n>6.0\n"));
  EXPECT_THAT(page, HasSubstr("<td class=\"n wrong\">6.0<td class=\"n right\">90.0<td class=\"n\">·"
                              "<td class=\"n wrong\">4.0\n"));
  EXPECT_THAT(page, HasSubstr("<td class=\"n wrong\">&lt;0.1<td class=\"n right\">&gt;99.9"));
  EXPECT_THAT(page, Not(HasSubstr("<b>dog")));
}

TEST(Site, SaysWhichEnvironmentEntriesRanInAndMarksTheHost) {
  Store store = make_store(R"([{"id": "digits", "dataset": "digits"}])",
                           R"(, "environments": ["python", "host"])");
  SyntheticRun inside = good_run("inside", {10, 11});
  RunRecord record = make_record(inside);
  record.environment = EnvironmentIdentity{.name = "python", .sha256 = std::string(64, 'd')};
  add(store, inside, record);
  SyntheticRun outside = good_run("outside", {10, 11});
  RunRecord other = make_record(outside);
  add(store, outside, other);
  const Board boards[] = {make_board(store, "test", "digits")};
  ASSERT_EQ(boards[0].ranking.sections.size(), 2u);
  const auto files = site_of(boards);
  const std::string& index = files.at("index.html");
  EXPECT_THAT(index, HasSubstr("Entries ran in python dddddddddddd."));
  EXPECT_THAT(index, HasSubstr("Entries ran in the organizer&apos;s own /usr."));
  EXPECT_THAT(index, HasSubstr("<strong>host</strong>"));
  EXPECT_THAT(entry_page(files, "inside"),
              HasSubstr("<dd>python <code>" + std::string(64, 'd') + "</code></dd>"));
  EXPECT_THAT(entry_page(files, "outside"), Not(HasSubstr("<dt>Environment</dt>")));
  const auto json = to_json(boards[0]);
  EXPECT_EQ(json["sections"][0]["environment"]["name"], "python");
  EXPECT_FALSE(json["sections"][1].contains("environment"));
}

TEST(Site, NamesNoEnvironmentWhereNoneIsOffered) {
  Store store = make_store();
  SyntheticRun run = good_run("plain", {10, 11});
  RunRecord record = make_record(run);
  add(store, run, record);
  const Board boards[] = {make_board(store, "test", "digits")};
  EXPECT_THAT(site_of(boards).at("index.html"), Not(HasSubstr("Entries ran in")));
}

TEST(Site, ATrainingTrackSpeaksOfTrainingsAndShowsTheirCurves) {
  Store store = make_store(R"([{"id": "digits", "dataset": "digits", "task": "train",
                                "ranking": {"floors": [0.75, 0.9]}}])");
  SyntheticRun run = good_run("learner", {10, 40});
  run.passes = 1;
  RunRecord record = support::make_training_record(run);
  record.track = store.competition("test").track("digits");
  record.track.energy.domains = {DomainKind::cpu_package};
  add(store, run, record);
  const Board boards[] = {make_board(store, "test", "digits")};
  const auto files = site_of(boards);
  const std::string& index = files.at("index.html");
  EXPECT_THAT(index, HasSubstr("<small>J per training</small>"));
  EXPECT_THAT(index, HasSubstr("Trained in <small>s</small>"));
  EXPECT_THAT(index, HasSubstr("5 trainings, each with a seed of its own"));
  EXPECT_THAT(index, Not(HasSubstr("/sample")));
  const std::string page = entry_page(files, "learner");
  EXPECT_THAT(page, HasSubstr("class=\"chart curve\""));
  EXPECT_THAT(page, HasSubstr("<title>block 2, 5.000 s: 20.00 J, 75.00 %</title>"));
  // 5 and 20 J: their geometric mean; both blocks reached it.
  EXPECT_THAT(page, HasSubstr("<th scope=row class=n>75<td class=n>10"));
  EXPECT_THAT(page, HasSubstr("<td class=n>2 of 2\n"));
  EXPECT_THAT(page, HasSubstr("Energy per training"));
  EXPECT_THAT(page, Not(HasSubstr("/sample")));
  EXPECT_THAT(page, Not(HasSubstr("200 passes")));
  EXPECT_THAT(files.at("board.csv"), HasSubstr(",joules_per_training,joules_per_training_low,"));
  const auto json = nlohmann::json::parse(files.at("board.json"));
  EXPECT_EQ(json["task"], "train");
  EXPECT_NEAR(json["entries"][0]["score"]["energy_to_reach"][0]["joules"].get<double>(), 10, 1e-9);
  EXPECT_EQ(json["entries"][0]["score"]["block_scores"][0]["curve"].size(), 3U);
}

TEST(Site, ShowsWhoLeadsByHowMuch) {
  Store store = make_store();
  for (const auto& run : {good_run("tree", {10, 10, 10}), good_run("forest", {20, 20, 20})}) {
    RunRecord record = make_record(run);
    record.blocks[0].trace_sha256 = std::string(64, '0');  // there is a trace file
    add(store, run, record);
  }
  const Board board = make_board(store, "test", "digits");
  const auto files = site_of({&board, 1});
  EXPECT_THAT(files.at("index.html"), HasSubstr("50 % less energy than forest"));
  EXPECT_THAT(files.at("index.html"), HasSubstr("Measured on <b>bench-1"));
  EXPECT_THAT(files.at("index.html"),
              HasSubstr("ahead of all others of the category with 95 % confidence"));
  EXPECT_THAT(files.at("index.html"), Not(HasSubstr("Modelled, not measured")));
  EXPECT_THAT(entry_page(files, "tree"), HasSubstr("powercap:intel-rapl:0"));
  EXPECT_THAT(entry_page(files, "tree"), HasSubstr("class=\"block b1\""));
  EXPECT_THAT(entry_page(files, "tree"), HasSubstr("<title>pass 1 at 1.000 s</title>"));
}

TEST(Site, AnEntryKeepsItsAddressWhenItsVersionChanges) {
  Store store = make_store();
  const auto add_version = [&](const char* version, const char* day) {
    const auto run = good_run("tree", {10, 11, 12});
    RunRecord record = make_record(run);
    record.entry.id = std::string(63, 'a') + version;
    record.entry.version = version;
    record.started_at_utc = day;
    add(store, run, record);
  };
  add_version("1", "2026-12-01T08:00:00.000Z");
  Board board = make_board(store, "test", "digits");
  EXPECT_THAT(entry_page(site_of({&board, 1}), "tree"), HasSubstr("version <bdi>1</bdi>"));
  add_version("2", "2026-12-02T08:00:00.000Z");
  board = make_board(store, "test", "digits");
  const auto files = site_of({&board, 1});
  EXPECT_THAT(entry_page(files, "tree"), HasSubstr("version <bdi>2</bdi>"));
  EXPECT_THAT(entry_page(files, "tree"),
              HasSubstr("href=\"../../entries/reference/tree@aaaaaaaaaaaa.html\""));
  EXPECT_THAT(files.at("entries/reference/tree@aaaaaaaaaaaa.html"),
              HasSubstr("version <bdi>1</bdi>"));
}

TEST(Site, NamesThatLookAlikeHaveAddressesOfTheirOwn) {
  Store store = make_store();
  int number = 0;
  for (const char* name : {"my-net", "My Net", "my net", "日本", "../../etc", "", "a.b"}) {
    const auto run = good_run("tree", {10, 11, 12});
    RunRecord record = make_record(run);
    record.entry.id = std::string(63, 'a') + std::to_string(number++);
    record.entry.name = name;
    add(store, run, record);
  }
  const Board board = make_board(store, "test", "digits");
  const auto files = site_of({&board, 1});  // no path is written twice
  EXPECT_TRUE(files.contains("entries/reference/my-net.html"));
  for (const auto& [path, content] : files) {
    EXPECT_EQ(path.find(".."), path.npos) << path;
    EXPECT_TRUE(std::all_of(path.begin(), path.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) ||
             std::string_view("-._~/@").find(c) != std::string_view::npos;
    })) << path;
  }
}

TEST(Site, ALargeBoardHasPagesOfRowsAndAnIndexOfNames) {
  Store store = make_store();
  for (int i = 0; i < 501; ++i) {
    const auto run = good_run("n" + std::to_string(i), {10.0 + i, 10.1 + i});
    add(store, run, make_record(run));
  }
  const Board board = make_board(store, "test", "digits");
  const auto files = site_of({&board, 1});
  const auto rows = [](const std::string& page) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = page.find("<th scope=row>", at)) != page.npos; ++at) ++count;
    return count;
  };
  EXPECT_EQ(rows(files.at("index.html")), 500u);
  EXPECT_EQ(rows(files.at("page-2.html")), 1u);
  EXPECT_THAT(files.at("index.html"), HasSubstr("href=\"page-2.html\""));
  EXPECT_THAT(files.at("search-data.js"), HasSubstr("[\"n500\",\"reference\",\"reference/n500\"]"));
}

TEST(Site, NamesCaveatsOnItsFirstPage) {
  Store store = make_store();
  const auto drifted = good_run("drifted", {10, 10});
  RunRecord record = make_record(drifted);
  record.flags = {{"drift", "the baseline moved by 4 %"}, {"plan-grown", "longer blocks"}};
  add(store, drifted, record);
  const auto steady = good_run("steady", {20, 20});
  add(store, steady, make_record(steady));
  const Board board = make_board(store, "test", "digits");
  const auto files = site_of({&board, 1});
  EXPECT_THAT(files.at("index.html"), HasSubstr("drift on 1 of 2 entries"));
  EXPECT_THAT(files.at("index.html"), Not(HasSubstr("plan-grown")));
  EXPECT_THAT(files.at("index.html"), HasSubstr("drifted.html#caveats\">drift</a>"));
  EXPECT_THAT(entry_page(files, "drifted"),
              HasSubstr("<dt>drift</dt><dd>the baseline moved by 4 %</dd>"));
}

TEST(Site, SumsAnEntryUpInTwoSentences) {
  Store store = make_store();
  for (const auto& run : {good_run("tree", {10, 11, 10}), good_run("forest", {20, 21, 20})}) {
    RunRecord record = make_record(run);
    record.entry.is_baseline = run.name == "forest";
    add(store, run, record);
  }
  const Board board = make_board(store, "test", "digits");
  const auto files = site_of({&board, 1});
  EXPECT_THAT(entry_page(files, "tree"),
              HasSubstr("<p class=\"summary\">Uses 0.508 times the baseline’s energy ("));
  EXPECT_THAT(entry_page(files, "tree"), HasSubstr("Ranked 1 of 2 at ≥ 95 %; "));
  EXPECT_THAT(entry_page(files, "forest"), HasSubstr("It is the baseline: "));
  EXPECT_THAT(entry_page(files, "forest"), HasSubstr("significantly more energy: "));
}

TEST(Site, AnEntryIsMadeAgainOnlyWhenSomethingOfItChanged) {
  Store store = make_store();
  for (const auto& run : {good_run("tree", {10, 10, 11}), good_run("forest", {20, 20, 21})}) {
    add(store, run, make_record(run));
  }
  const auto keys_of = [&] {
    const Board board = make_board(store, "test", "digits");
    std::map<std::string, EntryKey> keys;
    make_site({&board, 1}, flat_trace,
              {.sink = [](const std::string&, std::string_view) {},
               .keep =
                   [&](const std::string& path, const EntryKey& key) {
                     keys[path] = key;
                     return KeptFiles::none;
                   }});
    return keys;
  };
  auto before = keys_of();
  EXPECT_EQ(before, keys_of());
  EXPECT_EQ(before.size(), 2u);
  store.decide(1, Decision::withdrawn, "its team asked", kNow);
  auto after = keys_of();
  EXPECT_NE(before["entries/reference/tree"].details, after["entries/reference/tree"].details);
  EXPECT_NE(before["entries/reference/forest"].all, after["entries/reference/forest"].all)
      << "it has no neighbour any more";
  EXPECT_EQ(before["entries/reference/forest"].details, after["entries/reference/forest"].details);
}

/// A board of one entry, made with these options.
std::map<std::string, std::string> site_with(const SiteOptions& options) {
  Store store = make_store();
  const auto run = good_run("tree", {10, 11, 12});
  add(store, run, make_record(run));
  const Board board = make_board(store, "test", "digits");
  std::map<std::string, std::string> files;
  make_site({&board, 1}, flat_trace,
            {.sink = [&](const std::string& path,
                         std::string_view content) { files.emplace(path, content); }},
            options);
  return files;
}

TEST(Site, SpeaksGermanWhereAsked) {
  const auto files = site_with({.language = "de"});
  EXPECT_THAT(files.at("index.html"), HasSubstr("<html lang=\"de\">"));
  EXPECT_THAT(files.at("index.html"), HasSubstr("<h2>Wer führt</h2>"));
  EXPECT_THAT(files.at("index.html"), HasSubstr("Genauigkeit mindestens 95 %"));
  EXPECT_THAT(files.at("style.css"), HasSubstr("content: \"Energie, mJ\""));
  for (const auto& [path, content] : files) {
    if (path.ends_with(".html") || path.ends_with(".css")) {
      EXPECT_EQ(content.find("[["), content.npos) << path;
    }
  }
  EXPECT_THROW(site_with({.language = "tlh"}), Error);
}

TEST(Site, NamesWholeAddressesOnlyWhereItKnowsThem) {
  const auto without = site_with({});
  EXPECT_FALSE(without.contains("feed.xml"));
  EXPECT_THAT(without.at("index.html"), Not(HasSubstr("og:url")));
  const auto with = site_with({.base_url = "https://example.org/board"});
  EXPECT_THAT(with.at("index.html"),
              HasSubstr("<link rel=\"canonical\" href=\"https://example.org/board/index.html\">"));
  EXPECT_THAT(with.at("entries/reference/tree.html"),
              HasSubstr("content=\"https://example.org/board/entries/reference/tree.card.svg\""));
  EXPECT_THAT(with.at("feed.xml"),
              HasSubstr("<link href=\"https://example.org/board/entries/reference/tree.html\"/>"));
}

TEST(Site, AFeedTellsOfDecisionsToo) {
  Store store = make_store();
  for (const auto& run : {good_run("tree", {10, 10, 11}), good_run("forest", {20, 20, 21})}) {
    add(store, run, make_record(run));
  }
  store.decide(1, Decision::disqualified, "it looked up labels", "2026-12-05T09:00:00.000Z");
  const Board board = make_board(store, "test", "digits");
  std::string feed;
  make_site({&board, 1}, flat_trace,
            {.sink =
                 [&](const std::string& path, std::string_view content) {
                   if (path == "feed.xml") feed = content;
                 }},
            {.base_url = "https://example.org/"});
  const std::size_t newest = feed.find("<entry><title>tree<");
  EXPECT_LT(newest, feed.find("<entry><title>forest<"));
  EXPECT_THAT(feed.substr(newest), HasSubstr("<updated>2026-12-05T09:00:00.000Z</updated>"));
}

TEST(Site, MarksTheBaselineOnTheChartAlsoWhereItReachesNoFloor) {
  Store store = make_store();
  const SyntheticRun tree = good_run("tree", {10, 10, 11});
  add(store, tree, make_record(tree));
  SyntheticRun poor = good_run("poor", {20, 20, 21});
  poor.wrong = 500;
  RunRecord record = make_record(poor);
  record.entry.is_baseline = true;
  add(store, poor, record);
  const Board board = make_board(store, "test", "digits");
  const std::string page = site_of({&board, 1}).at("index.html");
  EXPECT_THAT(page, HasSubstr("<a href=\"entries/reference/poor.html\" aria-label=\"poor: "));
  EXPECT_THAT(page, HasSubstr("<path class=\"dot baseline\""));
  EXPECT_THAT(page, HasSubstr("<span class=\"key baseline\">"));
  EXPECT_THAT(page, Not(HasSubstr("<span class=\"key held\">")));
}

TEST(Site, AnEntrysPageAloneHoldsItsDownloadsWithTheirNames) {
  Store store = make_store();
  const SyntheticRun tree = good_run("tree", {10, 10, 11});
  RunRecord record = make_record(tree);
  record.blocks[0].trace_sha256 = std::string(64, 'a');
  add(store, tree, record);
  const std::string page = single_entry_page(make_board(store, "test", "digits"), flat_trace, 0);
  EXPECT_THAT(page, HasSubstr("<a href=\"data:application/gzip;base64,H4sI"));
  EXPECT_THAT(page, HasSubstr("\" download=\"tree.block-1.csv.gz\">"));
  EXPECT_THAT(page, HasSubstr("\" download=\"tree.json\">"));
  EXPECT_THAT(page, Not(HasSubstr(" download>")));
}

TEST(Site, HasABadgeACardAndACitation) {
  const auto files = site_with({});
  EXPECT_THAT(files.at("entries/reference/tree.badge.svg"),
              HasSubstr("aria-label=\"joulebench: 1 of 1 (≥ 95 %), 5.485 mJ per sample\""));
  EXPECT_THAT(files.at("entries/reference/tree.card.svg"), HasSubstr(">99.00 % Accuracy</text>"));
  EXPECT_THAT(files.at("CITATION.cff"), HasSubstr("title: \"Test cup\"\n"));
  const std::string& csv = files.at("board.csv");
  const std::string header = csv.substr(0, csv.find('\n'));
  const std::string& columns = files.at("columns.csv");
  EXPECT_EQ(std::count(columns.begin(), columns.end(), '\n'),
            1 + 1 + std::count(header.begin(), header.end(), ','))
      << "one line for each column";
}

/// A baseline and a tree on two machines that are alike, of which the second uses `times` as much
/// and answers so many of 1,000 samples of the tree wrongly.
Store store_of_two_machines(const std::string& nodes, double times, std::size_t wrong = 10) {
  Store store = make_store(R"([{"id": "digits", "dataset": "digits", "ranking": {"nodes": ")" +
                           nodes + R"("}}])");
  for (const bool is_second : {false, true}) {
    for (const char* name : {"base", "tree"}) {
      const double joules = (*name == 'b' ? 20 : 10) * (is_second ? times : 1);
      SyntheticRun run = good_run(name, {joules, joules});
      if (is_second && *name == 't') run.wrong = wrong;
      RunRecord record = make_record(run);
      record.track = store.competition("test").track("digits");
      record.track.energy.domains = {DomainKind::cpu_package};
      record.entry.is_baseline = *name == 'b';
      record.node_before.hostname = is_second ? "bench-2" : "bench-1";
      record.node_after = record.node_before;
      add(store, run, record);
    }
  }
  return store;
}

/// Lines of a CSV whose first field is this, with the fields before the first quoted one.
std::vector<std::vector<std::string>> csv_lines(const std::string& csv, const std::string& name) {
  std::vector<std::vector<std::string>> lines;
  std::istringstream text(csv);
  for (std::string line; std::getline(text, line);) {
    if (!line.starts_with(name + ",")) continue;
    std::istringstream of_line(line);
    std::vector<std::string>& fields = lines.emplace_back();
    for (std::string field; std::getline(of_line, field, ',') && !field.starts_with('"');) {
      fields.push_back(field);
    }
  }
  return lines;
}

// 10 J for 2,000 samples on one machine; on both 20 J as the geometric mean with 40 J.
TEST(Site, ShowsTheEnergyThatAnEntryWasRankedByBesideItsRank) {
  Store store = store_of_two_machines("every", 4);
  const Board board = make_board(store, "test", "digits");
  const auto files = site_of({&board, 1});
  int badges = 0;
  for (const auto& [path, content] : files) {
    if (!path.starts_with("entries/reference/tree")) continue;
    if (path.ends_with(".badge.svg")) {
      ++badges;
      EXPECT_THAT(content, HasSubstr("1 of 2 (≥ 95 %), 10.00 mJ per sample")) << path;
    }
    if (path.ends_with(".card.svg")) {
      EXPECT_THAT(content, HasSubstr(">10.00 mJ per sample<")) << path;
    }
  }
  EXPECT_EQ(badges, 2);
  const auto lines = csv_lines(files.at("board.csv"), "tree");
  ASSERT_EQ(lines.size(), 2U);
  constexpr std::size_t kRanks = 8, kJoules = 16;
  const bool is_first = !lines[0].at(kRanks).empty();
  EXPECT_NEAR(std::stod(lines[is_first ? 0 : 1].at(kJoules)), 0.01, 1e-12);
  EXPECT_EQ(lines[is_first ? 1 : 0].at(kRanks), "");
  EXPECT_GT(std::abs(std::stod(lines[is_first ? 1 : 0].at(kJoules)) - 0.01), 0.004) << "its own";
  EXPECT_THAT(files.at("board.csv"),
              HasSubstr(",\"bench-1 + bench-2, by the ratio to the baseline of each\","));
}

TEST(Site, SaysOfEveryRunOfAnEntryWhyItHasNoRank) {
  Store store = store_of_two_machines("every", 4, 500);
  const Board board = make_board(store, "test", "digits");
  ASSERT_EQ(board.ranking.unranked.size(), 1U);
  const std::string& reason = board.ranking.unranked[0].reason;
  const auto files = site_of({&board, 1});
  int pages = 0;
  for (const auto& [path, content] : files) {
    const bool is_page = path.starts_with("entries/reference/tree") && path.ends_with(".html");
    if (!is_page) continue;
    ++pages;
    EXPECT_TRUE(content.find(reason) != content.npos) << path << ": " << reason;
  }
  EXPECT_EQ(pages, 2);
  const std::string& csv = files.at("board.csv");
  EXPECT_THAT(csv, HasSubstr("it is judged as one with its run on bench-2, "));
  EXPECT_EQ(csv.find("it is ranked as one with its run on bench-2"), csv.npos);
  EXPECT_THAT(csv, HasSubstr(": " + reason));
}

TEST(BoardJson, HasTheEnergyThatEntriesWereRankedByWhereMachinesCountAsOne) {
  for (const char* nodes : {"every", "alike"}) {
    Store store = store_of_two_machines(nodes, 1.002);
    const Board board = make_board(store, "test", "digits");
    ASSERT_FALSE(board.ranking.joined.empty()) << nodes;
    const nlohmann::json figures = to_json(board)["sections"][0]["figures"];
    ASSERT_EQ(figures.size(), 2U);
    EXPECT_NEAR(figures[0]["energy_joules"].get<double>(), 0.005 * std::sqrt(1.002), 1e-12);
    EXPECT_TRUE(figures[0]["energy_joules_interval"].is_array());
  }
  Store store = store_of_two_machines("alike", 4);
  const nlohmann::json json = to_json(make_board(store, "test", "digits"));
  EXPECT_FALSE(json["sections"][0]["figures"][0].contains("energy_joules"));
}

TEST(Site, TakesFilesOfAThemeAndRefusesUnknownOnes) {
  EXPECT_THAT(site_with({.theme = {{"footer.mustache", "<p>Our lab</p>"}}}).at("index.html"),
              HasSubstr("<p>Our lab</p>"));
  EXPECT_THROW(site_with({.theme = {{"logo.exe", ""}}}), Error);
}

TEST(Site, IsTheSameBytesForTheSameDatabase) {
  Store store = make_store();
  const auto run = good_run("tree", {10, 11, 12});
  add(store, run, make_record(run));
  const Board once = make_board(store, "test", "digits");
  const Board again = make_board(store, "test", "digits");
  EXPECT_EQ(site_of({&once, 1}), site_of({&again, 1}));
}

TEST(Site, EscapesEverythingAnEntrySays) {
  Store store = make_store();
  const auto run = good_run("tree", {10, 10});
  RunRecord record = make_record(run);
  const std::string attack = "<script>alert('\"x&')</script>\x1b[31m\xff";
  record.entry.name = record.entry.team = record.entry.version = attack;
  record.entry.description = record.entry.licence = attack;
  record.entry.url = "javascript:alert(1)";
  record.flags = {{attack, attack}};
  record.blocks[0].message = attack;
  record.blocks[0].energy[0].domain.source = attack;
  add(store, run, record);
  RunRecord failed = record;
  failed.entry.id = std::string(64, 'f');
  failed.outcome = Outcome::crash;
  failed.message = failed.log_tail = attack;
  add(store, run, failed);
  const Board board = make_board(store, "test", "digits");
  for (const auto& [path, content] : site_of({&board, 1})) {
    if (!path.ends_with(".html")) continue;
    EXPECT_THAT(content, Not(HasSubstr("<script>alert"))) << path;
    EXPECT_THAT(content, Not(HasSubstr("href=\"javascript:"))) << path;
    EXPECT_THAT(content, Not(HasSubstr("\x1b"))) << path;
    if (path.starts_with("entries/") || path == "index.html") {
      EXPECT_THAT(content, HasSubstr("&lt;script&gt;alert")) << path;
    }
  }
}

TEST(Site, MarksModelledEnergyOnEveryPageAndKeepsItsRanksApart) {
  Store store = make_store();
  const auto measured = good_run("tree", {10, 10});
  auto modelled = good_run("guess", {1, 1});
  modelled.energy_class = EnergyClass::modelled;
  add(store, measured, make_record(measured));
  add(store, modelled, make_record(modelled));
  const Board board = make_board(store, "test", "digits");
  ASSERT_EQ(board.ranking.sections.size(), 2u);
  const auto files = site_of({&board, 1});
  EXPECT_THAT(files.at("index.html"), HasSubstr("Modelled, not measured."));
  EXPECT_THAT(entry_page(files, "guess"), HasSubstr("Modelled, not measured."));
  EXPECT_THAT(entry_page(files, "tree"), Not(HasSubstr("Modelled, not measured.")));
}

TEST(Site, ComparesWithTheBaselineWithAnInterval) {
  Store store = make_store();
  for (const auto& run : {good_run("tree", {10, 11, 10}), good_run("forest", {20, 21, 20})}) {
    RunRecord record = make_record(run);
    record.entry.is_baseline = run.name == "forest";
    add(store, run, record);
  }
  const Board board = make_board(store, "test", "digits");
  const SectionFigures figures = figures_of(board, board.ranking.sections.at(0));
  EXPECT_EQ(figures.rows.at(1).of_baseline->value, 1) << "itself";
  EXPECT_FALSE(figures.rows[1].of_baseline->interval);
  const Estimate ratio = *figures.rows[0].of_baseline;
  EXPECT_NEAR(ratio.value, std::cbrt(10 * 11 * 10.0 / (20 * 21 * 20)), 1e-12);
  EXPECT_LT(ratio.interval->low, ratio.value);
  EXPECT_LT(ratio.interval->high, 1);
  EXPECT_THAT(site_of({&board, 1}).at("index.html"), HasSubstr(interval_text(ratio, 1)));
  EXPECT_EQ(to_json(board)["sections"][0]["figures"][0]["energy_of_baseline_interval"][0],
            ratio.interval->low);
}

TEST(Site, ShowsWhatShareOfTheTradeOffEachEntryDominates) {
  Store store = make_store();
  auto accurate = good_run("accurate", {4000, 4000});  // 1 % wrong
  auto frugal = good_run("frugal", {40, 40});          // 4 % wrong, a hundredth of the energy
  frugal.wrong = 40;
  auto between = good_run("between", {400, 400});  // 2 % wrong, halfway on the logarithm
  between.wrong = 20;
  for (const auto& run : {accurate, frugal, between}) {
    RunRecord record = make_record(run);
    record.entry.is_baseline = run.name == "accurate";
    add(store, run, record);
  }
  const Board board = make_board(store, "test", "digits");
  const SectionFigures figures = figures_of(board, board.ranking.sections.at(0));
  ASSERT_EQ(figures.rows.size(), 3u);
  // Three decades below the baseline's energy, and from the lowest floor's 20 % wrong to none.
  EXPECT_NEAR(*figures.rows[0].hypervolume, 2.0 / 3 * 0.8, 1e-12) << "two decades, 4 % wrong";
  EXPECT_NEAR(*figures.rows[1].hypervolume, 1.0 / 3 * 0.9, 1e-12) << "one decade, 2 % wrong";
  EXPECT_NEAR(*figures.rows[2].hypervolume, 0, 1e-12) << "it bounds the energy";
  EXPECT_NEAR(*figures.hypervolume, 2.0 / 3 * 0.8 + 1.0 / 3 * 0.1, 1e-12);
  EXPECT_THAT(site_of({&board, 1}).at("index.html"), HasSubstr("Trade-off"));
}

TEST(Site, ShowsCarbonWhereTheCompetitionStatesIt) {
  Store store(":memory:");
  store.put_competition(parse_competition(R"({"format": "joulebench-competition/2", "id": "test",
      "carbon": {"grams_per_kwh": 360, "source": "<the grid>", "year": 2025, "pue": 2},
      "tracks": [{"id": "digits", "dataset": "digits"}]})",
                                          "test.json"),
                        kNow);
  const auto run = good_run("tree", {20, 20});  // 10 mJ a sample
  add(store, run, make_record(run));
  const Board board = make_board(store, "test", "digits");
  const SectionFigures figures = figures_of(board, board.ranking.sections.at(0));
  EXPECT_NEAR(figures.rows.at(0).grams_co2e->value, 2, 1e-12);  // 10 kJ x 2 x 1e-4 g/J
  const auto files = site_of({&board, 1});
  EXPECT_THAT(files.at("index.html"),
              HasSubstr("360 gCO2e/kWh (2025; &lt;the grid&gt;), PUE 2; it is never ranked by"));
  EXPECT_THAT(files.at("board.csv"), HasSubstr("grams_co2e_per_million"));
  EXPECT_THAT(files.at("board.csv"),
              HasSubstr(fmt::format("{}", figures.rows[0].grams_co2e->value) + ",2,1000,"));
  store.put_competition(parse_competition(R"({"format": "joulebench-competition/2", "id": "test",
      "tracks": [{"id": "digits", "dataset": "digits"}]})",
                                          "test.json"),
                        kNow);
  const Board without = make_board(store, "test", "digits");
  EXPECT_THAT(site_of({&without, 1}).at("index.html"), Not(HasSubstr("gCO2e")));
}

TEST(Site, AMetricWhereLessIsBetterSaysSo) {
  Store store(":memory:");
  store.put_competition(parse_competition(R"({"format": "joulebench-competition/2", "id": "test",
      "tracks": [{"id": "digits", "dataset": "digits", "metric": "rmse",
                  "ranking": {"floors": [2, 0.5]}}]})",
                                          "test.json"),
                        kNow);
  SyntheticRun run{.name = "line", .joules_per_block = {4, 5}, .passes = 1};
  run.labels = {0, 1, 2, 3};
  RunRecord record = make_record(run);
  record.track.metric = metric_named("rmse", "test");
  const std::vector<double> numbers = {0, 1, 2, 3};
  const auto id = store.put_run(record, "/records/line", kNow);
  const Score score = score_run(
      record,
      [&](const BlockRecord&) {
        return joulebench::support::make_tensor({1, 4}, {1, 2, 1, 2});
      },
      {.values = run.labels, .numbers = numbers, .dataset_sha256 = record.dataset_sha256});
  store.put_score(id, score, "floors/1", "0.1.0", kNow);
  const Board board = make_board(store, "test", "digits");
  const auto files = site_of({&board, 1});
  const std::string& page = files.at("index.html");
  EXPECT_THAT(page, HasSubstr("rmse at most 2"));
  EXPECT_THAT(page, HasSubstr("≤ 2"));
  EXPECT_THAT(page, HasSubstr("Down and to the left is better"));
  EXPECT_THAT(files.at("how.html"), HasSubstr("less of it is better"));
  EXPECT_THAT(page, HasSubstr("data-l=\"Rmse\""));
  EXPECT_THAT(page, Not(HasSubstr("≤ 2 %")));
  EXPECT_THAT(entry_page(files, "line"), HasSubstr("less is better"));
}

TEST(Site, ListsFailedEntriesApartWithTheirLog) {
  Store store = make_store();
  const auto run = good_run("hog", {10, 10});
  RunRecord record = make_record(run);
  record.outcome = Outcome::memory;
  record.message = "used 65 MB of 64 MB";
  record.log_tail = "allocating";
  add(store, run, record);
  const Board board = make_board(store, "test", "digits");
  const std::string index = site_of({&board, 1}).at("index.html");
  EXPECT_THAT(index, HasSubstr("No entry is ranked yet."));
  EXPECT_THAT(index, HasSubstr("it failed (memory): used 65 MB of 64 MB"));
  EXPECT_THAT(index, HasSubstr("<pre>allocating</pre>"));
}

TEST(Site, OfSeveralTracksHasAnOverview) {
  Store store =
      make_store(R"([{"id": "digits", "dataset": "digits"}, {"id": "wine", "dataset": "wine"}])");
  const auto run = good_run("tree", {10, 10});
  add(store, run, make_record(run));
  const std::vector<Board> boards = {make_board(store, "test", "digits"),
                                     make_board(store, "test", "wine")};
  const auto files = site_of(boards);
  EXPECT_THAT(files.at("index.html"), HasSubstr("href=\"test/digits/index.html\""));
  EXPECT_TRUE(files.contains("test/wine/index.html"));
  EXPECT_THAT(files.at("test/digits/index.html"), HasSubstr("href=\"../../style.css\""));
}

TEST(Site, ComparesTheEntriesOfTracksThatAskForTheSame) {
  Store store = make_store(R"([{"id": "digits", "dataset": "digits", "title": "Di<gits"},
                               {"id": "mnist", "dataset": "digits"},
                               {"id": "stream", "dataset": "digits", "scenario": "single-stream"}])");
  for (const char* track : {"digits", "mnist", "stream"}) {
    for (const char* name : {"tree", "a<b>"}) {
      const SyntheticRun run = good_run(name, {1, 1.01, 0.99});
      RunRecord record = make_record(run);
      record.track.id = track;
      add(store, run, record);
    }
  }
  const std::vector<Board> boards = {make_board(store, "test", "digits"),
                                     make_board(store, "test", "mnist"),
                                     make_board(store, "test", "stream")};
  const std::string page = site_of(boards).at("index.html");
  // One figure, of the two tracks; the third has nothing to stand beside.
  EXPECT_THAT(page, HasSubstr("<h2>Test cup: prediction</h2>"));
  EXPECT_THAT(page, Not(HasSubstr("one sample at a time")));
  EXPECT_THAT(page, HasSubstr("energy per sample and accuracy of 4 entries on 2 tracks"));
  EXPECT_THAT(page, HasSubstr("class=\"group\" text-anchor=\"start\">Di&lt;gits</text>"));
  EXPECT_THAT(page, HasSubstr(">a&lt;b&gt;</text>"));
  EXPECT_THAT(page, Not(HasSubstr("a<b>")));
  EXPECT_LT(page.find("Di&lt;gits</text>"), page.find(">mnist</text>"));
  EXPECT_THAT(page, HasSubstr("test/mnist/entries/reference/tree"));
  // One track: no figure.
  EXPECT_THAT(site_of(std::span(boards).subspan(1, 2)).at("index.html"),
              Not(HasSubstr("entries on")));
}

TEST(Site, ShowsClassesOneBelowTheOtherWhereTheyExcludeOneAnother) {
  Store store =
      make_store(R"([{"id": "digits", "dataset": "digits", "ranking": {"rule": "acml2021"}}])");
  const auto tree = good_run("tree", {10, 10});
  auto low = good_run("low", {5, 5});
  low.wrong = 150;  // 85 %
  add(store, tree, make_record(tree));
  add(store, low, make_record(low));
  const Board board = make_board(store, "test", "digits");
  const std::string index = site_of({&board, 1}).at("index.html");
  const auto top = index.find("accuracy in [95, 100] %</th></tr>");
  const auto bottom = index.find("accuracy in [80, 90[ %</th></tr>");
  ASSERT_NE(top, std::string::npos);
  ASSERT_NE(bottom, std::string::npos);
  EXPECT_LT(top, bottom);
  EXPECT_THAT(site_of({&board, 1}).at("how.html"), HasSubstr("200 passes"));
}

TEST(Board, KeepsWithdrawnAndDisqualifiedOutOfTheRanks) {
  Store store = make_store();
  const auto tree = good_run("tree", {10, 10});
  const auto forest = good_run("forest", {20, 20});
  add(store, forest, make_record(forest));
  const auto id = add(store, tree, make_record(tree));
  store.decide(id, Decision::disqualified, "read the labels", kNow);
  Board board = make_board(store, "test", "digits");
  ASSERT_EQ(board.ranking.unranked.size(), 1u);
  EXPECT_EQ(board.ranking.unranked[0].reason, "disqualified on 2026-12-01: read the labels");
  store.decide(id, Decision::restored, "appeal", kNow);
  board = make_board(store, "test", "digits");
  EXPECT_TRUE(board.ranking.unranked.empty());
}

/// A board of one entry that an audit flagged and one that nothing was found about.
Store store_with_flagged(std::int64_t& flagged) {
  Store store = make_store();
  const auto tree = good_run("tree", {10, 10});
  const auto memo = good_run("memo", {1, 1});
  add(store, tree, make_record(tree));
  RunRecord record = make_record(memo);
  record.flags = {{"answer-caching", "later looks cost <0.07> of first ones"},
                  {"foreign-load", "others used 3 % of the CPUs"}};
  flagged = add(store, memo, record);
  return store;
}

TEST(Board, HoldsAFlaggedEntryUntilTheOrganizerDecides) {
  std::int64_t memo = 0;
  Store store = store_with_flagged(memo);
  Board board = make_board(store, "test", "digits");
  ASSERT_EQ(board.held.size(), 1u);
  EXPECT_EQ(board.entries[board.held[0].entry].state, EntryState::unverified);
  ASSERT_EQ(board.held[0].evidence.size(), 1u) << "foreign load holds nobody";
  EXPECT_EQ(board.held[0].evidence[0].name, "answer-caching");
  EXPECT_TRUE(board.ranking.unranked.empty());
  EXPECT_EQ(board.ranking.sections.at(0).categories.at(0).entries.size(), 1u);
  store.decide(memo, Decision::accepted, "read its code", kNow);
  board = make_board(store, "test", "digits");
  EXPECT_TRUE(board.held.empty());
  EXPECT_EQ(board.ranking.sections.at(0).categories.at(0).entries.size(), 2u);
  // A record that grew has evidence that nobody has looked at.
  const auto run = good_run("memo", {1, 1, 1});
  RunRecord grown = make_record(run);
  grown.flags = {{"answer-caching", "later looks cost 0.06 of first ones"}};
  add(store, run, grown);
  EXPECT_EQ(make_board(store, "test", "digits").held.size(), 1u);
}

TEST(Board, RestoringAHeldEntryDoesNotAcceptIt) {
  std::int64_t memo = 0;
  Store store = store_with_flagged(memo);
  store.decide(memo, Decision::disqualified, "it caches", kNow);
  EXPECT_TRUE(make_board(store, "test", "digits").held.empty());
  store.decide(memo, Decision::restored, "appeal", kNow);
  EXPECT_EQ(make_board(store, "test", "digits").held.size(), 1u);
}

TEST(Board, KeepsRecordsFromElsewhereApart) {
  Store store = make_store();
  const auto tree = good_run("tree", {10, 10});
  add(store, tree, make_record(tree));
  const auto guest = good_run("guest", {1, 1});
  const auto id = store.put_run(make_record(guest), "/records/guest", kNow,
                                Origin{.head_sha256 = std::string(64, 'b')});
  store.put_score(
      id,
      score_run(make_record(guest), [&](const BlockRecord&) { return make_predictions(guest); },
                {.values = guest.labels, .dataset_sha256 = make_record(guest).dataset_sha256}),
      "floors/1", "0.1.0", kNow);
  Board board = make_board(store, "test", "digits");
  ASSERT_EQ(board.held.size(), 1u);
  EXPECT_THAT(board.held[0].evidence.at(0).detail, HasSubstr("head bbbbbbbbbbbb"));
  store.decide(id, Decision::accepted, "their machine is known", kNow);
  board = make_board(store, "test", "digits");
  EXPECT_TRUE(board.held.empty());
  EXPECT_EQ(board.ranking.sections.size(), 2u) << "never beside what ran here";
  // Signed by somebody allowed it is ranked without a decision, and apart as well.
  const auto signed_guest = good_run("signed", {2, 2});
  const Origin origin{
      .head_sha256 = std::string(64, 'c'), .key = "ED25519 SHA256:x", .signer = "lab"};
  store.put_score(store.put_run(make_record(signed_guest), "/records/signed", kNow, origin),
                  score_run(make_record(signed_guest),
                            [&](const BlockRecord&) { return make_predictions(signed_guest); },
                            {.values = signed_guest.labels,
                             .dataset_sha256 = make_record(signed_guest).dataset_sha256}),
                  "floors/1", "0.1.0", kNow);
  board = make_board(store, "test", "digits");
  EXPECT_TRUE(board.held.empty());
  EXPECT_EQ(board.ranking.sections.size(), 3u);
  const auto files = site_of({&board, 1});
  const auto page = std::find_if(files.begin(), files.end(), [](const auto& file) {
    return file.first == "entries/reference/signed.html";
  });
  ASSERT_NE(page, files.end());
  EXPECT_THAT(page->second,
              HasSubstr("<dd>ingested from the history with head " + std::string(64, 'c') +
                        ", signed by lab with the key ED25519 SHA256:x</dd>"));
  EXPECT_THAT(files.at("board.json"), HasSubstr("\"signer\":\"lab\""));
}

TEST(Site, ShowsWhyAnEntryIsHeld) {
  std::int64_t memo = 0;
  Store store = store_with_flagged(memo);
  const Board board = make_board(store, "test", "digits");
  const auto files = site_of({&board, 1});
  EXPECT_THAT(files.at("index.html"), HasSubstr("<h2>Held: not verified <small>1</small>"));
  EXPECT_THAT(files.at("index.html"),
              HasSubstr("<dt>answer-caching</dt><dd>later looks cost &lt;0.07&gt; of first ones"));
  EXPECT_THAT(entry_page(files, "memo"), HasSubstr("Held: not verified."));
  EXPECT_THAT(entry_page(files, "tree"), Not(HasSubstr("Held: not verified.")));
  EXPECT_THAT(files.at("board.csv"), HasSubstr(",valid,unverified,measured,,"));
  const auto json = nlohmann::json::parse(files.at("board.json"));
  EXPECT_EQ(json["held"][0]["evidence"][0]["name"], "answer-caching");
  EXPECT_EQ(json["held"][0]["entry"], "memo");
}

TEST(BoardJson, HasEveryEntryAndItsPlace) {
  Store store = make_store();
  const auto run = good_run("tree", {10, 10});
  add(store, run, make_record(run));
  const Board board = make_board(store, "test", "digits");
  const nlohmann::json json = to_json(board);
  EXPECT_EQ(json["sections"][0]["categories"][0]["entries"][0]["entry"], "tree");
  EXPECT_EQ(json["sections"][0]["categories"][0]["entries"][0]["worst"], 1);
  EXPECT_NEAR(json["entries"][0]["score"]["joules_per_sample"].get<double>(), 0.005, 1e-15);
  EXPECT_EQ(json["history"]["sha256"], board.head.sha256);
}

TEST(CsvText, IsHarmlessInASpreadsheet) {
  EXPECT_EQ(csv_text("plain"), "plain");
  EXPECT_EQ(csv_text("a,\"b\""), "\"a,\"\"b\"\"\"");
  EXPECT_EQ(csv_text("=HYPERLINK(1)"), "'=HYPERLINK(1)");
}

TEST(NumberText, ShowsTheIntervalWithTwoDigits) {
  const Estimate estimate{.value = 0.0123456, .interval = Interval{.low = 0.0121, .high = 0.0126}};
  EXPECT_EQ(value_text(estimate, 1e-3), "12.35");
  EXPECT_EQ(interval_text(estimate, 1e-3), "12.10 to 12.60");
  EXPECT_EQ(joules_text(0.0123456), "12.35 mJ");
  EXPECT_EQ(short_number(0.00012346), "0.0001235");
  EXPECT_EQ(bytes_text(64e6), "64 MB");
}

TEST(NumberText, HasAtMostFourSignificantDigitsBesideAnIntervalToo) {
  const auto words = [](double value, double low, double high) {
    const Estimate estimate{.value = value, .interval = Interval{.low = low, .high = high}};
    return value_text(estimate, 1) + ", " + interval_text(estimate, 1);
  };
  EXPECT_EQ(words(1.234567, 1.234555, 1.234579), "1.235, 1.235 to 1.235");
  EXPECT_EQ(words(184'312, 184'290, 184'334), "184300, 184300 to 184300");
  EXPECT_EQ(words(9.98, 9.93, 10.03), "9.98, 9.93 to 10.03");
  EXPECT_EQ(words(1.5, -0.02, 1234.6), "2, 0 to 1235") << "a wide interval takes decimals away";
  EXPECT_EQ(words(20, 0.004, 133'653), "20, 0 to 133700");
  EXPECT_EQ(words(97.25, 97.0, 100), "97.2, 97.0 to 100.0");
  EXPECT_EQ(short_number(9.99996), "10.00");
  EXPECT_EQ(short_number(1'234'567), "1235000");
  EXPECT_EQ(rounded_number(150.4, 2), "150");
  EXPECT_EQ(rounded_number(0.0700, 3), "0.07");
  EXPECT_EQ(rounded_number(99.96, 3), "100");
  EXPECT_EQ(rounded_number(0.00001234, 2), "0.000012");
}

TEST(NumberText, AlignsDecimalPoints) {
  std::vector<std::string> numbers = {"1.25", "10", "0.5"};
  align_decimals(numbers, "_", ":");
  EXPECT_THAT(numbers, ::testing::ElementsAre("1.25", "10:__", "0.5_"));
}

TEST(NumberText, SeparatesThousands) {
  EXPECT_EQ(grouped("1234"), "1234");
  EXPECT_EQ(grouped("12345.67891"), "12\u202f345.67891");
  EXPECT_EQ(grouped("1234567 to 2345678.5"), "1\u202f234\u202f567 to 2\u202f345\u202f678.5");
  EXPECT_EQ(grouped(""), "");
}

TEST(Chart, NamesNeverMeetAnotherOrAPointAtAnyWidth) {
  // Two points closer than a name is high, and one far away.
  const std::vector<NamedPoint> points = {
      {.name = "left-one", .across = 0.50, .y = 100, .weight = 1},
      {.name = "right-one", .across = 0.51, .y = 103, .weight = 2},
      {.name = "far", .across = 0.1, .y = 300, .weight = 1}};
  const std::string names = names_beside(points, 340);
  EXPECT_THAT(names, HasSubstr(">right-one</text>"));
  EXPECT_THAT(names, HasSubstr(">far</text>"));
  const std::vector<NamedPoint> crowd(30, {.name = "same", .across = 0.5, .y = 100, .weight = 1});
  const std::string few = names_beside(crowd, 340);
  std::size_t drawn = 0;
  for (std::size_t at = 0; (at = few.find("</text>", at)) != few.npos; ++at) ++drawn;
  EXPECT_LE(drawn, 8u) << "four places beside one point, for each of two widths";
}

TEST(Chart, OfAThousandEntriesLinksSomeAndDrawsTheRestAsLightPoints) {
  std::vector<ChartPoint> points;
  for (int i = 0; i < 1000; ++i) {
    const double joules = 1e-6 * (1 + i);
    points.push_back({.name = "n" + std::to_string(i),
                      .link = "e" + std::to_string(i),
                      .quality = {.value = 90 + 0.005 * (i % 7), .interval = Interval{89, 91}},
                      .joules = {.value = joules, .interval = Interval{joules * 0.9, joules * 1.1}},
                      .is_front = i < 3});
  }
  const std::string svg = quality_energy_chart(points, {.unit = {1e-6, "µJ"}, .per = "sample"}, {});
  std::size_t links = 0;
  for (std::size_t at = 0; (at = svg.find("<a href", at)) != svg.npos; ++at) ++links;
  EXPECT_EQ(links, kMostLinked + 3);
  EXPECT_LT(svg.size(), 60'000u);
}

TEST(Chart, OfNothingIsNothing) {
  EXPECT_EQ(quality_energy_chart({}, {}, {}), "");
  EXPECT_EQ(training_curve_chart({}, {}, 760, 340), "");
  EXPECT_EQ(power_overlay_chart({}, {}), "");
  EXPECT_EQ(power_overlay_chart({TracedBlock{.number = 1}}, {}), "");
}

TEST(Chart, DrawsAGapAsAGap) {
  EnergyTrace trace;
  trace.domains = {{.name = "cpu-package-0", .in_total = true}};
  for (int i = 0; i < 5; ++i) {
    const SteadyTime time{std::chrono::seconds(i)};
    trace.samples.push_back(
        {.domain = 0, .before = time, .after = time, .joules = Joules{1.0 * i}});
  }
  const auto starts = [&] {
    const std::string svg = power_overlay_chart({{.number = 1, .trace = trace}}, {});
    const std::string path = svg.substr(svg.find("class=\"power\""));
    return std::count(path.begin(), path.end(), 'M');
  };
  EXPECT_EQ(starts(), 1);
  trace.samples[2].joules.reset();
  EXPECT_EQ(starts(), 2);
}

}  // namespace
}  // namespace joulebench
