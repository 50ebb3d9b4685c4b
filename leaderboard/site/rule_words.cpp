#include "leaderboard/site/rule_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "leaderboard/number_text.h"
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
