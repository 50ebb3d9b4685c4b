// Archives from a team's folder to the public pages, by the built program.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <random>

#include "leaderboard/store.h"
#include "tests/cli/small_world.h"
#include "tests/support/ssh_key.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TakenIn : public SmallWorld {
 protected:
  TakenIn() {
    json text = json::parse(read_text_file(competition()));
    text["teams"] = "teams";
    write_file_atomically(competition(), text.dump());
    write_file_atomically(folder() / "teams", red_.allowed_as("red") + blue_.allowed_as("blue"));
    fs::create_directories(inbox());
  }
  fs::path inbox() const { return folder() / "inbox"; }

  /// Packs, signs and uploads a version of an entry that answers class 0.
  ProgramEnd upload(const std::string& team, const std::string& name, const std::string& version,
                    const fs::path& key, const std::string& body = {}) {
    const fs::path path =
        body.empty() ? honest_entry(team + name + version) : entry(team + name + version, body);
    write_file_atomically(path / "submission.json", json{{"format", "joulebench-submission/1"},
                                                         {"name", name},
                                                         {"team", team},
                                                         {"version", version},
                                                         {"command", {"python3", "program.py"}}}
                                                        .dump());
    return joulebench({"submission", "pack", path, "--output",
                       inbox() / fmt::format("{}-{}-{}.tar.gz", team, name, version), "--sign",
                       key});
  }
  std::vector<std::string> intake(std::vector<std::string> more) const {
    more.insert(more.begin(),
                {"intake", competition(), inbox(), "--db", database(), "--settle-s", "0"});
    return more;
  }
  std::string receipt(const std::string& upload) const {
    return read_text_file(inbox() / (upload + ".receipt.txt"));
  }

  support::SshKey red_{folder() / "red"};
  support::SshKey blue_{folder() / "blue"};
};

TEST_F(TakenIn, FromPackToTheBoardAndBack) {
  const ProgramEnd packed = upload("red", "tree", "1", red_.file());
  ASSERT_EQ(packed.status, 0) << packed.err;
  EXPECT_THAT(packed.out, HasSubstr("red-tree-1.tar.gz.sig  signed for team red\n"));
  upload("blue", "knn", "1", blue_.file());
  upload("red", "bad", "1", red_.file(), "sys.exit(3)\n");
  const ProgramEnd taken = joulebench(intake({}), 120);
  EXPECT_EQ(taken.status, 1) << taken.err;
  EXPECT_THAT(taken.out,
              HasSubstr("red-tree-1.tar.gz: accepted, tree of team red, place 1 in the"));
  EXPECT_THAT(taken.out, HasSubstr("2 accepted, 1 not accepted, 0 decided before"));
  EXPECT_THAT(receipt("red-bad-1.tar.gz"), HasSubstr("track 'digits': "));
  EXPECT_THAT(receipt("red-bad-1.tar.gz"), HasSubstr("joulebench submission check"));

  const std::vector<std::string> run = {"evaluate", competition(), "--db",  database(), "--queue",
                                        "--wait",   "--meters",    "model", "--quiet"};
  const ProgramEnd evaluated = joulebench(run, 120);
  ASSERT_EQ(evaluated.status, 0) << evaluated.err;
  EXPECT_THAT(evaluated.out, HasSubstr("tree"));
  EXPECT_THAT(evaluated.out, HasSubstr("knn"));

  upload("red", "tree", "2", red_.file());
  EXPECT_EQ(joulebench(intake({"--no-trial"})).status, 0);
  ASSERT_EQ(joulebench(run, 120).status, 0);
  const json board = json::parse(
      joulebench({"board", "show", "--db", database(), "--format", "json"}).out)["boards"][0];
  ASSERT_EQ(board["superseded"].size(), 1u);
  EXPECT_EQ(board["superseded"][0]["version"], "1");

  ASSERT_EQ(joulebench({"submission", "withdraw", "knn", "--competition", "small", "--team", "blue",
                        "--sign", blue_.file(), "--output", inbox() / "w.request.json"})
                .status,
            0);
  EXPECT_EQ(joulebench(intake({})).status, 0);
  EXPECT_THAT(joulebench({"board", "show", "--db", database()}).out,
              HasSubstr("at the wish of its team"));

  upload("red", "tree", "3", red_.file());
  EXPECT_EQ(joulebench(intake({"--no-trial"})).status, 0);
  const ProgramEnd mistyped =
      joulebench({"board", "withdraw", "trea", "--reason", "asked for", "--db", database()});
  EXPECT_EQ(mistyped.status, 2);
  EXPECT_THAT(mistyped.err, HasSubstr("did you mean 'tree'?"));
  const ProgramEnd withdrawn = joulebench({"board", "withdraw", "tree", "--all", "--reason",
                                           "asked for", "--db", database(), "--format", "json"});
  ASSERT_EQ(withdrawn.status, 0) << withdrawn.err;
  const json listed = json::parse(withdrawn.out)["entries"];
  ASSERT_EQ(listed.size(), 3u) << "the one in the queue, and two on the board: " << withdrawn.out;
  EXPECT_FALSE(listed[0].contains("track"));
  for (const json& one : listed) {
    EXPECT_EQ(one["entry"], "tree");
    EXPECT_EQ(one["standing"], "withdrawn");
  }
  const ProgramEnd verified = joulebench({"board", "verify", "--db", database()});
  EXPECT_EQ(verified.status, 0) << verified.out;
}

TEST_F(TakenIn, NothingIsLostOrDecidedTwiceHoweverOftenItIsKilled) {
  constexpr int kUploads = 12;
  for (int i = 0; i < kUploads; ++i) upload("red", fmt::format("e{}", i), "1", red_.file());
  std::vector<std::string> words = intake({"--no-trial"});
  words.insert(words.begin(), JOULEBENCH_PROGRAM);
  std::mt19937 random(std::random_device{}());
  std::uniform_int_distribution<int> instant(5'000, 400'000);
  for (int i = 0; i < kills_wanted(15); ++i) {
    run_or_kill(words, {}, folder() / "output", std::chrono::microseconds(instant(random)));
  }
  EXPECT_EQ(joulebench(intake({"--no-trial"})).status, 0);
  const Store store = Store::open_existing(database());
  const std::vector<IntakeDecision> decisions = store.intake("small");
  EXPECT_EQ(decisions.size(), static_cast<std::size_t>(kUploads));
  EXPECT_THAT(store.verify(), IsEmpty());
  for (const IntakeDecision& one : decisions) {
    EXPECT_TRUE(one.accepted) << one.reason;
    EXPECT_THAT(receipt(one.upload), HasSubstr(one.sha256));
    EXPECT_TRUE(fs::exists(folder() / "board.archives" / one.file));
  }
}

TEST_F(TakenIn, AnInboxOrAListOfKeysThatCannotBeUsedIsNamed) {
  write_file_atomically(folder() / "teams",
                        "red,* " + read_text_file(red_.file().string() + ".pub"));
  const ProgramEnd bad = joulebench(intake({}));
  EXPECT_EQ(bad.status, 2);
  EXPECT_THAT(bad.err, HasSubstr("line 1: team '*': it holds *"));
  write_file_atomically(folder() / "teams", red_.allowed_as("red") + red_.allowed_as("pink"));
  const ProgramEnd twice = joulebench(intake({}));
  EXPECT_EQ(twice.status, 2);
  EXPECT_THAT(twice.err, HasSubstr("line 2: its key stands in line 1 already"));
}

}  // namespace
}  // namespace joulebench
