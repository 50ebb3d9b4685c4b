// What one sandbox could leave for the next: calls that load, evict or probe what is in memory,
// counters of the machine, marks on files.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <map>
#include <random>
#include <sstream>

#include "core/file.h"
#include "harness/sandbox/kernel_files.h"
#include "harness/sandbox/sandbox.h"

namespace joulebench {
namespace {
namespace fs = std::filesystem;

constexpr Seconds kPagesPatience{300};
constexpr std::size_t kPage = 4096;

// What every script begins with: `call(NUMBER, ...)` is the result, or minus errno.
constexpr const char* kPrelude = R"(
import ctypes, errno, fcntl, mmap, os, struct, sys, time
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
def call(number, *arguments):
    words = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = libc.syscall(ctypes.c_long(number), *words)
    return result if result >= 0 else -ctypes.get_errno()
def name(result):
    return errno.errorcode[-result] if result < 0 else str(result)
)";

SandboxSpec python_of_pages(const std::string& script,
                            const std::vector<SandboxMount>& mounts = {}) {
  SandboxSpec spec;
  spec.command = {"/usr/bin/python3", "-c", kPrelude + script};
  spec.working_folder = "/";
  spec.limits.memory_bytes = 512'000'000;
  spec.limits.wall = kPagesPatience;
  spec.mounts = mounts;
  return spec;
}

std::string said_by(const SandboxSpec& spec) {
  Sandbox sandbox(spec);
  sandbox.close_input();
  std::string text;
  char buffer[4096];
  for (;;) {
    pollfd waiting{sandbox.from_program(), POLLIN, 0};
    if (::poll(&waiting, 1, 200'000) <= 0) return text + "[nothing for 200 s]";
    const ssize_t got = ::read(sandbox.from_program(), buffer, sizeof buffer);
    if (got <= 0) break;
    text.append(buffer, static_cast<std::size_t>(got));
  }
  sandbox.wait(kPagesPatience);
  return text.empty() ? sandbox.log_tail() : text;
}

// A file on a disk, shown at /jb/submission/pages, and which of its pages are in memory.
class PagesOnDisk : public ::testing::Test {
 protected:
  static constexpr std::size_t kPages = 64 * 32;
  void SetUp() override {
    struct statfs system {};
    if (::statfs(folder_.path().c_str(), &system) != 0 || system.f_type == TMPFS_MAGIC) {
      GTEST_SKIP() << "the temporary folder is in memory: there are no pages to evict";
    }
    fs::permissions(folder_.path(), fs::perms(0755));
    write_file_atomically(file_, std::string(kPages * kPage, 'x'));
  }
  std::vector<SandboxMount> mounts() const {
    return {{.host = folder_.path(), .inside = "/jb/submission", .writable = false}};
  }
  void evict() const {
    const FileDescriptor fd(::open(file_.c_str(), O_RDONLY));
    ASSERT_EQ(::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED), 0);
  }
  void load() const { read_text_file(file_); }
  std::size_t resident() const {
    const FileDescriptor fd(::open(file_.c_str(), O_RDONLY));
    void* const map = ::mmap(nullptr, kPages * kPage, PROT_READ, MAP_SHARED, fd.get(), 0);
    std::vector<unsigned char> pages(kPages);
    ::mincore(map, kPages * kPage, pages.data());
    ::munmap(map, kPages * kPage);
    std::size_t count = 0;
    for (const unsigned char page : pages) count += page & 1;
    return count;
  }

  TemporaryFolder folder_{"pages"};
  fs::path file_ = folder_.path() / "pages";
};

constexpr const char* kAdvise = R"(
fd = os.open("/jb/submission/pages", os.O_RDONLY)
pages = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
)";

TEST_F(PagesOnDisk, NobodyInsideCanEvictThem) {
  load();
  ASSERT_EQ(resident(), kPages);
  EXPECT_EQ(said_by(python_of_pages(std::string(kAdvise) + R"(
for advice in range(8):
    os.posix_fadvise(fd, 0, 0, advice)
print(name(call(277, fd, 0, 0, 7)))          # sync_file_range
address = ctypes.c_void_p.from_buffer_copy(struct.pack("l", 0))
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
at = libc.mmap(None, 64 * 32 * 4096, 1, 1, fd, 0)
for advice in (20, 21, 12, 25, 100, 101):    # COLD, PAGEOUT, MERGEABLE, COLLAPSE, HWPOISON, SOFT_OFFLINE
    print(name(call(28, ctypes.c_void_p(at), ctypes.c_long(64 * 32 * 4096), advice)))
)",
                                    mounts())),
            "0\nEINVAL\nEINVAL\nEINVAL\nEINVAL\nEINVAL\nEINVAL\n");
  EXPECT_EQ(resident(), kPages);
}

TEST_F(PagesOnDisk, AdviceLoadsNone) {
  evict();
  if (resident() != 0) GTEST_SKIP() << "this file system does not evict pages on request";
  EXPECT_EQ(said_by(python_of_pages(std::string(kAdvise) + R"(
os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_WILLNEED)
print(name(call(187, fd, 0, 64 * 32 * 4096)))  # readahead
pages.madvise(mmap.MADV_WILLNEED)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
at = libc.mmap(None, 64 * 32 * 4096, 1, 1, fd, 0)
for advice in (22, 23):                        # POPULATE_READ, POPULATE_WRITE
    print(name(call(28, ctypes.c_void_p(at), ctypes.c_long(64 * 32 * 4096), advice)))
)",
                                    mounts())),
            "0\nEINVAL\nEINVAL\n");
  EXPECT_EQ(resident(), 0u);
}

TEST_F(PagesOnDisk, NothingTellsWhichAreInMemory) {
  EXPECT_EQ(said_by(python_of_pages(std::string(kAdvise) + R"(
buffer = bytearray(4096)
def nowait():
    try:
        return os.preadv(fd, [buffer], 0, os.RWF_NOWAIT)
    except OSError as error:
        return errno.errorcode[error.errno]
print(nowait(), os.preadv(fd, [buffer], 0))
vector = ctypes.create_string_buffer(64 * 32)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
at = libc.mmap(None, 64 * 32 * 4096, 1, 1, fd, 0)
print(name(call(27, ctypes.c_void_p(at), ctypes.c_long(64 * 32 * 4096), vector)))  # mincore
print(name(call(451, fd, vector, vector, 0)))                                      # cachestat
)",
                                    mounts())),
            "ENOTSUP 4096\nENOSYS\nENOSYS\n");
}

TEST_F(PagesOnDisk, NoMarkCanBeLeftOnAFile) {
  struct stat before {};
  ::stat(file_.c_str(), &before);
  EXPECT_EQ(said_by(python_of_pages(R"(
fd = os.open("/jb/submission/pages", os.O_RDONLY)
os.read(fd, 1)
def tried(action):
    try:
        return action()
    except OSError as error:
        return errno.errorcode[error.errno]
hint = struct.pack("Q", 3)
for command in (1035, 1036, 1037, 1038):       # F_GET_RW_HINT to F_SET_FILE_RW_HINT
    print(tried(lambda: fcntl.fcntl(fd, command, hint)))
for request in (0x80086601, 0xc020660b, 0x6612, 0xc020662a, 0x40049409):  # GETFLAGS, FIEMAP, PRECACHE, GET_ES_CACHE, FICLONE
    print(tried(lambda: fcntl.ioctl(fd, request, bytearray(64))))
print(tried(lambda: os.setxattr("/jb/submission/pages", "user.x", b"1")))
print(tried(lambda: os.utime("/jb/submission/pages")))
print(name(call(443, fd, 0, 0, 0)), name(call(179, 0, 0, 0, 0)))  # quotactl_fd, quotactl
print(name(call(300, 0, 0)), name(call(301, 0, 0, 0, 0, 0)))      # fanotify_init, fanotify_mark
print(name(call(294, 0)), name(call(253)))                        # inotify_init1, inotify_init
print(tried(lambda: os.statvfs("/usr")), tried(lambda: os.fstatvfs(fd)))
os.sync()
)",
                                    mounts())),
            "EINVAL\nEINVAL\nEINVAL\nEINVAL\nENOTTY\nENOTTY\nENOTTY\nENOTTY\nENOTTY\nEPERM\nEROFS\n"
            "EPERM EPERM\nEPERM ENOSYS\nENOSYS ENOSYS\nENOSYS ENOSYS\n");
  struct stat after {};
  ::stat(file_.c_str(), &after);
  EXPECT_EQ(before.st_atim.tv_nsec, after.st_atim.tv_nsec);
  EXPECT_EQ(before.st_atim.tv_sec, after.st_atim.tv_sec);
}

TEST(KernelFiles, AreTheSameInEverySandboxAndCountNothing) {
  const std::string script = R"(
for path in ("stat", "loadavg", "uptime", "meminfo"):
    print(path, open("/proc/" + path).read())
def closed(path):
    try:
        return "" if not (os.listdir(path) if os.path.isdir(path) else open(path).read()) else path
    except OSError:
        return ""
print("open:", *[c for c in map(closed, ["/proc/" + p for p in ("vmstat", "interrupts", "softirqs", "diskstats", "buddyinfo",
    "zoneinfo", "locks", "pressure", "fs", "sys/fs/file-nr", "sys/fs/dentry-state", "sys/fs/inode-nr",
    "sys/kernel/random/boot_id")]) if c])
print(os.readlink("/proc/self/cwd"), open("/proc/self/cgroup").read(), os.uname().nodename)
)";
  const std::string first = said_by(python_of_pages(script));
  const std::string second = said_by(
      python_of_pages("for i in range(200): os.waitpid(os.fork() or os._exit(0), 0)\n" + script));
  EXPECT_EQ(first, second);
  EXPECT_THAT(first, testing::HasSubstr("\nprocesses 1\n"));
  EXPECT_THAT(first, testing::HasSubstr("open:\n"));
}

TEST(KernelFiles, StillTellWhatProgramsAskFor) {
  EXPECT_EQ(said_by(python_of_pages(R"(
print(os.cpu_count() == os.sysconf("SC_NPROCESSORS_CONF"), os.sysconf("SC_PHYS_PAGES") > 0)
total = int(next(l for l in open("/proc/meminfo") if l.startswith("MemTotal")).split()[1])
print(abs(total * 1024 / os.sysconf("SC_PAGE_SIZE") / os.sysconf("SC_PHYS_PAGES") - 1) < 0.01)
print(open("/proc/self/status").read().startswith("Name:"), os.path.exists("/proc/self/maps"))
import numpy, tempfile, multiprocessing
print(numpy.ones(1 << 20).sum() == 1 << 20)
)")),
            "True True\nTrue\nTrue True\nTrue\n");
}

// Each channel writes 64 bits in one sandbox and reads them in the next; what it cannot do reads as
// 0. `secret` is what shall be carried, absent in the reader.
constexpr const char* kChannels = R"(
secret = int(sys.argv[1], 0) if len(sys.argv) > 1 else None
fd = os.open("/jb/submission/pages", os.O_RDONLY)
PAGE = 4096
def bit(i):
    return secret >> i & 1
def guarded(action):
    try:
        return action()
    except Exception:
        return 0
def evict(i):
    os.posix_fadvise(fd, i * 32 * PAGE, 32 * PAGE, os.POSIX_FADV_DONTNEED)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
at = libc.mmap(None, 64 * 32 * PAGE, 1, 1, fd, 0)
def page_out(i):
    call(28, ctypes.c_void_p(at + i * 32 * PAGE), ctypes.c_long(32 * PAGE), 21)
def nowait(i):
    return os.preadv(fd, [bytearray(1)], i * 32 * PAGE, os.RWF_NOWAIT) == 1
def core(i):
    vector = ctypes.create_string_buffer(1)
    call(27, ctypes.c_void_p(at + i * 32 * PAGE), ctypes.c_long(PAGE), vector)
    return vector.raw[0] & 1
def slow(action):
    start = time.perf_counter_ns()
    guarded(action)
    return time.perf_counter_ns() - start
def by_time(action):
    times = [slow(lambda: action(i)) for i in range(64)]
    middle = sorted(times)[32]
    return sum((times[i] >= middle) << i for i in range(64))
def all_bits(read):
    return sum(int(bool(guarded(lambda: read(i)))) << i for i in range(64))
def processes():
    return int(next(l for l in open("/proc/stat") if l.startswith("processes")).split()[1])
def spin_processes():
    for i in range(300):
        if processes() % 256 == secret % 256: return
        pid = os.fork()
        if pid == 0: os._exit(0)
        os.waitpid(pid, 0)
def hint(i, value):
    other = os.open("/jb/submission/names/%d" % i, os.O_RDONLY)
    fcntl.fcntl(other, 1036, struct.pack("Q", value))
def get_hint(i):
    other = os.open("/jb/submission/names/%d" % i, os.O_RDONLY)
    return struct.unpack("Q", fcntl.fcntl(other, 1035, struct.pack("Q", 0)))[0] == 3
def mark(i):
    open("/jb/submission/names/%d" % i).read()
def atime(i):
    status = os.stat("/jb/submission/names/%d" % i)
    return status.st_atime_ns > status.st_mtime_ns
def leave(folder, i):
    open("%s/left-%d" % (folder, i), "w").close()
def left(folder, i):
    return os.path.exists("%s/left-%d" % (folder, i))
if secret is not None:
    for i in range(64):
        if bit(i): guarded(lambda: evict(i)); guarded(lambda: page_out(i)); guarded(lambda: hint(i, 3))
        if bit(i): guarded(lambda: mark(i)); guarded(lambda: os.setxattr("/jb/submission/names/%d" % i, "user.b", b"1"))
        if bit(i): guarded(lambda: os.stat("/jb/submission/names/none-%d" % i))
        for folder in ("/tmp", "/dev/shm", "/jb/out", "/jb/submission", "/var/tmp", "/run"):
            if bit(i): guarded(lambda: leave(folder, i))
    guarded(spin_processes)
else:
    print("nowait", all_bits(lambda i: not nowait(i)))
    print("mincore", all_bits(lambda i: not core(i)))
    pages = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
    pages.madvise(mmap.MADV_RANDOM)               # no reading ahead into the next bit
    print("slow-read", by_time(lambda i: pages[i * 32 * PAGE]))
    print("hint", all_bits(get_hint))
    print("atime", all_bits(atime))
    print("xattr", all_bits(lambda i: os.getxattr("/jb/submission/names/%d" % i, "user.b")))
    print("names", by_time(lambda i: os.stat("/jb/submission/names/none-%d" % i)))
    for folder in ("/tmp", "/dev/shm", "/jb/out", "/jb/submission", "/var/tmp", "/run"):
        print(folder, all_bits(lambda i: left(folder, i)))
    print("processes", guarded(processes) % 256 * 0x0101010101010101)
)";

// What the test below would see if a sandbox could evict pages: here the test does it.
TEST_F(PagesOnDisk, BitsThatWereLeftWouldBeRead) {
  evict();
  if (resident() != 0) GTEST_SKIP() << "this file system does not evict pages on request";
  const std::uint64_t secret = 0x5555'ffff'0000'aaaa;
  {
    const FileDescriptor fd(::open(file_.c_str(), O_RDONLY));
    ::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_RANDOM);  // one page, not those behind it
    for (int i = 0; i < 64; ++i) {
      char byte;
      if ((secret >> i & 1) != 0) continue;
      ASSERT_EQ(::pread(fd.get(), &byte, 1, i * 32 * static_cast<off_t>(kPage)), 1);
    }
  }
  std::istringstream read(said_by(python_of_pages(kChannels, mounts())));
  std::string channel;
  for (std::uint64_t found = 0; read >> channel >> found;) {
    if (channel != "slow-read") continue;
    EXPECT_GE(64 - std::popcount(found ^ secret), 56);
  }
}

TEST_F(PagesOnDisk, NothingIsCarriedFromOneSandboxToTheNext) {
  constexpr int kTrials = 20;
  constexpr int kBits = 64 * kTrials;
  // As the harness has it by default: what it stages lies in memory.
  const fs::path shm = "/dev/shm";
  const TemporaryFolder names("names", ::access("/dev/shm", W_OK) == 0 ? shm : fs::path());
  fs::permissions(names.path(), fs::perms(0755));
  for (int i = 0; i < 64; ++i) write_file_atomically(names.path() / std::to_string(i), "x");
  fs::create_directory(folder_.path() / "names");
  auto shown = mounts();
  shown.push_back({.host = names.path(), .inside = "/jb/submission/names", .writable = false});
  std::mt19937_64 draw(std::random_device{}());
  std::map<std::string, int> right;
  for (int trial = 0; trial < kTrials; ++trial) {
    const std::uint64_t secret = draw();
    load();  // as the harness does before a block
    SandboxSpec writer = python_of_pages(kChannels, shown);
    writer.command.push_back(fmt::format("{:#x}", secret));
    said_by(writer);
    std::istringstream read(said_by(python_of_pages(kChannels, shown)));
    std::string channel;
    for (std::uint64_t found = 0; read >> channel >> found;) {
      right[channel] += 64 - std::popcount(found ^ secret);
    }
  }
  EXPECT_EQ(right.size(), 14u);
  for (const auto& [channel, bits] : right) {
    // Guessing gives half, give or take 18 (one standard deviation).
    EXPECT_NEAR(bits, kBits / 2, 90) << channel << " carries bits";
  }
}

}  // namespace
}  // namespace joulebench
