#include "scoring/node_classes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>
#include <tuple>

#include "scoring/every_node.h"

namespace joulebench {
namespace {

constexpr double kTwoOneSided =
    0.90;  // confidence of the interval that has to lie within: 1 - 2 * 5 %

/// Members on one node.
struct OnNode {
  std::string node;  // as in Score
  std::vector<std::size_t> members;

  std::string name() const { return node.substr(0, node.find(", ")); }
};

std::vector<double> logs_of(const Score& score) {
  std::vector<double> logs;
  for (const BlockScore& block : score.block_scores) {
    logs.push_back(std::log(energy_figure(score, block)));
  }
  return logs;
}

std::optional<WelchDifference> difference_of(const Score& a, const Score& b) {
  const Sample first = sample_of(logs_of(a)), second = sample_of(logs_of(b));
  if (first.count < 2 || second.count < 2) return std::nullopt;
  return welch(first, second);
}

/// The same entry on both nodes, as a baseline: the first by name.
struct Pair {
  std::size_t reference = 0;
  std::size_t other = 0;
};

class Classifier {
 public:
  Classifier(std::span<const Score> scores, const Track& track, NodeClasses& result)
      : scores_(scores), track_(track), result_(result) {}

  /// All members that differ in nothing but their nodes.
  void classify(std::vector<OnNode> nodes) {
    // The node with most entries is what others are compared with.
    std::sort(nodes.begin(), nodes.end(), [](const OnNode& a, const OnNode& b) {
      return std::tuple(b.members.size(), a.node) < std::tuple(a.members.size(), b.node);
    });
    std::string reason;  // of those that are left, against the node before
    while (!nodes.empty()) {
      std::vector<OnNode> alike = {nodes.front()}, others;
      std::string next_reason;
      for (std::size_t i = 1; i < nodes.size(); ++i) {
        const std::string against = reason_against(nodes.front(), nodes[i]);
        (against.empty() ? alike : others).push_back(nodes[i]);
        if (next_reason.empty()) next_reason = against;
      }
      add_class(alike, reason);
      if (reason.empty()) reason = next_reason;
      nodes = std::move(others);
    }
  }

 private:
  std::optional<Pair> common_baseline(const OnNode& a, const OnNode& b) const {
    std::optional<Pair> found;
    for (const std::size_t i : a.members) {
      if (!scores_[i].is_baseline) continue;
      for (const std::size_t j : b.members) {
        if (!scores_[j].is_baseline || scores_[j].entry_id != scores_[i].entry_id) continue;
        if (!found || scores_[i].entry_name < scores_[found->reference].entry_name) found = {i, j};
      }
    }
    return found;
  }

  std::string reason_against(const OnNode& reference, const OnNode& other) const {
    const auto pair = common_baseline(reference, other);
    const auto difference =
        pair ? difference_of(scores_[pair->other], scores_[pair->reference]) : std::nullopt;
    if (!difference) {
      return fmt::format("no baseline with two blocks on both says whether {} is like {}",
                         other.name(), reference.name());
    }
    const double tolerance = track_.ranking.node_tolerance;
    if (are_equivalent(scores_[pair->other], scores_[pair->reference], tolerance)) return {};
    const double half = t_half_width(*difference, kTwoOneSided);
    const auto percent = [](double log) { return 100 * std::expm1(log); };
    return fmt::format(
        "its baseline uses {:+.1f} % of that on {} ({:+.1f} to {:+.1f} %), which is not shown to "
        "be "
        "within {:g} %",
        percent(difference->difference), reference.name(), percent(difference->difference - half),
        percent(difference->difference + half), 100 * tolerance);
  }

  void add_class(const std::vector<OnNode>& nodes, const std::string& apart) {
    const std::size_t number = result_.classes.size();
    NodeClass one{.anchors = {}, .apart = apart};
    for (const OnNode& node : nodes) {
      if (const auto anchor = anchor_of(nodes.front(), node)) one.anchors.push_back(*anchor);
      for (const std::size_t member : node.members) result_.class_of[member] = number;
    }
    result_.classes.push_back(std::move(one));
    if (nodes.size() > 1) {
      join(nodes);
    } else {
      for (const std::size_t member : nodes.front().members) result_.members.push_back(member);
    }
  }

  std::optional<NodeAnchor> anchor_of(const OnNode& reference, const OnNode& node) const {
    const auto pair = common_baseline(reference, node);
    if (!pair) return std::nullopt;
    return NodeAnchor{node.name(), pair->other, *energy_figure(scores_[pair->other])};
  }

  void join(const std::vector<OnNode>& nodes) {
    if (result_.joined.empty()) result_.joined.assign(scores_.begin(), scores_.end());
    std::string names;
    for (const OnNode& node : nodes) names += (names.empty() ? "" : " + ") + node.name();
    const std::string& first = nodes.front().node;
    const std::string text = names + first.substr(std::min(first.size(), first.find(", ")));
    std::map<std::string, std::size_t> places;  // entry id -> the score that has all of its blocks
    for (const OnNode& node : nodes) {
      for (const std::size_t member : node.members) {
        Score& score = result_.joined[member];
        score.node = text;
        for (BlockScore& block : score.block_scores) {
          block.session = node.name() + " " + block.session;
          block.meter = node.name();
        }
        const auto [place, is_new] = places.try_emplace(score.entry_id, member);
        result_.place_of[member] = place->second;
        if (is_new) {
          result_.members.push_back(member);
        } else {
          merge(result_.joined[place->second], score);
        }
      }
    }
  }

  void merge(Score& into, const Score& from) const {
    into.block_scores.insert(into.block_scores.end(), from.block_scores.begin(),
                             from.block_scores.end());
    into.blocks += from.blocks;
    std::optional<Estimate>& figure =
        into.task == Task::train ? into.joules_per_training : into.joules_per_sample;
    std::vector<EnergyFigure> figures;
    for (const BlockScore& block : into.block_scores) {
      figures.push_back({energy_figure(into, block), block.error.value / block.joules.value});
    }
    figure = geometric_mean(figures, track_.ranking.confidence);
  }

  std::span<const Score> scores_;
  const Track& track_;
  NodeClasses& result_;
};

}  // namespace

bool are_equivalent(const Score& a, const Score& b, double tolerance) {
  const auto difference = difference_of(a, b);
  if (!difference) return false;
  const double half = t_half_width(*difference, kTwoOneSided);
  return std::abs(difference->difference) + half <= std::log1p(tolerance);
}

NodeClasses classify_nodes(std::span<const Score> scores, std::span<const std::size_t> members,
                           const Track& track) {
  if (track.ranking.nodes == NodeRule::every) return join_every_node(scores, members, track);
  using Alike = std::tuple<EnergyClass, std::string, std::string, std::string, std::string>;
  std::map<Alike, std::map<std::string, OnNode>> groups;
  for (const std::size_t i : members) {
    const Score& score = scores[i];
    // What is not known of a machine makes it like no other.
    const std::string& machine = score.machine.empty() ? score.node : score.machine;
    OnNode& on = groups[{score.energy_class, score.source, score.total_formula,
                         score.environment ? score.environment->sha256 : "", machine}][score.node];
    on.node = score.node;
    on.members.push_back(i);
  }
  NodeClasses result;
  result.class_of.resize(scores.size());
  result.place_of.resize(scores.size());
  std::iota(result.place_of.begin(), result.place_of.end(), std::size_t{0});
  for (auto& [alike, by_node] : groups) {
    std::vector<OnNode> nodes;
    for (auto& [text, node] : by_node) nodes.push_back(std::move(node));
    Classifier(scores, track, result).classify(std::move(nodes));
  }
  std::sort(result.members.begin(), result.members.end());
  return result;
}

}  // namespace joulebench
