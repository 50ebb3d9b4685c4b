#include "campaign/entry_environment.h"

#include <gtest/gtest.h>

#include "campaign/entry_run.h"
#include "core/file.h"
#include "support/error_text.h"
#include "support/scripted_executor.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

Competition offering(std::vector<OfferedEnvironment> environments) {
  Competition competition;
  competition.environments = std::move(environments);
  return competition;
}

Submission running_in(const std::string& environment) {
  Submission submission;
  submission.folder = "entry";
  submission.runs_in = environment;
  return submission;
}

std::string name_of(const std::optional<OfferedEnvironment>& environment) {
  return environment ? environment->name : "the host";
}

TEST(EntryEnvironment, IsTheEntrysChoiceElseTheCompetitionsFirst) {
  const Competition competition = offering({{"python", ""}, {"torch", ""}});
  EXPECT_EQ(name_of(environment_for(competition, running_in("torch"))), "torch");
  EXPECT_EQ(name_of(environment_for(competition, running_in(""))), "python");
  EXPECT_EQ(name_of(environment_for(competition, running_in("torch"), "python")), "python");
}

TEST(EntryEnvironment, IsTheHostWhereNoneIsOfferedOrTheHostIs) {
  EXPECT_EQ(name_of(environment_for(offering({}), running_in(""))), "the host");
  EXPECT_EQ(name_of(environment_for(offering({}), running_in("host"))), "the host");
  const Competition first_host = offering({{"host", ""}, {"python", ""}});
  EXPECT_EQ(name_of(environment_for(first_host, running_in(""))), "the host");
  EXPECT_EQ(name_of(environment_for(first_host, running_in("host"))), "the host");
  EXPECT_EQ(name_of(environment_for(first_host, running_in("python"))), "python");
}

TEST(EntryEnvironment, ThatIsNotOfferedIsRefusedWithThoseThatAre) {
  const Competition competition = offering({{"python", ""}, {"torch", ""}});
  EXPECT_THAT(error_text([&] { environment_for(competition, running_in("pyton")); }),
              AllOf(HasSubstr("'runs_in': 'pyton'"), HasSubstr("python, torch"),
                    HasSubstr("did you mean 'python'?")));
  EXPECT_THAT(error_text([&] { environment_for(competition, running_in("host")); }),
              HasSubstr("it offers python, torch"));
  EXPECT_THAT(error_text([&] { environment_for(offering({}), running_in("python")); }),
              HasSubstr("it offers host"));
  // Whoever only tries an entry needs no environment.
  EXPECT_EQ(name_of(environment_for(competition, running_in("torch"), "host")), "the host");
  EXPECT_THAT(error_text([&] { environment_for(competition, running_in(""), "mine"); }),
              HasSubstr("--environment mine"));
}

/// Runs that nobody executes: what their records say from the start.
class RunInEnvironment : public testing::Test {
 protected:
  EntryRun run(const std::optional<EnvironmentIdentity>& environment) {
    Submission submission;
    submission.id = "entry";
    submission.name = "entry";
    return EntryRun(submission, false, setting_, folder_.path() / "record", environment);
  }
  std::string folder_name(const std::optional<EnvironmentIdentity>& environment) {
    return run_folder_name(running_in(""), setting_, environment);
  }

  TemporaryFolder folder_{"run-in-environment"};
  FakeClock clock_;
  ScriptedExecutor executor_{clock_};
  Competition competition_;
  Track track_;
  RunSetting setting_{.competition = competition_,
                      .track = track_,
                      .dataset_sha256 = "d",
                      .meters = "scripted",
                      .program_version = "test",
                      .clock = clock_,
                      .executor = executor_};
};

TEST_F(RunInEnvironment, IsRecordedAndNoOtherIsResumed) {
  competition_.environments = {{"python", ""}};
  const EnvironmentIdentity one{.name = "python", .sha256 = std::string(64, '1')};
  const EnvironmentIdentity two{.name = "python", .sha256 = std::string(64, '2')};
  EXPECT_NE(folder_name(one), folder_name(two));
  EXPECT_NE(folder_name(one), folder_name({}));
  EntryRun first = run(one);
  EXPECT_EQ(first.record().environment->sha256, one.sha256);
  EXPECT_TRUE(first.record().flags.empty());
  first.add_flag({"kept", "on disk"});
  EXPECT_NO_THROW(run(one));
  EXPECT_THAT(error_text([&] { run(two); }), HasSubstr("another entry, environment"));
  EXPECT_THAT(error_text([&] { run({}); }), HasSubstr("another entry, environment"));
}

TEST_F(RunInEnvironment, TheHostIsMarkedWhereEnvironmentsAreOffered) {
  EXPECT_TRUE(run({}).record().flags.empty());
  competition_.environments = {{"python", ""}, {"host", ""}};
  ASSERT_EQ(run({}).record().flags.size(), 1u);
  EXPECT_EQ(run({}).record().flags[0].name, "host-environment");
}

class OfferedInStore : public testing::Test {
 protected:
  Environment import(const std::string& name, const std::string& content) {
    const fs::path root = folder_.path() / "files";
    fs::create_directories(root);
    write_file_atomically(root / "a", content);
    const fs::path archive = folder_.path() / "image.tar";
    const std::string command = "tar -C " + root.string() + " -cf " + archive.string() + " a";
    EXPECT_EQ(std::system(command.c_str()), 0);
    return store_.import(name, archive);
  }

  TemporaryFolder folder_{"entry-environment"};
  EnvironmentStore store_{folder_.path() / "store"};
};

TEST_F(OfferedInStore, IsFoundByNameOrByDigest) {
  const Environment first = import("python", "1");
  const Environment second = import("python", "2");
  EXPECT_EQ(open_offered(store_, {"python", ""}).sha256, second.sha256);
  const Environment kept = open_offered(store_, {"python", first.sha256});
  EXPECT_EQ(kept.sha256, first.sha256);
  EXPECT_EQ(kept.name, "python");
  const auto identity =
      resolve_environment(store_, offering({{"python", first.sha256}}), running_in(""));
  ASSERT_TRUE(identity);
  EXPECT_EQ(identity->sha256, first.sha256);
}

TEST_F(OfferedInStore, ThatIsMissingComesWithTheCommandThatGetsIt) {
  EXPECT_THAT(error_text([&] {
                open_offered(store_, {"python", ""});
              }),
              AllOf(HasSubstr("'python', looked for in " + store_.folder().string()),
                    HasSubstr("joulebench environment build python")));
  EXPECT_THAT(error_text([&] {
                open_offered(store_, {"ours", ""});
              }),
              HasSubstr("joulebench environment import ours IMAGE"));
  const Environment here = import("python", "1");
  EXPECT_THAT(
      error_text([&] {
        open_offered(store_, {"python", std::string(64, 'c')});
      }),
      AllOf(HasSubstr(std::string(64, 'c')), HasSubstr("it has the digest " + here.sha256)));
}

TEST_F(OfferedInStore, ThatWasChangedIsRefused) {
  const Environment environment = import("python", "1");
  EXPECT_NO_THROW(require_intact(store_, environment));
  fs::permissions(environment.root / "a", fs::perms(0644));
  write_file_atomically(environment.root / "a", "2");
  EXPECT_THAT(error_text([&] { require_intact(store_, environment); }), HasSubstr("a was changed"));
}

}  // namespace
}  // namespace joulebench
