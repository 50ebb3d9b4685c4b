#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <functional>
#include <string>

#include "core/file.h"

namespace joulebench {

/// How a folder that an entry writes to is opened: no link followed, no waiting.
constexpr int kOpenUntrustedFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
/// Levels of folders that are entered: each costs descriptors, and nobody needs so many.
constexpr int kMostLevels = 100;

/// Called with the open folder, a name in it and its status.
using VisitEntry =
    std::function<void(int folder, const std::string& name, const struct stat& status)>;

/// What lies in an open folder, in no order; nothing below it. What ends meanwhile is passed over.
/// False: the folder cannot be listed.
bool for_each_entry(int folder, const VisitEntry& visit);

/// What walk_folder() calls; empty ones are left out.
struct FolderVisits {
  VisitEntry enter;     // a folder, before what is in it
  VisitEntry leave;     // everything; a folder after what is in it
  VisitEntry too_deep;  // a folder that is not entered
};

/// Visits all below an open folder; follows no link, passes over folders that cannot be listed.
void walk_folder(int folder, const FolderVisits& visits);

}  // namespace joulebench
