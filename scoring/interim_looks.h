#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/competition.h"
#include "scoring/contest.h"
#include "scoring/score.h"

namespace joulebench {

/// A look at a campaign: after how many blocks of each entry, and the two-sided error that one pair
/// may have in it.
struct Look {
  int blocks = 0;
  double error = 0;
};

/// When a track's campaign is looked at. A fixed number of blocks: once, with the whole error,
/// 1 - ranking.confidence. Blocks that are added ("auto"): after protocol.blocks, and each time
/// after about two fifths more, to most_blocks. The error is spent in advance, by the function
/// a(t) = error ln(1 + (e - 1) t) of the share t of most_blocks; each look has what is spent
/// between it and the one before. The errors of all looks add up to the whole error, so a false
/// difference is found in any of them at most that often, whatever made the campaign stop.
/// Source  K. K. G. Lan, D. L. DeMets, Biometrika 70 (1983) 659-663 (their function like Pocock's);
///         that the sum bounds the error of all looks together is Boole's inequality.
std::vector<Look> planned_looks(const Track& track);

/// A section's entries as each look at their campaign saw them: the one place where two energies
/// are compared for ranks, ratios, winners and words. With a fixed number of blocks there is one
/// look, at all of them.
///
/// A look sees the first blocks of each entry, so many as were planned for it; of a baseline that
/// joins sessions so many of each session. The last one that took place is that of the entry with
/// most blocks, baselines apart. A difference that a look found stays found: it is then that the
/// campaign stopped comparing these two.
class SectionLooks {
 public:
  struct Seen {
    Contest contest;
    double error = 0;  // of a pair, two-sided
  };

  /// `members` are indices into `scores`, all with an energy. Both must outlive this.
  SectionLooks(std::span<const Score> scores, std::span<const std::size_t> members,
               const Track& track);

  std::span<const Seen> all() const { return seen_; }
  /// The latest look: its levels are what entries are shown by.
  const Contest& latest() const { return seen_.back().contest; }
  double error() const { return seen_.back().error; }

  /// What the first look says that can tell; of two members, by their place.
  Relation relation(std::size_t a, std::size_t b) const;
  /// The first's energy over the second's: the latest look's, in the interval that is common to all
  /// looks. Such repeated intervals hold the truth all at once, as often as the whole error says.
  /// Source  C. Jennison, B. W. Turnbull, J. R. Stat. Soc. B 51 (1989) 305-361.
  Estimate ratio(std::size_t a, std::size_t b) const;
  /// ratio() and relation(), of two members and the other way round, for less than each alone.
  struct Said {
    Estimate ratio;
    Relation relation = Relation::undecided;
  };
  std::pair<Said, Said> said_of(std::size_t a, std::size_t b) const;

 private:
  std::vector<std::unique_ptr<std::vector<Score>>> kept_;  // what earlier looks saw
  std::vector<Seen> seen_;
};

}  // namespace joulebench
