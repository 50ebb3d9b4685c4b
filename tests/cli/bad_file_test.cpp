#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "test_paths.h"
#include "tests/cli/small_world.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

class BadFile : public SmallWorld {
 protected:
  ProgramEnd run(const fs::path& entry) const {
    return joulebench({"run", entry, "--competition", competition(), "--meters", "model"});
  }
};

TEST_F(BadFile, ACompetitionThatIsNotThere) {
  const ProgramEnd end = joulebench({"evaluate", folder() / "none.json", "--db", database()});
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err, testing::HasSubstr("none.json"));
  EXPECT_FALSE(fs::exists(database()));
}

TEST_F(BadFile, ACompetitionThatIsNoJson) {
  write_file_atomically(competition(),
                        "{\n  \"format\": \"joulebench-competition/2\",\n  oops\n}\n");
  const ProgramEnd end = run(honest_entry("e"));
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err,
              testing::StartsWith("joulebench: a file is not JSON\n  " + competition() + ":3:3: "));
}

TEST_F(BadFile, ACompetitionWithAnUnknownField) {
  write_file_atomically(competition(), R"({"format": "joulebench-competition/2", "id": "c",
      "tracks": [{"id": "t", "dataset": "digits", "protocol": {"bloks": 3}}]})");
  const ProgramEnd end = run(honest_entry("e"));
  EXPECT_EQ(end.status, 2);
  EXPECT_EQ(end.err, "joulebench: a file does not say what it should\n  " + competition() +
                         ": unknown field 'tracks[0].protocol.bloks'; did you mean "
                         "'tracks[0].protocol.blocks'?\n"
                         "  the fields are described in its JSON Schema and the folder's README\n");
}

TEST_F(BadFile, NoByteOfAManifestReachesTheTerminalAsMoreThanText) {
  const fs::path path = honest_entry("e");
  write_file_atomically(path / "submission.json",
                        R"({"format": "joulebench-submission/1", "name": "e", "command": ["x"],
                           "\u001b]0;owned\u0007\u202e": 1})");
  const ProgramEnd end = run(path);
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err, testing::HasSubstr("unknown field '?]0;owned?"
                                          "?'"));
  EXPECT_EQ(end.err.find('\x1b'), std::string::npos);
  EXPECT_EQ(end.err.find('\x07'), std::string::npos);
}

TEST_F(BadFile, AManifestOfTooManyBytes) {
  const fs::path path = honest_entry("e");
  write_file_atomically(path / "submission.json", "{" + std::string(64'000, ' ') + "}");
  EXPECT_THAT(run(path).err, testing::HasSubstr("larger than the 64000 bytes"));
}

TEST_F(BadFile, AnEntryWithoutManifest) {
  fs::create_directory(folder() / "empty");
  const ProgramEnd end = run(folder() / "empty");
  EXPECT_EQ(end.status, 2);
  EXPECT_EQ(end.err, "joulebench: a submission has no manifest\n  " +
                         (folder() / "empty/submission.json").string() +
                         ": no such file\n  name the folder that holds submission.json\n");
}

TEST_F(BadFile, AManifestOfTheWrongType) {
  const fs::path path = honest_entry("e");
  write_file_atomically(
      path / "submission.json",
      R"({"format": "joulebench-submission/1", "name": "e", "command": "run.sh"})");
  const ProgramEnd end = run(path);
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err,
              testing::HasSubstr("field 'command' is \"run.sh\", where an array was expected"));
}

TEST_F(BadFile, ATrackThatDoesNotExist) {
  const ProgramEnd end = joulebench({"run", honest_entry("e"), "--competition", competition(),
                                     "--track", "digit", "--meters", "model"});
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err, testing::HasSubstr("did you mean 'digits'?"));
}

TEST_F(BadFile, ADatasetWithAFlippedByte) {
  const fs::path copy = folder() / "datasets";
  fs::create_directory(copy);
  fs::copy(JOULEBENCH_SOURCE_DIR "/datasets/digits", copy / "digits", fs::copy_options::recursive);
  const fs::path file = copy / "digits/digits.csv.gz";
  std::string bytes = read_text_file(file);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
  write_file_atomically(file, bytes);
  const ProgramEnd end =
      joulebench({"run", honest_entry("e"), "--competition", competition(), "--meters", "model",
                  "--datasets", copy, "--record", folder() / "record"});
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err, testing::HasSubstr(file.string()));
  EXPECT_THAT(end.err, testing::HasSubstr("SHA-256"));
  EXPECT_FALSE(fs::exists(folder() / "record"));  // found before anything was run
}

TEST_F(BadFile, ACommandThatDoesNotExist) {
  const ProgramEnd end = joulebench({"evalute", "x"});
  EXPECT_EQ(end.status, 2);
  EXPECT_EQ(end.err,
            "joulebench: there is no command 'evalute'\n  did you mean 'evaluate'?\n"
            "  joulebench --help lists the commands\n");
}

TEST_F(BadFile, NoCounterIsAnErrorWithTheWayOutNotAZero) {
  // Unless this machine has counters: then the run is simply a run.
  if (joulebench({"measure", "--", "true"}).status == 0)
    GTEST_SKIP() << "counters can be read here";
  const ProgramEnd end = joulebench({"run", honest_entry("e"), "--competition", competition()});
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err, testing::StartsWith("joulebench: no energy counter can be read\n"));
  EXPECT_THAT(end.err, testing::HasSubstr("--meters model"));
}

TEST_F(BadFile, TwoMeasurementsAtOnceAreKeptApart) {
  const ProgramEnd end = [&] {
    const FileDescriptor held = hold_lock();
    return run(honest_entry("e"));
  }();
  EXPECT_EQ(end.status, 2);
  EXPECT_THAT(end.err, testing::HasSubstr("another measurement runs on this machine"));
}

}  // namespace
}  // namespace joulebench
