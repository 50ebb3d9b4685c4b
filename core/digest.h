#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace joulebench {

/// SHA-256 over bytes fed piece by piece; the digest is 64 lower-case hexadecimal digits.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  void update(std::span<const std::byte> bytes);
  void update(std::string_view text);
  std::string finish();  // once

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string sha256_of_text(std::string_view text);

/// Errors: Error naming the file.
std::string sha256_of_file(const std::filesystem::path& path);

/// What the digest of a folder says of one thing in it.
struct DigestLine {
  std::string path;    // relative, with slashes
  char kind = '-';     // -: a file, x: an executable one, l: a link
  std::string sha256;  // of its content, of a link's target
};
/// SHA-256 over one line "SHA-256  KIND  PATH\n" each, sorted by path.
std::string sha256_of_lines(std::vector<DigestLine> lines);

/// Digest of a folder: SHA-256 over one line "SHA-256  x|-  relative/path\n" per regular file,
/// sorted by path, where x stands for executable. Independent of times, owners and where the folder
/// lies. Errors: Error naming a link, device or unreadable file; those have no place in what a team
/// hands in.
std::string sha256_of_tree(const std::filesystem::path& folder);

}  // namespace joulebench
