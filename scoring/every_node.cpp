#include "scoring/every_node.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "core/statistics.h"

namespace joulebench {
namespace {

using Members = std::vector<std::size_t>;

// "node1, 8 x CPU; ingested, signed by X": the name, and where the run came from.
std::string node_of(const Score& score) {
  const std::size_t origin = score.node.find("; ingested");
  std::string name = score.node.substr(0, std::min(score.node.find(", "), origin));
  return origin == std::string::npos ? name : name + score.node.substr(origin);
}

// "cpu-package-0 + cpu-package-1 + dram-0" counts "cpu-package + dram": machines differ in how
// many.
std::string kinds_in(const std::string& formula) {
  std::set<std::string> kinds;
  for (std::size_t begin = 0; begin < formula.size();) {
    const std::size_t end = std::min(formula.find(" + ", begin), formula.size());
    const std::string domain = formula.substr(begin, end - begin);
    const std::size_t last = domain.find_last_not_of("0123456789");
    const bool is_numbered = last != domain.npos && domain[last] == '-' && last + 1 < domain.size();
    kinds.insert(is_numbered ? domain.substr(0, last) : domain);
    begin = end + 3;
  }
  std::string text;
  for (const std::string& kind : kinds) text += (text.empty() ? "" : " + ") + kind;
  return text;
}

// Empty: what it ran on is known. Else what it has in common with the runs that it may join: their
// machines are what one history says of them, so they never join those that are known.
std::string unknown_origin(const Score& score) {
  if (!score.machine.empty()) return {};
  const std::size_t origin = score.node.find("; ingested");
  return origin == std::string::npos ? score.node : score.node.substr(origin);
}

/// Scores of one kind: what else than their machine they have in common.
class Group {
 public:
  /// `apart`: why they do not join those of other kinds, in words; empty: see their kind.
  Group(std::span<const Score> scores, const Track& track, NodeClasses& result, std::string apart)
      : scores_(scores), track_(track), result_(result), apart_(std::move(apart)) {}

  void add(std::size_t member) { nodes_[node_of(scores_[member])].push_back(member); }

  void classify() {
    // Of several runs of an entry on one node the first counts.
    for (auto& [node, members] : nodes_) {
      std::stable_sort(members.begin(), members.end(),
                       [this](const std::size_t a, const std::size_t b) {
                         return preference(scores_[a]) > preference(scores_[b]);
                       });
    }
    const std::string anchor = most_common_baseline();
    std::vector<std::string> joined, others;
    for (const auto& [node, members] : nodes_) {
      (anchor_on(node, anchor) ? joined : others).push_back(node);
    }
    if (joined.size() > 1) {
      join(joined, anchor);
    } else {
      for (const std::string& node : joined) add_single(node, anchor, apart_);
    }
    for (const std::string& node : others) {
      add_single(node, anchor,
                 apart_.empty()
                     ? "no baseline with two blocks on it and on the other machines says "
                       "how an entry compares with it there"
                     : apart_);
    }
  }

 private:
  /// More blocks, a newer session; the machine's line makes it the same in whatever order.
  static std::tuple<std::size_t, std::string, std::string> preference(const Score& score) {
    const std::vector<BlockScore>& blocks = score.block_scores;
    return {blocks.size(), blocks.empty() ? "" : blocks.back().session, score.node};
  }

  std::optional<std::size_t> run_on(const std::string& node, const std::string& entry_id) const {
    for (const std::size_t member : nodes_.at(node)) {
      if (scores_[member].entry_id == entry_id) return member;
    }
    return std::nullopt;
  }

  std::optional<std::size_t> anchor_on(const std::string& node, const std::string& anchor) const {
    const auto run = run_on(node, anchor);
    if (!run || scores_[*run].block_scores.size() < 2) return std::nullopt;
    return run;
  }

  // The id of the baseline that most nodes have two blocks of; of several the first by name.
  std::string most_common_baseline() const {
    std::map<std::pair<std::string, std::string>, std::set<std::string>> nodes_of;
    for (const auto& [node, members] : nodes_) {
      for (const std::size_t member : members) {
        const Score& score = scores_[member];
        if (!score.is_baseline || score.block_scores.size() < 2) continue;
        nodes_of[{score.entry_name, score.entry_id}].insert(node);
      }
    }
    const auto most = std::max_element(
        nodes_of.begin(), nodes_of.end(),
        [](const auto& a, const auto& b) { return a.second.size() < b.second.size(); });
    return most == nodes_of.end() ? "" : most->first.second;
  }

  NodeAnchor anchor_of(const std::string& node, std::size_t run) const {
    return {node, run, *energy_figure(scores_[run])};
  }

  void add_single(const std::string& node, const std::string& anchor, const std::string& apart) {
    NodeClass one{.anchors = {}, .apart = apart};
    if (const auto run = anchor_on(node, anchor)) one.anchors.push_back(anchor_of(node, *run));
    for (const std::size_t member : nodes_[node]) {
      result_.class_of[member] = result_.classes.size();
      result_.members.push_back(member);
    }
    result_.classes.push_back(std::move(one));
  }

  void join(const std::vector<std::string>& nodes, const std::string& anchor) {
    if (result_.joined.empty()) result_.joined.assign(scores_.begin(), scores_.end());
    NodeClass one{.anchors = {}, .apart = apart_, .is_by_ratio = true};
    std::map<std::string, std::map<std::string, std::size_t>> runs;  // entry id -> node -> run
    for (const std::string& node : nodes) {
      one.anchors.push_back(anchor_of(node, *anchor_on(node, anchor)));
      for (const std::size_t member : nodes_[node]) {
        result_.class_of[member] = result_.classes.size();
        if (!runs[scores_[member].entry_id].emplace(node, member).second) {
          result_.without_class.push_back(
              {member, fmt::format("another run of it counts for {}: the one with more blocks, of "
                                   "as many the newer",
                                   node)});
        }
      }
    }
    for (const auto& [entry, of_entry] : runs) {
      if (of_entry.size() == nodes.size()) {
        join_runs(nodes, of_entry);
      } else {
        leave_out(nodes, of_entry);
      }
    }
    result_.classes.push_back(std::move(one));
  }

  void leave_out(const std::vector<std::string>& nodes,
                 const std::map<std::string, std::size_t>& runs) {
    std::string missing;
    for (const std::string& node : nodes) {
      if (!runs.contains(node)) missing += (missing.empty() ? "" : ", ") + node;
    }
    for (const auto& [node, run] : runs) {
      result_.without_class.push_back(
          {run, fmt::format("it has no run with a figure on {}; the track ranks what ran on every "
                            "machine (ranking.nodes)",
                            missing)});
    }
  }

  void join_runs(const std::vector<std::string>& nodes,
                 const std::map<std::string, std::size_t>& runs) {
    const auto is_worse = [this](const auto& a, const auto& b) {
      const double one = quality(scores_[a.second])->value;
      const double other = quality(scores_[b.second])->value;
      return track_.metric.less_is_better ? one > other : one < other;
    };
    const std::size_t place = std::min_element(runs.begin(), runs.end(), is_worse)->second;
    Score& into = result_.joined[place];
    describe(into, nodes);
    std::vector<std::vector<EnergyFigure>> figures;
    for (const std::string& node : nodes) {
      const std::size_t run = runs.at(node);
      result_.place_of[run] = place;
      figures.push_back(add_blocks(into, scores_[run], node));
      if (run != place) add_flags(into, scores_[run], node);
    }
    into.blocks = static_cast<int>(into.block_scores.size());
    std::optional<Estimate>& figure =
        into.task == Task::train ? into.joules_per_training : into.joules_per_sample;
    figure = mean_over_nodes(figures);
    result_.members.push_back(place);
  }

  // The same words for each entry, since scores that share them share a section.
  void describe(Score& into, const std::vector<std::string>& nodes) const {
    std::string names;
    for (const std::string& node : nodes) names += (names.empty() ? "" : " + ") + node;
    into.node = names + ", by the ratio to the baseline of each";
    into.machine = names;
    std::set<std::string> formulas;
    for (const auto& [node, members] : nodes_) {
      for (const std::size_t member : members) formulas.insert(scores_[member].total_formula);
    }
    if (formulas.size() > 1) into.total_formula = kinds_in(into.total_formula) + " of each machine";
    into.block_scores.clear();
    into.net_joules_per_sample.reset();
    into.net_joules_per_training.reset();
    into.energy_to_reach.clear();
    into.mean_watts.reset();
    into.samples_per_second.reset();
    into.harness_share.reset();
    into.latency.reset();
  }

  static std::vector<EnergyFigure> add_blocks(Score& into, const Score& from,
                                              const std::string& node) {
    std::vector<EnergyFigure> figures;
    for (BlockScore block : from.block_scores) {
      figures.push_back({energy_figure(from, block), block.error.value / block.joules.value});
      block.session = node + " " + block.session;
      block.meter = node;
      into.block_scores.push_back(std::move(block));
    }
    return figures;
  }

  static void add_flags(Score& into, const Score& from, const std::string& node) {
    for (const Flag& flag : from.flags) {
      const bool is_known = std::any_of(into.flags.begin(), into.flags.end(),
                                        [&](const Flag& one) { return one.name == flag.name; });
      if (!is_known) into.flags.push_back({flag.name, "on " + node + ": " + flag.detail});
    }
  }

  /// Geometric, each node alike; its interval by the blocks' noise on each (Satterthwaite) and the
  /// sensors' mean error. Without interval where a node has a single block.
  Estimate mean_over_nodes(const std::vector<std::vector<EnergyFigure>>& nodes) const {
    const double share = 1 / static_cast<double>(nodes.size());
    double mean = 0, variance = 0, squares_over_degrees = 0, error = 0;
    bool is_known = true;
    for (const std::vector<EnergyFigure>& figures : nodes) {
      const GeometricMean one = geometric_mean_of(figures, track_.ranking.confidence);
      mean += share * one.logs.mean;
      error += share * one.relative_error;
      is_known &= figures.size() > 1;
      const double added = share * share * one.logs.variance_of_mean();
      variance += added;
      if (figures.size() > 1) squares_over_degrees += added * added / one.logs.degrees();
    }
    Estimate estimate{.value = std::exp(mean), .interval = std::nullopt};
    if (!is_known) return estimate;
    const double t = squares_over_degrees > 0
                         ? upper_t_quantile((1 - track_.ranking.confidence) / 2,
                                            variance * variance / squares_over_degrees)
                         : 0;
    const double half = std::hypot(t * std::sqrt(variance), std::log1p(error));
    estimate.interval = Interval{std::exp(mean - half), std::exp(mean + half)};
    return estimate;
  }

  std::span<const Score> scores_;
  const Track& track_;
  NodeClasses& result_;
  std::string apart_;
  std::map<std::string, Members> nodes_;
};

}  // namespace

NodeClasses join_every_node(std::span<const Score> scores, std::span<const std::size_t> members,
                            const Track& track) {
  NodeClasses result;
  result.class_of.resize(scores.size());
  result.place_of.resize(scores.size());
  std::iota(result.place_of.begin(), result.place_of.end(), std::size_t{0});
  using Kind = std::tuple<EnergyClass, std::string, std::string, std::string, std::string>;
  std::map<Kind, Group> groups;
  for (const std::size_t i : members) {
    const Score& score = scores[i];
    const Kind kind{score.energy_class, score.source, kinds_in(score.total_formula),
                    score.environment ? score.environment->sha256 : "", unknown_origin(score)};
    const char* apart = score.machine.empty() ? "no signature says which machine it ran on" : "";
    groups.try_emplace(kind, scores, track, result, apart).first->second.add(i);
  }
  for (auto& [kind, group] : groups) group.classify();
  std::sort(result.members.begin(), result.members.end());
  return result;
}

}  // namespace joulebench
