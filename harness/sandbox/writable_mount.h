#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "core/file.h"
#include "harness/sandbox/sandbox_spec.h"
#include "harness/sandbox/shared_folder.h"

namespace joulebench {

/// Bytes of the file system in memory that a writable mount is inside: limits.output_bytes, or what
/// its folder holds where that is more.
std::uint64_t room_of_writable(const SandboxMount& mount, const Limits& limits);

/// A folder of ours that an entry may change. Inside it lies in a file system of its own in memory,
/// so that the kernel bounds what is written and nothing inside ever writes to a disk of the host:
/// fill() copies the folder in, keep() copies it back. Links are copied as links, names of one file
/// become files, and what is neither file, folder nor link is left behind.
class WritableMount {
 public:
  WritableMount(const SandboxMount& mount, const Limits& limits)
      : host_(mount.host), inside_(mount.inside), room_(room_of_writable(mount, limits)) {}

  /// `folder`: the file system inside, before anything in it runs. What is copied belongs to `uid`
  /// (absent: to us). Errors: Error naming the file; a closed `folder` is one.
  void fill(FileDescriptor folder, std::optional<uid_t> uid);
  /// What lies inside and would be copied; opens what is closed to us. To be called when nothing
  /// inside lives.
  FolderUse use();
  /// Makes the host's folder equal to what lies inside, with owner and modes of a fresh checkout;
  /// folders below kMostLevels levels are left out. To be called behind use(). Errors: Error naming
  /// the file, as on a full disk; the host's folder is then not to be used.
  void keep();

  const std::string& inside() const { return inside_; }  // "/jb/submission"
  std::uint64_t room() const { return room_; }           // bytes
  int folder() const { return folder_.get(); }           // of the file system inside

 private:
  std::filesystem::path host_;
  std::string inside_;
  std::uint64_t room_;
  FileDescriptor folder_;
};

}  // namespace joulebench
