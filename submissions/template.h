#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace joulebench {

/// What an entry to start from does.
enum class TemplateKind {
  classes,     // learns in its build, predicts classes, scores or probabilities, as the track asks
  regression,  // learns in its build, predicts a number
  training     // learns while it is measured, in tracks of the task train
};

struct TemplateOptions {
  TemplateKind kind = TemplateKind::classes;
  std::string environment = {};          // that it runs in; empty: the competition's first
  std::vector<std::string> tracks = {};  // that it enters; empty: every one
};

/// Writes a small entry that works, in Python with its kit, into `folder`: made if it is not there,
/// else it must be empty. The entry is named after the folder. Returns the names of the files.
/// Errors: Error naming the folder, or the name that no environment can have.
std::vector<std::string> write_template(const std::filesystem::path& folder,
                                        const TemplateOptions& options = {});

}  // namespace joulebench
