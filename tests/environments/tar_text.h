#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace joulebench {

/// One name of a small tar archive that a test makes up.
struct TarEntry {
  std::string name;
  std::string content;
  unsigned mode = 0644;
  char kind = 'f';  // f file, d folder, l link, h hard link, c character device, p pipe
  std::string target;
};

/// The bytes of such an archive.
std::string tar_of(const std::vector<TarEntry>& entries);

struct ImageLayer {
  std::string tar;
  std::optional<std::string> claimed_sha256;  // another digest than its own
};

/// The bytes of an OCI archive with these layers.
std::string oci_archive(const std::vector<ImageLayer>& layers);

/// The bytes of an archive as `docker save` wrote it before it spoke OCI.
std::string docker_archive(const std::vector<std::string>& layers);

}  // namespace joulebench
