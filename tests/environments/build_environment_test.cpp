#include "environments/build_environment.h"

#include <gtest/gtest.h>

#include "core/file.h"
#include "support/error_text.h"
#include "test_paths.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::Contains;
using testing::HasSubstr;

TEST(EnvironmentDefinition, OursAreReadAndNamedAfterTheirFolders) {
  const fs::path ours = fs::path(JOULEBENCH_SOURCE_DIR) / "environments";
  for (const std::string name : {"python", "native", "torch"}) {
    const auto definition = read_environment_definition(ours / name / "environment.json");
    EXPECT_EQ(definition.name, name);
    EXPECT_EQ(definition.suite, "bookworm");
    EXPECT_THAT(definition.packages, Contains("python3-numpy"));
  }
}

TEST(EnvironmentDefinition, NamesTheFieldThatIsWrong) {
  const TemporaryFolder folder("definition-test");
  const auto refusal = [&](const std::string& text) {
    write_file_atomically(folder.path() / "environment.json", text);
    return error_text([&] { read_environment_definition(folder.path() / "environment.json"); });
  };
  const std::string start = R"({"format": "joulebench-environment/1", "suite": "bookworm", )";
  EXPECT_THAT(refusal(start + R"("packages": ["--hook=x"]})"), HasSubstr("packages"));
  EXPECT_THAT(refusal(start + R"("package": ["python3"]})"), HasSubstr("package"));
}

TEST(BuildEnvironment, AsksForThePackagesAndLeavesOutWhatNobodyRuns) {
  const auto command = mmdebstrap_command(
      {.name = "x", .title = "", .suite = "bookworm", .packages = {"a", "b"}}, "/tmp/x.tar");
  EXPECT_EQ(command.front(), "mmdebstrap");
  EXPECT_THAT(command, AllOf(Contains("--include=a,b"), Contains("bookworm"),
                             Contains("/tmp/x.tar"), Contains("--skip=output/dev,output/mknod")));
}

TEST(BuildEnvironment, TakesThePackageSourcesOfADebianOfTheSameSuite) {
  const TemporaryFolder etc("etc-test");
  fs::create_directories(etc.path() / "apt/sources.list.d");
  write_file_atomically(etc.path() / "os-release", "ID=debian\nVERSION_CODENAME=bookworm\n");
  EXPECT_EQ(host_package_sources("bookworm", etc.path()), "");
  write_file_atomically(etc.path() / "apt/sources.list.d/debian.sources", "Types: deb\n");
  EXPECT_EQ(host_package_sources("bookworm", etc.path()), "Types: deb\n");
  EXPECT_EQ(host_package_sources("trixie", etc.path()), "");
  write_file_atomically(etc.path() / "apt/sources.list",
                        "# of ours\ndeb http://mirror.test/ bookworm main\n");
  EXPECT_THAT(host_package_sources("bookworm", etc.path()), HasSubstr("mirror.test"));
  write_file_atomically(etc.path() / "os-release", "ID=fedora\nVERSION_CODENAME=bookworm\n");
  EXPECT_EQ(host_package_sources("bookworm", etc.path()), "");
}

}  // namespace
}  // namespace joulebench
