#include "scoring/ranking.h"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <set>
#include <stdexcept>
#include <string_view>
#include <tuple>

#include "scoring/rules/places.h"

namespace joulebench {
namespace {

std::string reason_of_outcome(const Score& score) {
  switch (score.outcome) {
    case Outcome::valid:
      return {};
    case Outcome::voided:
      return "its run is void: " + score.message;
    case Outcome::infrastructure:
      return score.message.empty()
                 ? "its run is not finished"
                 : "its run could not go on, through no fault of its own: " + score.message;
    default:
      return std::string("it failed (") + to_string(score.outcome) + "): " + score.message;
  }
}

/// Empty: it may be ranked.
std::string reason_against(const Score& score, const Track& track) {
  if (score.outcome != Outcome::valid) return reason_of_outcome(score);
  std::string reasons;
  for (const std::string& reason : score.unranked)
    reasons += (reasons.empty() ? "" : "; ") + reason;
  if (!reasons.empty()) return reasons;
  if (score.metric != track.metric.name) {
    return "it was scored by " + score.metric + ", the track ranks by " + track.metric.name +
           ": joulebench score does it";
  }
  if (!quality(score)) return "it has no " + metric_words(score.metric);
  if (!energy_figure(score)) return "it has no energy";
  if (score.blocks < track.ranking.min_blocks) {
    return "it has " + std::to_string(score.blocks) + " valid " +
           (score.blocks == 1 ? "block" : "blocks") + "; the track ranks from " +
           std::to_string(track.ranking.min_blocks) + " on (ranking.min_blocks)";
  }
  return {};
}

/// What is derived from power may stand beside counters where the track says so; what is modelled
/// never stands beside either.
EnergyClass section_class(EnergyClass of_score, EnergyClass of_track) {
  const bool both = of_score <= EnergyClass::derived && of_track == EnergyClass::derived;
  return both ? EnergyClass::derived : of_score;
}

}  // namespace

void validate_ranking(const Competition& competition) {
  for (const Track& track : competition.tracks) {
    ranking_rule(track).validate(track, competition.file.string() + ": track '" + track.id + "'");
  }
}

namespace {

/// What entries must have in common to share a section, and why those of another do not.
struct SectionKey {
  EnergyClass energy_class = EnergyClass::measured;
  std::string source;
  std::string formula;
  std::string node;
  std::string machine;       // with its kernel and drivers; empty: not known
  bool is_host = false;      // in no environment: behind those that are in one
  std::string environment;   // its digest: two versions of one name are two
  std::size_t sessions = 0;  // a group of them: see comparable_groups()

  auto operator<=>(const SectionKey&) const = default;
};

/// What of "8 x CPU, kernel 6.1, driver 550" the other line does not have.
std::string parts_that_differ(const std::string& line, const std::string& other) {
  const auto parts_of = [](const std::string& text) {
    std::vector<std::string> parts;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find(", ", begin), text.size());
      parts.push_back(text.substr(begin, end - begin));
      begin = end + 2;
    }
    return parts;
  };
  const std::vector<std::string> known = parts_of(other);
  std::string words;
  for (const std::string& part : parts_of(line)) {
    if (std::find(known.begin(), known.end(), part) != known.end()) continue;
    words += (words.empty() ? "" : ", ") + part;
  }
  return words;
}

/// "it ran on another machine, b (kernel 6.5, not kernel 6.1)"
std::string machine_words(const SectionKey& first, const SectionKey& other) {
  const auto name = [](const SectionKey& key) { return key.node.substr(0, key.node.find(", ")); };
  const bool is_other = name(first) != name(other);
  std::string differs = parts_that_differ(other.machine, first.machine);
  std::string instead = parts_that_differ(first.machine, other.machine);
  if (first.machine.empty() || other.machine.empty()) {
    const auto settings = [&](const SectionKey& key) {
      return key.node.substr(std::min(key.node.size(), name(key).size() + 2));
    };
    differs = parts_that_differ(settings(other), settings(first));
    instead = parts_that_differ(settings(first), settings(other));
  }
  std::string words = is_other ? "it ran on another machine, " + name(other)
                               : std::string("it ran in another state of the machine");
  if (differs.empty() && instead.empty()) return words;
  words += is_other ? " (" : ": ";
  words += differs.empty() ? "without " + instead
                           : differs + (instead.empty() ? "" : ", not " + instead);
  return words + (is_other ? ")" : "");
}

std::string why_apart(const SectionKey& first, const SectionKey& other,
                      const std::string& of_nodes) {
  std::string words;
  const auto add = [&](bool differs, const std::string& what) {
    if (differs) words += (words.empty() ? "" : "; ") + what;
  };
  add(first.energy_class != other.energy_class, std::string("its energy is ") +
                                                    to_string(other.energy_class) + ", not " +
                                                    to_string(first.energy_class));
  add(first.source != other.source,
      "its energy comes from " + (other.source.empty() ? "another source" : other.source));
  add(first.formula != other.formula, "it counts " + other.formula);
  add(first.node != other.node || first.machine != other.machine,
      of_nodes.empty() ? machine_words(first, other) : of_nodes);
  add(first.environment != other.environment,
      other.is_host ? "it ran in the organizer's own /usr"
                    : "it ran in another environment: " + other.environment.substr(0, 12));
  add(words.empty() && first.sessions != other.sessions,
      "it ran in another session, without two blocks of a common baseline in both");
  return words;
}

/// The section's baseline that the competition names first; paths end in the entry's name as a
/// rule. Of those that it does not name the first by name.
std::optional<std::size_t> baseline_of(const SectionEntries& field) {
  std::optional<std::size_t> found;
  std::pair<std::size_t, std::string> best;
  const auto& named = field.track.baselines;
  for (std::size_t member = 0; member < field.members.size(); ++member) {
    const Score& score = field.score(member);
    if (!score.is_baseline) continue;
    const auto at = std::find_if(named.begin(), named.end(), [&](const std::string& path) {
      return std::filesystem::path(path).filename() == score.entry_name;
    });
    std::pair key(static_cast<std::size_t>(at - named.begin()), score.entry_name + score.entry_id);
    if (found && !(key < best)) continue;
    found = member;
    best = std::move(key);
  }
  return found;
}

EnergyRival rival_of(const SectionEntries& field, std::size_t other,
                     const SectionLooks::Said& said) {
  return {.score = field.members[other], .ratio = said.ratio, .relation = said.relation};
}

/// Each ranked entry's neighbours by energy, as it is compared.
void add_rivals(std::vector<ComparedEntry>& compared, const SectionEntries& field,
                const std::vector<RankedCategory>& categories) {
  std::vector<bool> ranked(field.scores.size(), false);
  for (const RankedCategory& category : categories) {
    for (const RankedEntry& entry : category.entries) ranked[entry.score] = true;
  }
  std::vector<std::size_t> order;
  for (std::size_t member = 0; member < field.members.size(); ++member) {
    if (ranked[field.members[member]]) order.push_back(member);
  }
  const auto key = [&](std::size_t member) {
    return std::pair(field.contest().level(member), std::string_view(field.score(member).entry_id));
  };
  std::sort(order.begin(), order.end(),
            [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  for (std::size_t i = 1; i < order.size(); ++i) {
    const auto [more, less] = field.looks.said_of(order[i], order[i - 1]);
    compared[order[i]].ahead = rival_of(field, order[i - 1], more);
    compared[order[i - 1]].behind = rival_of(field, order[i], less);
  }
}

std::vector<ComparedEntry> compared_in(const SectionEntries& field,
                                       std::optional<std::size_t> baseline,
                                       const std::vector<RankedCategory>& categories) {
  std::vector<ComparedEntry> compared;
  for (std::size_t member = 0; member < field.members.size(); ++member) {
    ComparedEntry one{.score = field.members[member],
                      .energy = field.contest().energy(member, field.looks.error())};
    if (baseline == member) {
      one.of_baseline = Estimate{.value = 1, .interval = std::nullopt};
    } else if (baseline) {
      one.of_baseline = field.looks.ratio(member, *baseline);
    }
    compared.push_back(one);
  }
  add_rivals(compared, field, categories);
  return compared;
}

/// Members of one key, split by the sessions that can be compared.
std::map<SectionKey, std::vector<std::size_t>> sections_of(std::span<const Score> scores,
                                                           const std::vector<std::size_t>& members,
                                                           const Track& track) {
  std::map<SectionKey, std::vector<std::size_t>> alike;
  for (const std::size_t i : members) {
    const Score& score = scores[i];
    alike[{.energy_class = section_class(score.energy_class, track.energy.energy_class),
           .source = score.source,
           .formula = score.total_formula,
           .node = score.node,
           .machine = score.machine,
           .is_host = !score.environment,
           .environment = score.environment ? score.environment->sha256 : ""}]
        .push_back(i);
  }
  std::map<SectionKey, std::vector<std::size_t>> sections;
  for (const auto& [key, all] : alike) {
    const std::vector<std::size_t> groups = comparable_groups(scores, all);
    for (std::size_t i = 0; i < all.size(); ++i) {
      SectionKey own = key;
      own.sessions = groups[i];
      sections[own].push_back(all[i]);
    }
  }
  return sections;
}

}  // namespace

Ranking rank_scores(std::span<const Score> scores, const Track& track) {
  const RankingRuleKind& rule = ranking_rule(track);
  rule.validate(track, "track '" + track.id + "'");
  Ranking ranking{.rule = rule.title(), .cumulative = rule.cumulative};
  std::vector<std::size_t> members;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    std::string reason = reason_against(scores[i], track);
    if (reason.empty()) {
      members.push_back(i);
    } else {
      ranking.unranked.push_back({i, std::move(reason)});
    }
  }
  std::optional<SectionKey> first;
  NodeClasses nodes = classify_nodes(scores, members, track);
  if (!nodes.joined.empty()) scores = nodes.joined;
  for (const RunWithoutClass& one : nodes.without_class) {
    ranking.unranked.push_back({one.score, one.reason});
  }
  for (const auto& [key, inside] : sections_of(scores, nodes.members, track)) {
    const SectionLooks looks(scores, inside, track);
    const SectionEntries field{scores, inside, looks, track};
    std::vector<RankedCategory> categories = rule.rank(field, ranking.unranked);
    const bool is_empty =
        std::all_of(categories.begin(), categories.end(),
                    [](const RankedCategory& one) { return one.entries.empty(); });
    if (is_empty) continue;
    const std::optional<std::size_t> baseline = baseline_of(field);
    RankedSection section{.energy_class = key.energy_class,
                          .node = key.node,
                          .environment = scores[inside.front()].environment,
                          .formula = key.formula,
                          .source = key.source,
                          .compared = compared_in(field, baseline, categories),
                          .looks = looks.all().size(),
                          .error = looks.error(),
                          .is_across_sessions = looks.latest().is_across_sessions()};
    section.categories = std::move(categories);
    if (baseline) section.baseline = inside[*baseline];
    const NodeClass& node_class = nodes.classes[nodes.class_of[inside.front()]];
    section.anchors = node_class.anchors;
    section.is_by_ratio = node_class.is_by_ratio;
    if (first) section.apart = why_apart(*first, key, node_class.apart);
    if (!first) first = key;
    ranking.sections.push_back(std::move(section));
  }
  std::sort(ranking.unranked.begin(), ranking.unranked.end(), [&](const auto& a, const auto& b) {
    const Score& left = scores[a.score];
    const Score& right = scores[b.score];
    return std::tie(left.entry_name, left.entry_id) < std::tie(right.entry_name, right.entry_id);
  });
  ranking.joined = std::move(nodes.joined);
  if (!ranking.joined.empty()) ranking.place_of = std::move(nodes.place_of);
  return ranking;
}

/// The scores that can be in a section.
static std::vector<std::size_t> rankable(std::span<const Score> scores, const Track& track) {
  std::vector<std::size_t> members;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    if (reason_against(scores[i], track).empty()) members.push_back(i);
  }
  return members;
}

ComparedPair compare_energy(std::span<const Score> scores, const Track& track, std::size_t a,
                            std::size_t b) {
  for (const std::size_t one : {a, b}) {
    std::string reason = reason_against(scores[one], track);
    if (reason.empty()) continue;
    ComparedPair pair;
    pair.apart = scores[one].entry_name + " has nothing to compare: " + reason;
    return pair;
  }
  const NodeClasses nodes = classify_nodes(scores, rankable(scores, track), track);
  for (const RunWithoutClass& one : nodes.without_class) {
    if (one.score != a && one.score != b) continue;
    ComparedPair pair;
    pair.apart = scores[one.score].entry_name + " has nothing to compare: " + one.reason;
    return pair;
  }
  const std::span<const Score> joined =
      nodes.joined.empty() ? scores : std::span<const Score>(nodes.joined);
  // Of an entry that ran on several nodes that count as one, one score has the blocks of all.
  const auto place_of = [&](const std::vector<std::size_t>& inside, std::size_t score) {
    const auto found = std::find_if(inside.begin(), inside.end(),
                                    [&](std::size_t one) { return one == nodes.place_of[score]; });
    return static_cast<std::size_t>(found - inside.begin());
  };
  const SectionKey* of_a = nullptr;
  const SectionKey* of_b = nullptr;
  const auto sections = sections_of(joined, nodes.members, track);
  for (const auto& [key, inside] : sections) {
    const std::size_t first = place_of(inside, a), second = place_of(inside, b);
    if (first < inside.size()) of_a = &key;
    if (second < inside.size()) of_b = &key;
    if (first >= inside.size() || second >= inside.size()) continue;
    const SectionLooks looks(joined, inside, track);
    return {.ratio = looks.ratio(first, second),
            .relation = looks.relation(first, second),
            .error = looks.error(),
            .contrast = looks.latest().contrast(first, second),
            .apart = {}};
  }
  if (of_a == nullptr || of_b == nullptr) throw std::logic_error("bug: a score without a section");
  ComparedPair pair;
  pair.apart = why_apart(*of_a, *of_b, nodes.classes[nodes.class_of[b]].apart);
  return pair;
}

MoreBlocks more_blocks(std::span<const Score> scores, const Track& track) {
  MoreBlocks more;
  if (!track.protocol.adds_blocks) return more;
  const Ranking ranking = rank_scores(scores, track);
  std::set<std::size_t> wanted;
  for (const RankedSection& section : ranking.sections) {
    for (const RankedCategory& category : section.categories) {
      wanted.insert(category.tied_at_top.begin(), category.tied_at_top.end());
    }
  }
  int least = std::numeric_limits<int>::max();
  for (const std::size_t i : wanted) least = std::min(least, scores[i].blocks);
  for (const Look& look : planned_looks(track)) {
    if (look.blocks <= least) continue;
    more.blocks = look.blocks;
    for (const std::size_t i : wanted) {
      if (scores[i].blocks < look.blocks) more.scores.push_back(i);
    }
    break;
  }
  return more;
}

}  // namespace joulebench
