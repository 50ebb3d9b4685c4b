#include "core/competition.h"
#include "test_paths.h"

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
  const Competition competition = read(R"({"format": "joulebench-competition/2", "id": "c",
      "tracks": [{"id": "t", "dataset": "digits"}]})");
  const Track& track = competition.track("t");
  EXPECT_EQ(track.protocol.blocks, 5);
  EXPECT_EQ(track.protocol.min_block, Seconds(10));
  EXPECT_TRUE(track.protocol.salt);
  EXPECT_EQ(track.limits.memory_bytes, 4'096'000'000);
  EXPECT_EQ(track.ranking.floors, (std::vector{0.80, 0.90, 0.95}));
  EXPECT_EQ(track.energy.energy_class, EnergyClass::measured);
}

TEST_F(CompetitionFile, AddsBlocksWhereItSaysAuto) {
  const auto protocol = [&](const std::string& fields) {
    return read(R"({"format": "joulebench-competition/2", "id": "c", "tracks": [{"id": "t",
        "dataset": "digits", "protocol": {)" +
                fields + "}}]}")
        .tracks[0]
        .protocol;
  };
  const Protocol added = protocol(R"("blocks": "auto", "most_blocks": 30, "most_time_s": 7200)");
  EXPECT_TRUE(added.adds_blocks);
  EXPECT_EQ(added.blocks, 5);
  EXPECT_EQ(added.most_blocks, 30);
  EXPECT_EQ(added.most_time, Seconds(7200));
  EXPECT_FALSE(protocol(R"("blocks": 7)").adds_blocks);
  EXPECT_THAT(error_text([&] { protocol(R"("blocks": "many")"); }),
              testing::HasSubstr("tracks[0].protocol.blocks"));
}

TEST_F(CompetitionFile, CountsMemoryWhereANodeHasItsCounter) {
  const auto energy = [&](const std::string& fields) {
    return read(R"({"format": "joulebench-competition/2", "id": "c", "tracks": [{"id": "t",
        "dataset": "digits", "energy": {)" +
                fields + "}}]}")
        .tracks[0]
        .energy;
  };
  EXPECT_EQ(energy("").where_present, std::vector{DomainKind::dram}) << "the default";
  EXPECT_TRUE(energy(R"("domains": ["cpu-package", "dram"])").where_present.empty());
  const EnergyRule named = energy(R"("domains": ["cpu-package", "gpu?"])");
  EXPECT_EQ(named.domains, (std::vector{DomainKind::cpu_package, DomainKind::gpu}));
  EXPECT_EQ(named.where_present, std::vector{DomainKind::gpu});
}

TEST_F(CompetitionFile, OffersEnvironmentsByNameOrDigest) {
  const std::string digest(64, 'a');
  const auto with = [&](const std::string& environments) {
    return read(R"({"format": "joulebench-competition/2", "id": "c", "environments": )" +
                environments + R"(, "tracks": [{"id": "t", "dataset": "digits"}]})");
  };
  const auto offered =
      with(R"([{"name": "python", "sha256": ")" + digest + R"("}, "torch", "host"])").environments;
  ASSERT_EQ(offered.size(), 3u);
  EXPECT_EQ(offered[0].name, "python");
  EXPECT_EQ(offered[0].sha256, digest);
  EXPECT_EQ(offered[1].name, "torch");
  EXPECT_EQ(offered[1].sha256, "");
  EXPECT_EQ(offered[2].name, kHostEnvironment);
  EXPECT_THAT(error_text([&] { with(R"(["python", {"name": "python"}])"); }),
              testing::HasSubstr("'python'"));
  EXPECT_THAT(error_text([&] { with(R"([{"name": "host", "sha256": ")" + digest + R"("}])"); }),
              testing::HasSubstr("no digest"));
  EXPECT_THAT(error_text([&] { with(R"([{"name": "python", "sha256": "aa"}])"); }),
              testing::HasSubstr("environments[0]"));
  EXPECT_THAT(error_text([&] { with(R"(["../etc"])"); }), testing::HasSubstr("environments[0]"));
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

TEST_F(CompetitionFile, AFormerFormatIsRefusedWithWhatChanged) {
  const std::string text = error_text([&] {
    read(R"({"format": "joulebench-competition/1", "id": "c", "tracks":
        [{"id": "t", "dataset": "a", "limits": {"pass_s": 3, "memory_mb": 100}}]})");
  });
  EXPECT_THAT(text, testing::HasSubstr("where \"joulebench-competition/2\" was expected"));
  EXPECT_THAT(text, testing::HasSubstr("write 'request_s' for 'pass_s'"));
}

TEST_F(CompetitionFile, MegabytesAreDecimal) {
  const Limits limits = read(R"({"format": "joulebench-competition/2", "id": "c", "tracks":
      [{"id": "t", "dataset": "a", "limits": {"memory_mb": 100, "output_mb": 2, "log_kb": 3}}]})")
                            .track("t")
                            .limits;
  EXPECT_EQ(limits.memory_bytes, 100'000'000U);
  EXPECT_EQ(limits.output_bytes, 2'000'000U);
  EXPECT_EQ(limits.log_bytes, 3'000U);
}

TEST_F(CompetitionFile, TwoTracksOfOneNameAreRefused) {
  EXPECT_THAT(error_text([&] {
                read(R"({"format": "joulebench-competition/2", "id": "c", "tracks":
                    [{"id": "t", "dataset": "a"}, {"id": "t", "dataset": "b"}]})");
              }),
              testing::HasSubstr("'t' stands twice"));
}

TEST_F(CompetitionFile, ATrainTrackHasItsOwnLimitAndRefusesWhatCountsPredictions) {
  const auto with = [this](const std::string& more) {
    return read(R"({"format": "joulebench-competition/2", "id": "c",
        "tracks": [{"id": "t", "dataset": "digits", "task": "train")" +
                more + "}]}");
  };
  const Competition competition = with(R"(, "limits": {"train_s": 90})");
  EXPECT_EQ(competition.track("t").task, Task::train);
  EXPECT_EQ(competition.track("t").limits.train, Seconds(90));
  EXPECT_EQ(with("").track("t").limits.train, Seconds(1800));
  EXPECT_THAT(error_text([&] { with(R"(, "scenario": "single-stream")"); }),
              testing::HasSubstr("field 'scenario' asks for predictions one by one"));
  EXPECT_THAT(error_text([&] { with(R"(, "metric": "top-5", "ranking": {"floors": [0.5]})"); }),
              testing::HasSubstr("field 'metric' asks for more than a class of each sample"));
}

TEST_F(CompetitionFile, AnUnknownTrackComesWithTheNearest) {
  const Competition competition = read(R"({"format": "joulebench-competition/2", "id": "c",
      "tracks": [{"id": "digits", "dataset": "digits"}]})");
  EXPECT_THAT(error_text([&] { competition.track("digit"); }),
              testing::HasSubstr("did you mean 'digits'?"));
}

class TrackMetric : public CompetitionFile {
 protected:
  Track track(const std::string& fields) {
    return read(R"({"format": "joulebench-competition/2", "id": "c",
        "tracks": [{"id": "t", "dataset": "digits", )" +
                fields + "}]}")
        .tracks.front();
  }
  std::string error(const std::string& fields) {
    return error_text([&] { track(fields); });
  }
};

TEST_F(TrackMetric, IsOneOfOursByName) {
  const Metric top = track(R"("metric": "top-3")").metric;
  EXPECT_EQ(top.top_k, 3u);
  EXPECT_EQ(top.predictions, PredictionKind::scores);
  const Metric loss = track(R"("metric": "log-loss", "ranking": {"floors": [0.5]})").metric;
  EXPECT_TRUE(loss.less_is_better);
  EXPECT_EQ(loss.predictions, PredictionKind::probabilities);
  EXPECT_THAT(error(R"("metric": "acuracy")"), testing::HasSubstr("did you mean \"accuracy\"?"));
  EXPECT_THAT(error(R"("metric": "top-0")"), testing::HasSubstr("there is no \"top-0\""));
  EXPECT_THAT(error(R"("metric": "acuracy")"),
              testing::HasSubstr("competition.json: track 't': field 'metric'"));
}

TEST_F(TrackMetric, OrAProgramOfTheOrganizer) {
  const Metric metric = track(R"("metric": {"name": "cost", "folder": "scorer",
      "command": ["python3", "score.py"], "predictions": "numbers", "better": "lower",
      "time_s": 5}, "ranking": {"rule": "pareto"})")
                            .metric;
  EXPECT_TRUE(metric.is_outside());
  EXPECT_TRUE(metric.less_is_better);
  EXPECT_FALSE(metric.is_share);
  EXPECT_EQ(metric.predictions, PredictionKind::numbers);
  EXPECT_EQ(metric.time_limit, Seconds(5));
  EXPECT_THAT(error(R"("metric": {"name": "mae", "folder": "s", "command": ["s"]})"),
              testing::HasSubstr("has the name of a metric of ours"));
  EXPECT_THAT(error(R"("metric": {"name": "cost", "folder": "s"})"),
              testing::HasSubstr("field 'tracks[0].metric.command' is missing"));
}

TEST_F(TrackMetric, FloorsAreInItsUnit) {
  EXPECT_TRUE(track(R"("metric": "rmse")").ranking.floors.empty())
      << "of no share can we guess them";
  EXPECT_THAT(error(R"("ranking": {"floors": [90]})"), testing::HasSubstr("is a share"));
  EXPECT_EQ(track(R"("metric": "rmse", "ranking": {"floors": [12.5]})").ranking.floors,
            std::vector{12.5});
}

TEST_F(TrackMetric, AStreamIsScoredByClassesOnly) {
  EXPECT_THAT(error(R"("metric": "top-3", "scenario": "single-stream")"),
              testing::HasSubstr("a stream's answers are classes, top-3 needs scores"));
}

TEST_F(CompetitionFile, ACarbonFigureThatCannotBeHadIsSaidAtOnce) {
  EXPECT_THAT(error_text([&] {
                read(R"({"format": "joulebench-competition/2", "id": "c", "carbon":
                    {"country": "XX"}, "tracks": [{"id": "t", "dataset": "digits"}]})");
              }),
              testing::HasSubstr("there is no figure for 'XX'"));
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
