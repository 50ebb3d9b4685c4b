#include "environments/root_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "core/error.h"
#include "core/text.h"

namespace joulebench {
namespace {

constexpr std::size_t kLongestPath = 4096;

[[noreturn]] void refuse_name(const std::string& name, const std::string& why) {
  throw Error({.what = "a layer of the image cannot be unpacked",
               .where = "'" + printable(name, 300) + "': " + why,
               .hint = ""});
}

// All at once: what is removed while a folder is read could make the reader pass over a name.
std::vector<std::string> names_in(DIR* folder) {
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder)) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  return names;
}

}  // namespace

std::string plain_name(const std::string& name) {
  if (name.size() > kLongestPath) refuse_name(name, "a name of more than 4096 bytes");
  if (name.find('\0') != name.npos) refuse_name(name, "a name with a NUL byte");
  std::string result;
  for (std::size_t start = 0; start <= name.size();) {
    const std::size_t slash = std::min(name.find('/', start), name.size());
    const std::string part = name.substr(start, slash - start);
    start = slash + 1;
    if (part == "..") refuse_name(name, "a name with '..' would leave the image's root");
    if (part.empty() || part == ".") continue;
    if (!result.empty()) result += '/';
    result += part;
  }
  return result;
}

RootFolder::RootFolder(const std::filesystem::path& root)
    : root_(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {
  if (root_.is_open()) return;
  throw Error({.what = "a folder for the environment cannot be opened",
               .where = root.string() + ": " + system_message(errno),
               .hint = ""});
}

void RootFolder::begin_layer() {
  of_this_layer_.clear();
}

void RootFolder::mark(const std::string& name) {
  of_this_layer_.insert(name);
  for (std::size_t slash = name.rfind('/'); slash != name.npos && slash > 0;
       slash = name.rfind('/', slash - 1)) {
    if (!of_this_layer_.insert(name.substr(0, slash)).second) break;  // so are those above it
  }
}

// Links on the way are followed as they would be with our root as "/".
FileDescriptor RootFolder::open_inside(const std::string& name, int flags) const {
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  const char* path = name.empty() ? "." : name.c_str();
  return FileDescriptor(
      static_cast<int>(::syscall(SYS_openat2, root_.get(), path, &how, sizeof how)));
}

RootFolder::Place RootFolder::place_of(const std::string& name, bool make_folders) {
  const std::size_t slash = name.rfind('/');
  const std::string parent = slash == name.npos ? "" : name.substr(0, slash);
  const std::string leaf = slash == name.npos ? name : name.substr(slash + 1);
  if (leaf.empty()) refuse_name(name, "the root itself");
  FileDescriptor folder = open_inside(parent, O_PATH | O_DIRECTORY);
  if (!folder.is_open() && errno == ENOENT && make_folders && !parent.empty()) {
    put_folder(parent);  // a layer need not name the folders above its files
    folder = open_inside(parent, O_PATH | O_DIRECTORY);
  }
  if (!folder.is_open() && make_folders) refuse_name(name, "its folder: " + system_message(errno));
  return {std::move(folder), leaf};
}

void RootFolder::put_folder(const std::string& name) {
  mark(name);
  if (name.empty()) return;
  const Place place = place_of(name, true);
  struct stat status {};
  if (::fstatat(place.folder.get(), place.leaf.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    if (S_ISDIR(status.st_mode)) return;
    remove_at(place.folder.get(), place.leaf, name);
  }
  if (::mkdirat(place.folder.get(), place.leaf.c_str(), 0755) != 0) {
    refuse_name(name, system_message(errno));
  }
}

void RootFolder::put_link(const std::string& name, const std::string& target) {
  mark(name);
  const Place place = place_of(name, true);
  remove_at(place.folder.get(), place.leaf, name);
  if (target.empty() || ::symlinkat(target.c_str(), place.folder.get(), place.leaf.c_str()) != 0) {
    refuse_name(name, target.empty() ? "a link to nothing" : system_message(errno));
  }
}

void RootFolder::put_hard_link(const std::string& name, const std::string& target) {
  mark(name);
  if (name == target) return;
  const Place from = place_of(target, false);
  struct stat status {};
  if (!from.folder.is_open() ||
      ::fstatat(from.folder.get(), from.leaf.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    refuse_name(name, "a hard link to '" + printable(target, 200) + "', which is not in the image");
  }
  if (!S_ISREG(status.st_mode)) {
    refuse_name(name, "a hard link to '" + printable(target, 200) + "', which is no file");
  }
  const Place place = place_of(name, true);
  remove_at(place.folder.get(), place.leaf, name);
  if (::linkat(from.folder.get(), from.leaf.c_str(), place.folder.get(), place.leaf.c_str(), 0) !=
      0) {
    refuse_name(name, system_message(errno));
  }
}

FileDescriptor RootFolder::put_file(const std::string& name, bool is_executable) {
  mark(name);
  const Place place = place_of(name, true);
  remove_at(place.folder.get(), place.leaf, name);
  const mode_t mode = is_executable ? 0755 : 0644;
  FileDescriptor file(::openat(place.folder.get(), place.leaf.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!file.is_open() || ::fchmod(file.get(), mode) != 0) refuse_name(name, system_message(errno));
  return file;
}

void RootFolder::remove(const std::string& name) {
  const Place place = place_of(name, false);
  if (place.folder.is_open()) remove_at(place.folder.get(), place.leaf, name);
}

// Never through a link: each folder is opened by its own name in its parent.
void RootFolder::remove_at(int folder, const std::string& leaf, const std::string& name) {
  if (::unlinkat(folder, leaf.c_str(), 0) == 0 || errno == ENOENT) return;
  if (errno != EISDIR && errno != EPERM) refuse_name(name, system_message(errno));
  const int inner = ::openat(folder, leaf.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(inner < 0 ? nullptr : ::fdopendir(inner),
                                                    ::closedir);
  if (!entries) refuse_name(name, system_message(errno));
  for (const std::string& inside : names_in(entries.get())) {
    remove_at(::dirfd(entries.get()), inside, name);
  }
  if (::unlinkat(folder, leaf.c_str(), AT_REMOVEDIR) != 0) refuse_name(name, system_message(errno));
}

void RootFolder::clear(const std::string& folder) {
  const FileDescriptor opened = open_inside(folder, O_RDONLY | O_DIRECTORY);
  if (!opened.is_open()) return;
  const int copy = ::fcntl(opened.get(), F_DUPFD_CLOEXEC, 0);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(copy < 0 ? nullptr : ::fdopendir(copy),
                                                    ::closedir);
  if (!entries) refuse_name(folder, system_message(errno));
  for (const std::string& leaf : names_in(entries.get())) {
    const std::string name = folder.empty() ? leaf : folder + "/" + leaf;
    if (!of_this_layer_.contains(name)) remove_at(opened.get(), leaf, name);
  }
}

}  // namespace joulebench
