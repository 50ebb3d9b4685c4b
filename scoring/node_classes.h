#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/competition.h"
#include "core/statistics.h"
#include "scoring/score.h"

namespace joulebench {

/// What one node's baseline used: by it nodes are compared.
struct NodeAnchor {
  std::string node;       // its name
  std::size_t score = 0;  // of the baseline there
  Estimate energy;        // joules for each sample or training, over its blocks on that node
};

/// Nodes that count as one: the same but for their names (Score::machine), and the baseline's
/// energy on each is equivalent to that on the first within RankingRule::node_tolerance. Or, where
/// the track asks for every node (NodeRule::every), those that have a common baseline.
struct NodeClass {
  std::vector<NodeAnchor> anchors;  // one for each node that has a baseline; the reference first
  std::string apart;         // why it does not count as one with a node that is the same, in words
  bool is_by_ratio = false;  // entries have run on each, and are compared by their ratios there
};

/// A run that is in no class, and why, in words.
struct RunWithoutClass {
  std::size_t score = 0;
  std::string reason;
};

/// Scores as they are ranked once nodes that belong together count as one.
struct NodeClasses {
  /// Empty: no nodes were joined. Else all of the given, in their order: those of joined nodes name
  /// all of these in `node`, and sessions of different nodes have different names. An entry with
  /// runs on several of them has the blocks of all in one, its place.
  std::vector<Score> joined;
  std::vector<std::size_t> place_of;  // by score: its own index, or that of its entry's place
  std::vector<std::size_t> members;   // of the given, without those that went into another
  std::vector<NodeClass> classes;
  std::vector<std::size_t> class_of;  // by score; of members, and of runs that went into another
  std::vector<RunWithoutClass> without_class;
};

/// Two one-sided tests at 5 % each on the logarithm (Welch): whether the energies lie within
/// `tolerance` of one another. Equivalence is shown, not assumed: with too few blocks it is not.
/// Source  D. J. Schuirmann, J. Pharmacokin. Biopharm. 15 (1987) 657-680.
bool are_equivalent(const Score& a, const Score& b, double tolerance);

/// `members` are indices into `scores`, all with an energy. A pure function of its arguments.
NodeClasses classify_nodes(std::span<const Score> scores, std::span<const std::size_t> members,
                           const Track& track);

}  // namespace joulebench
