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
/// on the logarithm). Accused is who is more than 10 % cheaper beyond that doubt: with the whole
/// interval below 0.9. Noise widens the interval and so never accuses; of programs that are just
/// 10 % cheaper one in a thousand is.
/// Pairs without a cost on both sides are left out; below 4 of them there is no figure and no
/// accusation: trials is then what was left.
AuditFigure judge_pairs(std::string name, const std::vector<AuditPair>& pairs);

/// What a reader is told of a figure: "suspect requests cost 0.31 of plain ones ...".
Flag flag_of(const AuditFigure& figure);

}  // namespace joulebench
