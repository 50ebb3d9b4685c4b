#include "campaign/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>

#include "core/digest.h"
#include "core/error.h"
#include "scoring/comparison.h"
#include "scoring/ranking.h"
#include "scripted_campaign.h"

namespace joulebench {
namespace {

using testing::HasSubstr;

// Of the entry whose id begins with `letter`.
bool is_of(const BlockJob& job, char letter) {
  return job.entry.entry_id.front() == letter;
}

// Blocks cost `joules` in the order in which they run, the last of them from then on.
void script_joules(ScriptedCampaign& world, std::vector<double> joules) {
  world.executor.on_block = [joules, next = std::size_t{0}](const BlockJob&,
                                                            BlockRecord& block) mutable {
    set_joules(block, joules[std::min(next++, joules.size() - 1)]);
  };
}

TEST(Evaluation, ASteadyMachineRunsEveryBlockOnceBetweenTwoOfTheBaseline) {
  ScriptedCampaign world({"baseline", "other"});
  world.run();
  EXPECT_EQ(world.executor.order().size(), 8U);
  EXPECT_EQ(world.executor.order().front(), 'b');
  EXPECT_EQ(world.executor.order().back(), 'b');
  EXPECT_EQ(world.executor.prepared(), 2);
  EXPECT_EQ(world.count("other", Outcome::valid), 4);
  EXPECT_TRUE(world.all_valid);
  EXPECT_TRUE(world.notes.empty());
  EXPECT_TRUE(world.record("other").flags.empty());
}

// Whose blocks a session has, round by round: "bo bo" are two rounds.
std::string rounds_of(const ScriptedCampaign& world, const std::vector<std::string>& names,
                      const std::string& session) {
  std::map<int, std::string> rounds;
  for (const std::string& name : names) {
    for (const BlockRecord& block : world.record(name).blocks) {
      if (block.session == session) rounds[block.round] += name.front();
    }
  }
  std::string text;
  for (const auto& [round, letters] : rounds) text += (text.empty() ? "" : " ") + letters;
  return text;
}

TEST(Evaluation, EachBlockKnowsItsRoundAndSession) {
  ScriptedCampaign world({"baseline", "other"});
  world.run();
  EXPECT_EQ(rounds_of(world, {"baseline", "other"}, "2026-12-01T08:00:00.000Z"), "bo bo bo bo");
}

TEST(Evaluation, WhatIsRepeatedHasARoundOfItsOwnWithTheBaseline) {
  ScriptedCampaign world({"baseline", "other"});
  int blocks = 0;
  world.executor.on_block = [&blocks](const BlockJob& job, BlockRecord& block) {
    if (!is_of(job, 'o') || ++blocks != 2) return;
    block.outcome = Outcome::voided;
    block.message = "idle power moved";
  };
  world.run();
  EXPECT_EQ(rounds_of(world, {"baseline", "other"}, "2026-12-01T08:00:00.000Z"), "bo bo bo bo bo");
}

// How the energies of two entries of a campaign compare by its records.
Comparison compared(const ScriptedCampaign& world, const std::string& a, const std::string& b) {
  std::map<std::string, Score> scores;
  for (const BoardEntry& entry : world.store.board("made-up", "made-up")) {
    scores[entry.run.record.entry.name] = *entry.score;
  }
  return compare_scores(scores.at(a), scores.at(b), 0.95).value();
}

TEST(Evaluation, EveryRoundOfWhatIsRepeatedHasTheBaselineSoThatAllBlocksAreCompared) {
  ScriptedCampaign world({"baseline", "other"});
  world.competition.tracks[0].protocol.blocks = 2;
  int blocks = 0;
  world.executor.on_block = [&blocks](const BlockJob& job, BlockRecord& block) {
    set_joules(block, is_of(job, 'o') ? 0.8 + 0.001 * (block.number % 2) : 1);
    if (!is_of(job, 'o') || ++blocks > 2) return;
    block.outcome = Outcome::voided;
    block.message = "idle power moved";
  };
  world.run();
  EXPECT_EQ(world.executor.order().substr(4), "obob");
  const Comparison comparison = compared(world, "other", "baseline");
  ASSERT_TRUE(comparison.energy_ratio.interval);
  EXPECT_EQ(comparison.energy, Relation::less);
}

TEST(Evaluation, AnEntryThatRanAtItsSecondTryIsMeasuredBesideTheBaseline) {
  ScriptedCampaign world({"baseline", "other"});
  world.executor.on_prepare = [tries = 0](const EntryJob& job, Preparation&) mutable {
    if (job.entry_id == "other-id" && ++tries == 1) {
      throw Error({.what = "no room", .where = "scratch", .hint = ""});
    }
  };
  world.run();
  EXPECT_TRUE(world.all_valid);
  EXPECT_EQ(world.executor.order(), "bbbbobobobob");
  EXPECT_TRUE(compared(world, "other", "baseline").energy_ratio.interval);
}

TEST(Evaluation, AfterAShortBreakTheSessionGoesOn) {
  ScriptedCampaign world({"baseline", "other", "third"});
  int blocks = 0;
  world.executor.on_block = [&blocks](const BlockJob&, BlockRecord&) {
    if (++blocks == 8) throw Interrupted{};
  };
  EXPECT_THROW(world.run(), Interrupted);
  world.clock.advance(Seconds(3000));
  world.run();
  EXPECT_EQ(rounds_of(world, {"baseline", "other", "third"}, "2026-12-01T08:00:00.000Z"),
            "bot bot bot bot");
}

TEST(Evaluation, AfterALongBreakAnotherSessionBeginsWithTheBaselineInEachRound) {
  ScriptedCampaign world({"baseline", "other", "third"});
  int blocks = 0;
  world.executor.on_block = [&blocks](const BlockJob&, BlockRecord&) {
    if (++blocks == 7) throw Interrupted{};  // after two rounds
  };
  EXPECT_THROW(world.run(), Interrupted);
  world.clock.advance(Seconds(7200));
  const std::string second = world.clock.now_utc();
  world.run();
  EXPECT_EQ(rounds_of(world, {"baseline", "other", "third"}, second), "bot bot");
  EXPECT_EQ(world.executor.order().back(), 'b');
}

TEST(Evaluation, AnEntryThatJoinsLaterIsMeasuredBesideTheBaseline) {
  ScriptedCampaign world({"baseline", "other"});
  world.run();
  Submission late;
  late.name = "late";
  late.id = "late-id";
  world.participants.candidates.push_back({late, false});
  const std::string second = world.clock.now_utc();
  world.run();
  EXPECT_EQ(world.executor.order().substr(8).front(), 'b');
  EXPECT_EQ(world.executor.order().back(), 'b');
  EXPECT_EQ(rounds_of(world, {"baseline", "other", "late"}, second), "bl bl bl bl");
  EXPECT_EQ(world.count("baseline", Outcome::valid), 8);
  world.run();
  EXPECT_EQ(world.executor.order().size(), 16U) << "nothing is missing any more";
}

// Ranks of a campaign that a third entry joined later, on a machine that takes 1.2 times as much.
std::map<std::string, std::pair<int, int>> ranks_after_joining(double joules_of_the_late) {
  ScriptedCampaign world({"baseline", "other"});
  world.competition.tracks[0].ranking.floors = {0.5};
  int block = 0;
  const auto noise = [&block] { return 1 + 0.0001 * (++block % 3); };
  world.executor.on_block = [&](const BlockJob&, BlockRecord& record) {
    set_joules(record, noise());
  };
  world.run();
  Submission late;
  late.name = "late";
  late.id = "late-id";
  world.participants.candidates.push_back({late, false});
  world.executor.on_block = [&](const BlockJob& job, BlockRecord& record) {
    set_joules(record, noise() * (is_of(job, 'l') ? joules_of_the_late : 1.2));
  };
  world.run();
  EXPECT_TRUE(world.notes.empty()) << world.notes[0];
  std::vector<Score> scores;
  for (const BoardEntry& entry : world.store.board("made-up", "made-up")) {
    scores.push_back(*entry.score);
    scores.back().is_baseline = entry.run.record.entry.is_baseline;
  }
  const Ranking ranking = rank_scores(scores, world.competition.tracks[0]);
  std::map<std::string, std::pair<int, int>> ranks;
  EXPECT_TRUE(ranking.unranked.empty()) << ranking.unranked[0].reason;
  EXPECT_EQ(ranking.sections.size(), 1U) << "one baseline in both";
  for (const RankedEntry& entry : ranking.sections.at(0).categories.at(0).entries) {
    ranks[scores[entry.score].entry_name] = {entry.best, entry.worst};
  }
  return ranks;
}

using Ranks = std::map<std::string, std::pair<int, int>>;

TEST(Evaluation, TheMachineMayDifferFromOneSessionToTheNext) {
  const Ranks all_equal = {{"baseline", {1, 3}}, {"other", {1, 3}}, {"late", {1, 3}}};
  EXPECT_EQ(ranks_after_joining(1.2), all_equal) << "as much as the baseline beside it";
}

TEST(Evaluation, ALateEntryIsRankedByItsOwnSessionsBaseline) {
  const Ranks first = {{"late", {1, 1}}, {"baseline", {2, 3}}, {"other", {2, 3}}};
  EXPECT_EQ(ranks_after_joining(1.1), first) << "less than the baseline beside it";
  const Ranks last = {{"baseline", {1, 2}}, {"other", {1, 2}}, {"late", {3, 3}}};
  EXPECT_EQ(ranks_after_joining(2.4), last);
}

TEST(Evaluation, TheBaselineRunsNoMoreThanOnceBesideAnEntryThatCannotRun) {
  ScriptedCampaign world({"baseline", "other", "broken"});
  world.executor.on_prepare = [](const EntryJob& job, Preparation&) {
    if (job.entry_id.front() != 'b' || job.entry_id[1] != 'r') return;
    throw Error({.what = "no room", .where = "scratch", .hint = ""});
  };
  world.run();
  const std::size_t blocks = world.executor.order().size();
  world.run();
  world.run();
  EXPECT_LE(world.executor.order().size(), blocks + 2) << world.executor.order();
}

TEST(Evaluation, AnEntryThatBecomesTheBaselineIsOne) {
  ScriptedCampaign world({"baseline", "other"});
  world.run();
  world.participants.candidates[0].is_baseline = false;
  world.participants.candidates[1].is_baseline = true;
  world.run();
  EXPECT_FALSE(world.record("baseline").entry.is_baseline);
  EXPECT_TRUE(world.record("other").entry.is_baseline);
}

TEST(Evaluation, RunsAndScoresAreOnTheBoard) {
  ScriptedCampaign world({"baseline", "other"});
  world.participants.refused = {
      {"/somewhere/broken", "/somewhere/broken/submission.json: no such file"}};
  world.run();
  const auto entries = world.store.board("made-up", "made-up");
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].run.record.entry.name, "baseline");
  ASSERT_TRUE(entries[1].score);
  EXPECT_DOUBLE_EQ(entries[1].score->accuracy->value, 1.0);
  EXPECT_DOUBLE_EQ(entries[1].score->joules_per_sample->value, 1.0 / 20);
  const auto refused = world.store.refused("made-up", "made-up");
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].reason, "broken/submission.json: no such file");
  EXPECT_FALSE(world.all_valid);
}

TEST(Evaluation, BlocksAroundWhichTheBaselineMovedAreRepeatedAndABaselineFollows) {
  ScriptedCampaign world({"baseline", "other"});
  script_joules(world, {1.00, 1.10});  // one step up, after the first block of all
  world.run();
  EXPECT_GE(world.count("other", Outcome::voided), 1) << world.executor.order();
  EXPECT_EQ(world.count("other", Outcome::valid), 4);
  EXPECT_EQ(world.count("baseline", Outcome::valid), 4 + world.count("other", Outcome::voided))
      << "one more for each round of what was repeated";
  EXPECT_TRUE(world.all_valid);
  EXPECT_EQ(world.executor.order().back(), 'b');
  for (const BlockRecord& block : world.record("other").blocks) {
    if (block.outcome != Outcome::voided) continue;
    EXPECT_EQ(block.message, "the baseline moved by +10.0 % around it, over 3 %");
    EXPECT_EQ(block.flags.back().name, "drift");
  }
  ASSERT_FALSE(world.notes.empty());
  EXPECT_THAT(world.notes[0], HasSubstr("is repeated: the baseline moved by +10.0 % around it"));
}

TEST(Evaluation, AMachineThatNeverRestsIsFlaggedAndEndsAllTheSame) {
  ScriptedCampaign world({"baseline", "other"});
  script_joules(world, {1, 1.2, 1.4, 1.7, 2.0, 2.4, 2.9, 3.5, 4.2, 5});
  world.run();
  EXPECT_LE(world.executor.order().size(), 8U + 4) << world.executor.order();
  EXPECT_EQ(world.count("other", Outcome::valid), 4);
  ASSERT_FALSE(world.record("other").flags.empty());
  EXPECT_EQ(world.record("other").flags[0].name, "drift-unclear");
}

TEST(Evaluation, AFinishedCampaignRunsNothingAgain) {
  ScriptedCampaign world({"baseline", "other"});
  world.run();
  const std::size_t events = world.store.log().size();
  world.run();
  EXPECT_EQ(world.executor.order().size(), 8U);
  EXPECT_EQ(world.executor.prepared(), 2);
  EXPECT_EQ(world.store.log().size(), events) << "nothing new is stored either";
}

TEST(Evaluation, InterruptedAnywhereItResumesWithWhatIsFinishedAndInTheSameOrder) {
  ScriptedCampaign whole({"baseline", "other", "third"});
  whole.run();
  const std::size_t all = whole.executor.order().size();
  ASSERT_EQ(all, 12U);
  ScriptedCampaign world({"baseline", "other", "third"});
  for (std::size_t stops = 1; stops < all; ++stops) {
    world.executor.on_block = [count = 0](const BlockJob&, BlockRecord&) mutable {
      if (++count > 1) throw Interrupted{};
    };
    EXPECT_THROW(world.run(), Interrupted);
    EXPECT_EQ(world.executor.order().size(), stops);
  }
  world.executor.on_block = {};
  world.run();
  EXPECT_EQ(world.executor.order().size(), all) << "no block ran twice";
  EXPECT_EQ(world.executor.order().front(), 'b');
  EXPECT_EQ(world.executor.order().back(), 'b');
  for (const char* name : {"baseline", "other", "third"}) {
    EXPECT_EQ(world.count(name, Outcome::valid), 4) << name;
  }
}

TEST(Evaluation, AResumedEntryKeepsThePlanOfItsFirstBlocks) {
  ScriptedCampaign world({"baseline", "other"});
  world.executor.on_prepare = [](const EntryJob&, Preparation& prepared) {
    prepared.plan = {.requests = 3, .copies = 2};
  };
  world.executor.on_block = [count = 0](const BlockJob&, BlockRecord&) mutable {
    if (++count > 4) throw Interrupted{};
  };
  EXPECT_THROW(world.run(), Interrupted);
  world.executor.on_block = {};
  world.executor.on_prepare = [](const EntryJob& job, const Preparation&) {
    EXPECT_TRUE(job.plan) << job.entry_id << " needs no second pilot";
  };
  world.run();
  EXPECT_EQ(world.record("other").blocks.back().passes, 6);
}

TEST(Evaluation, AnEntryThatCannotBeBuiltHasNoBlockAndTheOthersGoOn) {
  ScriptedCampaign world({"baseline", "other", "third"});
  world.executor.on_prepare = [](const EntryJob& job, Preparation& prepared) {
    if (job.entry_id == "other-id") prepared = {Outcome::build, "make exited with 2", "oh no"};
  };
  world.run();
  EXPECT_EQ(world.record("other").outcome, Outcome::build);
  EXPECT_EQ(world.record("other").message, "make exited with 2");
  EXPECT_EQ(world.record("other").log_tail, "oh no");
  EXPECT_TRUE(world.record("other").blocks.empty());
  EXPECT_EQ(world.executor.prepared(), 3) << "a failure is not tried again";
  EXPECT_EQ(world.count("third", Outcome::valid), 4);
  EXPECT_FALSE(world.all_valid);
}

TEST(Evaluation, AFailedBlockEndsItsEntryAndTheOthersGoOn) {
  ScriptedCampaign world({"baseline", "other", "third"});
  world.executor.on_block = [](const BlockJob& job, BlockRecord& block) {
    if (!is_of(job, 'o') || job.number != 2) return;
    block.outcome = Outcome::crash;
    block.message = "ended by signal 11";
  };
  world.run();
  EXPECT_EQ(world.record("other").outcome, Outcome::crash);
  EXPECT_EQ(world.record("other").message, "block 2: ended by signal 11");
  EXPECT_EQ(world.record("other").blocks.size(), 2U);
  EXPECT_EQ(world.count("baseline", Outcome::valid), 4);
  EXPECT_EQ(world.count("third", Outcome::valid), 4);
}

constexpr const char* kDecidedAt = "2026-12-01T08:10:00.000Z";

// As intake stores a team's request.
void withdraw_for_team(Store& store, const std::string& entry_id) {
  IntakeDecision decision{.competition = "made-up",
                          .kind = UploadKind::withdraw,
                          .upload = "own.request.json",
                          .sha256 = std::string(64, 'a')};
  decision.accepted = true;
  decision.entries = {entry_id};
  store.put_intake(decision, kDecidedAt);
}

// As the board's commands do.
void decide_about(Store& store, const std::string& entry_id, Decision decision) {
  const auto runs = store.find_runs("made-up", "made-up", entry_id);
  ASSERT_EQ(runs.size(), 1U);
  store.decide(runs[0].id, decision, "asked for", kDecidedAt);
}

// Two blocks of `other` run, while the second of which `act` is called.
void run_until_two_blocks_of_other(ScriptedCampaign& world, const std::function<void()>& act) {
  int blocks = 0;
  world.executor.on_block = [&](const BlockJob& job, BlockRecord&) {
    if (is_of(job, 'o') && ++blocks == 2) act();
  };
  world.run();
  world.executor.on_block = {};
}

TEST(Evaluation, WhatTheOrganizerWithdrawsOrDisqualifiesMeanwhileRunsNoFurtherBlock) {
  for (const Decision decision : {Decision::withdrawn, Decision::disqualified}) {
    ScriptedCampaign world({"baseline", "other", "third"});
    run_until_two_blocks_of_other(world, [&] { decide_about(world.store, "other-id", decision); });
    EXPECT_EQ(world.count("other", Outcome::valid), 2);
    EXPECT_EQ(world.count("third", Outcome::valid), 4);
    EXPECT_THAT(world.notes,
                testing::Contains(HasSubstr(std::string("it was ") + to_string(decision))));
    world.run();
    EXPECT_EQ(world.count("other", Outcome::valid), 2) << "the next call runs none either";
  }
}

TEST(Evaluation, AnEntryThatIsRestoredRunsItsOtherBlocks) {
  ScriptedCampaign world({"baseline", "other", "third"});
  run_until_two_blocks_of_other(world, [&] { withdraw_for_team(world.store, "other-id"); });
  EXPECT_EQ(world.count("other", Outcome::valid), 2);
  decide_about(world.store, "other-id", Decision::restored);
  world.run();
  EXPECT_EQ(world.count("other", Outcome::valid), 4);
}

TEST(Evaluation, AnEntryThatWasWithdrawnBeforeItRanHasNoBlock) {
  ScriptedCampaign world({"baseline", "other"});
  withdraw_for_team(world.store, "other-id");
  world.run();
  EXPECT_TRUE(world.record("other").blocks.empty());
  for (const BoardEntry& entry : world.store.board("made-up", "made-up")) {
    EXPECT_EQ(sha256_of_file(entry.run.folder / "run.json"), entry.run.record_sha256);
  }
  decide_about(world.store, "other-id", Decision::restored);
  world.run();
  EXPECT_EQ(world.count("other", Outcome::valid), 4);
}

TEST(Evaluation, AnEntryThatIsWithdrawnMeanwhileRunsNoFurtherBlock) {
  ScriptedCampaign world({"baseline", "other", "third"});
  int blocks = 0;
  world.executor.on_block = [&](const BlockJob& job, BlockRecord&) {
    if (is_of(job, 'o') && ++blocks == 2) withdraw_for_team(world.store, job.entry.entry_id);
  };
  world.run();
  EXPECT_EQ(blocks, 2);
  EXPECT_EQ(world.count("third", Outcome::valid), 4);
  EXPECT_THAT(world.notes,
              testing::Contains(HasSubstr("it was withdrawn: its other blocks are not run")));
}

TEST(Evaluation, AWithdrawalIsNoFailure) {
  ScriptedCampaign world({"baseline", "other", "third"});
  run_until_two_blocks_of_other(world, [&] { withdraw_for_team(world.store, "other-id"); });
  EXPECT_TRUE(world.all_valid);
  ScriptedCampaign before_its_first({"baseline", "other"});
  withdraw_for_team(before_its_first.store, "other-id");
  before_its_first.run();
  EXPECT_TRUE(before_its_first.all_valid);
}

TEST(Evaluation, ABlockThatTheMachineMadeVoidIsRepeated) {
  ScriptedCampaign world({"baseline", "other"});
  world.executor.on_block = [](const BlockJob& job, BlockRecord& block) {
    if (!is_of(job, 'o') || job.number != 2) return;
    block.outcome = Outcome::voided;
    block.message = "a counter could not be read at an end of a window";
  };
  world.run();
  EXPECT_EQ(world.count("other", Outcome::voided), 1);
  EXPECT_EQ(world.count("other", Outcome::valid), 4);
  EXPECT_EQ(world.record("other").outcome, Outcome::valid);
}

TEST(Evaluation, ABlockThatTheEntryMadeVoidFailsTheEntry) {
  ScriptedCampaign world({"baseline", "other"});
  world.executor.on_block = [](const BlockJob& job, BlockRecord& block) {
    if (!is_of(job, 'o') || job.number != 2) return;
    block.outcome = Outcome::voided;
    block.message = "measured for 1.000 s";
    block.measured = Seconds(1);  // answered with a tenth of the first block's CPU time
    set_joules(block, 0.1);
  };
  world.run();
  EXPECT_EQ(world.record("other").outcome, Outcome::violation);
  EXPECT_EQ(world.record("other").blocks.size(), 2U) << "it is not repeated";
  EXPECT_EQ(
      world.record("other").message,
      "block 2: measured for 1.000 s; it was answered with 0.10 of the CPU time per sample of "
      "the entry's valid blocks; a block that the entry itself makes void is not repeated");
  EXPECT_EQ(world.count("baseline", Outcome::valid), 4);
}

TEST(Evaluation, APlanOfADisturbedPilotGrowsAndThreeShortBlocksAreAllThereAre) {
  ScriptedCampaign world({"baseline", "other"});
  world.executor.on_block = [](const BlockJob& job, BlockRecord& block) {
    if (!is_of(job, 'o')) return;
    block.outcome = Outcome::voided;
    block.message = "too short";
    block.measured = Seconds(5);
  };
  world.run();
  const RunRecord& record = world.record("other");
  EXPECT_EQ(record.outcome, Outcome::voided);
  ASSERT_EQ(record.blocks.size(), 3U);
  EXPECT_EQ(record.blocks[0].passes, 2);
  EXPECT_EQ(record.blocks[1].passes, 8) << "2 x 10 s / 5 s as many";
}

TEST(Evaluation, AnotherTitleOrFloorRunsNothingAndIsScoredAndMoreBlocksRunTheRest) {
  ScriptedCampaign world({"baseline", "other"});
  world.run();
  world.competition.digest = "another";
  world.competition.tracks[0].title = "Renamed";
  world.competition.tracks[0].ranking.floors = {0.5};
  world.run();
  EXPECT_EQ(world.executor.order().size(), 8U);
  EXPECT_EQ(world.record("other").track.title, "Renamed");
  EXPECT_EQ(world.store.board("made-up", "made-up")[1].run.record.track.ranking.floors,
            std::vector<double>{0.5});
  world.competition.digest = "a third";
  world.competition.tracks[0].protocol.blocks = 5;
  world.run();
  EXPECT_EQ(world.executor.order().size(), 10U);
  EXPECT_TRUE(world.all_valid);
  world.competition.digest = "a fourth";
  world.competition.tracks[0].protocol.tail = Seconds(1);  // it is measured in another way
  world.run();
  EXPECT_EQ(world.executor.order().size(), 20U);
}

// Blocks that are added until `other` and `third` differ significantly; `far` is behind from the
// first.
struct AddingWorld : ScriptedCampaign {
  AddingWorld() : ScriptedCampaign({"baseline", "far", "other", "third"}) {
    Protocol& protocol = competition.tracks[0].protocol;
    protocol.blocks = 5;
    protocol.adds_blocks = true;
    competition.tracks[0].ranking.floors = {0.5};
    executor.on_block = [this](const BlockJob& job, BlockRecord& block) {
      ++ran[job.entry.entry_id.front()];
      const double noise = 1 + 0.004 * ((block.number * 7) % 3 - 1);
      // The two are equal but for noise to their fifth block, from then on 4 % apart.
      const double apart = block.number > 5 ? 0.96 : 1;
      const double own = is_of(job, 'b') ? 5 : is_of(job, 'f') ? 3 : is_of(job, 'o') ? apart : 1;
      set_joules(block, own * (is_of(job, 'o') ? noise : 2 - noise));
    };
  }
  std::map<char, int> ran;
};

TEST(Evaluation, AddsBlocksForWhoIsTiedAtTheTopUntilTheyAreToldApart) {
  AddingWorld world;
  world.run();
  EXPECT_EQ(world.count("far", Outcome::valid), 5);
  const int other = world.count("other", Outcome::valid);
  EXPECT_GT(other, 5);
  EXPECT_LT(other, 20) << "they differ significantly before";
  EXPECT_EQ(world.count("third", Outcome::valid), other);
  EXPECT_GE(world.count("baseline", Outcome::valid), other) << "beside them in each round";
  ASSERT_FALSE(world.notes.empty());
  EXPECT_THAT(world.notes[0], HasSubstr("tied at the top: other, third get blocks up to 7"));
  EXPECT_TRUE(world.all_valid);
  const std::size_t blocks = world.executor.order().size();
  world.run();
  EXPECT_EQ(world.executor.order().size(), blocks) << "nothing is left to tell apart";
}

TEST(Evaluation, AWithdrawalIsToldOnceHoweverOftenBlocksAreAdded) {
  AddingWorld world;
  world.executor.on_prepare = [&](const EntryJob& job, Preparation&) {
    if (job.entry_id != "far-id") return;
    withdraw_for_team(world.store, job.entry_id);
    throw Error({.what = "no room", .where = "scratch", .hint = ""});
  };
  world.run();
  EXPECT_GT(world.count("other", Outcome::valid), 5);
  EXPECT_EQ(std::count_if(
                world.notes.begin(), world.notes.end(),
                [](const std::string& note) { return note.find("it was withdrawn") != note.npos; }),
            1);
  EXPECT_TRUE(world.all_valid);
}

TEST(Evaluation, ACallThatWasKilledGoesOnAddingWhereItWas) {
  AddingWorld whole;
  whole.run();
  AddingWorld world;
  const auto as_scripted = world.executor.on_block;
  int blocks = 0;
  world.executor.on_block = [&](const BlockJob& job, BlockRecord& block) {
    if (++blocks == 23) throw Interrupted{};  // after the first two that were added
    as_scripted(job, block);
  };
  EXPECT_THROW(world.run(), Interrupted);
  EXPECT_EQ(world.record("far").outcome, Outcome::valid) << "it can be ranked meanwhile";
  EXPECT_EQ(world.record("other").outcome, Outcome::valid);
  Evaluation resumed = world.open();
  EXPECT_GT(resumed.plan(world.scorer()).order.size(), 0u) << "a dry run knows what is added";
  world.run();
  for (const char* name : {"far", "other", "third"}) {
    EXPECT_EQ(world.count(name, Outcome::valid), whole.count(name, Outcome::valid)) << name;
  }
}

TEST(Evaluation, AddsNoBlocksBeyondTheOrganizersTime) {
  AddingWorld world;
  // 20 blocks of 10 s, each with 1.5 s around it, are 230 s; four more would be 276 s.
  world.competition.tracks[0].protocol.most_time = Seconds(250);
  world.run();
  EXPECT_EQ(world.count("other", Outcome::valid), 5);
  ASSERT_FALSE(world.notes.empty());
  EXPECT_THAT(world.notes[0], HasSubstr("most_time_s is spent"));
}

TEST(Evaluation, TheBaselineRunsAtLeastEveryHour) {
  std::vector<std::string> names = {"baseline"};
  for (char c = 'c'; c < 'o'; ++c) names.push_back(std::string(3, c));
  ScriptedCampaign world(names);
  world.executor.on_block = [&world](const BlockJob&, BlockRecord&) {
    world.clock.advance(Seconds(600));
  };
  world.run();
  const std::string& order = world.executor.order();
  for (std::size_t at = order.find('b'), next; (next = order.find('b', at + 1)) != order.npos;
       at = next) {
    EXPECT_LE(next - at, 7u) << "blocks of 610 s: " << order;
  }
}

TEST(Evaluation, AnEntryWhoseBlocksAreAllVoidEnds) {
  ScriptedCampaign world({"baseline", "other"});
  world.executor.on_block = [](const BlockJob& job, BlockRecord& block) {
    if (!is_of(job, 'o')) return;
    block.outcome = Outcome::voided;
    block.message = "idle power moved";
  };
  world.run();
  EXPECT_EQ(world.record("other").outcome, Outcome::voided);
  EXPECT_EQ(world.record("other").message, "5 blocks are void; the last: idle power moved");
  EXPECT_EQ(world.count("other", Outcome::voided), 5);
  EXPECT_EQ(world.count("baseline", Outcome::valid), 4);
}

const Error kNoRoom({.what = "cannot make a temporary folder",
                     .where = "/dev/shm: No space left on device",
                     .hint = "free some"});

TEST(Evaluation, AnEntryThatCannotBeRunIsTriedAgainAtTheEndAndTheOthersGoOn) {
  ScriptedCampaign world({"baseline", "other", "third"});
  int tries = 0;
  world.executor.on_prepare = [&tries](const EntryJob& job, Preparation&) {
    if (job.entry_id != "other-id") return;
    ++tries;
    throw Error(kNoRoom);
  };
  world.run();
  EXPECT_EQ(tries, 2);
  EXPECT_EQ(world.record("other").outcome, Outcome::infrastructure);
  EXPECT_EQ(world.record("other").message,
            "cannot make a temporary folder: /dev/shm: No space left on device");
  EXPECT_EQ(world.count("baseline", Outcome::valid), 4);
  EXPECT_EQ(world.count("third", Outcome::valid), 4);
  EXPECT_FALSE(world.all_valid);
  EXPECT_EQ(world.store.board("made-up", "made-up").size(), 3U);

  world.executor.on_prepare = {};
  world.run();  // the next call tries again
  EXPECT_EQ(world.record("other").outcome, Outcome::valid);
  EXPECT_EQ(world.record("other").message, "");
  EXPECT_TRUE(world.all_valid);
}

TEST(Evaluation, AProblemThatPassesCostsAnEntryNothing) {
  ScriptedCampaign world({"baseline", "other"});
  world.executor.on_block = [count = 0](const BlockJob& job, BlockRecord&) mutable {
    if (is_of(job, 'o') && ++count == 2) throw std::filesystem::filesystem_error("x", {});
  };
  world.run();
  EXPECT_TRUE(world.all_valid);
  EXPECT_EQ(world.record("other").blocks.size(), 4U);
  EXPECT_EQ(world.record("other").blocks.back().number, 4);
}

TEST(Evaluation, WhereNoEntryCanBeRunTheErrorIsOurs) {
  ScriptedCampaign world({"baseline", "other"});
  world.executor.on_prepare = [](const EntryJob&, Preparation&) { throw Error(kNoRoom); };
  try {
    world.run();
    FAIL() << "an error was expected";
  } catch (const Error& error) {
    EXPECT_EQ(error.parts().hint, "free some");
  }
}

TEST(Evaluation, AHundredEntriesGetTheirBlocks) {
  std::vector<std::string> names;
  for (int i = 0; i < 100; ++i) names.push_back("entry " + std::to_string(i));
  ScriptedCampaign world(names);
  world.run();
  EXPECT_EQ(world.executor.order().size(), 400U);
  EXPECT_TRUE(world.all_valid);
  EXPECT_EQ(world.store.board("made-up", "made-up").size(), 100U);
}

}  // namespace
}  // namespace joulebench
