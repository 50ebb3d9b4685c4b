#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/run_record.h"

namespace joulebench {

/// Sums up one ratio of costs per block: the geometric mean and a two-sided interval of 99 % (t on
/// the logarithm). Flagged is what is more than 10 % cheaper beyond that uncertainty: with the
/// whole interval below 0.9. Noise widens the interval and so never flags. Ratios that are not
/// positive are left out; below 3 there is no interval and no flag.
AuditFigure judge_ratios(std::string name, std::span<const double> ratios);

/// What first and later looks at the hidden inputs cost, over all blocks that have them, by CPU
/// time, of a track with GPUs by joules:
///   answer-caching  the mean of the measured passes as a share of the first look; where a request
///                   carries several passes, a later look of one pass as a share of the first
///   coalescing      where it does: a measured pass as a share of the first look, divided by the
///                   same ratio of public samples that were not seen before
///   trend           the later half of a block's windows as a share of the earlier half
///   trainings-differ of a training track: the cheapest training as a share of the median one, by
///   CPU
///                   time, work before the request included; flagged below one half
/// The first two prove nothing where a pass costs no more than its request's fixed cost: the
/// detectable gain says what would have been seen of the cost of the samples alone. Pure; absent
/// figures where blocks are too few or nothing could be read.
std::vector<AuditFigure> judge_first_looks(const RunRecord& record);

/// What a reader is told of a flagged figure.
Flag flag_of(const AuditFigure& figure);
/// Whether flag_of() made it.
bool is_audit_flag(const Flag& flag);

/// Audits and their flags from the blocks so far, in place of those of earlier blocks.
void judge_anew(RunRecord& record);

}  // namespace joulebench
