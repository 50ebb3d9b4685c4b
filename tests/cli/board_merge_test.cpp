// Two nights on one machine, kept in two databases, as one board.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "leaderboard/store.h"
#include "tests/cli/small_world.h"
#include "tests/support/ssh_key.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class BoardMerge : public SmallWorld {
 protected:
  void SetUp() override {
    write_file_atomically(competition(), R"({"format": "joulebench-competition/2", "id": "small",
      "tracks": [{"id": "digits", "dataset": "digits", "ranking": {"floors": [0.01]}, "baselines": ["base"],
      "protocol": {"blocks": 2, "min_block_s": 0.05, "idle_s": 0, "tail_s": 0.05},
      "limits": {"load_s": 20, "request_s": 20, "wall_s": 60, "memory_mb": 200, "processes": 16}}]})");
    slow_entry("base");
    write_file_atomically(allowed(), key_.allowed_as("night@example.org"));
  }
  /// A pass of 20 ms or more is a request of its own, whatever else a pilot finds.
  fs::path slow_entry(const std::string& name) {
    return entry(name,
                 "ready()\nfor r in requests():\n    time.sleep(0.03)\n"
                 "    answer(r, [0] * r['count'])\n    done(r)\n");
  }
  void run_night(const std::string& db, const std::vector<fs::path>& entries) const {
    std::vector<std::string> words = evaluate(entries);
    words[3] = db;
    const ProgramEnd end = joulebench(words, 100);
    ASSERT_EQ(end.status, 0) << end.err;
  }
  ProgramEnd board(std::vector<std::string> words, const std::string& db) const {
    words.insert(words.begin(), "board");
    words.insert(words.end(), {"--db", db});
    return joulebench(words);
  }
  fs::path exported(const std::string& db, const std::string& name) const {
    const ProgramEnd end = board({"export", folder() / name, "--key", key_.file()}, db);
    EXPECT_EQ(end.status, 0) << end.err;
    return folder() / name;
  }
  ProgramEnd merge(const fs::path& from, const std::string& db) const {
    return board({"merge", from, "--allowed-signers", allowed()}, db);
  }
  fs::path allowed() const { return folder() / "allowed"; }

  support::SshKey key_{folder() / "key"};
};

TEST_F(BoardMerge, JoinsTheRunsOfTwoNightsByTheirSessions) {
  const std::string first = database(), second = folder() / "second.db";
  run_night(first, {slow_entry("a")});
  run_night(second, {folder() / "a", slow_entry("b")});
  const fs::path out = exported(second, "out");

  const ProgramEnd refused = board({"ingest", out, "--allowed-signers", allowed()}, first);
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("joulebench board merge joins the two"));
  write_file_atomically(folder() / "nobody", "");
  EXPECT_THAT(board({"merge", out, "--allowed-signers", folder() / "nobody"}, first).err,
              HasSubstr("cannot merge: nobody who is allowed signed the export"));
  {
    const FileDescriptor held = hold_lock();
    EXPECT_THAT(merge(out, first).err, HasSubstr("another measurement runs on this machine"));
  }

  const ProgramEnd merged = merge(out, first);
  ASSERT_EQ(merged.status, 0) << merged.out << merged.err;
  EXPECT_THAT(merged.out, HasSubstr("2 runs joined with those of the same entries, 1 added, 0 were "
                                    "here already\n"));
  EXPECT_THAT(merged.out, HasSubstr("signed by night@example.org"));
  {
    const auto entries = Store::open_existing(first).board("small", "digits");
    ASSERT_EQ(entries.size(), 3U);
    for (const BoardEntry& entry : entries) {
      const bool is_new = entry.run.record.entry.name == "b";
      // The baseline may have more, where it moved.
      EXPECT_GE(entry.run.record.valid_blocks(), is_new ? 2 : 4);
      EXPECT_EQ(entry.score->blocks, entry.run.record.valid_blocks());
      EXPECT_EQ(entry.state, EntryState::valid);
      EXPECT_EQ(entry.run.origin, "") << "it stands among what ran here";
      ASSERT_EQ(entry.run.joined.size(), 1U);
      EXPECT_EQ(entry.run.joined[0].origin.signer, "night@example.org");
      EXPECT_EQ(entry.run.joined[0].blocks.front() == 1, is_new);
    }
    const nlohmann::json shown =
        nlohmann::json::parse(board({"show", "--format", "json"}, first).out);
    EXPECT_EQ(shown["boards"][0]["sections"].size(), 1U) << "sessions make them comparable";
  }
  EXPECT_EQ(board({"verify", "--scores"}, first).status, 0);
  EXPECT_EQ(board({"rebuild"}, first).status, 0);
  EXPECT_EQ(board({"verify", "--scores"}, first).status, 0);
  ASSERT_EQ(board({"site", folder() / "public"}, first).status, 0);
  EXPECT_THAT(read_text_file(folder() / "public/entries/_/a.html"),
              HasSubstr(" joined from the history with head "));

  const std::size_t events = Store::open_existing(first).log().size();
  EXPECT_THAT(merge(out, first).out, HasSubstr("0 runs joined with those of the same entries, 0 "
                                               "added, 3 were here already"));
  EXPECT_EQ(Store::open_existing(first).log().size(), events) << "a second time changes something";
  const auto figures = [&] {
    std::string text;
    for (const BoardEntry& entry : Store::open_existing(first).board("small", "digits")) {
      text += fmt::format("{} {} {}\n", entry.run.joined.size(), entry.score->blocks,
                          entry.score->joules_per_sample->value);
    }
    return text;
  };
  const std::string before = figures();
  run_night(first, {folder() / "a"});
  EXPECT_EQ(figures(), before) << "evaluate goes on with the joined records";
}

TEST_F(BoardMerge, LeavesApartWhatNoBaselineJoins) {
  std::string text = read_text_file(competition());
  text.replace(text.find(R"("baselines": ["base"],)"), 22, "");
  write_file_atomically(competition(), text);
  const std::string second = folder() / "second.db", third = database();
  run_night(second, {slow_entry("a")});
  run_night(third, {folder() / "a"});
  const std::size_t events = Store::open_existing(third).log().size();
  const ProgramEnd end = merge(exported(second, "out"), third);
  EXPECT_EQ(end.status, 1) << end.err;
  EXPECT_THAT(end.out, HasSubstr("0 runs joined"));
  EXPECT_THAT(end.out, HasSubstr("not joined: a on track digits: no baseline has 2 blocks in "
                                 "session 20"));
  EXPECT_EQ(Store::open_existing(third).log().size(), events);
}

}  // namespace
}  // namespace joulebench
