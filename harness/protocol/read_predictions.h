#pragma once

#include <string>

#include "core/competition.h"
#include "core/tensor.h"
#include "harness/protocol/predictions.h"

namespace joulebench {

class Sandbox;
struct FileStamp;

/// Reads the predictions that a program left in /jb/out/`file`. Errors: SubmissionFailure.
/// `stamp`, where it is not null, becomes that of the file.
Tensor read_predictions(const Sandbox& sandbox, const std::string& file, std::size_t count,
                        const PredictionFormat& format, const Limits& limits,
                        FileStamp* stamp = nullptr);

}  // namespace joulebench
