#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "harness/sandbox/file_stamp.h"

namespace joulebench {

/// Bytes (on disk or of content, what is more) and number of entries below a folder that an entry
/// writes to.
struct FolderUse {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
};
void add_use(const std::filesystem::path& folder, FolderUse& use);
void add_use(int folder, FolderUse& use);  // of an open one

/// Gives a file or folder of ours the mode of a fresh checkout: 0644, or 0755 where its owner may
/// run or enter it; no set-uid bits. A link is left alone. `status` is as a walk gives it.
void normalise_mode(int folder, const std::string& name, const struct stat& status);

/// Lets `uid`, and no other user of the machine, read a temporary folder of ours that is closed to
/// all others: hidden inputs and labels lie there. Absent: the sandbox has our rights.
/// Errors: Error naming the folder.
void open_to_sandbox(const std::filesystem::path& folder, std::optional<uid_t> uid);

/// Errors: Error naming the folder on the way that `uid` (absent: we) may not pass, and how to mend
/// it.
void require_reachable(const std::filesystem::path& folder, std::optional<uid_t> uid);

/// Of `name` in a folder that an entry writes to; a few system calls, nothing is read. Absent with
/// the reason in `problem` when it is no plain file, or when somebody could still write to it
/// unseen.
std::optional<FileStamp> stamp_untrusted_file(int folder, const std::string& name,
                                              std::string& problem);

/// Reads `name` in a folder that an entry writes to: no link followed, no waiting, a regular file
/// with one name, at most `max_bytes`. Absent with the reason in `problem` when it is not such a
/// file. `stamp`, where it is not null, becomes that of what was read.
std::optional<std::string> read_untrusted_file(int folder, const std::string& name,
                                               std::size_t max_bytes, std::string& problem,
                                               FileStamp* stamp = nullptr);

}  // namespace joulebench
