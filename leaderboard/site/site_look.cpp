#include "leaderboard/site/site_look.h"

#include <algorithm>
#include <array>
#include <utility>

#include "core/digest.h"
#include "core/error.h"
#include "embedded/leaderboard_site.h"

namespace joulebench {
namespace {

/// Every file that pages are made of.
std::map<std::string, std::string> our_files() {
  using namespace leaderboard_site;
  const std::pair<const char*, std::string_view> files[] = {
      {"board_page.mustache", kBoardPageMustache},
      {"compare_page.mustache", kComparePageMustache},
      {"entry_lists.mustache", kEntryListsMustache},
      {"entry_page.mustache", kEntryPageMustache},
      {"entry_table.mustache", kEntryTableMustache},
      {"footer.mustache", kFooterMustache},
      {"how_page.mustache", kHowPageMustache},
      {"layout.mustache", kLayoutMustache},
      {"overview_page.mustache", kOverviewPageMustache},
      {"board.js", kBoardJs},
      {"compare.js", kCompareJs},
      {"style.css", kStyleCss}};
  return {std::begin(files), std::end(files)};
}

std::string with_slash(const std::string& url) {
  return url.empty() || url.ends_with('/') ? url : url + "/";
}

}  // namespace

SiteLook::SiteLook(const SiteOptions& options)
    : say(options.language), base_url(with_slash(options.base_url)) {
  std::map<std::string, std::string> files = our_files();
  for (const auto& [name, text] : options.theme) {
    if (!files.contains(name)) {
      std::string known;
      for (const auto& [ours, unused] : files) known += (known.empty() ? "" : ", ") + ours;
      throw Error({.what = "a theme holds a file that no page is made of",
                   .where = name,
                   .hint = "a theme may have: " + known});
    }
    files[name] = text;
    theirs_.insert(name);
  }
  for (const auto& [name, text] : files) files_[name] = say.in(text);
}

std::string SiteLook::render(const std::string& name, const Values& values) const {
  return joulebench::render(files_.at(name), values);
}

std::string SiteLook::digest() const {
  std::string text = say.language() + "\n" + base_url + "\n";
  for (const auto& [name, content] : files_) text += name + " " + sha256_of_text(content) + "\n";
  return sha256_of_text(text + say.digest());
}

std::string SiteLook::file(const std::string& name) const {
  return files_.at(name);
}

}  // namespace joulebench
