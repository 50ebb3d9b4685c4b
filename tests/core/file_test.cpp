#include "core/file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/support/error_text.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

TEST(AtomicFile, AFullDiskLeavesTheOldFileAndNothingElse) {
  const TemporaryFolder folder("file");
  const fs::path file = folder.path() / "a";
  write_file_atomically(file, "old");
  // A limit on file size fails a write as a full disk does.
  rlimit old_limit{};
  getrlimit(RLIMIT_FSIZE, &old_limit);
  signal(SIGXFSZ, SIG_IGN);
  const rlimit small{.rlim_cur = 1000, .rlim_max = old_limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string text = error_text([&] { write_file_atomically(file, std::string(5000, 'x')); });
  setrlimit(RLIMIT_FSIZE, &old_limit);
  EXPECT_THAT(text, testing::HasSubstr("File too large"));
  EXPECT_EQ(read_text_file(file), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()), 1);
}

TEST(PublishedFolder, LinksAreNotFollowed) {
  const TemporaryFolder place("publish");
  const fs::path draft = place.path() / "draft";
  fs::create_directory(draft);
  ASSERT_EQ(::mkfifo((place.path() / "pipe").c_str(), 0600), 0);
  fs::create_symlink("../pipe", draft / "to-pipe");  // to open it would wait for a writer
  fs::create_symlink("nowhere", draft / "dangling");
  write_file_atomically(draft / "file", "x");
  publish_folder(draft, place.path() / "final");
  EXPECT_EQ(read_text_file(place.path() / "final/file"), "x");
  EXPECT_TRUE(fs::is_symlink(place.path() / "final/dangling"));
}

TEST(TextFile, AFileAboveTheLimitIsAnError) {
  const TemporaryFolder folder("file");
  write_file_atomically(folder.path() / "a", "12345");
  EXPECT_EQ(read_text_file(folder.path() / "a", 5), "12345");
  EXPECT_THAT(error_text([&] { read_text_file(folder.path() / "a", 4); }),
              testing::HasSubstr("larger than the 4 bytes that such a file may have"));
}

}  // namespace
}  // namespace joulebench
