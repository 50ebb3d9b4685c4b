#include "submissions/template.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "core/json_file.h"
#include "embedded/regression_template_text.h"
#include "embedded/template_text.h"
#include "embedded/training_template_text.h"
#include "submissions/kit.h"
#include "submissions/submission.h"

namespace joulebench {

namespace fs = std::filesystem;

namespace {

struct TemplateFile {
  const char* name;
  std::string_view text;
};

/// The manifest comes first.
std::vector<TemplateFile> files_of(TemplateKind kind) {
  switch (kind) {
    case TemplateKind::regression:
      return {{"submission.json", regression_template_text::kSubmissionJson},
              {"train.py", regression_template_text::kTrainPy},
              {"predict.py", regression_template_text::kPredictPy}};
    case TemplateKind::training:
      return {{"submission.json", training_template_text::kSubmissionJson},
              {"program.py", training_template_text::kProgramPy}};
    case TemplateKind::classes:
      break;
  }
  return {{"submission.json", template_text::kSubmissionJson},
          {"train.py", template_text::kTrainPy},
          {"predict.py", template_text::kPredictPy}};
}

}  // namespace

std::vector<std::string> write_template(const fs::path& folder, const TemplateOptions& options) {
  std::error_code none;
  if (fs::exists(folder, none) && !fs::is_empty(folder, none)) {
    throw Error({.what = "cannot start an entry here",
                 .where = folder.string() + ": there is something already",
                 .hint = "name a folder that is empty or not there"});
  }
  std::vector<TemplateFile> files = files_of(options.kind);
  nlohmann::ordered_json manifest = nlohmann::ordered_json::parse(files.front().text);
  const std::string name = fs::absolute(folder).lexically_normal().filename().string();
  if (!name.empty()) manifest["name"] = name;
  if (!options.tracks.empty()) manifest["tracks"] = options.tracks;
  if (!options.environment.empty()) {
    manifest["runs_in"] = options.environment;
    check_json(nlohmann::json(manifest), "submission.json of the new entry", submission_schema());
  }
  fs::create_directories(folder, none);
  if (!fs::is_directory(folder)) {
    throw Error({.what = "cannot make the folder of the entry",
                 .where = folder.string() + ": " + none.message(),
                 .hint = "name another one"});
  }
  const std::string manifest_text =
      manifest.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  files.front().text = manifest_text;
  files.push_back({"joulebench.py", client_kit("python").text});
  std::vector<std::string> names;
  for (const TemplateFile& file : files) {
    write_file_atomically(folder / file.name, file.text);
    names.emplace_back(file.name);
  }
  return names;
}

}  // namespace joulebench
