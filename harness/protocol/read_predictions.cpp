#include "harness/protocol/read_predictions.h"

#include <algorithm>

#include "core/text.h"
#include "harness/protocol/failure.h"
#include "harness/sandbox/sandbox.h"

namespace joulebench {

Tensor read_predictions(const Sandbox& sandbox, const std::string& file, std::size_t count,
                        const PredictionFormat& format, const Limits& limits, FileStamp* stamp) {
  const std::string name = "/jb/out/" + printable(file, 300);
  const std::size_t most =
      std::min<std::size_t>(limits.output_bytes, 24 * count * format.width() + 4096);
  std::string problem;
  const auto bytes = sandbox.read_output(file, most, problem, stamp);
  if (!bytes) throw SubmissionFailure{Outcome::predictions, name + ": " + problem};
  auto parsed = parse_predictions(*bytes, count, format, name);
  if (const auto* refused = std::get_if<PredictionsProblem>(&parsed)) {
    throw SubmissionFailure{Outcome::predictions, refused->message};
  }
  return std::get<Tensor>(std::move(parsed));
}

}  // namespace joulebench
