#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "harness/sandbox/file_stamp.h"

namespace joulebench {

/// A folder of ours that an entry may write to while this lives: its files belong to `uid`
/// (absent: they stay ours). When it goes they are ours again: owner and modes as of a fresh
/// checkout, no set-uid bits, and all that is neither file, folder nor link is removed. No link is
/// followed at any time.
class WritableMount {
 public:
  WritableMount(std::filesystem::path path, std::optional<uid_t> uid);
  ~WritableMount();
  WritableMount(const WritableMount&) = delete;
  WritableMount& operator=(const WritableMount&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// Bytes (on disk or of content, what is more) and number of entries below a folder that an entry
/// writes to.
struct FolderUse {
  std::uint64_t bytes = 0;
  std::uint64_t files = 0;
};
void add_use(const std::filesystem::path& folder, FolderUse& use);

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
