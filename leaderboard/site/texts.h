#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

namespace joulebench {

/// The words of the pages in one language. English stands where it is used; other languages are a
/// file each (texts.LANGUAGE.json) that gives for each English text its own. A text that a file
/// lacks stays English.
class Texts {
 public:
  Texts() = default;  // English
  /// Errors: Error naming the languages that there are.
  explicit Texts(const std::string& language);

  const std::string& language() const { return language_; }  // "en"

  std::string digest() const;  // of all texts

  /// `english` in this language, each {} replaced by the next of `parts`.
  std::string operator()(std::string_view english,
                         std::initializer_list<std::string_view> parts = {}) const;

  /// A page's template with each [[English text]] in this language.
  std::string in(std::string_view page_template) const;

 private:
  std::string_view find(std::string_view english) const;

  std::string language_ = "en";
  std::map<std::string, std::string, std::less<>> texts_;
};

}  // namespace joulebench
