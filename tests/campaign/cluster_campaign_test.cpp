#include "campaign/cluster_campaign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "campaign/evaluation.h"
#include "core/block_file.h"
#include "core/file.h"
#include "scoring/ranking.h"
#include "scoring/score.h"
#include "scripted_campaign.h"
#include "support/error_text.h"

namespace joulebench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Stage = SessionView::Stage;
using Phase = SessionState::Phase;

/// A cluster that does nothing: tasks stand as the test says.
class ScriptedCluster final : public SessionExecutor {
 public:
  void submit(const std::vector<int>& sessions) override {
    if (!refusal.empty()) throw Error({.what = refusal, .where = {}, .hint = {}});
    submitted.push_back(sessions);
    ++job_;
    for (const int session : sessions) {
      set(session, {session, Phase::waits, std::to_string(job_) + "_" + std::to_string(session), "",
                    "Priority"});
    }
  }
  std::vector<SessionState> look() override {
    if (!refusal.empty()) throw Error({.what = refusal, .where = {}, .hint = {}});
    return states;
  }
  void cancel() override {}

  void set(int session, SessionState state) {
    std::erase_if(states, [&](const SessionState& one) { return one.session == session; });
    states.push_back(std::move(state));
  }
  void fail(int session, const std::string& node) {
    set(session, {session, Phase::ended, std::to_string(job_) + "_" + std::to_string(session), node,
                  "NODE_FAIL"});
  }

  std::vector<SessionState> states;
  std::vector<std::vector<int>> submitted;
  std::string refusal;

 private:
  int job_ = 0;
};

/// A campaign of a baseline and three entries over two machines, whose files lie in a folder.
class ClusterCampaigns : public testing::Test {
 protected:
  ClusterCampaigns() : world_({"baseline", "one", "two", "three"}) {
    world_.labelled.dataset.sha256 = std::string(64, 'd');
    world_.competition.digest = std::string(64, 'e');
    for (std::size_t i = 0; i < world_.participants.candidates.size(); ++i) {
      const std::filesystem::path folder = temporary_.path() / std::to_string(i);
      std::filesystem::create_directories(folder);
      const std::string name = world_.participants.candidates[i].submission.name;
      write_file_atomically(
          folder / "submission.json",
          R"({"format": "joulebench-submission/1", "command": ["x"], "name": ")" + name + "\"}");
      world_.participants.candidates[i].submission = read_submission(folder);
    }
    common_.track = "made-up";
    common_.dataset_sha256 = world_.labelled.dataset.sha256;
  }
  PlannedSessions plan() {
    return plan_sessions(folder_, world_.participants, common_, world_.competition.tracks[0],
                         {.count = 2}, true);
  }
  PlannedSessions plan_on_each(const std::vector<std::string>& nodes) {
    return plan_sessions(folder_, world_.participants, common_, world_.competition.tracks[0],
                         {.every = nodes}, true);
  }
  ClusterCampaign campaign(int tries = 2) {
    return ClusterCampaign(
        {.folder = folder_,
         .executor = &cluster_,
         .tries = tries,
         .on_note = [this](const std::string& note) { notes_.push_back(note); }});
  }
  std::vector<Stage> stages(const ClusterCampaign& campaign) const {
    std::vector<Stage> stages;
    for (const SessionView& view : campaign.sessions()) stages.push_back(view.stage);
    return stages;
  }
  /// Runs a session as a machine of that name would, by scripted blocks.
  void run_on(const std::string& node, int session, bool all_done = true) {
    const SessionJob job = folder_.job(session);
    Participants share;
    for (const SessionJob::Entry& entry : job.entries) {
      share.candidates.push_back(
          {read_submission(folder_.entry_folder(entry.id)), entry.is_baseline});
    }
    world_.executor.hostname = node;
    const RunSetting setting = world_.setting();
    Evaluation evaluation(share, setting, folder_.records_of(node));
    const RecordScorer scorer = world_.scorer();
    Store store(":memory:");
    evaluation.run(store, scorer, {});
    FinishedSession end{.node = node, .at_utc = "now", .runs = {}};
    for (const auto& run : evaluation.runs()) {
      end.runs.push_back({run->record().entry.id, run->folder().filename().string(),
                          all_done || run->record().entry.is_baseline});
    }
    folder_.finish(session, end);
  }
  RecordCollector collector() {
    world_.store.put_competition(world_.competition, "2026-12-01T08:00:00.000Z");
    return RecordCollector({.competition = world_.competition,
                            .track = world_.competition.tracks[0],
                            .dataset_sha256 = world_.labelled.dataset.sha256,
                            .scorer = scorer_,
                            .store = world_.store,
                            .records = temporary_.path() / "board.records",
                            .clock = world_.clock});
  }
  std::vector<std::string> on_board() {
    std::vector<std::string> lines;
    for (const BoardEntry& entry : world_.store.board("made-up", "made-up")) {
      lines.push_back(entry.run.record.entry.name + " on " + entry.run.record.node_before.hostname +
                      ": " + to_string(entry.run.record.outcome) + (entry.score ? ", scored" : ""));
    }
    return lines;
  }

  TemporaryFolder temporary_{"cluster"};
  ScriptedCampaign world_;
  RecordScorer scorer_ = world_.scorer();
  JobFolder folder_{temporary_.path() / "jobs/made-up-0"};
  SessionJob common_;
  ScriptedCluster cluster_;
  std::vector<std::string> notes_;
};

TEST_F(ClusterCampaigns, EachEntryIsInOneSessionBesideTheBaseline) {
  EXPECT_THAT(plan().entries, ElementsAre(3U, 2U));
  const SessionJob first = folder_.job(1), second = folder_.job(2);
  EXPECT_EQ(first.entries[0].name, "baseline");
  EXPECT_TRUE(second.entries[0].is_baseline);
  EXPECT_EQ(second.entries[1].name, "two");
  EXPECT_NE(first.order_seed, second.order_seed);
  EXPECT_TRUE(plan().added.empty()) << "a second call plans what is missing alone";
}

TEST_F(ClusterCampaigns, AnEntryThatJoinsOrCouldNotBeRunGetsAnotherSession) {
  const Candidate late = world_.participants.candidates.back();
  world_.participants.candidates.pop_back();
  plan();
  run_on("alpha", 1, false);
  world_.participants.candidates.push_back(late);
  const PlannedSessions added = plan();
  EXPECT_THAT(added.added, ElementsAre(3, 4));
  EXPECT_EQ(folder_.job(3).entries[1].name, "one");
  EXPECT_EQ(folder_.job(4).entries[1].name, "three");
}

TEST_F(ClusterCampaigns, EveryEntryIsPlannedOnEveryNode) {
  const PlannedSessions first = plan_on_each({"alpha", "beta"});
  EXPECT_THAT(first.entries, ElementsAre(4U, 4U));
  EXPECT_THAT(first.nodes, ElementsAre("alpha", "beta"));
  EXPECT_EQ(folder_.job(2).node, "beta");
  EXPECT_TRUE(plan_on_each({"alpha", "beta"}).added.empty());
  EXPECT_THAT(plan_on_each({"alpha", "gamma"}).nodes, ElementsAre("gamma"));
  run_on("alpha", 1, false);
  const PlannedSessions again = plan_on_each({"alpha", "beta"});
  EXPECT_THAT(again.nodes, ElementsAre("alpha")) << "alpha could not run them";
  EXPECT_THAT(again.entries, ElementsAre(4U));
}

TEST_F(ClusterCampaigns, WhatRanOnANodeBeforeIsNotPlannedThereAgain) {
  plan();
  run_on("alpha", 1);
  run_on("beta", 2);
  const PlannedSessions added = plan_on_each({"alpha", "beta"});
  EXPECT_THAT(added.nodes, ElementsAre("alpha", "beta"));
  EXPECT_THAT(added.entries, ElementsAre(2U, 3U)) << "each lacks the other's share";
}

TEST_F(ClusterCampaigns, EntriesOfTwoUnlikeNodesAreOneSectionByRatio) {
  world_.competition.tracks[0].ranking.nodes = NodeRule::every;
  world_.competition.tracks[0].ranking.floors = {0.01};
  plan_on_each({"alpha", "beta"});
  run_on("alpha", 1);
  RecordCollector records = collector();
  records.collect(folder_, *folder_.finished(1));
  run_on("beta", 2);
  records.collect(folder_, *folder_.finished(2));
  EXPECT_EQ(on_board().size(), 8U);
  std::vector<Score> scores;
  for (const BoardEntry& entry : world_.store.board("made-up", "made-up")) {
    scores.push_back(*entry.score);
    scores.back().machine = machine_line(entry.run.record.node_before);  // as a board has it
  }
  const Ranking ranking = rank_scores(scores, world_.competition.tracks[0]);
  ASSERT_EQ(ranking.sections.size(), 1U);
  EXPECT_TRUE(ranking.sections[0].is_by_ratio);
  EXPECT_EQ(ranking.sections[0].anchors.size(), 2U);
  EXPECT_EQ(ranking.sections[0].categories[0].entries.size(), 4U);
}

TEST_F(ClusterCampaigns, SessionsAreSubmittedOnceAndFollowedByTheNextCall) {
  plan();
  ClusterCampaign first = campaign();
  first.ask();
  first.ask();
  ASSERT_EQ(cluster_.submitted.size(), 1U);
  EXPECT_THAT(cluster_.submitted[0], ElementsAre(1, 2));
  cluster_.set(2, {2, Phase::runs, "1_2", "beta", ""});
  ClusterCampaign second = campaign();  // the first one's process was killed
  second.ask();
  EXPECT_EQ(cluster_.submitted.size(), 1U);
  EXPECT_THAT(stages(second), ElementsAre(Stage::waits, Stage::runs));
  EXPECT_FALSE(second.is_over());
}

TEST_F(ClusterCampaigns, ASessionThatFailsIsQueuedAgainThenGivenUp) {
  plan();
  ClusterCampaign followed = campaign(2);
  followed.ask();
  cluster_.fail(1, "alpha");
  followed.ask();
  ASSERT_EQ(cluster_.submitted.size(), 2U);
  EXPECT_THAT(cluster_.submitted[1], ElementsAre(1));
  EXPECT_THAT(notes_.back(), HasSubstr("session 1 failed on alpha: its job ended: NODE_FAIL; it is "
                                       "queued again"));
  folder_.note_failure(1, {"beta", "2026-12-01T08:00:00.000Z", "no room in /dev/shm"});
  cluster_.fail(1, "beta");
  followed.ask();
  followed.ask();
  EXPECT_EQ(cluster_.submitted.size(), 2U);
  EXPECT_THAT(notes_.back(), HasSubstr("no room in /dev/shm; it is given up"));
  EXPECT_EQ(notes_.size(), 2U) << "each failure is told once";
  EXPECT_THAT(stages(followed), ElementsAre(Stage::given_up, Stage::waits));
}

TEST_F(ClusterCampaigns, AnEngineThatRefusesAtFirstIsAnErrorLaterANote) {
  plan();
  cluster_.refusal = "invalid partition";
  ClusterCampaign refused = campaign();
  EXPECT_THAT(error_text([&] { refused.ask(); }), HasSubstr("invalid partition"));
  cluster_.refusal.clear();
  ClusterCampaign followed = campaign();
  followed.ask();
  cluster_.refusal = "the controller is away";
  followed.ask();
  EXPECT_THAT(notes_, ElementsAre("the controller is away"));
}

TEST_F(ClusterCampaigns, RecordsOfAllMachinesComeToTheBoardOnce) {
  plan();
  run_on("alpha", 1);
  run_on("beta", 2);
  ClusterCampaign followed = campaign();
  RecordCollector records = collector();
  followed.collect(records);
  const std::vector<std::string> board = on_board();
  EXPECT_THAT(board, ElementsAre("baseline on alpha: valid, scored",
                                 "baseline on beta: valid, scored", "one on alpha: valid, scored",
                                 "three on alpha: valid, scored", "two on beta: valid, scored"));
  const LogEvent head = world_.store.head();
  RecordCollector again = collector();
  EXPECT_EQ(again.collect(folder_, *folder_.finished(1)).taken, 0);
  EXPECT_EQ(world_.store.head().number, head.number);
  EXPECT_TRUE(world_.store.verify().empty());
}

TEST_F(ClusterCampaigns, TheBaselinesRecordGrowsWithEachSessionOfAMachine) {
  plan();
  run_on("alpha", 1);
  RecordCollector records = collector();
  EXPECT_EQ(records.collect(folder_, *folder_.finished(1)).taken, 3);
  world_.clock.advance(std::chrono::hours(2));
  run_on("alpha", 2);
  EXPECT_EQ(records.collect(folder_, *folder_.finished(2)).taken, 2);
  const auto runs =
      world_.store.find_runs("made-up", "made-up", world_.participants.candidates[0].submission.id);
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].record.valid_blocks(), 8);
  EXPECT_EQ(runs[0].record.blocks.back().session, "2026-12-01T10:02:00.000Z");
}

TEST_F(ClusterCampaigns, ARecordThatWasAlteredIsNamedAndTheOthersAreTakenIn) {
  plan();
  run_on("alpha", 1);
  const FinishedSession end = *folder_.finished(1);
  const std::filesystem::path record = folder_.records_of("alpha") / end.runs[1].record;
  const std::string whole = read_text_file(record / "run.json");
  RunRecord other = read_run_record(record);
  other.node_before.hostname = "gamma";
  write_run_record(record, other);
  RecordCollector records = collector();
  const Collected first = records.collect(folder_, end);
  EXPECT_EQ(first.taken, 2);
  EXPECT_THAT(first.refused,
              ElementsAre(HasSubstr(end.runs[1].record + "/run.json: it is of another machine")));
  EXPECT_THAT(on_board(),
              ElementsAre("baseline on alpha: valid, scored", "three on alpha: valid, scored"));
  std::filesystem::rename(record / "block-1", record / "away");
  write_file_atomically(record / "run.json", whole);
  EXPECT_THAT(records.collect(folder_, end).refused, ElementsAre(HasSubstr("block-1")));
  std::filesystem::rename(record / "away", record / "block-1");
  const std::string predictions = read_block_file(record / "block-2/predictions.npy");
  write_block_file(record / "block-2/predictions.npy", predictions + " ");
  EXPECT_THAT(records.collect(folder_, end).refused, ElementsAre(HasSubstr("predictions.npy")));
  EXPECT_FALSE(std::filesystem::exists(temporary_.path() / "board.records" / end.runs[1].record /
                                       "run.json"))
      << "nothing of it is there";
  ClusterCampaign followed = campaign();
  followed.collect(records);
  EXPECT_EQ(followed.refused(), 1U);
  EXPECT_THAT(notes_.front(), HasSubstr("a record of session 1 is not on the board: "));
  write_block_file(record / "block-2/predictions.npy", predictions);
  EXPECT_EQ(records.collect(folder_, end).taken, 1);
  EXPECT_EQ(on_board().size(), 3U);
  EXPECT_TRUE(world_.store.verify().empty());
}

}  // namespace
}  // namespace joulebench
