#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/tensor.h"
#include "datasets/inputs.h"

namespace joulebench {

/// An entry's copy in a folder of its own, built and started as its submission.json says, but
/// outside the sandbox. Errors: std::runtime_error with what it wrote to stderr.
class EntryProcess {
 public:
  EntryProcess(const std::filesystem::path& entry, const Dataset& dataset);
  ~EntryProcess();  // ends it
  EntryProcess(const EntryProcess&) = delete;

  /// One pass: the class of each sample.
  std::vector<std::int32_t> predict(const Tensor& inputs);
  int exit_status();  // asks it to exit, and waits

 private:
  std::string read_line();

  TemporaryFolder folder_{"entry"};
  TemporaryFolder public_{"public"};
  std::vector<std::string> environment_;
  FileDescriptor to_entry_, from_entry_;
  pid_t pid_ = -1;
  int passes_ = 0;
};

/// Runs a command in `folder` to its end. Errors: std::runtime_error when it does not exit with 0.
void run_command(const std::vector<std::string>& command, const std::filesystem::path& folder,
                 const std::vector<std::string>& environment);

}  // namespace joulebench
