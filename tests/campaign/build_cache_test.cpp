#include "campaign/build_cache.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "campaign/stage_and_build.h"
#include "core/clock.h"
#include "core/file.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

/// A cache and the result of a build: a program, a folder without files, and a link.
class BuiltOnce : public testing::Test {
 protected:
  BuiltOnce() {
    fs::create_directories(built_ / "empty");
    write_file_atomically(built_ / "program", "#!/bin/sh\n");
    fs::permissions(built_ / "program", fs::perms(0755));
    write_file_atomically(built_ / "model.npy", std::string(1000, 'm'));
    fs::create_symlink("program", built_ / "link");
  }
  fs::path fresh() {
    const fs::path folder = place_.path() / ("staged-" + std::to_string(count_++));
    fs::create_directories(folder);
    return folder;
  }
  fs::path cache() const { return place_.path() / "cache"; }
  BuildCache kept() const {
    BuildCache kept(cache());
    kept.keep("key", built_);
    return kept;
  }

  TemporaryFolder place_{"builds"};
  fs::path built_ = place_.path() / "built";
  int count_ = 0;
};

TEST_F(BuiltOnce, AResultComesBackAsItWas) {
  const fs::path staged = fresh();
  ASSERT_TRUE(kept().restore("key", staged));
  EXPECT_EQ(read_text_file(staged / "model.npy"), std::string(1000, 'm'));
  EXPECT_EQ(fs::status(staged / "program").permissions(), fs::perms(0755));
  EXPECT_EQ(fs::read_symlink(staged / "link"), "program");
  EXPECT_TRUE(fs::is_directory(staged / "empty"));
  EXPECT_EQ(fs::status(cache()).permissions(), fs::perms(0700));
}

TEST_F(BuiltOnce, AnotherKeyAndNoFolderFindNothing) {
  const fs::path staged = fresh();
  EXPECT_FALSE(kept().restore("other", staged));
  EXPECT_TRUE(fs::is_empty(staged));
  const BuildCache none{fs::path()};
  none.keep("key", built_);
  EXPECT_FALSE(none.restore("key", staged));
}

TEST_F(BuiltOnce, WhatWasTamperedWithIsNotUsedAndGone) {
  const std::vector<std::function<void(const fs::path&)>> changes = {
      [](const fs::path& tree) { write_file_atomically(tree / "model.npy", "other"); },
      [](const fs::path& tree) { write_file_atomically(tree / "more", ""); },
      [](const fs::path& tree) { fs::remove(tree / "program"); },
      [](const fs::path& tree) { fs::permissions(tree / "model.npy", fs::perms(0755)); },
      [](const fs::path& tree) { fs::remove(tree / "empty"); },
      [](const fs::path& tree) {
        fs::remove(tree / "link");
        fs::create_symlink("/etc/passwd", tree / "link");
      },
      [](const fs::path& tree) { fs::remove(tree.parent_path() / "digest"); },  // half written
      [](const fs::path& tree) { fs::resize_file(tree.parent_path() / "digest", 3); }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    SCOPED_TRACE(i);
    fs::remove_all(cache());
    const BuildCache builds = kept();
    changes[i](cache() / "key/tree");
    const fs::path staged = fresh();
    EXPECT_FALSE(builds.restore("key", staged));
    EXPECT_TRUE(fs::is_empty(staged));
    builds.keep("key", built_);  // built anew, it is kept and found again
    EXPECT_TRUE(builds.restore("key", fresh()));
  }
}

TEST_F(BuiltOnce, WhatWasNotUsedForLongestMakesRoom) {
  const BuildCache small(cache(), 2500);
  small.keep("first", built_);
  small.keep("second", built_);
  fs::last_write_time(cache() / "second", fs::file_time_type::clock::now() - std::chrono::hours(1));
  EXPECT_TRUE(small.restore("first", fresh()));
  small.keep("third", built_);
  EXPECT_TRUE(small.restore("first", fresh()));
  EXPECT_FALSE(small.restore("second", fresh()));
  EXPECT_TRUE(small.restore("third", fresh()));
}

TEST_F(BuiltOnce, WhatIsLargerThanTheCacheIsNotCopied) {
  fs::resize_file(built_ / "model.npy", std::uint64_t{1} << 40);  // a hole: nothing on disk
  kept();
  EXPECT_FALSE(fs::exists(cache()));
}

TEST(BuildKey, HoldsAllThatAResultDependsOn) {
  Submission submission;
  submission.id = "a";
  Track track;
  Dataset dataset;
  dataset.id = "d";
  dataset.sha256 = "1";
  const std::string key = build_key(submission, track, dataset, "host");
  EXPECT_EQ(build_key(submission, track, dataset, "host"), key);
  EXPECT_NE(build_key(submission, track, dataset, "environment"), key);
  track.task = Task::train;
  EXPECT_NE(build_key(submission, track, dataset, "host"), key);
  track = {};
  dataset.sha256 = "2";
  EXPECT_NE(build_key(submission, track, dataset, "host"), key);
  dataset.sha256 = "1";
  submission.id = "b";
  EXPECT_NE(build_key(submission, track, dataset, "host"), key);
  submission.id = "a";
  dataset.copy_patterns = "1";
  EXPECT_NE(build_key(submission, track, dataset, "host"), key);
  dataset.copy_patterns.clear();
  dataset.copies = {"/usr/b", "/usr/a"};
  const std::string masked = build_key(submission, track, dataset, "host");
  EXPECT_NE(masked, key);
  dataset.copies = {"/usr/a", "/usr/b"};  // in whatever order they were found
  EXPECT_EQ(build_key(submission, track, dataset, "host"), masked);
  dataset.copies.clear();
  track.limits.gpus = 1;
  EXPECT_NE(build_key(submission, track, dataset, "host"), key);
  track.limits = {};
  track.limits.memory_bytes += 1'000'000;
  EXPECT_NE(build_key(submission, track, dataset, "host"), key);
  track.limits = {};
  EXPECT_EQ(build_key(submission, track, dataset, "host"), key);
  EXPECT_EQ(host_fingerprint(), host_fingerprint());
}

// In real sandboxes: the step leaves another number each time that it runs.
TEST_F(BuiltOnce, BuildStepsRunOnceForAnEntry) {
  const fs::path folder = place_.path() / "entry";
  const auto write_entry = [&](const std::string& text) {
    fs::create_directories(folder);
    write_file_atomically(
        folder / "submission.json",
        nlohmann::json{
            {"format", "joulebench-submission/1"},
            {"name", "a"},
            {"command", {"true"}},
            {"build", {{"sh", "-c", "cat /proc/sys/kernel/random/uuid > built; test ! -e bad"}}}}
            .dump());
    write_file_atomically(folder / "data", text);
  };
  Track track;
  Dataset dataset;
  dataset.id = "d";
  dataset.copy_patterns = "looked for";
  dataset.public_inputs = dataset.hidden_inputs = {.dtype = DType::u8, .shape = {1, 1}};
  dataset.public_inputs.bytes.resize(1);
  dataset.public_labels = {0};
  SystemClock clock;
  fs::permissions(place_.path(), fs::perms(0755));
  const BuildSetting setting{.track = track,
                             .dataset = dataset,
                             .scratch = place_.path(),
                             .clock = clock,
                             .stopped = [] { return false; },
                             .on_phase = [](const std::string&) {},
                             .build_cache = cache()};
  const auto built = [&] {
    const TemporaryFolder staged("staged");
    const auto failure = stage_and_build(read_submission(folder), setting, staged.path());
    return failure ? "failed: " + failure->message : read_text_file(staged.path() / "built");
  };
  write_entry("one");
  const std::string first = built();
  EXPECT_EQ(first.size(), 37u) << first;
  EXPECT_EQ(built(), first);
  write_entry("two");
  const std::string second = built();
  EXPECT_NE(second, first);
  write_file_atomically(folder / "bad", "");  // the step fails, and fails again
  EXPECT_TRUE(built().starts_with("failed"));
  EXPECT_TRUE(built().starts_with("failed"));
  fs::remove(folder / "bad");
  EXPECT_EQ(built(), second);
  dataset.copy_patterns.clear();  // nobody looked for labels: nothing is taken or kept
  const std::string unmasked = built();
  EXPECT_NE(unmasked, second);
  EXPECT_NE(built(), unmasked);
}

}  // namespace
}  // namespace joulebench
