#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "environments/image_archive.h"

namespace joulebench {

/// One Debian package inside an environment.
struct Package {
  std::string name;
  std::string version;
};

/// What an entry runs in: a root file system that never changes, known by its digest.
struct Environment {
  std::string name;    // as people call it: "python"
  std::string sha256;  // over the sorted list of its files (file_list.h)
  std::string source;  // the archive or the build file that it came from, for people
  std::filesystem::path root;
  std::uint64_t files = 0;
  std::uint64_t folders = 0;
  std::uint64_t links = 0;
  std::uint64_t bytes = 0;        // of all files; names of one file count each
  std::vector<Package> packages;  // installed in it; empty: it has no package list
};

/// The environments of this machine: one folder per digest, and names that point to them.
/// Layout  FOLDER/sha256/DIGEST/{environment.json, files.txt, root/}, FOLDER/names/NAME.json.
/// Several processes may use it at once: a digest's folder is complete or absent.
class EnvironmentStore {
 public:
  /// Nothing is read or made yet.
  explicit EnvironmentStore(std::filesystem::path folder);

  /// JOULEBENCH_ENVIRONMENTS, else /var/lib/joulebench/environments for root and the user's data
  /// folder for others.
  static std::filesystem::path default_folder();

  /// Unpacks an image, keeps it once per digest and gives it `name`; a name that stood for another
  /// digest then stands for this one. Errors: those of unpack_image(), and Error when the name is
  /// not 1 to 64 of a-z 0-9 . _ -, or nothing is left after a failure's cleaning.
  Environment import(const std::string& name, const std::filesystem::path& archive,
                     const ImageOptions& options = {});

  /// Copies an environment of another store, such as one that machines share, into this one: once
  /// for its digest, without a name, complete or absent. Nothing where it is here already.
  /// Errors: Error when the other has none of that digest, when the copy's files are not those of
  /// the digest (nothing of it is left), or when there is no room.
  Environment stage(const EnvironmentStore& from, const std::string& sha256);

  /// All names, sorted.
  std::vector<Environment> list() const;

  /// Whether there is one of that name or digest (all 64 digits).
  bool contains(const std::string& name_or_digest) const;

  /// By name, by digest, or by the first 8 or more digits of one.
  /// Errors: Error naming the nearest name and the command that makes or imports one.
  Environment open(const std::string& name_or_digest) const;

  /// Every file as it should be? The first differences in words, at most 20; empty: none.
  std::vector<std::string> verify(const Environment& environment) const;

  /// Takes the name away, and the files when no other name stands for them. Programs that run in
  /// it must have ended.
  void remove(const std::string& name);

  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_of(const std::string& sha256) const;
  std::filesystem::path file_of_name(const std::string& name) const;
  Environment read(const std::string& name, const std::string& sha256) const;

  std::filesystem::path folder_;
};

/// An OCI archive of one layer, for podman and docker: `podman load -i FILE`. The same environment
/// gives the same bytes. Errors: Error naming the file.
void export_image(const Environment& environment, const std::filesystem::path& archive);

}  // namespace joulebench
