#pragma once

#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace joulebench {

/// A page's view model: what the names of its template stand for.
/// Text   made printable here and escaped by the template; HTML is only what was made here.
class Values {
 public:
  Values& text(const std::string& name, std::string_view value);
  Values& flag(const std::string& name, bool value);
  Values& html(const std::string& name, std::string value);
  Values& list(const std::string& name, std::vector<Values> values);
  /// list(), and flag("has_" + name): whether it has any.
  Values& list_with_flag(const std::string& name, std::vector<Values> values);

  using Value = std::variant<bool, std::string, std::vector<Values>>;
  const std::map<std::string, Value>& all() const { return values_; }

 private:
  std::map<std::string, Value> values_;
};

/// Text of a submission or a message, printable; logs are short already (log_kb), this bounds what
/// a page can grow to.
std::string shown(std::string_view text);

/// Errors  std::logic_error: a template of ours cannot be read.
std::string render(std::string_view page_template, const Values& values);

}  // namespace joulebench
