#pragma once

#include <string>
#include <vector>

#include "core/run_record.h"
#include "core/units.h"

namespace joulebench {

/// Two requests that an honest program answers at the same cost: `plain`, and `suspect`, which one
/// that cheats answers for less. CPU seconds of everything in its sandbox.
struct AuditPair {
  Seconds plain{0};
  Seconds suspect{0};
};

/// Sums up the pairs: the geometric mean of suspect / plain and a two-sided interval of 99.8 % (t
/// on the logarithm). Flagged is a program that is significantly more than 10 % cheaper: the whole
/// interval below 0.9. Noise widens the interval and so never flags anyone; of programs that are
/// just 10 % cheaper one in a thousand is. Pairs without a cost on both sides are left out; below 4
/// of them there is no figure and no flag: trials is then what was left.
AuditFigure judge_pairs(std::string name, const std::vector<AuditPair>& pairs);

/// What a reader is told of a figure: "suspect requests cost 0.31 of plain ones ...".
Flag flag_of(const AuditFigure& figure);

}  // namespace joulebench
