#pragma once

#include <cstddef>
#include <span>

#include "core/competition.h"
#include "scoring/node_classes.h"
#include "scoring/score.h"

namespace joulebench {

/// classify_nodes() of a track that asks for every node (NodeRule::every). Nodes are one class
/// where the same baseline has at least two blocks on each, and energy is of the same class, source
/// and kinds of domains, in the same environment; the machines need not be alike. Machines that are
/// not known (Score::machine) join those of the same history alone. Of an entry with
/// a valid run on each of them the place is the run with the worst quality, so that a floor is met
/// on all; it has the blocks of all, and its energy is the geometric mean over the nodes, each
/// alike. What belongs to one machine alone (power, speed, latency, net energy) is absent there. An
/// entry that lacks a node is without class; so are all its runs on a node but the one with most
/// blocks, of as many the newest.
///
/// Such a mean is of these nodes, which are not a sample of others: differences between them are no
/// noise. The noise is that of the blocks on each, with the anchors' (see Contest).
NodeClasses join_every_node(std::span<const Score> scores, std::span<const std::size_t> members,
                            const Track& track);

}  // namespace joulebench
