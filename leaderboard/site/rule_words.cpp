#include "leaderboard/site/rule_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "core/text.h"
#include "leaderboard/number_text.h"
#include "scoring/contest.h"
#include "scoring/rules/places.h"
#include "scoring/rules/ranking_rule.h"
#include "scoring/score.h"

namespace joulebench {
std::string metric_title(const Metric& metric) {
  std::string words = metric.name;
  std::replace(words.begin(), words.end(), '-', ' ');
  words[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(words[0])));
  return words;
}

std::string category_title(const RankedCategory& category, const Texts& say) {
  const std::string& title = category.title;
  for (const bool least : {true, false}) {
    const std::string words = least ? " at least " : " at most ";
    const std::size_t at = title.find(words);
    if (at == title.npos) continue;
    const std::string metric = say(title.substr(0, at));
    const std::string floor = title.substr(at + words.size());
    return least ? say("{} at least {}", {metric, floor}) : say("{} at most {}", {metric, floor});
  }
  return say(title);
}

namespace {

std::string differ_text(const Track& track, const Texts& say) {
  const std::string error = percent_text(1 - track.ranking.confidence);
  return say(
      "Two entries differ when a round-adjusted Welch test on the logarithm says so at {} % for "
      "the pair and they are at least {} % apart; a winner is named at {} % over its whole "
      "category.",
      {error, percent_text(kEquivalenceMargin), error});
}

}  // namespace

std::string rule_text(const Track& track, const Texts& say) {
  // English is what the rule itself says; another language says the same.
  if (say.language() == "en") return ranking_rule(track).describe(track);
  const std::string rule = ranking_rule(track).name;
  const std::string metric = say(metric_title(track.metric));
  const std::string floors = floors_text(track);
  if (rule == "floors") {
    const std::string sure = percent_text(track.ranking.floor_confidence);
    const std::string per = say(unit_of_work(track.task));
    return (track.metric.less_is_better
                ? say("Rule floors: an entry competes in each category whose ceiling ({}) the "
                      "upper bound of its {} meets (one-sided, {} %); inside a category the least "
                      "energy per {} wins.",
                      {floors, metric, sure, per})
                : say("Rule floors: an entry competes in each category whose floor ({}) the lower "
                      "bound of its {} meets (one-sided, {} %); inside a category the least "
                      "energy per {} wins.",
                      {floors, metric, sure, per})) +
           " " + differ_text(track, say);
  }
  if (rule == "accuracy-per-energy") {
    return say("Rule accuracy-per-energy: the most right answers per joule wins, among entries "
               "whose {} meets the lowest of the floors {}.",
               {metric, floors}) +
           " " + differ_text(track, say);
  }
  if (rule == "acml2021") {
    return say(
        "Rule acml2021: half-open classes between {} by the point estimate of {}; inside a class "
        "the least energy of 200 passes over the test part wins, by point estimates, as in the "
        "competition of 2021.",
        {floors, metric});
  }
  return say(
      "Rule pareto: an entry stands in front 1 when no other has both less energy and better {}, "
      "in front 2 when only those of front 1 have, and so on, by point estimates; the range holds "
      "every front that the intervals allow.",
      {metric});
}

std::string note_words(const std::string& note, const Texts& say) {
  constexpr std::string_view kShown = "results are shown from ";
  constexpr std::string_view kStill = "this board stands still since ";
  constexpr std::string_view kUntil = ", until ";
  const std::string_view text = note;
  if (text.starts_with(kShown)) {
    return say("results are shown from {}", {text.substr(kShown.size())});
  }
  const std::size_t until = text.find(kUntil);
  if (text.starts_with(kStill) && until != text.npos) {
    return say(
        "this board stands still since {}, until {}",
        {text.substr(kStill.size(), until - kStill.size()), text.substr(until + kUntil.size())});
  }
  return note;
}

std::string interval_words(const std::string& interval, const Texts& say) {
  constexpr std::string_view kTo = " to ";
  const std::string_view text = interval;
  const std::size_t at = text.find(kTo);
  if (at == text.npos) return say(interval);
  return say("{} to {}", {text.substr(0, at), text.substr(at + kTo.size())});
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
