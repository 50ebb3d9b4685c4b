#include "harness/sandbox/folder_walk.h"

#include <dirent.h>
#include <unistd.h>

#include <memory>

namespace joulebench {
namespace {

void walk_level(int folder, const FolderVisits& visits, int depth) {
  for_each_entry(folder, [&](int parent, const std::string& name, const struct stat& status) {
    if (S_ISDIR(status.st_mode)) {
      if (visits.enter) visits.enter(parent, name, status);
      if (depth >= kMostLevels) {
        if (visits.too_deep) visits.too_deep(parent, name, status);
        return;
      }
      const FileDescriptor below(::openat(parent, name.c_str(), kOpenUntrustedFolder));
      if (below.is_open()) walk_level(below.get(), visits, depth + 1);
    }
    if (visits.leave) visits.leave(parent, name, status);
  });
}

}  // namespace

bool for_each_entry(int folder, const VisitEntry& visit) {
  const int copy = ::openat(folder, ".", kOpenUntrustedFolder);
  if (copy < 0) return false;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(::fdopendir(copy), ::closedir);
  if (!entries) {
    ::close(copy);
    return false;
  }
  while (const dirent* entry = ::readdir(entries.get())) {
    const std::string name = entry->d_name;
    struct stat status {};
    if (name == "." || name == ".." ||
        ::fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
      continue;
    }
    visit(folder, name, status);
  }
  return true;
}

void walk_folder(int folder, const FolderVisits& visits) {
  walk_level(folder, visits, 0);
}

}  // namespace joulebench
