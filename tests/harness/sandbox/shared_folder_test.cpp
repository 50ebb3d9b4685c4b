#include "harness/sandbox/shared_folder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>

#include "core/error.h"
#include "core/file.h"
#include "harness/sandbox/sandbox.h"

namespace joulebench {
namespace {
namespace fs = std::filesystem;

class UntrustedFile : public testing::Test {
 protected:
  UntrustedFile()
      : folder_("untrusted"), fd_(::open(folder_.path().c_str(), O_PATH | O_DIRECTORY)) {}
  std::string problem(const std::string& name, std::size_t max_bytes = 100) {
    std::string text;
    EXPECT_FALSE(read_untrusted_file(fd_.get(), name, max_bytes, text).has_value());
    return text;
  }
  fs::path at(const std::string& name) { return folder_.path() / name; }
  TemporaryFolder folder_;
  FileDescriptor fd_;
};

TEST_F(UntrustedFile, ReadsARegularFile) {
  std::ofstream(at("a")) << "content";
  std::string text;
  EXPECT_EQ(read_untrusted_file(fd_.get(), "a", 7, text), "content");
  std::ofstream(at("empty")).flush();
  EXPECT_EQ(read_untrusted_file(fd_.get(), "empty", 7, text), "");
}

TEST_F(UntrustedFile, RefusesEverythingElseWithItsReason) {
  EXPECT_EQ(problem("missing"), "no such file");
  fs::create_symlink("/etc/passwd", at("link"));
  EXPECT_EQ(problem("link"), "a symbolic link, not a file");
  fs::create_directory(at("folder"));
  EXPECT_EQ(problem("folder"), "a folder, not a file");
  ASSERT_EQ(::mkfifo(at("pipe").c_str(), 0600), 0);
  EXPECT_EQ(problem("pipe"), "a pipe, not a file");  // and returned at once: nobody writes to it
  std::ofstream(at("one")) << "1";
  fs::create_hard_link(at("one"), at("two"));
  EXPECT_EQ(problem("two"), "a file with several names (hard links)");
  const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM, 0));
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  at("sock").string().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(problem("sock"), "a socket, not a file");
  for (const char* name : {"", ".", "..", "../x", "folder/x", "/etc/passwd"})
    EXPECT_EQ(problem(name), "not a plain file name");
}

TEST_F(UntrustedFile, BelievesNoSizeThatIsTooLarge) {
  std::ofstream(at("sparse")).flush();
  fs::resize_file(at("sparse"), std::uintmax_t{1} << 40);  // 1 TiB that occupies nothing
  EXPECT_EQ(problem("sparse"),
            "a file of 1099511627776 bytes, more than the 100 that can be right");
}

TEST_F(UntrustedFile, DoesNotWaitForALease) {
  std::ofstream(at("leased")) << "1";
  ::signal(SIGIO, SIG_IGN);  // what the holder of a lease is told with
  const FileDescriptor held(::open(at("leased").c_str(), O_RDWR));
  if (::fcntl(held.get(), F_SETLEASE, F_WRLCK) != 0)
    GTEST_SKIP() << "no leases on this file system";
  EXPECT_EQ(problem("leased"), "Resource temporarily unavailable");
}

TEST(FolderUse, HolesCount) {
  const TemporaryFolder folder("use");
  std::ofstream(folder.path() / "sparse") << "s";
  fs::resize_file(folder.path() / "sparse", 100'000'000);
  FolderUse use;
  add_use(folder.path(), use);
  EXPECT_EQ(use.bytes, 100'000'000u);
  EXPECT_EQ(use.files, 1u);
}

TEST(ShareWithSandbox, OpensOurFoldersAndNamesTheOneThatBars) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root runs programs as another user";
  TemporaryFolder folder("share");
  fs::permissions(folder.path(), fs::perms(0700));
  const fs::path staged = folder.path() / "staged";
  fs::create_directory(staged);
  std::ofstream(staged / "a") << "a";
  fs::permissions(staged / "a", fs::perms(0600));
  EXPECT_THROW(require_reachable(staged, 12345), Error);
  share_with_sandbox(staged);
  EXPECT_NO_THROW(require_reachable(staged, 12345));
  EXPECT_EQ(fs::status(staged / "a").permissions(), fs::perms(0644));

  const fs::path private_folder = folder.path() / "mine";
  fs::create_directories(private_folder / "entry");
  fs::permissions(private_folder, fs::perms(0700));
  try {
    require_reachable(private_folder / "entry", 12345);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.parts().hint, "chmod o+x " + private_folder.string());
  }
}

}  // namespace
}  // namespace joulebench
