#include "leaderboard/site/template.h"

#include <functional>
#include <kainjow/mustache.hpp>
#include <map>
#include <stdexcept>
#include <utility>

#include "core/text.h"

namespace joulebench {
namespace {

using kainjow::mustache::data;

constexpr std::size_t kMostBytes = 1 << 20;

data to_data(const Values& values) {
  data object(data::type::object);
  for (const auto& [name, value] : values.all()) {
    if (const bool* flag = std::get_if<bool>(&value)) {
      object.set(name, data(*flag ? data::type::bool_true : data::type::bool_false));
    } else if (const std::string* text = std::get_if<std::string>(&value)) {
      // An empty text is as good as none: its section is left out.
      object.set(name, text->empty() ? data(data::type::bool_false) : data(*text));
    } else {
      data list(data::type::list);
      for (const Values& one : std::get<std::vector<Values>>(value)) list << to_data(one);
      object.set(name, list);
    }
  }
  return object;
}

/// A template is parsed once in a thread: that takes longer than to fill it.
kainjow::mustache::mustache& parsed(std::string_view page_template) {
  thread_local std::map<std::string, kainjow::mustache::mustache, std::less<>> known;
  constexpr std::size_t kMost = 64;
  const auto at = known.find(page_template);
  if (at != known.end()) return at->second;
  kainjow::mustache::mustache page{std::string(page_template)};
  if (!page.is_valid()) throw std::logic_error("bug: a page template: " + page.error_message());
  if (known.size() == kMost) known.clear();
  return known.emplace(page_template, std::move(page)).first->second;
}

}  // namespace

Values& Values::text(const std::string& name, std::string_view value) {
  values_.insert_or_assign(name, shown(value));
  return *this;
}
Values& Values::flag(const std::string& name, bool value) {
  values_.insert_or_assign(name, value);
  return *this;
}
Values& Values::html(const std::string& name, std::string value) {
  values_.insert_or_assign(name, std::move(value));
  return *this;
}
Values& Values::list(const std::string& name, std::vector<Values> values) {
  values_.insert_or_assign(name, std::move(values));
  return *this;
}

Values& Values::list_with_flag(const std::string& name, std::vector<Values> values) {
  flag("has_" + name, !values.empty());
  return list(name, std::move(values));
}

std::string shown(std::string_view text) {
  return printable(text, kMostBytes);
}

std::string render(std::string_view page_template, const Values& values) {
  kainjow::mustache::mustache& page = parsed(page_template);
  std::string html = page.render(to_data(values));
  if (!page.error_message().empty()) {
    throw std::logic_error("bug: a page template: " + page.error_message());
  }
  return html;
}

}  // namespace joulebench
