#include "campaign/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "campaign/organizer_requests.h"
#include "core/digest.h"
#include "core/error.h"
#include "intake_world.h"
#include "submissions/signed_entry.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using support::IntakeWorld;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Intake, AcceptsASignedArchiveKeepsItAndWritesAReceipt) {
  IntakeWorld world;
  world.add_team("red");
  world.upload("tree.tar.gz", "red", "tree", "1.0", "red");
  const IntakePass pass = world.look();
  EXPECT_EQ(pass.accepted, 1u);
  EXPECT_THAT(pass.problems, IsEmpty());
  const IntakeDecision decision = world.decision("tree.tar.gz");
  EXPECT_TRUE(decision.accepted);
  EXPECT_EQ(decision.team, "red");
  EXPECT_THAT(decision.key, HasSubstr("ED25519 SHA256:"));
  EXPECT_THAT(decision.tracks, ElementsAre("t"));
  EXPECT_EQ(decision.queue_place, 1);
  EXPECT_EQ(sha256_of_file(archives_of(world.database) / decision.file),
            sha256_of_file(world.inbox / "tree.tar.gz"));
  EXPECT_THAT(
      world.receipt("tree.tar.gz"),
      HasSubstr("ACCEPTED: tree.tar.gz\ncompetition c\nreceived    2026-12-01T08:00:00.000Z"));
  const auto receipt =
      nlohmann::json::parse(read_text_file(world.inbox / "tree.tar.gz.receipt.json"));
  EXPECT_EQ(receipt["entry_id"], decision.entry);
  EXPECT_EQ(receipt["sha256"], decision.sha256);
  EXPECT_THAT(world.store().verify(), IsEmpty());
}

TEST(Intake, DecidesNothingTwiceAndWritesALostReceiptAgain) {
  IntakeWorld world;
  world.add_team("red");
  world.upload("tree.tar.gz", "red", "tree", "1.0", "red");
  world.put("broken.tar.gz", "no archive");
  sign_archive(world.inbox / "broken.tar.gz", "red", world.key_of("red"));
  world.look();
  const std::string head = world.store().head().sha256;
  const std::string receipt = world.receipt("tree.tar.gz");
  for (const char* name : {"tree.tar.gz.receipt.txt", "tree.tar.gz.receipt.json"}) {
    fs::remove(world.inbox / name);  // as after a crash between the log and the receipt
  }
  world.put("broken.tar.gz.receipt.txt", "ACCEPTED, says its sender");
  const IntakePass again = world.look();
  EXPECT_EQ(again.known, 2u);
  EXPECT_EQ(world.store().head().sha256, head);
  EXPECT_EQ(world.receipt("tree.tar.gz"), receipt);
  EXPECT_THAT(world.receipt("broken.tar.gz"), HasSubstr("NOT ACCEPTED"));
  fs::copy_file(world.inbox / "tree.tar.gz", world.inbox / "copy.tar.gz");
  fs::copy_file(world.inbox / "tree.tar.gz.sig", world.inbox / "copy.tar.gz.sig");
  EXPECT_EQ(world.look().known, 3u);
  EXPECT_EQ(world.store().head().sha256, head) << "the same bytes under another name";
  EXPECT_THAT(world.receipt("copy.tar.gz"), HasSubstr("it was received before, as tree.tar.gz"));
}

TEST(Intake, OnlyTheTeamsOwnKeyEntersForIt) {
  IntakeWorld world;
  for (const char* team : {"red", "blue"}) world.add_team(team);
  world.upload("forged.tar.gz", "red", "tree", "1", "blue");
  world.upload("unsigned.tar.gz", "red", "tree", "2", "");
  world.upload("other.tar.gz", "red", "tree", "3", "red");
  world.upload("mine.tar.gz", "red", "tree", "4", "");
  sign_archive(world.inbox / "mine.tar.gz", "blue", world.key_of("blue"));  // blue as blue
  fs::copy_file(world.inbox / "forged.tar.gz.sig", world.inbox / "other.tar.gz.sig",
                fs::copy_options::overwrite_existing);
  EXPECT_EQ(world.look().refused, 4u);
  EXPECT_EQ(world.decision("forged.tar.gz").reason,
            "its signature does not hold: it is made with the key of blue, and is not of this "
            "file, or was made for another team's name");
  EXPECT_EQ(world.decision("unsigned.tar.gz").reason,
            "there is no signature unsigned.tar.gz.sig beside it");
  EXPECT_THAT(world.decision("other.tar.gz").reason, HasSubstr("is not of this file"));
  EXPECT_EQ(world.decision("mine.tar.gz").reason,
            "it is signed by team 'blue', and its manifest is of team 'red'");
  EXPECT_THAT(
      world.receipt("unsigned.tar.gz"),
      HasSubstr("What to do: write your team's name into submission.json and sign with its key"));
}

TEST(Intake, WhereUnsignedOnesAreTakenATeamWithAKeyStillSigns) {
  IntakeWorld world(R"("intake": {"unsigned": true}, "tracks": [{"id": "t", "dataset": "d"}])");
  world.add_team("red");
  world.upload("free.tar.gz", "green", "tree", "1", "");
  world.upload("posing.tar.gz", "red", "tree", "1", "");
  world.look();
  EXPECT_TRUE(world.decision("free.tar.gz").accepted);
  EXPECT_EQ(world.decision("posing.tar.gz").reason,
            "team 'red' has a key, and this archive is not signed");
  sign_archive(world.inbox / "posing.tar.gz", "red", world.key_of("red"));
  EXPECT_EQ(world.look().accepted, 1u) << "the signature came later";
}

TEST(Intake, DatesAndQuotasCountByTheTimeOfReceipt) {
  IntakeWorld world(R"("dates": {"opens": "2026-12-02T00:00:00Z", "closes": "2026-12-04T08:00:00Z"},
                       "quotas": {"per_day": 1, "total": 2},
                       "tracks": [{"id": "t", "dataset": "d"}])");
  world.add_team("red");
  world.add_team("blue");
  world.upload("early.tar.gz", "red", "tree", "1", "red");
  world.look();
  EXPECT_THAT(world.receipt("early.tar.gz"),
              HasSubstr("received before the track opens: 2026-12-02T00:00:00Z\n  What to do: "
                        "upload it again then"));
  world.clock.advance(Seconds(86'400));  // the 2nd
  EXPECT_EQ(world.look().known, 1u) << "nobody uploaded it again";
  fs::last_write_time(world.inbox / "early.tar.gz", fs::file_time_type::clock::now());
  EXPECT_EQ(world.look().accepted, 1u);
  world.upload("second.tar.gz", "red", "tree", "2", "red");
  world.upload("blue.tar.gz", "blue", "tree", "2", "blue");
  world.look();
  EXPECT_THAT(world.decision("second.tar.gz").reason, HasSubstr("the 1 entries that it may on 20"));
  EXPECT_TRUE(world.decision("blue.tar.gz").accepted) << "each team has its own quota";
  world.clock.advance(Seconds(86'400));
  world.upload("third.tar.gz", "red", "tree", "3", "red");
  world.upload("fourth.tar.gz", "red", "tree", "4", "red");
  world.look();
  EXPECT_EQ(world.decision("third.tar.gz").accepted + world.decision("fourth.tar.gz").accepted, 1);
  world.clock.advance(Seconds(86'400));
  world.upload("on-time.tar.gz", "blue", "tree", "5", "blue");
  world.upload("over.tar.gz", "red", "tree", "6", "red");
  world.look();
  EXPECT_TRUE(world.decision("on-time.tar.gz").accepted) << "the instant that is named is inside";
  EXPECT_THAT(world.decision("over.tar.gz").reason, HasSubstr("the 2 entries that it may on this"));
  world.clock.advance(Seconds(0.001));
  world.upload("late.tar.gz", "blue", "tree", "7", "blue");
  world.look();
  EXPECT_THAT(world.decision("late.tar.gz").reason, HasSubstr("received after the track closed"));
  EXPECT_THAT(world.store().verify(), IsEmpty());
}

TEST(Intake, AnEntryIsTakenOnTheTracksThatAreOpen) {
  IntakeWorld world(R"("tracks": [{"id": "a", "dataset": "d"},
    {"id": "b", "dataset": "d", "dates": {"closes": "2026-11-01T00:00:00Z"}}])");
  world.add_team("red");
  world.upload("both.tar.gz", "red", "tree", "1", "red");
  world.upload("closed.tar.gz", "red", "tree", "2", "red", R"(, "tracks": ["b"])");
  world.upload("odd.tar.gz", "red", "tree", "3", "red", R"(, "tracks": ["c"])");
  world.look();
  EXPECT_THAT(world.decision("both.tar.gz").tracks, ElementsAre("a"));
  EXPECT_THAT(world.decision("both.tar.gz").notes,
              ElementsAre(HasSubstr("not on track 'b': received after the track closed")));
  EXPECT_THAT(world.decision("closed.tar.gz").reason, HasSubstr("track 'b': received after"));
  EXPECT_THAT(world.decision("odd.tar.gz").remedy, HasSubstr("to enter all: a, b"));
}

TEST(Intake, WhatIsBrokenIsRefusedWithTheReason) {
  IntakeWorld world(R"("intake": {"archive_mb": 1}, "tracks": [{"id": "t", "dataset": "d"}])");
  world.add_team("red");
  const auto sign = [&](const std::string& name) {
    sign_archive(world.inbox / name, "red", world.key_of("red"));
  };
  world.put("cut.tar.gz", "no archive at all");
  sign("cut.tar.gz");
  world.upload("field.tar.gz", "red", "tree", "1", "red", R"(, "comand": [])");
  world.put("large.tar.gz", std::string(1'000'001, 'x'));
  sign("large.tar.gz");
  world.put("odd\x1b[31m.tar.gz", "x");
  sign("odd\x1b[31m.tar.gz");
  world.put("ends.request.json", "{}");
  sign_request(world.inbox / "ends.request.json", "red", world.key_of("red"));
  EXPECT_EQ(world.look().refused, 5u);
  EXPECT_THAT(world.decision("cut.tar.gz").reason, HasSubstr("cannot be taken as a submission"));
  EXPECT_THAT(world.decision("cut.tar.gz").reason, ::testing::Not(HasSubstr("/dev/shm")))
      << "no folder of this machine";
  EXPECT_THAT(world.decision("field.tar.gz").reason, HasSubstr("comand"));
  EXPECT_EQ(world.decision("large.tar.gz").reason,
            "it has 1000001 bytes, and an archive may have 1 MB");
  EXPECT_THAT(world.decision("odd?[31m.tar.gz").reason, HasSubstr("cannot be shown"));
  EXPECT_THAT(world.decision("ends.request.json").reason, HasSubstr("format"));
  EXPECT_THAT(world.store().verify(), IsEmpty());
}

TEST(Intake, WhatTheTrialFindsIsTheReasonAndOurProblemsAreTriedAgain) {
  IntakeWorld world;
  world.add_team("red");
  world.upload("bad.tar.gz", "red", "bad", "1", "red");
  world.upload("good.tar.gz", "red", "good", "1", "red");
  bool is_full = true;
  world.trial = [&](const Submission& entry, const Track&) -> std::string {
    if (entry.name == "bad") return "answers a request: it crashed";
    if (is_full)
      throw Error({.what = "cannot write a file", .where = "the disk is full", .hint = {}});
    return {};
  };
  IntakePass pass = world.look();
  EXPECT_EQ(pass.refused, 1u);
  EXPECT_THAT(pass.problems, ElementsAre(HasSubstr("good.tar.gz: cannot write a file")));
  EXPECT_EQ(world.decision("bad.tar.gz").reason, "track 't': answers a request: it crashed");
  EXPECT_FALSE(fs::exists(world.inbox / "good.tar.gz.receipt.txt"));
  is_full = false;
  EXPECT_EQ(world.look().accepted, 1u);
}

TEST(Intake, FollowsNoLinkAndReadsNothingThatIsStillWritten) {
  IntakeWorld world;
  world.add_team("red");
  world.put("elsewhere", "secret");
  fs::rename(world.inbox / "elsewhere", world.folder.path() / "elsewhere");
  fs::create_symlink(world.folder.path() / "elsewhere", world.inbox / "link.tar.gz");
  fs::create_directory_symlink(world.folder.path(), world.inbox / "folder");
  ASSERT_EQ(::mkfifo((world.inbox / "pipe.tar.gz").c_str(), 0600), 0);
  world.upload("tree.tar.gz", "red", "tree", "1", "red");
  // A receipt's name leads elsewhere: the link is replaced, what it leads to is not.
  fs::create_symlink(world.folder.path() / "elsewhere", world.inbox / "tree.tar.gz.receipt.txt");
  std::ofstream writer(world.inbox / "tree.tar.gz", std::ios::app);
  IntakePass pass = world.look();
  EXPECT_EQ(pass.waiting, 1u) << "somebody has it open for writing";
  writer.close();
  pass = world.look();
  EXPECT_EQ(pass.accepted, 1u);
  EXPECT_EQ(pass.notes.size(), 2u) << "a link and a pipe";
  EXPECT_EQ(read_text_file(world.folder.path() / "elsewhere"), "secret");
  EXPECT_THAT(world.receipt("tree.tar.gz"), HasSubstr("ACCEPTED"));
}

TEST(Intake, WaitsUntilAFileSettlesAndForItsSignature) {
  IntakeWorld world;
  world.add_team("red");
  world.settle = Seconds(2);
  world.signature_wait = Seconds(60);
  world.upload("tree.tar.gz", "red", "tree", "1", "red");
  world.upload("unsigned.tar.gz", "red", "tree", "2", "");
  world.arrived = parse_instant(world.clock.now_utc());
  EXPECT_EQ(world.look().waiting, 2u);
  world.clock.advance(Seconds(2));
  IntakePass pass = world.look();
  EXPECT_EQ(pass.accepted, 1u);
  EXPECT_EQ(pass.waiting, 1u);
  EXPECT_EQ(world.decision("tree.tar.gz").received_at_utc, "2026-12-01T08:00:00.000Z");
  world.clock.advance(Seconds(58));
  EXPECT_EQ(world.look().refused, 1u);
  world.arrived = parse_instant("2026-12-24T00:00:00Z");  // its clock is ahead of ours
  world.upload("future.tar.gz", "red", "tree", "3", "red");
  EXPECT_EQ(world.look().accepted, 1u);
  EXPECT_EQ(world.decision("future.tar.gz").received_at_utc, world.clock.now_utc())
      << "never later than now";
}

TEST(Intake, FoldersOfTeamsAreLookedIntoAndNamesMayBeTheSame) {
  IntakeWorld world;
  for (const char* team : {"red", "blue"}) world.add_team(team);
  world.upload("red/tree.tar.gz", "red", "tree", "1", "red");
  world.upload("blue/tree.tar.gz", "blue", "tree", "1", "blue");
  EXPECT_EQ(world.look().accepted, 2u);
  EXPECT_THAT(world.receipt("blue/tree.tar.gz"), HasSubstr("team        blue"));
}

TEST(Intake, AReadOnlyInboxLosesNoDecision) {
  if (::geteuid() == 0) GTEST_SKIP() << "root writes everywhere";
  IntakeWorld world;
  world.add_team("red");
  world.upload("tree.tar.gz", "red", "tree", "1", "red");
  fs::permissions(world.inbox, fs::perms::owner_read | fs::perms::owner_exec);
  const IntakePass pass = world.look();
  EXPECT_THAT(pass.problems, ElementsAre(HasSubstr("cannot write a receipt")));
  EXPECT_TRUE(world.decision("tree.tar.gz").accepted);
  fs::permissions(world.inbox, fs::perms::owner_all);
  EXPECT_EQ(world.look().known, 1u);
  EXPECT_THAT(world.receipt("tree.tar.gz"), HasSubstr("ACCEPTED"));
}

TEST(Intake, AClockThatWentBackStopsIt) {
  IntakeWorld world;
  world.add_team("red");
  world.store().received_at("c", "x", "2026-12-05T00:00:00.000Z");
  try {
    world.look();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.parts().what, "the clock of this machine is behind the board's log");
  }
}

TEST(Intake, OneIntakeAtATimeHasADatabase) {
  IntakeWorld world;
  world.trial = [&](const Submission&, const Track&) -> std::string {
    EXPECT_THROW(world.look(), Error);
    return {};
  };
  world.add_team("red");
  world.upload("tree.tar.gz", "red", "tree", "1", "red");
  EXPECT_EQ(world.look().accepted, 1u);
}

TEST(Intake, ACompetitionWithoutKeysSaysThatItTakesUnsignedOnes) {
  IntakeWorld world;
  world.competition.intake.teams.clear();
  try {
    world.look();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.parts().what, "this competition takes no archives in");
  }
}

TEST(Requests, ATeamWithdrawsItsOwnEntriesOnly) {
  IntakeWorld world;
  for (const char* team : {"red", "blue"}) world.add_team(team);
  world.upload("tree.tar.gz", "red", "tree", "1", "red");
  world.look();
  world.upload_request("posing.request.json", "red", "withdraw", "tree", "", "blue");
  world.upload_request("foreign.request.json", "blue", "withdraw", "tree", "", "blue");
  world.look();
  EXPECT_THAT(world.decision("posing.request.json").reason, HasSubstr("not of this file"));
  EXPECT_EQ(world.decision("foreign.request.json").reason,
            "team 'blue' has no accepted entry 'tree'");
  world.clock.advance(Seconds(1));
  world.upload_request("own.request.json", "red", "withdraw", "tree", "", "red");
  world.look();
  EXPECT_TRUE(world.decision("own.request.json").accepted);
  EXPECT_THAT(world.receipt("own.request.json"), HasSubstr("WITHDRAWN: own.request.json"));
  const Store store = world.store();
  EXPECT_THAT(IntakeHistory(store, world.competition).queue(), IsEmpty());
  EXPECT_THAT(store.verify(), IsEmpty());
}

TEST(Requests, AnOldOneIsNotPlayedAgain) {
  IntakeWorld world(R"("versions": "selected", "tracks": [{"id": "t", "dataset": "d"}])");
  world.add_team("red");
  for (const char* version : {"1", "2"}) {
    world.upload(std::string(version) + ".tar.gz", "red", "tree", version, "red");
  }
  world.look();
  const std::string first = world.decision("1.tar.gz").entry;
  const std::string second = world.decision("2.tar.gz").entry;
  world.upload_request("old.request.json", "red", "select", "tree", second, "red");
  fs::rename(world.inbox / "old.request.json", world.folder.path() / "old.request.json");
  world.clock.advance(Seconds(10));
  world.upload_request("new.request.json", "red", "select", "tree", first.substr(0, 8), "red");
  world.look();
  EXPECT_EQ(world.store().selected("c").at({"red", "tree"}), first);
  fs::rename(world.folder.path() / "old.request.json", world.inbox / "old.request.json");
  world.look();
  EXPECT_EQ(world.decision("old.request.json").reason,
            "it was made before the last request of your team that was accepted");
  EXPECT_EQ(world.store().selected("c").at({"red", "tree"}), first);
}

TEST(Queue, HasTheNewestVersionOfEachEntryByReceipt) {
  IntakeWorld world;
  for (const char* team : {"red", "blue"}) world.add_team(team);
  for (const char* version : {"1", "2"}) {
    world.upload(std::string("red-") + version + ".tar.gz", "red", "tree", version, "red");
    world.look();
    world.clock.advance(Seconds(1));
  }
  world.upload("blue.tar.gz", "blue", "tree", "1", "blue");
  world.look();
  const Store store = world.store();
  const IntakeHistory history(store, world.competition);
  const auto queue = history.queue();
  ASSERT_EQ(queue.size(), 2u);
  EXPECT_EQ(queue[0]->upload, "red-2.tar.gz");
  EXPECT_EQ(queue[1]->upload, "blue.tar.gz");
  EXPECT_EQ(world.decision("red-2.tar.gz").queue_place, 1) << "in place of its former version";
  EXPECT_EQ(world.decision("blue.tar.gz").queue_place, 2);
}

TEST(Intake, TrialsRunBesideOneAnotherAndDecisionsKeepTheOrderOfReceipt) {
  IntakeWorld world(R"("quotas": {"total": 2}, "tracks": [{"id": "t", "dataset": "d"}])");
  world.add_team("red");
  for (const char* name : {"a", "b", "c"}) {
    world.upload(name + std::string(".tar.gz"), "red", name, "1", "red");
  }
  world.trials_at_once = 3;
  std::atomic<int> running = 0;
  std::atomic<bool> were_together = false;
  world.trial = [&](const Submission& entry, const Track&) {
    // The first one waits for another, which a trial after the other would never see.
    ++running;
    for (int i = 0; i < 5000 && entry.name == "a" && running < 2; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (running >= 2) were_together = true;
    return std::string();
  };
  const IntakePass pass = world.look();
  EXPECT_TRUE(were_together);
  EXPECT_EQ(pass.accepted, 2u);
  EXPECT_TRUE(world.decision("b.tar.gz").accepted);
  EXPECT_FALSE(world.decision("c.tar.gz").accepted)
      << "the third is over the quota of the first two";
  EXPECT_EQ(world.decision("b.tar.gz").queue_place, 2);
}

TEST(Intake, WhatFailsBesideOthersIsTriedOnceMoreByItself) {
  IntakeWorld world;
  world.add_team("red");
  world.upload("a.tar.gz", "red", "a", "1", "red");
  world.upload("b.tar.gz", "red", "b", "1", "red");
  world.trials_at_once = 2;
  std::atomic<int> began = 0;
  world.trial = [&](const Submission& entry, const Track&) {
    const int turn = ++began;
    for (int i = 0; i < 5000 && turn <= 2 && began < 2; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return std::string(entry.name == "a" || turn <= 2 ? "too slow" : "");
  };
  const IntakePass pass = world.look();
  EXPECT_EQ(began, 4);
  EXPECT_EQ(pass.accepted, 1u);
  EXPECT_TRUE(world.decision("b.tar.gz").accepted);
  EXPECT_THAT(world.decision("a.tar.gz").reason, HasSubstr("too slow"));
}

TEST(OrganizerRequests, TakesAnEntryOutOfTheQueueAndVerifies) {
  IntakeWorld world;
  for (const char* team : {"red", "blue"}) world.add_team(team);
  world.upload("a.tar.gz", "red", "tree", "1", "red");
  world.upload("b.tar.gz", "blue", "tree", "1", "blue");
  world.look();
  Store store = world.store();
  EXPECT_EQ(waiting_entries(store, world.competition, {.name = "tree", .team = {}}).size(), 2u);
  const auto found = waiting_entries(store, world.competition, {.name = "tree", .team = "red"});
  ASSERT_EQ(found.size(), 1u);
  withdraw_waiting(store, found.front(), "entered by mistake", world.clock.now_utc());
  const auto left = IntakeHistory(store, world.competition).queue();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left.front()->team, "blue");
  EXPECT_THAT(store.verify(), IsEmpty());
}

TEST(OrganizerRequests, SelectsTheVersionThatCounts) {
  IntakeWorld world(R"("versions": "selected", "tracks": [{"id": "t", "dataset": "d"}])");
  world.add_team("red");
  world.upload("a.tar.gz", "red", "tree", "1", "red");
  world.upload("b.tar.gz", "red", "tree", "2", "red");
  world.look();
  Store store = world.store();
  const auto select = [&](const std::string& name) {
    return select_version(store, world.competition, {.name = name, .team = {}}, "asked by mail",
                          world.clock.now_utc());
  };
  const std::string first = world.decision("a.tar.gz").entry;
  EXPECT_EQ(select(first.substr(0, 8)).version, "1");
  EXPECT_EQ(store.selected("c").at({"red", "tree"}), first);
  EXPECT_THAT(store.verify(), IsEmpty());
  try {
    select("tree");
    FAIL() << "two versions have this name";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("several versions have this name"));
  }
  try {
    select("trea");
    FAIL() << "no version has this name";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("did you mean 'tree'?"));
  }
}

}  // namespace
}  // namespace joulebench
