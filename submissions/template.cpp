#include "submissions/template.h"

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "core/json_file.h"
#include "embedded/template_text.h"
#include "submissions/kit.h"
#include "submissions/submission.h"

namespace joulebench {

namespace fs = std::filesystem;

std::vector<std::string> write_template(const fs::path& folder, const std::string& environment) {
  std::error_code none;
  if (fs::exists(folder, none) && !fs::is_empty(folder, none)) {
    throw Error({.what = "cannot start an entry here",
                 .where = folder.string() + ": there is something already",
                 .hint = "name a folder that is empty or not there"});
  }
  nlohmann::ordered_json manifest = nlohmann::ordered_json::parse(template_text::kSubmissionJson);
  const std::string name = fs::absolute(folder).lexically_normal().filename().string();
  if (!name.empty()) manifest["name"] = name;
  if (!environment.empty()) {
    manifest["runs_in"] = environment;
    check_json(nlohmann::json(manifest), "submission.json of the new entry", submission_schema());
  }
  fs::create_directories(folder, none);
  if (!fs::is_directory(folder)) {
    throw Error({.what = "cannot make the folder of the entry",
                 .where = folder.string() + ": " + none.message(),
                 .hint = "name another one"});
  }
  const std::vector<std::pair<std::string, std::string>> files = {
      {"submission.json",
       manifest.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"},
      {"train.py", std::string(template_text::kTrainPy)},
      {"predict.py", std::string(template_text::kPredictPy)},
      {"joulebench.py", std::string(client_kit("python").text)}};
  std::vector<std::string> names;
  for (const auto& [file, text] : files) {
    write_file_atomically(folder / file, text);
    names.push_back(file);
  }
  return names;
}

}  // namespace joulebench
