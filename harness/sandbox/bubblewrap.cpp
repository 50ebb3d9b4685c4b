#include "harness/sandbox/bubblewrap.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <set>
#include <string_view>

#include "core/child_process.h"
#include "core/error.h"
#include "harness/sandbox/gpu_grants.h"
#include "harness/sandbox/kernel_files.h"
#include "harness/sandbox/syscall_filter.h"

namespace joulebench {
namespace fs = std::filesystem;
namespace {

constexpr int kInsideId = 1000;  // the program's uid and gid as it sees them
constexpr const char* kPath = "/usr/bin:/bin:/usr/local/bin";
constexpr const char* kGpuFolder = "/jb/gpu";
// Images have programs of their own in /usr/local, which are meant to come first.
constexpr const char* kPathInEnvironment = "/usr/local/bin:/usr/bin:/bin";

std::string first_line(const char* path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

std::string user_namespace_remedy() {
  if (first_line("/proc/sys/user/max_user_namespaces") == "0") {
    return "allow user namespaces: sysctl user.max_user_namespaces=10000";
  }
  if (first_line("/proc/sys/kernel/unprivileged_userns_clone") == "0") {
    return "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1";
  }
  if (first_line("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1") {
    return "allow user namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0, or give "
           "bwrap an AppArmor profile with \"userns\"";
  }
  return "this machine or container forbids user namespaces; in a container, start it with "
         "--security-opt seccomp=unconfined or on the host itself";
}

FileDescriptor file_with(std::string_view content) {
  FileDescriptor fd(::memfd_create("joulebench", MFD_CLOEXEC));
  if (!fd.is_open() || ::pwrite(fd.get(), content.data(), content.size(), 0) !=
                           static_cast<ssize_t>(content.size())) {
    throw Error(
        {.what = "cannot start a sandbox", .where = "memfd: " + system_message(errno), .hint = {}});
  }
  return fd;
}

bool lies_in(const fs::path& path, const fs::path& folder) {
  const auto [rest, end] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return rest == folder.end();
}

// Of an environment's top level these are not shown: the sandbox has its own.
const std::set<std::string> kOurs = {"dev", "jb", "proc", "sys", "tmp"};

/// Where the sandbox shows a file or folder of the host: the system folders keep their names, the
/// root of an environment and the folder of a mount get another.
std::vector<std::string> shown_at(const fs::path& path, const SandboxSpec& spec) {
  std::vector<std::string> places;
  if (!spec.root.empty() && lies_in(path, spec.root) && path != spec.root) {
    const fs::path rest = path.lexically_relative(spec.root);
    if (!kOurs.contains(*rest.begin())) places.push_back(("/" / rest).string());
  }
  for (const char* folder : {"/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32",
                             "/etc/alternatives", "/etc/ld.so.cache"}) {
    if (spec.root.empty() && lies_in(path, folder)) places.push_back(path.string());
  }
  for (const SandboxMount& mount : spec.mounts) {
    if (!lies_in(path, mount.host)) continue;
    const fs::path rest = path.lexically_relative(mount.host);
    places.push_back((rest == "." ? fs::path(mount.inside) : mount.inside / rest).string());
  }
  return places;
}

/// Collects the command line.
class World {
 public:
  void add(std::initializer_list<std::string> words) {
    command.words.insert(command.words.end(), words);
  }
  /// Descriptor, in words, of a file with that content.
  std::string file(std::string_view content) {
    command.files.push_back(file_with(content));
    return std::to_string(command.files.back().get());
  }
  BubblewrapCommand command;
};

void add_variables(World& world, const SandboxSpec& spec) {
  std::map<std::string, std::string> environment = {
      {"PATH", spec.root.empty() ? kPath : kPathInEnvironment},
      {"HOME", "/tmp"},
      {"TMPDIR", "/tmp"},
      {"LANG", "C.UTF-8"},
      {"USER", "entry"}};
  for (const auto& [name, value] : spec.environment) environment[name] = value;
  for (const auto& [name, value] : environment) world.add({"--setenv", name, value});
}

struct MadeUpFile {
  const char* path;  // below the root
  std::string content;
};

// Who is there inside: root, whom nobody becomes, and the program.
std::array<MadeUpFile, 2> user_files() {
  const std::string id = std::to_string(kInsideId);
  return {
      {{"etc/passwd", "root:x:0:0::/:/bin/false\nentry:x:" + id + ":" + id + "::/tmp:/bin/false\n"},
       {"etc/group", "root:x:0:\nentry:x:" + id + ":\n"}}};
}

void add_host_folders(World& world) {
  world.add({"--ro-bind", "/usr", "/usr"});
  for (const char* name : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"}) {
    std::error_code ignored;
    if (fs::is_symlink(name, ignored)) {
      world.add({"--symlink", fs::read_symlink(name, ignored).string(), name});
    } else if (fs::is_directory(name, ignored)) {
      world.add({"--ro-bind", name, name});
    }
  }
  // Debian's libblas.so.3, cc and c++ are links through here.
  world.add({"--ro-bind-try", "/etc/alternatives", "/etc/alternatives"});
  world.add({"--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"});
  for (const MadeUpFile& made : user_files()) {
    world.add({"--perms", "0444", "--file", world.file(made.content), fs::path("/") / made.path});
  }
}

// After all mounts, so that nothing is put over what hides.
void hide(World& world, const SandboxSpec& spec) {
  for (const fs::path& hidden : spec.hidden) {
    std::error_code ignored;
    const fs::path real = fs::canonical(hidden, ignored);
    if (ignored) continue;
    for (const std::string& place : shown_at(real, spec)) {
      if (fs::is_directory(real, ignored)) {
        world.add({"--size", "4096", "--perms", "0555", "--tmpfs", place});
      } else {
        world.add({"--ro-bind", "/dev/null", place});  // a device where none may be opened
      }
    }
  }
}

// Each name of its top level for itself, since the root itself is ours: /jb and the others have to
// be made there. Nothing of an environment is trusted: links are made as they are, not followed.
void add_environment(World& world, const fs::path& root) {
  std::set<fs::path> names;  // in one order: two sandboxes are alike
  for (const auto& entry : fs::directory_iterator(root)) names.insert(entry.path().filename());
  for (const fs::path& name : names) {
    if (kOurs.contains(name)) continue;
    const fs::path host = root / name;
    if (fs::is_symlink(fs::symlink_status(host))) {
      world.add({"--symlink", fs::read_symlink(host), "/" / name});
    } else {
      world.add({"--ro-bind", host, "/" / name});
    }
  }
  if (!fs::is_directory(fs::symlink_status(root / "etc"))) return;
  for (const MadeUpFile& made : user_files()) {
    if (!fs::is_regular_file(fs::symlink_status(root / made.path))) continue;
    world.add(
        {"--perms", "0444", "--ro-bind-data", world.file(made.content), fs::path("/") / made.path});
  }
}

// They lie in a folder of ours, since the environment's own are read-only.
void add_gpu_driver(World& world, const SandboxSpec& spec) {
  const std::vector<DriverLibrary> libraries = gpu_driver_libraries();
  if (libraries.empty() && spec.require_limits) {
    throw Error({.what = "the track grants GPUs, and an environment needs the driver's libraries",
                 .where = "libcuda.so.1 is in none of the folders where drivers put it",
                 .hint = "install the driver's CUDA library (Debian: libcuda1), or run in host"});
  }
  for (const DriverLibrary& library : libraries) {
    world.add({"--ro-bind", library.file, std::string(kGpuFolder) + "/" + library.name});
  }
  if (libraries.empty()) return;
  const auto own = spec.environment.find("LD_LIBRARY_PATH");
  world.add({"--setenv", "LD_LIBRARY_PATH",
             std::string(kGpuFolder) + (own == spec.environment.end() ? "" : ":" + own->second)});
}

void add_devices(World& world, const SandboxSpec& spec) {
  world.add({"--proc", "/proc"});
  static const std::vector<KernelFile> files = kernel_files();  // every sandbox sees the same
  for (const KernelFile& file : files) {
    switch (file.kind) {
      case KernelFile::Kind::text:
        world.add({"--perms", "0444", "--ro-bind-data", world.file(file.text), file.path});
        break;
      case KernelFile::Kind::closed_file:
        world.add({"--ro-bind", "/dev/null", file.path});
        break;
      case KernelFile::Kind::empty_folder:
        world.add({"--size", "4096", "--perms", "0555", "--tmpfs", file.path});
        break;
    }
  }
  world.add({"--size", "65536", "--perms", "0755", "--tmpfs", "/dev"});
  for (const char* device :
       {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom"}) {
    world.add({"--dev-bind", device, device});
  }
  for (const auto& device : granted_gpus(spec.limits.gpus, spec.require_limits)) {
    world.add({"--dev-bind", device, device});
  }
  if (!spec.root.empty() && present_gpus(spec.limits.gpus) > 0) add_gpu_driver(world, spec);
  world.add({"--symlink", "/proc/self/fd", "/dev/fd", "--symlink", "/proc/self/fd/0", "/dev/stdin",
             "--symlink", "/proc/self/fd/1", "/dev/stdout", "--symlink", "/proc/self/fd/2",
             "/dev/stderr"});
}

void add_scratch_and_mounts(World& world, const SandboxSpec& spec) {
  // Half of the memory each, so that a full one is an error of its writer before it is an
  // out-of-memory kill of all.
  const std::string scratch =
      std::to_string(std::max<std::uint64_t>(spec.limits.memory_bytes / 2, 65536));
  world.add({"--size", scratch, "--perms", "1777", "--tmpfs", "/dev/shm", "--remount-ro", "/dev"});
  world.add({"--size", scratch, "--perms", "1777", "--tmpfs", "/tmp"});
  world.add({"--size", std::to_string(std::max<std::uint64_t>(spec.limits.output_bytes, 4096)),
             "--perms", "0755", "--tmpfs", "/jb/out"});
  for (const SandboxMount& mount : spec.mounts) {
    if (mount.writable) {  // filled before the command starts
      world.add(
          {"--size", std::to_string(mount.room_bytes), "--perms", "0755", "--tmpfs", mount.inside});
    } else {
      world.add({"--ro-bind", mount.host.string(), mount.inside});
    }
  }
  hide(world, spec);
  world.add({"--remount-ro", "/", "--chdir", spec.working_folder});
}

}  // namespace

fs::path find_bubblewrap() {
  const std::optional<fs::path> found = find_program("bwrap");
  if (found && found->is_absolute()) return *found;
  const char* path = std::getenv("PATH");
  throw Error({.what = "cannot start a sandbox",
               .where = std::string("bubblewrap (bwrap) is in no folder of PATH=") +
                        (path == nullptr ? "" : path),
               .hint = "apt-get install bubblewrap"});
}

std::string bubblewrap_version() {
  try {
    const std::string text = run_command({.command = {"bwrap", "--version"}}).output;
    return text.substr(0, text.find('\n'));
  } catch (const Error&) {
    return {};
  }
}

BubblewrapCommand bubblewrap_command(const SandboxSpec& spec, int info, int block,
                                     bool without_cgroups) {
  World world;
  const std::string id = std::to_string(kInsideId);
  world.add({find_bubblewrap().string(), "--unshare-user", "--unshare-ipc", "--unshare-pid",
             "--unshare-net", "--unshare-uts", "--unshare-cgroup-try", "--disable-userns", "--uid",
             id, "--gid", id, "--hostname", "sandbox", "--die-with-parent", "--clearenv"});
  // The filter refuses what would take over a terminal.
  if (!spec.on_terminal) world.add({"--new-session"});
  add_variables(world, spec);
  if (spec.root.empty()) {
    add_host_folders(world);
  } else {
    add_environment(world, spec.root);
  }
  add_devices(world, spec);
  add_scratch_and_mounts(world, spec);
  const SyscallFilters& filters = syscall_filters(without_cgroups);
  world.add({"--add-seccomp-fd", world.file(filters.requests), "--add-seccomp-fd",
             world.file(filters.calls)});
  world.add({"--info-fd", std::to_string(info), "--block-fd", std::to_string(block), "--"});
  world.command.words.insert(world.command.words.end(), spec.command.begin(), spec.command.end());
  return std::move(world.command);
}

std::optional<pid_t> read_child_pid(int info) {
  std::string text;
  char buffer[512];
  for (;;) {
    const ssize_t got = ::read(info, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    text.append(buffer, static_cast<std::size_t>(got));
    constexpr std::string_view kKey = "\"child-pid\":";
    const std::size_t at = text.find(kKey);
    if (at != std::string::npos && text.find('}', at) != std::string::npos) {
      return static_cast<pid_t>(std::strtol(text.c_str() + at + kKey.size(), nullptr, 10));
    }
  }
}

void fail_to_start(const std::string& said) {
  std::string hint = "joulebench doctor says what a sandbox needs";
  const auto has = [&](const char* text) { return said.find(text) != std::string::npos; };
  if (has("reating new namespace failed") || has("No permissions to creat") ||
      has("setting up uid map") || has("reate new namespace") || has("unshare user ns")) {
    hint = user_namespace_remedy();
  } else if (has("No space left")) {
    hint = "free space or memory on this machine, then try again";
  } else if (has("Unknown option")) {
    hint = "bubblewrap 0.8 or newer is needed: apt-get install bubblewrap";
  }
  throw Error({.what = "cannot start a sandbox",
               .where = said.empty() ? "bubblewrap ended without a word" : said,
               .hint = hint});
}

}  // namespace joulebench
