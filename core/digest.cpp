#include "core/digest.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <stdexcept>
#include <vector>

#include "core/error.h"
#include "core/file.h"

namespace joulebench {
namespace fs = std::filesystem;

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr) != 1) {
    throw std::logic_error("bug: the crypto library has no SHA-256");
  }
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;

void Sha256::update(std::span<const std::byte> bytes) {
  EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
}

void Sha256::update(std::string_view text) {
  update(std::as_bytes(std::span(text)));
}

std::string Sha256::finish() {
  std::array<unsigned char, 32> digest{};
  EVP_DigestFinal_ex(state_->context, digest.data(), nullptr);
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(2 * digest.size());
  for (const unsigned char byte : digest) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string sha256_of_text(std::string_view text) {
  Sha256 sha;
  sha.update(text);
  return sha.finish();
}

std::string sha256_of_file(const fs::path& path) {
  const auto fail = [&path](int code) -> Error {
    return Error({.what = "cannot check the digest of a file",
                  .where = path.string() + ": " + system_message(code),
                  .hint = {}});
  };
  const FileDescriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) throw fail(errno);
  Sha256 sha;
  std::vector<std::byte> buffer(1 << 18);
  for (;;) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw fail(errno);
    if (got == 0) return sha.finish();
    sha.update(std::span(buffer).first(static_cast<std::size_t>(got)));
  }
}

std::string sha256_of_lines(std::vector<DigestLine> lines) {
  std::sort(lines.begin(), lines.end(),
            [](const DigestLine& a, const DigestLine& b) { return a.path < b.path; });
  Sha256 sha;
  for (const DigestLine& line : lines) {
    sha.update(line.sha256 + "  " + line.kind + "  " + line.path + "\n");
  }
  return sha.finish();
}

std::string sha256_of_tree(const fs::path& folder) {
  std::vector<DigestLine> lines;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const fs::file_status status = entry.symlink_status();
    if (fs::is_directory(status)) continue;
    if (!fs::is_regular_file(status)) {
      throw Error({.what = "a folder holds something that is neither a file nor a folder",
                   .where = entry.path().string(),
                   .hint = "replace links and devices by plain files"});
    }
    const bool executable = (status.permissions() & fs::perms::owner_exec) != fs::perms::none;
    lines.push_back({.path = entry.path().lexically_relative(folder).generic_string(),
                     .kind = executable ? 'x' : '-',
                     .sha256 = sha256_of_file(entry.path())});
  }
  return sha256_of_lines(std::move(lines));
}

}  // namespace joulebench
