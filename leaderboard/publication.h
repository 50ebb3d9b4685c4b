#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "leaderboard/event_log.h"
#include "leaderboard/signed_heads.h"
#include "leaderboard/site/site.h"

namespace joulebench {

// A board as a folder that anyone can check, with joulebench or without (CHECKING.md): the pages,
// log.jsonl with the whole history, SHA256SUMS with the digest of every file, and heads.jsonl with
// the signatures.

/// Makes every page; called again for a check, it must make the same.
using PageMaker = std::function<void(const SiteOutput&)>;

/// Writes pages, log.jsonl and SHA256SUMS to `folder`, the sums last, and removes pages of an
/// earlier call that are no longer made. What is there already is not written again (PageWriter).
/// heads.jsonl is kept as it is. Errors: Error when the folder has signed heads of another history,
/// or cannot be written. Result: files written.
std::size_t publish(const PageMaker& pages, std::span<const LogEvent> log,
                    const std::filesystem::path& folder);

/// Writes pages that are a part of their database's: neither log, which would tell of the rest, nor
/// sums. Errors: Error when the folder has signed heads, or cannot be written.
std::size_t publish_part(const PageMaker& pages, const std::filesystem::path& folder);

/// What is to be said of a published folder.
struct SiteCheck {
  std::vector<std::string> problems;  // it does not belong to this history, or was altered
  std::vector<std::string> notes;     // what is true of it besides: who signed, what is newer
  bool is_newest = false;             // the pages are of the history's last event
  std::string pages_sha256;           // of the SHA256SUMS that was checked; empty: there is none
};

/// Whether a folder of pages belongs to a history: log.jsonl is its beginning, it holds each signed
/// head, every file has its digest in SHA256SUMS and no page lies there besides, and where nothing
/// was stored since, the pages are those that `pages` makes now. `allowed_signers` (empty: not
/// asked) must allow the key of every head, and the last must be of these very pages. Nothing in
/// the folder is trusted. Errors: Error when the folder is none, or of check_signature().
SiteCheck check_site(const std::filesystem::path& folder, std::span<const LogEvent> log,
                     const PageMaker& pages, const std::filesystem::path& allowed_signers);

struct SignResult {
  SignedHead head;
  std::string key;        // that signed
  bool is_new = false;    // false: the very same signature was there
  std::size_t heads = 0;  // in heads.jsonl now
};
/// Signs the log's head and the pages that check_site() found to be made from it, `pages_sha256`,
/// and adds the signature to heads.jsonl in `folder`. What was put there after the check is not
/// signed. Errors: of sign_text(); the file is left as it was.
SignResult sign_site(const std::filesystem::path& folder, const LogEvent& head,
                     const std::string& pages_sha256, const std::filesystem::path& key,
                     const std::string& at_utc);

}  // namespace joulebench
