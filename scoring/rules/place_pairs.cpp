#include "scoring/rules/place_pairs.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/statistics.h"

namespace joulebench {
namespace {

/// Decides many contrasts at one error as relation_of() does, nearly all of them without computing
/// a quantile: Student's falls with the degrees of freedom, so neighbours on a grid bound it.
class PairTest {
 public:
  explicit PairTest(double error) : error_(error) {}

  bool differs(const Contrast& contrast) const {
    if (!(contrast.degrees > 0)) return false;
    const double size = std::abs(contrast.difference);
    if (size < std::log1p(kEquivalenceMargin) - 1e-12) return false;
    const std::size_t below = step_below(contrast.degrees);
    const double squared = size * size / contrast.variance;  // infinite without noise
    if (below >= kSteps && squared > at(below) * at(below)) return true;
    const double least = at(std::max(below + 1, kSteps));  // below one degree it has no bound
    if (squared < least * least) return false;
    return relation_of(contrast, error_) <= Relation::more;
  }
  /// No difference larger than this times the root of its variance is undecided.
  double most(double least_degrees) const {
    return least_degrees >= 1 ? at(step_below(least_degrees))
                              : upper_t_quantile(error_ / 2, least_degrees);
  }

 private:
  // Welch's degrees are fractions, few where blocks are few, where the quantile falls fastest.
  static constexpr std::size_t kSteps = 64;          // of the grid in one degree
  static constexpr std::size_t kMostDegrees = 1000;  // above, the quantile moves by less than 0.2 %

  static std::size_t step_below(double degrees) {
    return static_cast<std::size_t>(std::min<double>(degrees, kMostDegrees) * kSteps);
  }
  double at(std::size_t step) const {
    step = std::min(step, kMostDegrees * kSteps);
    double& quantile = quantiles_[step];
    if (quantile == 0) {
      quantile = upper_t_quantile(error_ / 2, static_cast<double>(step) / kSteps);
    }
    return quantile;
  }

  double error_;
  mutable std::vector<double> quantiles_ =
      std::vector<double>(kMostDegrees * kSteps + 1);  // 0: not yet
};

PairCounts counts_of(std::size_t places) {
  return {std::vector<int>(places, 0), std::vector<int>(places, 0), std::vector<int>(places, -1)};
}

/// Neighbours are compared one by one, until even the noisiest pair would differ: the rest is
/// counted. O(n) tests for places that lie apart, O(n^2) at worst.
PairCounts sweep(const std::vector<Place>& places, const SectionLooks::Seen& look,
                 const PairTest& test) {
  const std::size_t n = places.size();
  PairCounts found = counts_of(n);
  std::vector<double> most_variance(n + 1, 0);  // of the places before
  std::vector<int> known(n + 1, 0), last_known(n + 1, -1);
  double least_degrees = 1e6;
  for (std::size_t i = 0; i < n; ++i) {
    const double degrees = look.contest.degrees(places[i].member);
    if (degrees > 0) least_degrees = std::min(least_degrees, degrees);
    const double variance = look.contest.most_variance(places[i].member) + places[i].added_variance;
    most_variance[i + 1] = std::max(most_variance[i], variance);
    known[i + 1] = known[i] + (degrees > 0 ? 1 : 0);
    last_known[i + 1] = degrees > 0 ? static_cast<int>(i) : last_known[i];
  }
  const double quantile = test.most(least_degrees);
  std::vector<int> worse_from(n + 1, 0);  // summed from the end: all known places up to here
  for (std::size_t i = 1; i < n; ++i) {
    if (!(look.contest.degrees(places[i].member) > 0)) continue;
    const double own = look.contest.most_variance(places[i].member) + places[i].added_variance;
    std::size_t j = i;
    while (j-- > 0) {
      const double apart = value_at(places[i], look) - value_at(places[j], look);
      if (apart > kEquivalenceMargin &&
          apart * apart > quantile * quantile * (own + most_variance[j + 1])) {
        found.better[i] += known[j + 1];
        ++worse_from[j + 1];
        found.last_better[i] = std::max(found.last_better[i], last_known[j + 1]);
        break;
      }
      if (!test.differs(contrast_at(places[i], places[j], look))) continue;
      ++found.better[i];
      ++found.worse[j];
      found.last_better[i] = std::max(found.last_better[i], static_cast<int>(j));
    }
  }
  int all_up_to_here = 0;
  for (std::size_t i = n; i-- > 0;) {
    all_up_to_here += worse_from[i + 1];
    if (look.contest.degrees(places[i].member) > 0) found.worse[i] += all_up_to_here;
  }
  return found;
}

/// Pairs of places whose noise is known: only they can differ.
double testable_pairs(const std::vector<Place>& places, const SectionLooks::Seen& look) {
  const auto known =
      static_cast<double>(std::count_if(places.begin(), places.end(), [&](const Place& place) {
        return look.contest.degrees(place.member) > 0;
      }));
  return known * (known - 1) / 2;
}

/// Goes on with Holm's steps, all at once that the error left to each allows, until no more pairs
/// differ: `differ(error)` says how many do at that error for each.
template <class CountDiffer>
double holm_error(double error, double pairs, CountDiffer&& differ) {
  double rejected = 0;
  double each = error / std::max(1.0, pairs);
  while (rejected < pairs) {
    const double found = differ(each);
    if (found <= rejected) break;
    rejected = found;
    each = error / std::max(1.0, pairs - rejected);
  }
  return each;
}

/// Pairs over several looks, each decided by the first look at which it differs significantly.
class PairsOverLooks {
 public:
  PairsOverLooks(const std::vector<Place>& places, const SectionLooks& looks)
      : places_(places), looks_(looks), signs_(places.size() * places.size(), 0) {}

  PairCounts found(bool together) {
    for (const SectionLooks::Seen& look : looks_.all()) {
      const std::vector<Contrast> contrasts = contrasts_at(look);
      double error = look.error;
      if (together) {
        error = holm_error(look.error, testable_pairs(places_, look), [&](double each) {
          const PairTest test(each);
          return static_cast<double>(
              std::count_if(contrasts.begin(), contrasts.end(),
                            [&](const Contrast& one) { return test.differs(one); }));
        });
      }
      mark(contrasts, PairTest(error));
    }
    return counted();
  }

 private:
  std::vector<Contrast> contrasts_at(const SectionLooks::Seen& look) const {
    std::vector<Contrast> contrasts;
    for (std::size_t i = 1; i < places_.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        contrasts.push_back(contrast_at(places_[i], places_[j], look));
      }
    }
    return contrasts;
  }
  void mark(const std::vector<Contrast>& contrasts, const PairTest& test) {
    std::size_t pair = 0;
    for (std::size_t i = 1; i < places_.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j, ++pair) {
        signed char& sign = signs_[i * places_.size() + j];
        if (sign == 0 && test.differs(contrasts[pair])) {
          sign = contrasts[pair].difference > 0 ? 1 : -1;
        }
      }
    }
  }
  PairCounts counted() const {
    PairCounts found = counts_of(places_.size());
    for (std::size_t i = 1; i < places_.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const signed char sign = signs_[i * places_.size() + j];
        if (sign == 0) continue;
        ++found.better[sign > 0 ? i : j];
        ++found.worse[sign > 0 ? j : i];
        found.last_better[i] = std::max(found.last_better[i], static_cast<int>(j));
      }
    }
    return found;
  }

  const std::vector<Place>& places_;
  const SectionLooks& looks_;
  std::vector<signed char>
      signs_;  // of place i against j < i: 1 worse, -1 better, 0 not significantly different
};

}  // namespace

double value_at(const Place& place, const SectionLooks::Seen& look) {
  return look.contest.level(place.member) + place.added;
}

Contrast contrast_at(const Place& a, const Place& b, const SectionLooks::Seen& look) {
  Contrast contrast = look.contest.contrast(a.member, b.member);
  contrast.difference += a.added - b.added;
  const double added = a.added_variance + b.added_variance;
  if (added > 0 && contrast.degrees > 0) {
    // Satterthwaite, with what was added taken as exactly known.
    const double sum = contrast.variance + added;
    contrast.degrees = contrast.variance > 0
                           ? contrast.degrees * sum * sum / (contrast.variance * contrast.variance)
                           : 1e6;
    contrast.variance = sum;
  }
  return contrast;
}

Relation relation_of_places(const Place& a, const Place& b, const SectionLooks& looks) {
  for (const SectionLooks::Seen& look : looks.all()) {
    const Relation found = relation_of(contrast_at(a, b, look), look.error);
    if (found != Relation::undecided) return found;
  }
  return Relation::undecided;
}

PairCounts pairs_that_differ(const std::vector<Place>& places, const SectionLooks& looks) {
  if (looks.all().size() > 1) return PairsOverLooks(places, looks).found(false);
  const SectionLooks::Seen& look = looks.all().front();
  return sweep(places, look, PairTest(look.error));
}

PairCounts pairs_that_differ_together(const std::vector<Place>& places, const SectionLooks& looks) {
  if (looks.all().size() > 1) return PairsOverLooks(places, looks).found(true);
  const SectionLooks::Seen& look = looks.all().front();
  const double error = holm_error(look.error, testable_pairs(places, look), [&](double each) {
    const PairCounts found = sweep(places, look, PairTest(each));
    return std::accumulate(found.better.begin(), found.better.end(), 0.0);
  });
  return sweep(places, look, PairTest(error));
}

bool is_ahead_of_all(const std::vector<Place>& places, const SectionLooks& looks) {
  const SectionLooks::Seen& look = looks.all().back();
  const PairTest test(look.error / std::max(1.0, testable_pairs(places, look)));
  return std::all_of(places.begin() + 1, places.end(), [&](const Place& other) {
    return test.differs(contrast_at(places.front(), other, look));
  });
}

}  // namespace joulebench
