#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include "core/child_process.h"
#include "core/file.h"

namespace joulebench::support {

/// A key pair of OpenSSH, made for a test: `file` and `file`.pub, without a passphrase.
class SshKey {
 public:
  explicit SshKey(const std::filesystem::path& file) : file_(file) {
    const CommandResult made = run_command(
        {.command = {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file}});
    if (!made.succeeded()) throw std::runtime_error("ssh-keygen: " + made.error);
  }
  const std::filesystem::path& file() const { return file_; }
  /// A line of an allowed signers file.
  std::string allowed_as(const std::string& name) const {
    return name + " namespaces=\"joulebench\" " + read_text_file(file_.string() + ".pub");
  }

 private:
  std::filesystem::path file_;
};

}  // namespace joulebench::support
