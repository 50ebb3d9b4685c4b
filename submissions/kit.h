#pragma once

#include <string_view>
#include <vector>

namespace joulebench {

/// A client kit: the program's side of the process protocol, one file in a folder of its own below
/// kits/. The only copies are those files; the program carries them and puts one into each entry
/// whose submission.json names it ("kit": "python") and that has no such file itself.
struct ClientKit {
  std::string_view name;  // as submission.json names it: its folder below kits/
  std::string_view file;  // its name at the top of an entry
  std::string_view text;
};

/// All of them; a new kit is a folder, an entry here and a word in submission.schema.json.
const std::vector<ClientKit>& client_kits();

/// Errors: std::logic_error when there is none of that name, which the schema has refused before.
const ClientKit& client_kit(std::string_view name);

}  // namespace joulebench
