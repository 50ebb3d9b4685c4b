#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace joulebench {

// Signatures of OpenSSH, in the namespace "joulebench": made and checked by ssh-keygen, so that
// anyone can do the same without joulebench.

/// Signs `text` with the private key in `key`, or with the one that ssh-agent holds for the public
/// key in `key`. Asks for a passphrase on the terminal where the key has one. Result: the armored
/// signature. Errors: Error with ssh-keygen's reason.
std::string sign_text(std::string_view text, const std::filesystem::path& key);

/// What a signature says of a text.
struct SignatureCheck {
  std::string key;  // that made it, "ED25519 SHA256:..."; empty: it is no signature of the text
  std::string principal;  // whose key that is by the allowed signers; empty: of nobody in there
  std::string problem;    // why there is no principal, in words; empty: there is one
};

/// Checks an untrusted signature. `allowed_signers` is a file as ssh-keygen(1) describes it under
/// ALLOWED SIGNERS; empty: nobody is allowed, and only `key` can be told. Errors: Error when
/// ssh-keygen or the file is not there or cannot be read.
SignatureCheck check_signature(std::string_view text, std::string_view signature,
                               const std::filesystem::path& allowed_signers);

/// The same where the text names who signs: `text_of` gives it for a name of `allowed_signers`,
/// which is tried for each that has the key, by the first line there with it.
SignatureCheck check_named_signature(const std::function<std::string(const std::string&)>& text_of,
                                     std::string_view signature,
                                     const std::filesystem::path& allowed_signers);

}  // namespace joulebench
