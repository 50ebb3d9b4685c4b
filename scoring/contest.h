#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/statistics.h"
#include "scoring/score.h"

namespace joulebench {

/// Two energies differ at the least by this share to be called different, however narrow their
/// intervals are; closer than that they are equal.
constexpr double kEquivalenceMargin = 0.01;

/// How two entries' energies differ: the first's less the second's, on the logarithm.
struct Contrast {
  double difference = 0;
  double variance = 0;  // of the difference
  double degrees = 0;   // of freedom; 0: nothing is known about the noise, so they tie
  bool is_across_sessions = false;
};
enum class Relation { less, more, equal, undecided };

/// The one test behind ranks, letters, ratios and words. `error` is two-sided, of this pair.
/// less, more: the interval leaves out 0 and the difference is the margin or more;
/// equal: the whole interval lies within the margin; undecided: neither.
Relation relation_of(const Contrast& contrast, double error);
/// Half width of its interval, on the logarithm; absent without noise estimate.
std::optional<double> half_width(const Contrast& contrast, double error);
/// The first's energy over the second's.
Estimate ratio_of(const Contrast& contrast, double error);
/// Both again, with the half width that is known.
Relation relation_within(const Contrast& contrast, std::optional<double> half);
Estimate ratio_within(const Contrast& contrast, std::optional<double> half);

/// The scores whose energies may be compared, with what their rounds and sessions share taken out.
///
/// Rounds. A campaign runs one block of every entry in each round, so what a round adds is common
/// to its blocks. An entry's noise is the variance of its blocks after the median residual of the
/// other entries of the same round was taken off; what that median adds itself is taken out again
/// (variance of a normal sample's median), at most as much as if all entries were as quiet as this
/// one. Variances are never pooled: each entry keeps its own. Two noises that rest on one another
/// count for fewer degrees of freedom (Satterthwaite, with correlation 1 / (others)^2). With two
/// entries this is the paired t test, with many Welch's.
/// Blocks without a round are taken as they stand.
///
/// Sessions. Entries of different sessions are compared through the baseline that was measured in
/// both: each relative to that session's own baseline blocks, whose uncertainty is added.
///
/// Drift that the baseline could not tell from noise (the flag "drift-unclear") may have moved a
/// block as much as the baseline's blocks moved: each entry with that flag has the variance of its
/// session's baseline's mean, rounds not taken out, added to its own.
///
/// Every node (ranking.nodes "every"). Each of an entry's nodes weighs alike, whatever blocks it
/// has there, so that entries are compared over the same machines.
///
/// The sensor's error is left out where one meter read both. Where meters differ (nodes that count
/// as one) both errors are added, as half widths of 95 % that are exactly known.
class Contest {
 public:
  /// `members` are indices into `scores`, all with an energy. Both must outlive this.
  Contest(std::span<const Score> scores, std::span<const std::size_t> members,
          NodeRule nodes = NodeRule::alike);

  std::size_t size() const { return standings_.size(); }
  /// Of two members, by their place in `members`.
  Contrast contrast(std::size_t a, std::size_t b) const;
  /// A member's energy as it is compared, on the logarithm.
  double level(std::size_t member) const { return standings_[member].level; }
  /// At most what contrast() of it can have for its part: for skipping pairs that lie far apart.
  double most_variance(std::size_t member) const;
  /// Its own blocks' degrees of freedom; 0: a single block.
  double degrees(std::size_t member) const { return standings_[member].degrees; }
  /// Its energy with the interval that belongs to comparisons in this section.
  Estimate energy(std::size_t member, double error) const;
  /// Members ran in several sessions that a baseline joins: levels are relative to it.
  bool is_across_sessions() const { return is_across_sessions_; }

 private:
  struct Standing {
    double level = 0;
    double variance = 0;  // of the level
    double degrees = 0;
    double likeness = 0;      // squared correlation of its noise estimate with another member's
    std::size_t session = 0;  // index into sessions_
    std::size_t meter = 0;    // that read it; kSeveral: more than one
    double sensor = 0;        // variance of the level by its meter's error
  };
  struct Session {
    double variance = 0;  // of its baseline's mean
    double degrees = 0;
  };
  std::span<const Score> scores_;
  std::vector<std::size_t> members_;
  std::vector<Standing> standings_;
  std::vector<Session> sessions_;
  bool is_across_sessions_ = false;
};

/// Which of `members` may be compared: for each the number of its group. Sessions are one group
/// where a baseline has at least two blocks in both.
std::vector<std::size_t> comparable_groups(std::span<const Score> scores,
                                           std::span<const std::size_t> members);

}  // namespace joulebench
