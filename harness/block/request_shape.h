#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "core/run_record.h"
#include "core/units.h"
#include "harness/block/block_setting.h"
#include "submissions/submission.h"

namespace joulebench {

/// What a program takes to answer one request of `rows` public samples.
using RequestTimer = std::function<RequestCost(std::size_t rows)>;

/// One shape for all requests of an entry on a track: one pass where a pass lasts at least 20 ms,
/// else the least power of two of copies (one included) with which a request of one row costs less
/// than 2 % of a request. A fixed cost above 1 ms is the entry's own: its requests have one pass,
/// since behind so much a program could hide what it computes for all samples of a pass.
/// Costs are CPU time where it can be read, which other load does not move, else wall time; all are
/// medians of interleaved requests, after requests of the same shape that are not counted: the
/// first of a large shape takes up to 2.6 times as long as later ones. A figure within its
/// uncertainty of the border takes the larger shape. `samples`: of one pass; `most_copies`: what
/// memory allows.
RequestShape find_request_shape(const RequestTimer& time, std::size_t samples, int most_copies);

/// SHA-256 of what a submission's program consists of: its files, command, build steps and
/// environment, without the name, team, version and texts in submission.json. Entries that differ
/// in those alone get the same shape.
std::string digest_of_program(const Submission& submission);

}  // namespace joulebench
