#include "leaderboard/site/texts.h"

#include <nlohmann/json.hpp>

#include "core/digest.h"
#include "core/error.h"
#include "embedded/leaderboard_site.h"

namespace joulebench {

Texts::Texts(const std::string& language) : language_(language) {
  if (language == "en") return;
  if (language != "de") {
    throw Error({.what = "pages cannot be written in this language",
                 .where = "--language " + language,
                 .hint = "there are: de, en"});
  }
  texts_ = nlohmann::json::parse(leaderboard_site::kTextsDeJson)
               .get<std::map<std::string, std::string, std::less<>>>();
}

std::string Texts::digest() const {
  return language_ == "en" ? "" : sha256_of_text(leaderboard_site::kTextsDeJson);
}

std::string_view Texts::find(std::string_view english) const {
  const auto known = texts_.find(english);
  return known == texts_.end() ? english : std::string_view(known->second);
}

std::string Texts::operator()(std::string_view english,
                              std::initializer_list<std::string_view> parts) const {
  std::string_view text = find(english);
  std::string filled;
  for (const std::string_view part : parts) {
    const std::size_t at = text.find("{}");
    if (at == text.npos) break;
    filled.append(text.substr(0, at)).append(part);
    text.remove_prefix(at + 2);
  }
  return filled.append(text);
}

std::string Texts::in(std::string_view page_template) const {
  std::string text;
  for (;;) {
    const std::size_t at = page_template.find("[[");
    const std::size_t end = at == page_template.npos ? at : page_template.find("]]", at);
    if (end == page_template.npos) return text.append(page_template);
    text.append(page_template.substr(0, at))
        .append(find(page_template.substr(at + 2, end - at - 2)));
    page_template.remove_prefix(end + 2);
  }
}

}  // namespace joulebench
