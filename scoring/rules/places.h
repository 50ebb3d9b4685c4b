#pragma once

#include <span>
#include <string>
#include <vector>

#include "scoring/rules/place_pairs.h"
#include "scoring/rules/ranking_rule.h"

namespace joulebench {

// What the rules are made of: places on a scale where less is better, a metric read as "more is
// better", floors, and their words.

/// Fills a category with places that compete with one another: ranks, ranges, tie groups, the
/// winner and who is tied with the leader, best first. Groups are the largest runs of neighbours in
/// which no two differ. Ranges over all pairs together are left out above kMostForRanges entries.
constexpr std::size_t kMostForRanges = 1000;
void rank_places(RankedCategory& category, std::vector<Place> places, const SectionEntries& field);

/// A metric as "more is better": of a loss the negative. What has no interval is as good as it
/// says.
struct Goodness {
  double value = 0;
  double low = 0;
  double high = 0;
};
Goodness goodness(const Score& score);
/// What must meet a floor: the low end at the track's floor_confidence, one-sided; on the same
/// scale. Of accuracy Wilson's bound, of other metrics the interval's end as it stands.
double floor_bound(const Score& score, const Track& track);
/// How sure that bound is: "one-sided, 95 %", or "end of its 95 % interval".
std::string floor_confidence_words(const Track& track);
/// A floor on that scale.
double as_goodness(double floor, const Metric& metric);
/// The track's floors, best first, each once.
std::vector<double> floors_of(const Track& track);

/// "balanced-accuracy" -> "balanced accuracy"
std::string metric_words(std::string metric);
/// A figure of the metric: "95 %", "0.3".
std::string metric_text(double value, const Metric& metric);
/// The track's floors as it writes them: "80 %, 90 %, 95 %".
std::string floors_text(const Track& track);
/// Why an entry whose bound misses the lowest floor has no rank.
std::string below_lowest_floor(const Score& score, double floor, const Track& track);

/// "Pairs are tested at 5 %; a winner is named at 5 % over its whole category.": the errors.
std::string errors_text(const Track& track);
/// " Blocks are added ...": when the campaign is looked at, and at which errors; empty: once.
std::string looks_text(const Track& track);

/// A member's energy where point estimates decide: its own figure, among entries of several
/// sessions what it is to its session's baseline.
double point_energy(const SectionEntries& field, std::size_t member);

/// Refuses a track without floors. Errors: Error naming the field.
void require_floors(const Track& track, const std::string& where);
/// What follows a lead that holds for the pair and not over the whole category; else empty.
std::string winner_words(const Lead& lead);
/// The leader's energy over the second's, as it was compared. There must be a second.
double energy_ratio(const Lead& lead);
/// "34 % less energy than knn", or who else may lead: the verdict of rules by energy.
std::string energy_verdict(const Lead& lead);
/// The verdict where figures do not matter: several may lead, or there is no other entry; else
/// empty.
std::string verdict_without_figures(const Lead& lead);

}  // namespace joulebench
