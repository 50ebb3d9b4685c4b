#include "campaign/session_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "support/error_text.h"

namespace joulebench {
namespace {

using testing::HasSubstr;

class JobFolders : public testing::Test {
 protected:
  JobFolders() {
    job_.competition_text = "{}";
    job_.track = "digits";
    job_.meters = {"model"};
    job_.order_seed = 18'446'744'073'709'551'615ULL;
    job_.entries = {{.id = std::string(64, 'a'), .name = "tree", .is_baseline = true},
                    {.id = std::string(64, 'b'),
                     .name = "knn",
                     .environment = EnvironmentIdentity{"python", std::string(64, 'c')}}};
  }
  TemporaryFolder temporary_{"jobs"};
  JobFolder folder_{temporary_.path() / "digits-0"};
  SessionJob job_;
};

TEST_F(JobFolders, KeepWhatWasPlanned) {
  EXPECT_TRUE(folder_.sessions().empty());
  folder_.add(10, job_);
  folder_.add(2, job_);
  EXPECT_EQ(folder_.sessions(), (std::vector<int>{2, 10}));
  const SessionJob read = folder_.job(10);
  EXPECT_EQ(read.order_seed, job_.order_seed);
  ASSERT_EQ(read.entries.size(), 2U);
  EXPECT_TRUE(read.entries[0].is_baseline);
  EXPECT_FALSE(read.entries[0].environment);
  EXPECT_EQ(read.entries[1].environment->sha256, std::string(64, 'c'));
  int number = 0;
  EXPECT_EQ(JobFolder::of_session(folder_.session_folder(2), number).path(), folder_.path());
  EXPECT_EQ(number, 2);
}

TEST_F(JobFolders, HaveOneEndOfASessionHoweverManyMachinesFinishIt) {
  folder_.add(1, job_);
  EXPECT_FALSE(folder_.finished(1));
  EXPECT_TRUE(folder_.finish(1, {.node = "node1", .at_utc = "1", .runs = {{"id", "tree-1"}}}));
  EXPECT_FALSE(folder_.finish(1, {.node = "node2", .at_utc = "2", .runs = {}}));
  const auto end = folder_.finished(1);
  EXPECT_EQ(end->node, "node1");
  ASSERT_EQ(end->runs.size(), 1U);
  EXPECT_EQ(end->runs[0].record, "tree-1");
}

TEST_F(JobFolders, TellTheLatestFailure) {
  folder_.add(1, job_);
  folder_.note_failure(1, {"node2", "2026-12-01T08:00:01.000Z", "late"});
  folder_.note_failure(1, {"node1", "2026-12-01T08:00:00.000Z", "early"});
  EXPECT_EQ(folder_.failure(1)->message, "late");
}

TEST_F(JobFolders, RefuseNamesThatLeaveThem) {
  folder_.add(1, job_);
  write_file_atomically(
      folder_.session_folder(1) / "finished.json",
      R"({"format":"joulebench-session-end/1","node":"..","at_utc":"","runs":[]})");
  EXPECT_THAT(error_text([&] { folder_.finished(1); }), HasSubstr("cannot be a folder"));
  job_.entries[0].id = "../../etc";
  folder_.add(2, job_);
  EXPECT_THAT(error_text([&] { folder_.job(2); }), HasSubstr("an id is no SHA-256"));
  EXPECT_FALSE(is_node_name(""));
  EXPECT_FALSE(is_node_name("a/b"));
  EXPECT_TRUE(is_node_name("gpu-07.cluster_1"));
}

TEST_F(JobFolders, SayWhatAFolderIsNot) {
  int number = 0;
  EXPECT_THAT(error_text([&] { JobFolder::of_session(temporary_.path(), number); }),
              HasSubstr("this is no folder of a session"));
  folder_.add(3, job_);
  write_file_atomically(folder_.session_folder(3) / "session.json", R"({"format":"other"})");
  EXPECT_THAT(error_text([&] { folder_.job(3); }), HasSubstr("joulebench-session/1"));
}

}  // namespace
}  // namespace joulebench
