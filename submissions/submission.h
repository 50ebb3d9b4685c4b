#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.h"
#include "core/run_record.h"

namespace joulebench {

/// submission.json as data (design.md 4.2), and where its files lie. Nothing here runs it, and
/// nothing here trusts it: texts are for showing, and are escaped where they are shown.
struct Submission {
  std::string name;
  std::string team;
  std::string version;
  std::string description;
  std::string licence;
  std::string url;
  std::vector<std::string> tracks;              // empty: any
  std::vector<std::string> command;             // argv, no shell
  std::vector<std::vector<std::string>> build;  // argv lists, one after the other
  std::map<std::string, std::string> environment;
  std::string runs_in;  // an environment of the competition; empty: its first
  std::filesystem::path folder;
  // Holds `folder` when it is not the one that was named: from an archive, or with a kit put in.
  std::shared_ptr<const TemporaryFolder> temporary;
  std::string id;  // digest_of_entry() of the folder

  bool enters(const std::string& track_id) const;
  EntryIdentity identity() const;
};

/// Where the manifest names a client kit whose file the folder lacks, the result's folder is a
/// temporary copy with that file: what runs, is packed and gives the id is always complete.
/// Errors: Error naming the file, the line or the field, and the nearest known name; a folder that
/// holds a device, or a link that leaves it, is one.
Submission read_submission(const std::filesystem::path& folder);

/// The same for a folder or an archive (see archive.h), which is unpacked into a temporary folder
/// that lives as long as the result and its copies.
Submission open_submission(const std::filesystem::path& folder_or_archive);

/// The published JSON Schema of submission.json; what read_submission() checks with.
std::string_view submission_schema();

/// Copies the files and links of a submission, and nothing else, into `folder`, which must be
/// empty: what a build may change, and a sandbox may see. The copy must still have the id that was
/// read.
void stage_submission(const Submission& submission, const std::filesystem::path& folder);

}  // namespace joulebench
