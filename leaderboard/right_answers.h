#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "scoring/score.h"

namespace joulebench {

// Which samples an entry answered right, in a file beside its record: what pairs of entries are
// compared by. With predictions beside it, it tells labels, so it stays with the organizer: no
// event of the log, no export and no page has it. Without the file (an older board, a copy)
// accuracies are compared by their intervals; `joulebench score` writes it again.

/// Writes the file of a record with this digest; nothing where the folder is not there or the score
/// has no answers. Errors: Error when it cannot be written.
void keep_right_answers(const std::filesystem::path& record_folder,
                        const std::string& record_sha256, const Score& score);

/// Whether the file is there, and not as it was written. What is damaged is not used.
bool are_right_answers_altered(const std::filesystem::path& record_folder);

/// Absent: there is none, it is of another record, or altered.
std::optional<AnswersBySample> right_answers(const std::filesystem::path& record_folder,
                                             const std::string& record_sha256);

}  // namespace joulebench
