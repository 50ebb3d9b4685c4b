#include <gmock/gmock.h>
#include <sqlite3.h>

#include <nlohmann/json.hpp>

#include "leaderboard/store.h"
#include "test_paths.h"
#include "tests/cli/small_world.h"
#include "tests/support/ssh_key.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

/// The shell commands of leaderboard/CHECKING.md, one script.
std::string commands_of_the_page() {
  const std::string text =
      read_text_file(fs::path(JOULEBENCH_SOURCE_DIR) / "leaderboard" / "CHECKING.md");
  const std::string start = "```sh\n";
  std::string script = "set -e -o pipefail\n";
  for (std::size_t at = 0; (at = text.find(start, at)) != text.npos;) {
    at += start.size();
    script += text.substr(at, text.find("```", at) - at);
  }
  return script;
}

/// A board of one entry with its pages, signed.
class PublishedBoard : public SmallWorld {
 protected:
  void SetUp() override {
    ASSERT_EQ(joulebench(evaluate({honest_entry("a")}), 100).status, 0);
    ASSERT_EQ(board({"site", site()}).status, 0);
    const ProgramEnd end = board({"sign", site(), "--key", key_.file()});
    ASSERT_EQ(end.status, 0) << end.err;
    EXPECT_THAT(end.out, HasSubstr("and its pages signed with the key ED25519 SHA256:"));
    write_file_atomically(allowed(), key_.allowed_as("organizer"));
  }
  ProgramEnd board(std::vector<std::string> words) const {
    words.insert(words.begin(), "board");
    words.insert(words.end(), {"--db", database()});
    return joulebench(words);
  }
  ProgramEnd verify() const {
    return board({"verify", "--site", site(), "--allowed-signers", allowed()});
  }
  /// As a reader does without joulebench.
  ProgramEnd check_by_the_page() const {
    fs::copy_file(allowed(), site() / "allowed_signers", fs::copy_options::overwrite_existing);
    write_file_atomically(folder() / "check.sh", commands_of_the_page());
    return run_program({"/bin/bash", "-c", "cd " + site().string() + " && bash ../check.sh"});
  }
  void replace(const fs::path& file, const std::string& from, const std::string& to) const {
    std::string text = read_text_file(file);
    const std::size_t at = text.find(from);
    ASSERT_NE(at, text.npos) << from;
    write_file_atomically(file, text.replace(at, from.size(), to));
  }
  fs::path site() const { return folder() / "public"; }
  fs::path allowed() const { return folder() / "allowed"; }

  support::SshKey key_{folder() / "key"};
};

TEST_F(PublishedBoard, IsCheckedByTheProgramAndByTheCommandsOfThePage) {
  const ProgramEnd verified = verify();
  EXPECT_EQ(verified.status, 0) << verified.out;
  EXPECT_THAT(verified.out, HasSubstr("and its pages were signed by organizer with the key"));
  const ProgramEnd by_hand = check_by_the_page();
  EXPECT_EQ(by_hand.status, 0) << by_hand.out << by_hand.err;
  EXPECT_THAT(by_hand.out, HasSubstr("Good \"joulebench\" signature for organizer"));
  EXPECT_THAT(by_hand.out, HasSubstr("head " + Store::open_existing(database()).head().sha256));
  // What comes later follows.
  ASSERT_EQ(board({"withdraw", "a", "--reason", "asked for"}).status, 0);
  EXPECT_EQ(verify().status, 0) << "what was published stays true";
  const ProgramEnd old = board({"sign", site(), "--key", key_.file()});
  EXPECT_EQ(old.status, 2);
  EXPECT_THAT(old.err, HasSubstr("something was stored since the pages were written"));
  ASSERT_EQ(board({"site", site()}).status, 0);
  ASSERT_EQ(board({"sign", site(), "--key", key_.file()}).status, 0);
  EXPECT_EQ(verify().status, 0);
  EXPECT_EQ(check_by_the_page().status, 0);
}

TEST_F(PublishedBoard, IsFoundAlteredByTheCommandsOfThePage) {
  const fs::path kept = folder() / "kept";
  fs::copy(site(), kept, fs::copy_options::recursive);
  const auto status_after = [&](const std::string& file, const std::string& from,
                                const std::string& to, bool with_sums) {
    fs::remove_all(site());
    fs::copy(kept, site(), fs::copy_options::recursive);
    replace(site() / file, from, to);
    if (with_sums) {
      run_program(
          {"/bin/bash", "-c",
           "cd " + site().string() +
               " && cut -c 67- SHA256SUMS | xargs -d '\\n' sha256sum > S && mv S SHA256SUMS"});
    }
    return check_by_the_page().status;
  };
  EXPECT_NE(status_after("index.html", "a", "b", false), 0);
  EXPECT_NE(status_after("index.html", "a", "b", true), 0) << "the signature is of other sums";
  EXPECT_NE(status_after("log.jsonl", "small", "smell", false), 0);
  EXPECT_NE(status_after("heads.jsonl", "\"number\":", "\"number\":1", false), 0);
  EXPECT_EQ(status_after("heads.jsonl", "at_utc\":\"2", "at_utc\":\"3", false), 0)
      << "the time is not signed";
}

TEST_F(PublishedBoard, IsNotSignedWhereSomethingWasAltered) {
  sqlite3* other = nullptr;
  ASSERT_EQ(sqlite3_open(database().c_str(), &other), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(other, "UPDATE runs SET message = 'x'", nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(other);
  const std::string before = read_text_file(site() / "heads.jsonl");
  const ProgramEnd end = board({"sign", site(), "--key", key_.file()});
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err, HasSubstr("cannot sign: something was altered\n  table runs: row 1"));
  EXPECT_EQ(read_text_file(site() / "heads.jsonl"), before);
  EXPECT_EQ(verify().status, 1);
}

TEST_F(PublishedBoard, AsksForWhatIsMissing) {
  const ProgramEnd alone = board({"verify", "--allowed-signers", allowed()});
  EXPECT_EQ(alone.status, 2);
  EXPECT_THAT(alone.err, HasSubstr("add --site FOLDER"));
  const ProgramEnd none = board({"verify", "--site", folder() / "nowhere"});
  EXPECT_EQ(none.status, 2);
  EXPECT_THAT(none.err, HasSubstr("nowhere: no such folder"));
  const ProgramEnd no_key = board({"sign", site(), "--key", folder() / "no-key"});
  EXPECT_EQ(no_key.status, 2);
  EXPECT_THAT(no_key.err, HasSubstr("no-key: there is no such key"));
}

TEST_F(PublishedBoard, IsNotWholeWhereNothingIsLeftOrNothingWasAsked) {
  // As a script asks whose variable is not set.
  const ProgramEnd nothing = board({"verify", "--expect", ""});
  EXPECT_EQ(nothing.status, 2);
  EXPECT_THAT(nothing.err, HasSubstr("--expect: it is empty"));
  EXPECT_EQ(board({"verify", "--site="}).status, 2);
  EXPECT_EQ(board({"export", folder() / "out", "--key", ""}).status, 2);
  EXPECT_FALSE(fs::exists(folder() / "out"));
  fs::create_symlink("loop", folder() / "loop");
  const ProgramEnd loop = board({"verify", "--site", folder() / "loop"});
  EXPECT_EQ(loop.status, 2);
  EXPECT_THAT(loop.err, HasSubstr("Too many levels of symbolic links"));
  EXPECT_THAT(loop.err, ::testing::Not(HasSubstr("filesystem error")));
  // The database is cut to nothing, or another without history stands in its place.
  const fs::path file = folder() / "none.db";
  write_file(file, "");
  const ProgramEnd cut = joulebench({"board", "verify", "--db", file});
  EXPECT_EQ(cut.status, 2);
  EXPECT_THAT(cut.err, HasSubstr("none.db: it is empty"));
  fs::remove(file);
  { const Store store(file); }
  const ProgramEnd anew = joulebench({"board", "verify", "--db", file});
  EXPECT_EQ(anew.status, 1);
  EXPECT_THAT(anew.out, HasSubstr("none.db: its history is empty"));
}

}  // namespace
}  // namespace joulebench
