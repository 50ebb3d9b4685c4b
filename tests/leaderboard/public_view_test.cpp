#include "leaderboard/public_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "core/file.h"
#include "leaderboard/publication.h"
#include "support/synthetic_board.h"

namespace joulebench {
namespace {

using support::good_run;
using support::SyntheticRun;
using ::testing::IsEmpty;

Instant at(const char* text) {
  return parse_instant(text).value();
}

Dates dates(const char* freeze, const char* publishes) {
  Dates dates;
  if (*freeze != '\0') dates.freeze = Date{at(freeze), freeze};
  if (*publishes != '\0') dates.publishes = Date{at(publishes), publishes};
  return dates;
}

constexpr const char* kFreeze = "2026-12-10T12:00:00+01:00";
constexpr const char* kPublishes = "2026-12-20T12:00:00+01:00";
using Shown = PublicTrack::Shown;

TEST(PublicTrack, TheInstantsThatAreNamedAreStillInside) {
  const Dates both = dates(kFreeze, kPublishes);
  EXPECT_EQ(public_track(both, at("2026-12-10T11:00:00Z")).shown, Shown::all);
  EXPECT_EQ(public_track(both, at("2026-12-10T11:00:00.001Z")).shown, Shown::frozen);
  EXPECT_EQ(public_track(both, at("2026-12-10T11:00:00.001Z")).frozen_at,
            "2026-12-10T11:00:00.000Z");
  EXPECT_EQ(public_track(both, at("2026-12-20T10:59:59.999Z")).shown, Shown::frozen);
  EXPECT_EQ(public_track(both, at("2026-12-20T11:00:00Z")).shown, Shown::all);
}

TEST(PublicTrack, WithoutAFreezeItIsHiddenUntilItPublishes) {
  const Dates hidden = dates("", kPublishes);
  EXPECT_EQ(public_track(hidden, at("2026-01-01T00:00:00Z")).shown, Shown::hidden);
  EXPECT_EQ(public_track(hidden, at("2026-12-20T11:00:00Z")).shown, Shown::all);
  EXPECT_EQ(public_track(Dates{}, at("2026-12-20T11:00:00Z")).shown, Shown::all);
  EXPECT_EQ(public_track(dates(kFreeze, ""), at("2027-12-20T11:00:00Z")).shown, Shown::frozen)
      << "for good";
}

// Pages are long: a failure shall not show them.
bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

/// A competition with a live track "digits" and others; runs that a test adds at times of its own.
class PublicView : public ::testing::Test {
 protected:
  void open(const std::string& dates_of_digits, const std::string& more_tracks = "") {
    store_.put_competition(
        parse_competition(R"({"format": "joulebench-competition/2", "id": "test", "tracks": [
          {"id": "digits", "dataset": "digits", "dates": )" +
                              dates_of_digits + "}" + more_tracks + "]}",
                          "competition.json"),
        "2026-12-01T00:00:00.000Z");
  }
  std::int64_t add(const std::string& name, double joules, const char* at_utc,
                   const std::string& track = "digits", const std::string& host = "bench-1") {
    const SyntheticRun run = good_run(name, {joules, joules, joules});
    RunRecord record = make_record(run);
    record.track.id = track;
    record.entry.is_baseline = name == "base";
    record.node_before.hostname = host;
    record.node_after = record.node_before;
    const auto id = store_.put_run(record, "/records/" + name, at_utc);
    const Score score = score_run(record, [&](const BlockRecord&) { return make_predictions(run); },
                                  {.values = run.labels, .dataset_sha256 = record.dataset_sha256});
    store_.put_score(id, score, "floors/2", "0.1.0", at_utc);
    return id;
  }
  /// All files that are written for the public, one text.
  std::string published(const char* now) const {
    const Board board = make_public_board(store_, "test", "digits", at(now));
    const TemporaryFolder folder("published");
    publish(
        [&](const SiteOutput& output) {
          make_site({&board, 1}, support::flat_trace, output);
        },
        public_log(store_, at(now)), folder.path());
    std::string all;
    for (const auto& one : std::filesystem::recursive_directory_iterator(folder.path())) {
      const auto kind = one.path().extension();
      if (one.is_regular_file() && kind != ".css" && kind != ".js")
        all += read_text_file(one.path());
    }
    return all;
  }

  Store store_{":memory:"};
};

TEST_F(PublicView, AFrozenBoardIsByteForByteThatOfItsFreeze) {
  open(R"({"freeze": "2026-12-10T12:00:00+01:00", "publishes": "2026-12-20T12:00:00+01:00"})");
  const auto tree = add("tree", 10, "2026-12-09T00:00:00.000Z");
  const std::string at_freeze = published("2026-12-10T11:00:00Z");
  add("latecomer", 7.1234567, "2026-12-11T00:00:00.000Z");
  store_.decide(tree, Decision::disqualified, "seen later", "2026-12-11T00:00:00.000Z");
  store_.put_refused("test", "digits", {{"odd.zip", "unreadable"}}, "2026-12-11T00:00:00.000Z");
  const std::string frozen = published("2026-12-15T00:00:00Z");
  EXPECT_FALSE(contains(frozen, "latecomer"));
  EXPECT_FALSE(contains(frozen, "7.12345"));
  EXPECT_FALSE(contains(frozen, "seen later"));
  EXPECT_FALSE(contains(frozen, "odd.zip"));
  const Board board = make_public_board(store_, "test", "digits", at("2026-12-15T00:00:00Z"));
  EXPECT_EQ(board.note,
            "this board stands still since 2026-12-10T12:00:00+01:00, until "
            "2026-12-20T12:00:00+01:00");
  ASSERT_EQ(board.ranking.sections.size(), 1u);
  EXPECT_EQ(board.entries.size(), 1u);
  EXPECT_EQ(make_board(store_, "test", "digits").entries.size(), 2u) << "the organizer sees all";
  EXPECT_TRUE(contains(at_freeze, "tree"));
  EXPECT_TRUE(contains(published("2026-12-20T11:00:00Z"), "seen later"));
}

TEST_F(PublicView, ARecordThatIsReplacedAfterTheFreezeLeavesTheScoreOfTheFreeze) {
  open(R"({"freeze": "2026-12-10T12:00:00+01:00"})");
  add("tree", 10, "2026-12-09T00:00:00.000Z");
  add("tree", 8.7654321, "2026-12-12T00:00:00.000Z");  // measured again
  const Board board = make_public_board(store_, "test", "digits", at("2026-12-15T00:00:00Z"));
  ASSERT_EQ(board.entries.size(), 1u);
  EXPECT_DOUBLE_EQ(board.entries[0].score->joules_per_sample->value, 10.0 / 2000);
  EXPECT_THAT(board.entries[0].run.record.blocks, IsEmpty());
  EXPECT_FALSE(contains(published("2026-12-15T00:00:00Z"), "8.765"));
}

TEST_F(PublicView, AHiddenTrackShowsWhoTakesPartAndNoFigure) {
  open(R"({"publishes": "2026-12-20T12:00:00+01:00"})");
  add("tree", 7.1234567, "2026-12-09T00:00:00.000Z");
  add("forest", 3.7654321, "2026-12-09T00:00:00.000Z");
  const std::string hidden = published("2026-12-15T00:00:00Z");
  EXPECT_TRUE(contains(hidden, "tree"));
  EXPECT_TRUE(contains(hidden, "results are shown from 2026-12-20T12:00:00+01:00"));
  // Of a block, of a sample, of all; in whatever unit. And of 10 wrong answers in 1,000.
  for (const char* figure : {"7.12", "3.56", "3.76", "1.88", "0.99", "99.0"}) {
    EXPECT_FALSE(contains(hidden, figure)) << figure;
  }
  EXPECT_TRUE(contains(published("2026-12-20T11:00:00Z"), "3.56"));
}

TEST_F(PublicView, AHiddenTrackShowsNoFigureOfMachinesThatCountAsOne) {
  open(R"({"publishes": "2026-12-20T12:00:00+01:00"})");
  for (const char* host : {"bench-1", "bench-2"}) {
    add("base", 7.1234567, "2026-12-09T00:00:00.000Z", "digits", host);
    add("tree", 3.7654321, "2026-12-09T00:00:00.000Z", "digits", host);
  }
  const Board board = make_public_board(store_, "test", "digits", at("2026-12-15T00:00:00Z"));
  EXPECT_TRUE(board.ranking.joined.empty());
  const std::string hidden = published("2026-12-15T00:00:00Z");
  EXPECT_TRUE(contains(hidden, "tree"));
  for (const char* text : {"7.12", "3.56", "3.76", "1.88", "as one with its run"}) {
    EXPECT_FALSE(contains(hidden, text)) << text;
  }
  const Board shown = make_public_board(store_, "test", "digits", at("2026-12-20T11:00:00Z"));
  EXPECT_FALSE(shown.ranking.joined.empty());
}

TEST_F(PublicView, TheLogIsABeginningThatEndsBeforeWhatIsHidden) {
  open("{}", R"(, {"id": "final", "dataset": "digits",
                   "dates": {"publishes": "2026-12-20T12:00:00+01:00"}})");
  const auto known = add("tree", 10, "2026-12-09T00:00:00.000Z");
  const std::size_t before = store_.log().size();
  add("tree", 7.1234567, "2026-12-10T00:00:00.000Z", "final");
  store_.decide(known, Decision::disqualified, "of the live track", "2026-12-11T00:00:00.000Z");
  const auto log = public_log(store_, at("2026-12-15T00:00:00Z"));
  EXPECT_EQ(log.size(), before);
  EXPECT_EQ(verify_chain(log), "");
  EXPECT_EQ(make_public_board(store_, "test", "digits", at("2026-12-15T00:00:00Z")).head.sha256,
            log.back().sha256);
  EXPECT_THAT(withheld(store_, at("2026-12-15T00:00:00Z")),
              ::testing::ElementsAre("test/final: results are shown from "
                                     "2026-12-20T12:00:00+01:00"));
  EXPECT_EQ(public_log(store_, at("2026-12-20T11:00:00Z")).size(), store_.log().size());
  EXPECT_THAT(withheld(store_, at("2026-12-20T11:00:00Z")), IsEmpty());
}

TEST_F(PublicView, VersionsAreThoseOfTheFreeze) {
  open(R"({"freeze": "2026-12-10T12:00:00+01:00"})");
  SyntheticRun run = good_run("tree", {10, 10, 10});
  for (const char* id : {"first", "second"}) {
    RunRecord record = make_record(run);
    record.entry.id = id;
    record.entry.team = "red";
    const std::string when =
        id == std::string("first") ? "2026-12-09T00:00:00.000Z" : "2026-12-11T00:00:00.000Z";
    store_.received_at("test", id, when);
    store_.put_run(record, std::string("/records/") + id, when);
  }
  const Board frozen = make_public_board(store_, "test", "digits", at("2026-12-15T00:00:00Z"));
  ASSERT_EQ(frozen.entries.size(), 1u);
  EXPECT_EQ(frozen.entries[0].state, EntryState::valid);
  const Board whole = make_board(store_, "test", "digits");
  ASSERT_EQ(whole.superseded.size(), 1u);
  EXPECT_EQ(whole.entries[whole.superseded[0].entry].run.record.entry.id, "first");
  EXPECT_EQ(whole.entries[whole.superseded[0].by].run.record.entry.id, "second");
}

}  // namespace
}  // namespace joulebench
