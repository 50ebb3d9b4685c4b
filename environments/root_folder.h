#pragma once

#include <cstdint>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "core/file.h"

namespace joulebench {

/// A root file system that is being made from untrusted layers. Whatever names and links a layer
/// has, nothing outside `root` is read or written: the kernel resolves every name inside it
/// (openat2 with RESOLVE_IN_ROOT, Linux 5.6).
/// Modes  files 0644, or 0755 for what its owner may execute; folders 0755; owners are ours.
/// Errors Error naming the name and the reason.
class RootFolder {
 public:
  explicit RootFolder(const std::filesystem::path& root);

  /// From here on names belong to the next layer: an opaque folder hides what earlier ones put
  /// there, and not what its own layer does.
  void begin_layer();
  void put_folder(const std::string& name);
  void put_link(const std::string& name, const std::string& target);
  /// Another name for a file that is there.
  void put_hard_link(const std::string& name, const std::string& target);
  /// A new file, empty and open for writing; what had the name is gone.
  FileDescriptor put_file(const std::string& name, bool is_executable);
  /// Takes away a file or a whole folder; one that is not there is fine.
  void remove(const std::string& name);
  /// Takes away what earlier layers put into a folder.
  void clear(const std::string& folder);

 private:
  struct Place {
    FileDescriptor folder;
    std::string leaf;
  };
  void mark(const std::string& name);
  FileDescriptor open_inside(const std::string& name, int flags) const;
  Place place_of(const std::string& name, bool make_folders);
  void remove_at(int folder, const std::string& leaf, const std::string& name);

  FileDescriptor root_;
  std::set<std::string> of_this_layer_;
};

/// The parts of a name in a layer, joined again by single slashes and without "." and a leading
/// slash; empty for the root itself. Errors: Error naming a name with "..", of more than 4,096
/// bytes or with a NUL byte.
std::string plain_name(const std::string& name);

}  // namespace joulebench
