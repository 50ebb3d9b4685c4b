#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace joulebench {

// What a team signs with its own OpenSSH key (core/ssh_signature.h), so that anyone can check it
// with ssh-keygen alone.

/// Why a team's name cannot stand in a list of keys, in words; empty: it can. A name that could be
/// read as several, as a pattern or as another one is refused.
std::string team_name_problem(std::string_view team);

/// What is signed of an archive: its digest and the team that hands it in.
std::string text_of_archive(const std::string& sha256, const std::string& team);
/// What is signed of a request: a team's wish about entries of its own.
std::string text_of_request(const std::string& sha256, const std::string& team);

/// Where the signature of an archive or a request lies: beside it, NAME.sig.
std::filesystem::path signature_file(const std::filesystem::path& file);

/// Signs `file` for `team` and writes the signature beside it. Result: the signature's file.
/// Errors: Error for a team name that cannot stand in a list of keys; those of sign_text().
std::filesystem::path sign_archive(const std::filesystem::path& archive, const std::string& team,
                                   const std::filesystem::path& key);
std::filesystem::path sign_request(const std::filesystem::path& request, const std::string& team,
                                   const std::filesystem::path& key);

}  // namespace joulebench
