#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace joulebench {

/// How much an untrusted image may hold.
struct ImageLimits {
  std::uint64_t bytes = std::uint64_t{32} << 30;  // of all files of all layers, unpacked
  std::uint64_t names = 1'000'000;                // of all layers together
};

struct ImageOptions {
  ImageLimits limits;
  /// Take files that have set-uid or set-gid bits, without the bits (no file keeps them inside an
  /// environment); else such a file is refused by name.
  bool drop_set_id_bits = false;
};

/// Unpacks an image into `root`, an empty folder: the layers of an OCI image layout in a tar
/// archive, of an archive of `docker save`, or a plain tar archive of a root file system; each
/// packed with gzip or zstd or not at all. Whiteouts of later layers take away what earlier ones
/// have. Every blob that has a digest is checked against it.
/// Refused  by name: what would leave the root, devices, pipes and sockets, set-uid and set-gid
///          files (see ImageOptions), a blob that is missing, cut short or not what its digest
///          says, images of several platforms without one for this machine, more than the limits.
/// Errors   Error naming the archive, the layer or name, and what is wrong. `root` may hold part of
///          the image then: the caller removes it.
void unpack_image(const std::filesystem::path& archive, const std::filesystem::path& root,
                  const ImageOptions& options = {});

}  // namespace joulebench
