#include "harness/sandbox/writable_mount.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "core/error.h"
#include "core/file.h"

namespace joulebench {
namespace {
namespace fs = std::filesystem;

// What is inside a sandbox is any open folder to it.
class WritableMountWorld : public testing::Test {
 protected:
  WritableMountWorld()
      : mount_({.host = host_.path(), .inside = "/jb/submission", .writable = true},
               Limits{.output_bytes = 1'000'000}) {}
  void fill() { mount_.fill(FileDescriptor(::open(inside_.path().c_str(), O_RDONLY)), {}); }
  fs::path at_host(const std::string& name) const { return host_.path() / name; }
  fs::path inside(const std::string& name) const { return inside_.path() / name; }
  static mode_t mode_of(const fs::path& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 07777;
  }

  TemporaryFolder host_{"staged"}, inside_{"inside"};
  WritableMount mount_;
};

TEST_F(WritableMountWorld, IsACopyAndTheHostsFolderChangesOnlyWhenItIsKept) {
  fs::create_directory(at_host("src"));
  std::ofstream(at_host("src/main.c")) << "int main;";
  std::ofstream(at_host("build.sh")) << "make";
  fs::permissions(at_host("build.sh"), fs::perms(0755));
  fs::create_symlink("src/main.c", at_host("link"));
  const auto written = fs::last_write_time(at_host("src/main.c")) - std::chrono::hours(5);
  fs::last_write_time(at_host("src/main.c"), written);
  fill();
  EXPECT_EQ(read_text_file(inside("src/main.c")), "int main;");
  EXPECT_EQ(fs::last_write_time(inside("src/main.c")), written) << "make compares them";
  EXPECT_EQ(mode_of(inside("build.sh")), 0755U);
  EXPECT_EQ(mode_of(inside("src/main.c")), 0644U);
  EXPECT_EQ(fs::read_symlink(inside("link")), "src/main.c");

  std::ofstream(inside("program")) << "binary";
  fs::remove_all(inside("src"));
  EXPECT_TRUE(fs::exists(at_host("src"))) << "nothing inside reaches the host";
  mount_.keep();
  EXPECT_EQ(read_text_file(at_host("program")), "binary");
  EXPECT_FALSE(fs::exists(at_host("src")));
  EXPECT_EQ(fs::read_symlink(at_host("link")), "src/main.c");
}

TEST_F(WritableMountWorld, ComesBackCleanWhateverWasDoneToIt) {
  const TemporaryFolder outside("outside");
  std::ofstream(outside.path() / "victim") << "v";
  fs::permissions(outside.path() / "victim", fs::perms(0600));
  fill();
  std::ofstream(inside("a")) << "a";
  fs::permissions(inside("a"), fs::perms(06777));
  fs::create_directory(inside("closed"));
  std::ofstream(inside("closed/b")) << "b";
  fs::permissions(inside("closed/b"), fs::perms(0));
  fs::permissions(inside("closed"), fs::perms(0));
  fs::create_symlink(outside.path() / "victim", inside("link"));
  fs::create_directory_symlink(outside.path(), inside("folder-link"));
  ASSERT_EQ(::mkfifo(inside("pipe").c_str(), 0600), 0);
  fs::create_hard_link(inside("a"), inside("a-too"));
  EXPECT_EQ(mount_.use().files, 7U) << "with what is in the closed folder, and the pipe";
  mount_.keep();
  EXPECT_EQ(mode_of(at_host("a")), 0755U) << "no set-uid bit";
  EXPECT_EQ(fs::hard_link_count(at_host("a-too")), 1U);
  EXPECT_EQ(read_text_file(at_host("closed/b")), "b");
  EXPECT_FALSE(fs::exists(fs::symlink_status(at_host("pipe"))));
  EXPECT_TRUE(fs::is_symlink(at_host("link")));
  EXPECT_TRUE(fs::is_symlink(at_host("folder-link")));
  EXPECT_EQ(mode_of(outside.path() / "victim"), 0600U) << "a link out of the folder was followed";
}

TEST_F(WritableMountWorld, TowersOfFoldersAreLeftBehind) {
  fill();
  std::ofstream(inside("kept")) << "k";
  // 2,000 levels, more than a process may have descriptors open, with a file at the ground.
  FileDescriptor level(::open(inside_.path().c_str(), O_RDONLY | O_DIRECTORY));
  for (int i = 0; i < 2000; ++i) {
    ASSERT_EQ(::mkdirat(level.get(), "d", 0700), 0);
    level = FileDescriptor(::openat(level.get(), "d", O_RDONLY | O_DIRECTORY));
  }
  level = FileDescriptor(::openat(level.get(), "file", O_WRONLY | O_CREAT, 0600));
  mount_.use();
  mount_.keep();
  std::size_t left = 0;
  for ([[maybe_unused]] const auto& entry : fs::recursive_directory_iterator(host_.path())) ++left;
  EXPECT_LE(left, 101U);
  EXPECT_TRUE(fs::exists(at_host("kept")));
}

TEST_F(WritableMountWorld, WithoutAFolderInsideIsAnErrorAndTheHostsStays) {
  std::ofstream(at_host("source")) << "s";
  EXPECT_THROW(mount_.fill(FileDescriptor(), {}), Error);
  EXPECT_THROW(mount_.keep(), Error);
  EXPECT_EQ(read_text_file(at_host("source")), "s");
}

TEST_F(WritableMountWorld, ItsRoomIsTheLimitOrWhatAnEntryHasAlready) {
  const SandboxMount mount{.host = host_.path(), .inside = "/jb/submission", .writable = true};
  EXPECT_EQ(room_of_writable(mount, Limits{.output_bytes = 1'000'000}), 1'000'000U);
  std::ofstream(at_host("weights")) << std::string(300'000, 'w');
  EXPECT_GE(room_of_writable(mount, Limits{.output_bytes = 5'000}), 300'000U);
  EXPECT_LE(room_of_writable(mount, Limits{.output_bytes = 5'000}), 320'000U);
}

}  // namespace
}  // namespace joulebench
