#pragma once

#include <string>
#include <vector>

#include "campaign/competition_words.h"

namespace joulebench {

/// One dataset of a bundle, as its page tells of it.
struct BundledDataset {
  std::string name;
  std::string title;
  std::string licence;
  std::string citation;
  std::string home_page;
  std::size_t learned_from = 0;    // samples for builds and trainings
  std::size_t asked_for = 0;       // practice samples
  std::size_t hidden_samples = 0;  // 0: not known
};

/// README.md of a bundle: the three commands, the rules, the data, what is where.
std::string bundle_page(const CompetitionWords& words, const std::vector<BundledDataset>& datasets);

}  // namespace joulebench
