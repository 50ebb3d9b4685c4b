#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/calendar.h"
#include "core/file.h"
#include "core/units.h"

namespace joulebench {

/// A file in an inbox that wants to be looked at: an archive or a request. Untrusted: it may be
/// replaced, written to or removed at any time.
struct Upload {
  std::string name;  // below the inbox: "tree.tar.gz", or "red/tree.tar.gz"
  bool is_request = false;
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;  // as its sender may have set it
  Instant arrived;  // when it or its signature last changed, by the file system's clock
  bool has_signature = false;
  std::string stamp;  // another one whenever the file or its signature changed
};

/// A copy of an upload that nobody else can change.
struct TakenUpload {
  std::string sha256;
  std::uint64_t bytes = 0;
  std::string signature;  // empty: there is none
};

/// The folder that uploads lie in, and one level of folders in it, as each team may have one of its
/// own. Links are never followed, neither for reading nor for writing; what is neither a file nor a
/// folder is left alone.
class Inbox {
 public:
  /// Errors: Error when there is no such folder, or it cannot be read.
  explicit Inbox(std::filesystem::path folder);

  /// At most `most` uploads, in the order of their arrival, then by name. `left_alone` gets a line
  /// for each thing with an upload's name that is none. Errors: Error when it cannot be read.
  std::vector<Upload> uploads(std::size_t most, std::vector<std::string>& left_alone) const;

  /// Copies an upload to `to`, a new file. Absent: it changed meanwhile, is still being written, is
  /// gone or is no file. Larger than `most_bytes`: it is not copied and its sha256 is empty.
  /// Errors: Error when `to` cannot be written.
  std::optional<TakenUpload> take(const Upload& upload, const std::filesystem::path& to,
                                  std::uint64_t most_bytes) const;

  /// Puts a file `NAME.receipt.EXTENSION` beside an upload, complete or not at all, and not through
  /// a link. What stands there already with the same text is left. Errors: Error.
  void write_receipt(const Upload& upload, const std::string& extension,
                     const std::string& text) const;

 private:
  FileDescriptor open_folder_of(const std::string& name) const;
  void list(const std::string& folder, std::vector<Upload>& found, std::size_t most,
            std::vector<std::string>& left_alone) const;

  std::filesystem::path folder_;
  FileDescriptor fd_;
};

}  // namespace joulebench
