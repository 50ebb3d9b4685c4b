#include "scoring/explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "scoring/comparison.h"
#include "scoring/figures.h"
#include "scoring/ranking.h"
#include "scoring/rules/places.h"

namespace joulebench {
namespace {

std::string explain_accuracy(const RunRecord& record, const Score& score) {
  std::string text = "accuracy\n";
  for (const BlockScore& block : score.block_scores) {
    text += fmt::format("  block {}: {} of {} predictions right, {} passes\n", block.number,
                        block.correct.value_or(0), block.scored, block.passes);
  }
  const double confidence = record.track.ranking.confidence;
  const double p = score.accuracy->value;
  const WilsonScore wilson = wilson_score(p, score.samples, confidence);
  const RightAnswers answers = right_answers_of(score);
  text += fmt::format("  p = {} / {} = {:.6f}\n", answers.right, answers.compared, p);
  text += fmt::format("  Wilson, n = {} distinct samples, z = {:.6f} for {:g} %:\n", score.samples,
                      wilson.z, confidence * 100);
  text += fmt::format("  (p + z^2/2n) / (1 + z^2/n) = {:.6f}, half width {:.6f}\n", wilson.centre,
                      wilson.half_width);
  text += fmt::format("  accuracy {:.6f}, from {:.6f} to {:.6f}\n", p,
                      score.accuracy->interval->low, score.accuracy->interval->high);
  return text;
}

std::string explain_latency(const RunRecord& record, const Score& score) {
  std::string text = "latency per sample, us: p50, p90, p99\n";
  for (const BlockRecord& block : record.blocks) {
    if (block.outcome != Outcome::valid || !block.latency) continue;
    text += fmt::format("  block {}: {:.2f}, {:.2f}, {:.2f}\n", block.number,
                        1e6 * block.latency->p50.count(), 1e6 * block.latency->p90.count(),
                        1e6 * block.latency->p99.count());
  }
  return text + fmt::format("  geometric means: {:.2f}, {:.2f}, {:.2f}\n",
                            1e6 * score.latency->p50.value, 1e6 * score.latency->p90.value,
                            1e6 * score.latency->p99.value);
}

std::string explain_metric(const RunRecord& record, const Score& score) {
  const Estimate& value = *score.metric_value;
  std::string text =
      fmt::format("{}, {} is better\n", score.metric, score.less_is_better ? "less" : "more");
  if (!score.scorer_sha256.empty()) {
    text += fmt::format("  computed by the organizer's program {}\n", score.scorer_sha256);
    text += value.interval ? "" : "  it gave no interval: the figure is taken as it stands\n";
  }
  for (const BlockScore& block : score.block_scores) {
    if (!block.metric_value) continue;
    text += fmt::format("  block {}: {:.6f} over {} predictions\n", block.number,
                        *block.metric_value, block.scored);
  }
  if (score.scorer_sha256.empty()) {
    text += fmt::format("  interval: {:g} % percentiles of a bootstrap over {} distinct samples\n",
                        record.track.ranking.confidence * 100, score.samples);
  }
  text += fmt::format("  {} {:.6f}", score.metric, value.value);
  if (value.interval) {
    text += fmt::format(", from {:.6f} to {:.6f}", value.interval->low, value.interval->high);
  }
  return text + "\n";
}

std::string explain_energy(const RunRecord& record, const Score& score) {
  std::string text = fmt::format("energy = {}\n", score.total_formula);
  for (const BlockScore& block : score.block_scores) {
    for (const BlockRecord& of_record : record.blocks) {
      if (of_record.number != block.number) continue;
      for (const DomainEnergy& energy : of_record.energy) {
        text += fmt::format(
            "  block {}: {} {} J +- {:.4g} J ({}, {})\n", block.number, energy.domain.name,
            energy.joules ? fmt::format("{:.7g}", energy.joules->value) : "no", energy.error.value,
            energy.domain.source, to_string(energy.domain.energy_class));
      }
    }
    const double figure = energy_figure(score, block);
    if (score.task == Task::train) {
      text += fmt::format("  block {}: {:.7g} J for its training, ln = {:.6f}\n", block.number,
                          figure, std::log(figure));
    } else {
      text +=
          fmt::format("  block {}: {:.7g} J / {} predictions = {:.6e} J, ln = {:.6f}\n",
                      block.number, block.joules.value, block.samples, figure, std::log(figure));
    }
  }
  const GeometricMean mean =
      geometric_mean_of(block_figures(score), record.track.ranking.confidence);
  text += fmt::format("  mean of ln = {:.6f}; e^ that = {:.6e} J per {}\n", mean.logs.mean,
                      mean.estimate.value, unit_of_work(score.task));
  if (!mean.estimate.interval) return text + "  one block: no interval\n";
  text += fmt::format("  s = {:.6f}, t = {:.6f} for {:g} degrees: t s / sqrt {:g} = {:.6f}\n",
                      std::sqrt(mean.logs.variance), mean.t, mean.logs.degrees(), mean.logs.count,
                      mean.noise);
  text +=
      fmt::format("  sensor: ln(1 + {:.6e}) = {:.6e}; half width sqrt of both squared = {:.6f}\n",
                  mean.relative_error, mean.sensor(), mean.half_width);
  text += fmt::format("  from {:.6e} to {:.6e} J per {}\n", energy_figure(score)->interval->low,
                      energy_figure(score)->interval->high, unit_of_work(score.task));
  return text;
}

// The curve of each block, and which of its points counts for each floor.
std::string explain_curves(const RunRecord& record, const Score& score) {
  std::string text = "accuracy on the validation samples over energy used until then\n";
  for (const BlockScore& block : score.block_scores) {
    for (const CurvePoint& point : block.curve) {
      text += fmt::format("  block {}: {:.3f} s, {} J +- {:.4g} J, accuracy {:.6f}\n", block.number,
                          point.at.count(),
                          point.joules ? fmt::format("{:.7g}", point.joules->value) : "no",
                          point.error.value, point.accuracy);
    }
  }
  if (!score.energy_to_reach.empty()) {
    text += "energy to reach: of each block where the curve, made one that never falls, crosses\n";
  }
  for (const EnergyToReach& reached : score.energy_to_reach) {
    text += fmt::format("  {:g} %: reached by {} of {} blocks", reached.floor * 100, reached.blocks,
                        score.block_scores.size());
    if (!reached.joules) {
      text += "; no figure\n";
      continue;
    }
    text += fmt::format("; geometric mean {:.7g} J", reached.joules->value);
    if (reached.joules->interval) {
      text += fmt::format(", {:g} %: {:.7g} to {:.7g} J", record.track.ranking.confidence * 100,
                          reached.joules->interval->low, reached.joules->interval->high);
    }
    text += "\n";
  }
  return text;
}

// How large requests are and why, and what the looks at hidden inputs showed.
std::string explain_requests(const RunRecord& record) {
  std::string text;
  if (record.shape) {
    text += fmt::format("requests: {}; {:.3g} us for each further sample\n", record.shape->reason,
                        1e6 * record.shape->per_sample.count());
  }
  for (const AuditFigure& audit : record.audits) {
    text += fmt::format("  {}: ", audit.name);
    if (!audit.ratio) {
      text += fmt::format("no figure from {} blocks\n", audit.trials);
      continue;
    }
    const Interval interval = audit.interval.value_or(Interval{*audit.ratio, *audit.ratio});
    text += fmt::format("{:.3f} ({:.3f} to {:.3f} over {} blocks){}", *audit.ratio, interval.low,
                        interval.high, audit.trials, audit.flagged ? ", flagged" : "");
    if (audit.detectable_gain) {
      text += *audit.detectable_gain < 1
                  ? fmt::format("; a gain above {:.0f} % would have been seen",
                                100 * *audit.detectable_gain)
                  : std::string("; no gain could have been seen");
    }
    text += "\n";
  }
  return text;
}

bool has_curve(const Score& score) {
  return std::any_of(score.block_scores.begin(), score.block_scores.end(),
                     [](const BlockScore& block) { return !block.curve.empty(); });
}

// What was hidden from the entry because it gives labels away.
std::string explain_masked(const RunRecord& record) {
  if (!record.masked) return "nobody looked for files that give labels away\n";
  if (record.masked->empty()) return "no file where it ran gives labels away\n";
  return fmt::format("masked where it ran, since they give labels away: {}\n",
                     fmt::join(*record.masked, "; "));
}

}  // namespace

std::string explain_score(const RunRecord& record, const Score& score) {
  std::string text = fmt::format("{} ({})\n", score.entry_name, score.entry_id);
  if (record.environment) {
    text += fmt::format("ran in {} ({})\n", record.environment->name, record.environment->sha256);
  }
  text += explain_masked(record);
  if (score.outcome != Outcome::valid) {
    return text + fmt::format("outcome {}: {}\n", to_string(score.outcome), score.message);
  }
  if (score.accuracy) text += explain_accuracy(record, score);
  if (score.metric_value) text += explain_metric(record, score);
  if (energy_figure(score)) text += explain_energy(record, score);
  if (score.harness_share) {
    text += fmt::format("harness: {:.4f} % of a CPU in the measured windows\n",
                        100 * *score.harness_share);
  }
  text += explain_requests(record);
  if (score.latency) text += explain_latency(record, score);
  if (has_curve(score)) text += explain_curves(record, score);
  return text;
}

namespace {

std::string range_text(int best, int worst) {
  return best == worst ? fmt::format("{}", best) : fmt::format("{} to {}", best, worst);
}

const char* relation_words(Relation relation) {
  switch (relation) {
    case Relation::less:
      return "differs, less energy";
    case Relation::more:
      return "differs, more energy";
    case Relation::equal:
      return "equal within the margin";
    case Relation::undecided:
      break;
  }
  return "not significantly different";
}

/// What admits the entry to a category: the bound or value that was compared, with what.
std::string explain_admission(const Score& score, const Track& track,
                              const RankedCategory& category) {
  const Estimate& reached = *quality(score);
  if (track.ranking.rule == "acml2021") {
    return fmt::format("    point estimate {:.6g} lies in this class\n", reached.value);
  }
  if (track.ranking.rule == "pareto") return {};
  const double bound = as_goodness(floor_bound(score, track), track.metric);
  return fmt::format("    {} bound {:.6g} ({}) meets {:g}\n",
                     track.metric.less_is_better ? "upper" : "lower", bound,
                     floor_confidence_words(track), category.floor);
}

/// A pair's figures, from which the test can be followed, and what it says.
std::string explain_pair(const ComparedPair& pair) {
  std::string text = fmt::format("; this one's over it {:.6f}", pair.ratio.value);
  if (pair.ratio.interval) {
    text += fmt::format(" ({:.6f} to {:.6f}", pair.ratio.interval->low, pair.ratio.interval->high);
    text += fmt::format("; of its ln the standard error is {:.4g} with {:.4g} degrees)",
                        std::sqrt(pair.contrast.variance), pair.contrast.degrees);
  }
  return text + fmt::format(": {}", relation_words(pair.relation));
}

/// Others of the section with their energies and intervals, and what the test says of each pair.
std::string explain_rivals(std::span<const Score> scores, const Track& track,
                           const RankedSection& section, const std::vector<std::size_t>& rivals,
                           std::size_t index) {
  std::string text;
  for (const std::size_t rival : rivals) {
    const auto compared =
        std::find_if(section.compared.begin(), section.compared.end(),
                     [&](const ComparedEntry& one) { return one.score == rival; });
    const Estimate& energy = compared->energy;
    text += fmt::format("      {}: {:.6e} J", scores[rival].entry_name, energy.value);
    if (energy.interval) {
      text += fmt::format(" ({:.6e} to {:.6e})", energy.interval->low, energy.interval->high);
    }
    text += explain_pair(compare_energy(scores, track, index, rival));
    const auto metric = metric_difference(scores[index], scores[rival], track.ranking.confidence);
    if (track.ranking.rule == "pareto" && metric) {
      text += fmt::format("; {} {:+.6g}{}", track.metric.name, metric->difference.value,
                          metric->differs ? ", differs" : "");
    }
    text += "\n";
  }
  return text;
}

/// The leader of a category, and those nearest to place `own`, in order.
std::vector<std::size_t> nearest_rivals(const RankedCategory& category, std::size_t own) {
  constexpr std::size_t kMostOnASide = 10;
  const std::size_t first = own - std::min(own, kMostOnASide);
  const std::size_t end = std::min(category.entries.size(), own + kMostOnASide + 1);
  std::vector<std::size_t> rivals;
  if (first > 0) rivals.push_back(category.entries.front().score);
  for (std::size_t i = first; i < end; ++i) {
    if (i != own) rivals.push_back(category.entries[i].score);
  }
  return rivals;
}

/// What shares a rank, and what a range says; by the rule's kind.
std::string explain_ties(const Track& track, const RankedCategory& category,
                         const RankedEntry& entry) {
  if (track.ranking.rule == "acml2021") {
    return "    by point estimates alone: only equal energies share a rank, whatever the test says "
           "of a pair\n";
  }
  if (track.ranking.rule == "pareto") {
    return fmt::format(
        "    range: {} others, each significantly better in both than the next, stand ahead; at "
        "most {} may be better in both\n",
        entry.best - 1, entry.worst - 1);
  }
  return fmt::format(
      "    significantly better: {}; significantly worse: {}; all others may share its rank\n",
      entry.best - 1, category.entries.size() - static_cast<std::size_t>(entry.worst));
}

/// Of fronts: who of the front before is better in both by point estimates, so that this entry
/// stands behind it.
std::vector<std::size_t> dominators(std::span<const Score> scores, const RankedCategory& before,
                                    const RankedEntry& entry) {
  constexpr std::size_t kMost = 5;
  const double own = goodness(scores[entry.score]).value;
  std::vector<std::size_t> found;
  for (const RankedEntry& one : before.entries) {
    const double other = goodness(scores[one.score]).value;
    const bool is_better =
        one.level <= entry.level && other >= own && (one.level < entry.level || other > own);
    if (is_better && found.size() < kMost) found.push_back(one.score);
  }
  return found;
}

std::string explain_place(std::span<const Score> scores, const Track& track,
                          const RankedSection& section, const RankedCategory& category,
                          std::size_t place) {
  const RankedEntry& entry = category.entries[place];
  const bool has_fronts = track.ranking.rule == "pareto";
  std::string text = fmt::format(
      "  {} ({}): {} {}", category.title, to_string(section.energy_class),
      has_fronts ? "front, with its range," : "rank", range_text(entry.best, entry.worst));
  text += has_fronts ? fmt::format(" of {}", section.categories.size())
                     : fmt::format(" of {}", category.entries.size());
  text += entry.group.empty() ? "\n" : fmt::format(", group {}\n", entry.group);
  text += explain_admission(scores[entry.score], track, category);
  if (entry.level != 0) {
    text +=
        fmt::format("    compared by ln = {:.6f}{}\n", entry.level,
                    section.is_across_sessions ? ", relative to the baseline of its session" : "");
  }
  text += explain_ties(track, category, entry);
  text += fmt::format("    a pair differs at an error of {:.4g} % (look {}) and 1 % distance\n",
                      100 * section.error, section.looks);
  if (entry.sure_best > 0) {
    text += fmt::format("    over all comparisons at once (Holm): rank {}\n",
                        range_text(entry.sure_best, entry.sure_worst));
  }
  if (category.winner == entry.score) text += "    the winner, over the whole category\n";
  const auto own = static_cast<std::size_t>(&category - section.categories.data());
  if (has_fronts && own > 0) {
    text +=
        fmt::format("    behind, by point estimates, of {}:\n", section.categories[own - 1].id) +
        explain_rivals(scores, track, section,
                       dominators(scores, section.categories[own - 1], entry), entry.score);
  }
  const std::vector<std::size_t> rivals = nearest_rivals(category, place);
  text += fmt::format("    rivals, joules per {} ({} of {}):\n", unit_of_work(track.task),
                      rivals.size(), category.entries.size() - 1);
  return text + explain_rivals(scores, track, section, rivals, entry.score);
}

}  // namespace

std::string explain_rank(std::span<const Score> scores, const Track& track, std::size_t index) {
  const Ranking ranking = rank_scores(scores, track);
  std::string text =
      "rank by " + ranking.rule + "\n  " + ranking_rule(track).describe(track) + "\n";
  const std::size_t place_of = ranking.place_of.empty() ? index : ranking.place_of[index];
  if (place_of != index) {
    text += "  judged as one with its run on " + scores[place_of].node + "\n";
  }
  for (const UnrankedEntry& one : ranking.unranked) {
    if (one.score == place_of) text += "  not ranked: " + one.reason + "\n";
  }
  for (const RankedSection& section : ranking.sections) {
    for (const RankedCategory& category : section.categories) {
      for (std::size_t place = 0; place < category.entries.size(); ++place) {
        if (category.entries[place].score != place_of) continue;
        text += explain_place(scores, track, section, category, place);
      }
    }
  }
  return text;
}

}  // namespace joulebench
