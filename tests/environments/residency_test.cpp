#include "environments/residency.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/error.h"
#include "core/file.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kBytes = 64 * 4096;

bool in_memory(const fs::path& path) {
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY));
  void* const map = ::mmap(nullptr, kBytes, PROT_READ, MAP_SHARED, fd.get(), 0);
  std::vector<unsigned char> pages(kBytes / 4096);
  ::mincore(map, kBytes, pages.data());
  ::munmap(map, kBytes);
  for (const unsigned char page : pages) {
    if ((page & 1) == 0) return false;
  }
  return true;
}

TEST(Residency, EveryFileIsInMemoryAfterwards) {
  const TemporaryFolder folder("resident");
  fs::create_directories(folder.path() / "a/b");
  write_file_atomically(folder.path() / "a/b/file", std::string(kBytes, 'x'));
  write_file_atomically(folder.path() / "a/other", std::string(10, 'x'));
  fs::create_symlink("/usr", folder.path() / "a/link");
  const FileDescriptor fd(::open((folder.path() / "a/b/file").c_str(), O_RDONLY));
  ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);  // nothing where it lies in memory anyway
  const Residency done = make_resident(folder.path());
  EXPECT_EQ(done.files, 2u);
  EXPECT_EQ(done.bytes, kBytes + 10);
  EXPECT_TRUE(in_memory(folder.path() / "a/b/file"));
}

}  // namespace
}  // namespace joulebench
