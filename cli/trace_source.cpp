#include "cli/trace_source.h"

#include <iostream>

#include "core/error.h"
#include "core/text.h"

namespace joulebench {

std::optional<TraceFile> trace_or_warning(const StoredRun& run, const BlockRecord& block) {
  try {
    return read_trace_file(run.folder, block);
  } catch (const Error& error) {
    std::cerr << "joulebench: " << printable(error.what(), 16'000) << "\n";
    return std::nullopt;
  }
}

}  // namespace joulebench
