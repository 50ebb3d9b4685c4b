#include "core/competition.h"

#include <gtest/gtest.h>

#include "core/file.h"
#include "tests/support/error_text.h"

namespace joulebench {
namespace {

class CompetitionFile : public testing::Test {
 protected:
  Competition read(const std::string& text) {
    write_file_atomically(folder_.path() / "competition.json", text);
    return read_competition(folder_.path() / "competition.json");
  }
  TemporaryFolder folder_{"competition"};
};

TEST_F(CompetitionFile, EveryFieldButTheRequiredOnesHasADefault) {
  const Competition competition = read(R"({"format": "joulebench-competition/1", "id": "c",
      "tracks": [{"id": "t", "dataset": "digits"}]})");
  const Track& track = competition.track("t");
  EXPECT_EQ(track.protocol.blocks, 5);
  EXPECT_EQ(track.protocol.min_block, Seconds(10));
  EXPECT_TRUE(track.protocol.salt);
  EXPECT_EQ(track.limits.memory_bytes, std::uint64_t{4096} << 20);
  EXPECT_EQ(track.ranking.floors, (std::vector{0.80, 0.90, 0.95}));
  EXPECT_EQ(track.energy.energy_class, EnergyClass::measured);
}

TEST_F(CompetitionFile, TheShippedOnesCanBeRead) {
  int count = 0;
  const std::filesystem::path folder = JOULEBENCH_SOURCE_DIR "/competitions";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (!entry.is_directory()) continue;
    EXPECT_NO_THROW(read_competition(entry.path() / "competition.json")) << entry.path();
    ++count;
  }
  EXPECT_GE(count, 1);
}

TEST_F(CompetitionFile, TwoTracksOfOneNameAreRefused) {
  EXPECT_THAT(error_text([&] {
                read(R"({"format": "joulebench-competition/1", "id": "c", "tracks":
                    [{"id": "t", "dataset": "a"}, {"id": "t", "dataset": "b"}]})");
              }),
              testing::HasSubstr("'t' stands twice"));
}

TEST_F(CompetitionFile, AnUnknownTrackComesWithTheNearest) {
  const Competition competition = read(R"({"format": "joulebench-competition/1", "id": "c",
      "tracks": [{"id": "digits", "dataset": "digits"}]})");
  EXPECT_THAT(error_text([&] { competition.track("digit"); }),
              testing::HasSubstr("did you mean 'digits'?"));
}

TEST(Competition, AllThatComeWithTheProgramAreRead) {
  const std::filesystem::path root = JOULEBENCH_SOURCE_DIR;
  int count = 0;
  for (const auto& folder : std::filesystem::directory_iterator(root / "competitions")) {
    if (!folder.is_directory()) continue;
    const Competition competition = read_competition(folder.path() / "competition.json");
    EXPECT_EQ(competition.id, folder.path().filename().string());
    for (const Track& track : competition.tracks) {
      EXPECT_TRUE(std::filesystem::exists(root / "datasets" / track.dataset / "dataset.json"));
      for (const std::string& baseline : track.baselines) {
        EXPECT_TRUE(std::filesystem::exists(root / baseline / "submission.json")) << baseline;
      }
    }
    ++count;
  }
  EXPECT_GE(count, 4);
}

}  // namespace
}  // namespace joulebench
