#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/file.h"
#include "tests/support/program.h"

namespace joulebench {

/// How often a test kills what it looks at: JOULEBENCH_KILLS, else `otherwise`.
int kills_wanted(int otherwise);

/// A folder with a competition on digits whose blocks last a moment, and room for entries; the
/// built program runs there with a measurement lock of its own.
class SmallWorld : public testing::Test {
 protected:
  SmallWorld();

  /// An entry in Python whose program is `body`, behind a few helpers: ready(), requests(),
  /// answer(request, values), done(request).
  std::filesystem::path entry(const std::string& name, const std::string& body);
  /// An entry that answers class 0 for everything.
  std::filesystem::path honest_entry(const std::string& name);

  ProgramEnd joulebench(std::vector<std::string> arguments, int limit_s = 60,
                        int interrupt_after_ms = 0) const;
  /// `run ENTRY --format json` under the model meter.
  nlohmann::json run_entry(const std::filesystem::path& entry) const;

  /// The measurement lock of this world, as another process would hold it.
  FileDescriptor hold_lock() const;

  std::filesystem::path folder() const { return folder_.path(); }
  std::string competition() const { return folder() / "competition.json"; }
  std::string database() const { return folder() / "board.db"; }
  /// Words for `evaluate` on the small competition with the model meter.
  std::vector<std::string> evaluate(const std::vector<std::filesystem::path>& entries) const;

 private:
  TemporaryFolder folder_{"world"};
};

}  // namespace joulebench
