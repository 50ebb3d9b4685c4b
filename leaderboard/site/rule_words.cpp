#include "leaderboard/site/rule_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "leaderboard/number_text.h"
#include "scoring/score.h"

namespace joulebench {
namespace {

/// A figure of the metric with its unit: "95 %", "0.3".
std::string metric_figure(double value, const Metric& metric) {
  return metric.is_share ? percent_text(value) + " %" : fmt::format("{:g}", value);
}

}  // namespace

std::string metric_title(const Metric& metric) {
  std::string words = metric.name;
  std::replace(words.begin(), words.end(), '-', ' ');
  words[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(words[0])));
  return words;
}

std::string rule_text(const Track& track) {
  const Metric& metric = track.metric;
  std::string name = metric_title(metric);
  name[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
  std::string floors;
  for (const double floor : track.ranking.floors) {
    floors += (floors.empty() ? "" : ", ") + metric_figure(floor, metric);
  }
  if (track.ranking.rule == "floors") {
    return "Rule floors: an entry competes in each category whose " +
           std::string(metric.less_is_better ? "ceiling (" : "floor (") + floors + ") the " +
           (metric.less_is_better ? "upper" : "lower") + " end of its " + name +
           "’s interval meets; inside a category the least energy per " + unit_of_work(track.task) +
           " wins.";
  }
  if (track.ranking.rule == "acml2021") {
    return "Rule acml2021: half-open classes between " + floors +
           (metric.less_is_better ? ""
            : metric.is_share     ? " and 100 %"
                                  : " and above") +
           " by the point estimate of " + name +
           "; inside a class the least energy of 200 passes over the test part wins, by point "
           "estimates, as in the competition of 2021.";
  }
  if (track.ranking.rule == "accuracy-per-energy") {
    return "Rule accuracy-per-energy: the most right answers per joule wins, among entries whose " +
           name + " surely meets the lowest of the floors " + floors + ".";
  }
  return "Rule pareto: an entry stands in front 1 when no other has both less energy and better " +
         name +
         ", in front 2 when only those of front 1 have, and so on; the range is the front by sure "
         "dominance only and by point estimates.";
}

std::string metric_text(const Metric& metric) {
  if (metric.name == "accuracy") {
    return "Accuracy is the mean over all measured passes with Wilson’s interval over the distinct "
           "samples.";
  }
  std::string text = metric_title(metric);
  if (metric.is_outside()) {
    text +=
        " is computed by a program of the organizer from the predictions of the measured "
        "passes, and so is its interval";
  } else {
    text +=
        " is taken over all measured passes; its interval is a bootstrap over the distinct "
        "samples";
  }
  return text + (metric.less_is_better ? "; less of it is better." : ".");
}

}  // namespace joulebench
