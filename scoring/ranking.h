#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/competition.h"
#include "scoring/interim_looks.h"
#include "scoring/node_classes.h"
#include "scoring/score.h"

namespace joulebench {

/// One entry's place in one category. Under `pareto` best and worst are fronts that it may stand
/// in; there are no groups.
struct RankedEntry {
  std::size_t score = 0;  // index into the scores that were ranked
  int best = 0;           // 1 + entries that are significantly better
  int worst = 0;          // entries of the category less those that are significantly worse
  /// The same where all comparisons of the category hold at once (Holm); 0: the rule has no such
  /// range, or the category is too large for it.
  int sure_best = 0;
  int sure_worst = 0;
  std::string group;  // letters; entries that share one do not differ significantly
  /// Logarithm of what it was compared by, less is better: of entries of several sessions each is
  /// relative to its own session's baseline. 0: the rule has no such figure.
  double level = 0;
};

/// Entries that compete with one another, best point estimate first.
struct RankedCategory {
  std::string id;     // "0.95", "[95, 100]", "front 1"
  std::string title;  // "accuracy at least 95 %", "log loss at most 0.3"
  std::string label;  // the same for a narrow column: "≥ 95 %", "≤ 0.3"; empty: `title` is short
  double floor = 0;   // what admits to it, in the metric's unit
  std::vector<RankedEntry> entries;
  /// The score of the entry that is better than every other of the category, with the error of all
  /// comparisons in it together held at 1 - confidence: its sure range is 1 alone.
  std::optional<std::size_t> winner;
  /// The scores whose order at the top more blocks may still show: where there is no winner the
  /// leader, and those that no other is better than over all comparisons and whose energy is not
  /// equal to the leader's within the margin. Of acml2021 a pair is tested alone; of pareto they
  /// are the entries that may or may not stand in front 1, and those that decide it.
  std::vector<std::size_t> tied_at_top;
};

/// An entry's energy over that of another of its section, and what the test says of the two.
struct EnergyRival {
  std::size_t score = 0;  // the other
  Estimate ratio;
  Relation relation = Relation::undecided;
};

/// An entry's energy as its section compares it, with the interval of such comparisons.
struct ComparedEntry {
  std::size_t score = 0;
  Estimate energy;
  std::optional<Estimate> of_baseline;  // over the baseline's; 1 without interval: it is that
  // Of those with a rank the next ones with less and with more energy; absent: there is none.
  std::optional<EnergyRival> ahead;
  std::optional<EnergyRival> behind;
};

/// Entries whose figures may stand beside each other: one class of energy from one kind of source,
/// the same domains, one node in one state or nodes that classify_nodes() joins, one environment,
/// and one session or sessions with a common baseline.
struct RankedSection {
  EnergyClass energy_class = EnergyClass::measured;
  std::string node;
  std::optional<EnvironmentIdentity> environment;  // absent: the machine's own /usr
  std::vector<RankedCategory> categories;
  std::string formula;  // "cpu-package-0 + dram-0"
  std::string source;   // "powercap", "model:65"
  std::string apart;    // why it is no part of the first section, in words; empty: it is the first
  std::optional<std::size_t> baseline;  // the score of the one that the competition names first
  std::vector<ComparedEntry> compared;  // all of the section, by score
  std::vector<NodeAnchor> anchors;      // the baseline on each of its nodes; empty: it has none
  std::size_t looks = 1;                // that took place at its campaign
  double error = 0.05;                  // of a pair, two-sided, at the latest of them
  bool is_across_sessions = false;      // energies are compared by what they are to a baseline's
  bool is_by_ratio = false;             // of entries that ran on every node: NodeClass::is_by_ratio
};

struct UnrankedEntry {
  std::size_t score = 0;
  std::string reason;  // in words
};

struct Ranking {
  std::string rule;                     // "floors/1": name and version of the function
  bool cumulative = true;               // an entry may stand in several categories of a section
  std::vector<RankedSection> sections;  // the class that the track asks for first
  std::vector<UnrankedEntry> unranked;  // failed, void, suspect, incomplete, below every floor
  // As they were ranked, by score: where nodes count as one, an entry with runs on several has the
  // blocks of all in one, its place. Empty: no nodes were joined.
  std::vector<Score> joined;
  std::vector<std::size_t> place_of;  // with `joined`: its own index, or its entry's place
};

/// The floors that an entry must prove by the bound of its metric, the most demanding first: those
/// of `floors`, the lowest of `accuracy-per-energy`; other rules ask for no proof.
std::vector<double> floors_to_prove(const Track& track);
/// Which of them a score meets, the most demanding first; in a metric where less is
/// better, ceilings. A score without the track's metric meets none.
std::vector<double> floors_met(const Score& score, const Track& track);

/// Refuses tracks that their rules cannot rank. Errors: Error naming the file, track and field, or
/// a rule that does not exist and the nearest that does.
void validate_ranking(const Competition& competition);

/// Ranks by the track's rule. A pure function: the order of `scores` does not matter.
///   floors/2               cumulative categories: an entry competes wherever the low end of its
///                          accuracy's one-sided interval (ranking.floor_confidence) meets the
///                          floor; least energy per sample first
///   acml2021/2             half-open classes between the floors by the accuracy's point estimate,
///                          least energy of 200 passes first, in strict order of point estimates
///   accuracy-per-energy/2  right answers per joule of those that meet the lowest floor
///   pareto/3               fronts: nobody in a front has both less energy and more accuracy than
///                          another
/// For "accuracy" read the track's metric. Where less of it is better, floors are ceilings: the
/// high end of the interval must not be above, classes are half-open at the other end, and the
/// lowest ceiling comes first. An outside score without interval is taken as it stands.
/// Two entries differ by the test of scoring/contest.h at 1 - confidence for each pair; an entry
/// with a single block ties with all. Errors: those of validate_ranking().
Ranking rank_scores(std::span<const Score> scores, const Track& track);

/// Two scores' energies as the ranking compares them, or why it does not.
struct ComparedPair {
  Estimate ratio;  // the first's energy over the second's
  Relation relation = Relation::undecided;
  double error = 0;   // of the pair, two-sided
  Contrast contrast;  // of their logarithms, at the latest look
  std::string apart;  // why they are not compared, in words; the rest is then without meaning
};
/// By their places in `scores`: the same sections, rounds, sessions, nodes and looks as in
/// rank_scores(), so that no comparison says other things than the ranks. Errors: those of
/// rank_scores().
ComparedPair compare_energy(std::span<const Score> scores, const Track& track, std::size_t a,
                            std::size_t b);

/// The scores that a campaign that adds blocks should have more of, and of how many blocks each:
/// those that are tied at the top of a category, while planned_looks() has a next one. Empty:
/// no pair is undecided, or none can be added.
struct MoreBlocks {
  std::vector<std::size_t> scores;
  int blocks = 0;  // of each of them in all
};
MoreBlocks more_blocks(std::span<const Score> scores, const Track& track);

/// Which of the points no other beats in both (less energy, more accuracy); equal points both stay.
std::vector<bool> non_dominated(std::span<const Score> scores);

}  // namespace joulebench
