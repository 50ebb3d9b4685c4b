#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "leaderboard/site/template.h"
#include "leaderboard/site/texts.h"

namespace joulebench {

/// How a site may differ from another of the same boards; nothing here changes a figure.
struct SiteOptions {
  std::string language = "en";
  std::string base_url;                      // where the site will stand; empty: not known
  std::map<std::string, std::string> theme;  // in place of ours, by name: "style.css"
};

/// The words and the look that all pages of a site share. Several threads may use one.
class SiteLook {
 public:
  /// Errors: Error when there is no such language, or the theme holds a file that no page is made
  /// of.
  explicit SiteLook(const SiteOptions& options);

  /// A page from its template ("board_page.mustache"), in the site's language.
  std::string render(const std::string& name, const Values& values) const;
  /// Whether no theme has another one in its place.
  bool is_ours(const std::string& name) const { return !theirs_.contains(name); }
  /// Of all files and options: two looks with one digest make the same pages.
  std::string digest() const;
  /// Style or script, in the site's language.
  std::string file(const std::string& name) const;

  const Texts say;
  const std::string base_url;  // ending in "/", or empty

 private:
  std::map<std::string, std::string> files_;  // in the site's language
  std::set<std::string> theirs_;              // those of the theme
};

}  // namespace joulebench
