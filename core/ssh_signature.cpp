#include "core/ssh_signature.h"

#include <string>
#include <vector>

#include "core/child_process.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kNamespace = "joulebench";
constexpr std::size_t kLongestSignature = 16 << 10;
constexpr Seconds kTimeForPassphrase{300};

/// Runs `ssh-keygen -Y STEP` with `text` on its input.
CommandResult keygen(const std::string& step, std::vector<std::string> more, std::string_view text,
                     Seconds at_most, const char* purpose) {
  std::vector<std::string> command = {"ssh-keygen", "-Y", step};
  command.insert(command.end(), more.begin(), more.end());
  if (!find_program(command[0])) {
    throw Error({.what = purpose,
                 .where = "there is no program ssh-keygen",
                 .hint = "install OpenSSH: sudo apt install openssh-client"});
  }
  return run_command({.purpose = purpose, .command = std::move(command)}, text, at_most);
}

/// A relative path that begins with '-' would be read as an option.
std::string plain(const fs::path& path) {
  return fs::absolute(path).string();
}

/// "ED25519 SHA256:..." out of: Good "joulebench" signature with ED25519 key SHA256:...
std::string key_in(const std::string& output) {
  const std::size_t at = output.find(" key SHA256:");
  if (at == std::string::npos) return {};
  const std::size_t type = output.rfind(' ', at - 1) + 1;
  const std::size_t digest = at + std::string_view(" key ").size();
  const std::size_t end = output.find_first_of(" \n", digest);
  return printable(output.substr(type, at - type) + " " + output.substr(digest, end - digest), 200);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (end > at) lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

bool is_armored(std::string_view signature) {
  return signature.size() <= kLongestSignature && signature.starts_with("-----BEGIN SSH SIGNATURE");
}

}  // namespace

std::string sign_text(std::string_view text, const fs::path& key) {
  constexpr const char* kWhat = "cannot sign";
  std::error_code none;
  if (!fs::is_regular_file(key, none)) {
    throw Error({.what = kWhat,
                 .where = key.string() + ": there is no such key",
                 .hint = "name a private key of OpenSSH, or a public one that ssh-agent holds; "
                         "ssh-keygen -t ed25519 makes one"});
  }
  const CommandResult result =
      keygen("sign", {"-n", kNamespace, "-f", plain(key)}, text, kTimeForPassphrase, kWhat);
  if (result.succeeded() && !result.output.empty()) return result.output;
  throw Error({.what = kWhat,
               .where = key.string() + ": " +
                        (result.timed_out ? "no passphrase was given"
                                          : printable(last_lines(result.error, 4), 1000)),
               .hint = {}});
}

SignatureCheck check_signature(std::string_view text, std::string_view signature,
                               const fs::path& allowed_signers) {
  constexpr const char* kWhat = "cannot check a signature";
  constexpr Seconds kLongest{60};
  if (!allowed_signers.empty()) read_text_file(allowed_signers);  // Error: it cannot be read
  if (!is_armored(signature)) return {.problem = "it is no signature of OpenSSH"};
  const TemporaryFolder folder("signature");
  const fs::path file = folder.path() / "signature";
  write_file_atomically(file, signature);
  const CommandResult any =
      keygen("check-novalidate", {"-n", kNamespace, "-s", file}, text, kLongest, kWhat);
  SignatureCheck check{.key = any.succeeded() ? key_in(any.output) : ""};
  if (check.key.empty()) {
    check.problem = "the signature is not of this text";
    return check;
  }
  check.problem = "nobody is allowed to sign with the key " + check.key;
  if (allowed_signers.empty()) return check;
  const std::string allowed = plain(allowed_signers);
  const CommandResult names =
      keygen("find-principals", {"-s", file, "-f", allowed}, {}, kLongest, kWhat);
  for (const std::string& name : lines_of(names.output)) {
    const CommandResult good = keygen(
        "verify", {"-f", allowed, "-I", name, "-n", kNamespace, "-s", file}, text, kLongest, kWhat);
    if (!good.succeeded()) continue;
    check.principal = printable(name, 200);
    check.problem.clear();
    return check;
  }
  return check;
}

SignatureCheck check_named_signature(const std::function<std::string(const std::string&)>& text_of,
                                     std::string_view signature, const fs::path& allowed_signers) {
  constexpr const char* kWhat = "cannot check a signature";
  constexpr Seconds kLongest{60};
  read_text_file(allowed_signers);  // Error: it cannot be read
  if (!is_armored(signature)) return {.problem = "it is no signature of OpenSSH"};
  const TemporaryFolder folder("signature");
  const fs::path file = folder.path() / "signature";
  write_file_atomically(file, signature);
  const std::string allowed = plain(allowed_signers);
  const CommandResult names =
      keygen("find-principals", {"-s", file, "-f", allowed}, {}, kLongest, kWhat);
  const std::vector<std::string> all = lines_of(names.output);
  for (const std::string& name : all) {
    const CommandResult good =
        keygen("verify", {"-f", allowed, "-I", name, "-n", kNamespace, "-s", file}, text_of(name),
               kLongest, kWhat);
    if (good.succeeded()) return {.key = key_in(good.output), .principal = name};
  }
  if (!names.succeeded() || all.empty())
    return {.problem = "nobody is known by the key that made it"};
  return {.problem = "it is made with the key of " + printable(all.front(), 100) +
                     ", and is not of this file, or was made for another team's name"};
}

}  // namespace joulebench
