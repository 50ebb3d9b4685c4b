#include "core/json_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/nearest_name.h"

// valijson's headers do not compile under our warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wall"
#pragma GCC diagnostic ignored "-Wextra"
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>
#pragma GCC diagnostic pop

namespace joulebench {
namespace {

using nlohmann::json;

// "tracks[0].limits" out of valijson's {"<root>", "[tracks]", "[0]", "[limits]"}.
std::string field_name(const std::vector<std::string>& context) {
  std::string name;
  for (std::size_t i = 1; i < context.size(); ++i) {
    const std::string inner = context[i].substr(1, context[i].size() - 2);
    const bool is_index = !inner.empty() && inner.find_first_not_of("0123456789") == inner.npos;
    if (is_index) {
      name += "[" + inner + "]";
    } else {
      name += (name.empty() ? "" : ".") + inner;
    }
  }
  return name;
}

// Walks a schema beside a document, to say of the first wrong field what the schema knows there.
// valijson decides what is valid; this only finds better words than it has.
class Explainer {
 public:
  explicit Explainer(const json& schema) : root_(schema) {}

  // Empty when this walker sees nothing wrong.
  std::string explain(const json& schema, const json& value, const std::string& path) const {
    const json& rule = resolved(schema);
    if (std::string text = wrong_type(rule, value, path); !text.empty()) return text;
    if (std::string text = wrong_value(rule, value, path); !text.empty()) return text;
    if (value.is_object()) return explain_object(rule, value, path);
    if (value.is_array() && rule.contains("items") && rule["items"].is_object()) {
      for (std::size_t i = 0; i < value.size(); ++i) {
        std::string text = explain(rule["items"], value[i], fmt::format("{}[{}]", path, i));
        if (!text.empty()) return text;
      }
    }
    return {};
  }

 private:
  const json& resolved(const json& schema) const {
    if (!schema.contains("$ref")) return schema;
    return root_.at(json::json_pointer(schema["$ref"].get<std::string>().substr(1)));
  }

  static std::string at(const std::string& path) {
    return path.empty() ? "the file" : "field '" + path + "'";
  }

  static bool has_type(const json& value, const std::string& type) {
    return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
           (type == "string" && value.is_string()) || (type == "boolean" && value.is_boolean()) ||
           (type == "null" && value.is_null()) || (type == "number" && value.is_number()) ||
           (type == "integer" && value.is_number_integer());
  }

  static std::string wrong_type(const json& rule, const json& value, const std::string& path) {
    if (!rule.contains("type")) return {};
    const json types = rule["type"].is_array() ? rule["type"] : json::array({rule["type"]});
    std::string wanted;
    for (const json& type : types) {
      if (has_type(value, type.get<std::string>())) return {};
      wanted += (wanted.empty() ? "" : " or ") + type.get<std::string>();
    }
    const bool vowel = std::string_view("aeio").find(wanted[0]) != std::string_view::npos;
    return fmt::format("{} is {}, where {} {} was expected", at(path), shown(value),
                       vowel ? "an" : "a", wanted);
  }

  static std::string shown(const json& value) {
    std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
    if (text.size() > 60) text = text.substr(0, 57) + "...";
    return text;
  }

  static std::string wrong_value(const json& rule, const json& value, const std::string& path) {
    if (rule.contains("const") && value != rule["const"]) {
      return fmt::format("{} is {}, where {} was expected", at(path), shown(value),
                         shown(rule["const"]));
    }
    if (rule.contains("enum") &&
        std::find(rule["enum"].begin(), rule["enum"].end(), value) == rule["enum"].end()) {
      std::vector<std::string> known;
      std::string list;
      for (const json& one : rule["enum"]) {
        known.push_back(one.is_string() ? one.get<std::string>() : one.dump());
        list += (list.empty() ? "" : ", ") + known.back();
      }
      const std::string near =
          value.is_string() ? nearest_name(value.get<std::string>(), known) : std::string();
      return fmt::format("{} is {}, which is not one of: {}{}", at(path), shown(value), list,
                         near.empty() ? "" : fmt::format("; did you mean \"{}\"?", near));
    }
    if (value.is_number()) {
      const double number = value.get<double>();
      if (rule.contains("minimum") && number < rule["minimum"].get<double>()) {
        return fmt::format("{} is {}, where at least {} was expected", at(path), shown(value),
                           rule["minimum"].dump());
      }
      if (rule.contains("maximum") && number > rule["maximum"].get<double>()) {
        return fmt::format("{} is {}, where at most {} was expected", at(path), shown(value),
                           rule["maximum"].dump());
      }
    }
    if (value.is_array() && rule.contains("minItems") &&
        value.size() < rule["minItems"].get<std::size_t>()) {
      return fmt::format("{} has {} elements, where at least {} was expected", at(path),
                         value.size(), rule["minItems"].dump());
    }
    if (value.is_string() && rule.contains("minLength") &&
        value.get_ref<const std::string&>().size() < rule["minLength"].get<std::size_t>()) {
      return fmt::format("{} is empty", at(path));
    }
    return {};
  }

  std::string explain_object(const json& rule, const json& value, const std::string& path) const {
    const json properties = rule.value("properties", json::object());
    const auto below = [&path](const std::string& key) {
      return path.empty() ? key : path + "." + key;
    };
    const bool closed = rule.contains("additionalProperties") &&
                        rule["additionalProperties"].is_boolean() &&
                        !rule["additionalProperties"].get<bool>();
    std::vector<std::string> known;
    for (const auto& [key, unused] : properties.items()) known.push_back(key);
    for (const auto& [key, inner] : value.items()) {
      if (properties.contains(key)) continue;
      if (closed) {
        const std::string near = nearest_name(key, known);
        return fmt::format("unknown field '{}'{}", below(key),
                           near.empty() ? "" : fmt::format("; did you mean '{}'?", below(near)));
      }
      if (rule.contains("additionalProperties") && rule["additionalProperties"].is_object()) {
        std::string text = explain(rule["additionalProperties"], inner, below(key));
        if (!text.empty()) return text;
      }
    }
    for (const json& required : rule.value("required", json::array())) {
      const std::string key = required.get<std::string>();
      if (!value.contains(key)) return fmt::format("field '{}' is missing", below(key));
    }
    for (const auto& [key, inner] : value.items()) {
      if (!properties.contains(key)) continue;
      std::string text = explain(properties[key], inner, below(key));
      if (!text.empty()) return text;
    }
    return {};
  }

  const json& root_;
};

}  // namespace

void check_json(const json& document, const std::string& name, std::string_view schema_text) {
  const json schema_json = json::parse(schema_text);
  valijson::Schema schema;
  valijson::SchemaParser parser;
  parser.populateSchema(valijson::adapters::NlohmannJsonAdapter(schema_json), schema);
  // Strong types: "5" is no number.
  valijson::Validator validator(valijson::Validator::kStrongTypes);
  valijson::ValidationResults results;
  const valijson::adapters::NlohmannJsonAdapter target(document);
  if (validator.validate(schema, target, &results)) return;

  std::string where = Explainer(schema_json).explain(schema_json, document, "");
  valijson::ValidationResults::Error first;
  if (where.empty() && results.popError(first)) {
    const std::string field = field_name(first.context);
    where = (field.empty() ? "" : "field '" + field + "': ") + first.description;
  }
  throw Error({.what = "a file does not say what it should",
               .where = name + ": " + where,
               .hint = "the fields are described in its JSON Schema and the folder's README"});
}

namespace {

// No document of ours is nearly so deep or has nearly so many keys.
constexpr int kDeepest = 64;
constexpr std::size_t kMostKeys = 4'000'000;

// Duplicate keys are legal JSON, and a trap: the last one would win silently. Depth and number of
// keys are bounded while the text is read, before anything is built of it.
/// The names of an object's fields so far. Most objects have few: those are compared one by one.
class OpenObject {
 public:
  /// False: it was there.
  bool insert(const std::string& name) {
    if (few_.size() < kFew) {
      if (std::find(few_.begin(), few_.end(), name) != few_.end()) return false;
      few_.push_back(name);
      return true;
    }
    if (all_.empty()) all_.insert(few_.begin(), few_.end());
    return all_.insert(name).second;
  }

 private:
  static constexpr std::size_t kFew = 24;
  std::vector<std::string> few_;
  std::unordered_set<std::string> all_;  // where they are more
};

json parse_bounded(std::string_view text, const std::string& name) {
  const auto refuse = [&name](const std::string& reason, const std::string& hint) {
    throw Error({.what = "a file does not say what it should",
                 .where = name + ": " + reason,
                 .hint = hint});
  };
  std::vector<OpenObject> keys;
  std::size_t count = 0;
  const json::parser_callback_t callback = [&](int depth, json::parse_event_t event, json& parsed) {
    const bool opens =
        event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    if (opens && depth >= kDeepest) refuse(fmt::format("more than {} levels deep", kDeepest), {});
    if (event == json::parse_event_t::object_start) keys.emplace_back();
    if (event == json::parse_event_t::object_end) keys.pop_back();
    if (event == json::parse_event_t::key) {
      if (++count > kMostKeys) refuse(fmt::format("more than {} fields", kMostKeys), {});
      const auto& key = parsed.get_ref<const std::string&>();
      if (!keys.back().insert(key)) {
        refuse(fmt::format("field '{}' stands twice", key), "keep one of them");
      }
    }
    return true;
  };
  return json::parse(text, callback);
}

}  // namespace

json parse_json(std::string_view text, const std::string& name, std::string_view schema) {
  json document;
  try {
    document = parse_bounded(text, name);
  } catch (const json::parse_error& error) {
    // byte is 1-based, and one past the end when the text breaks off.
    const std::string_view before = text.substr(0, error.byte == 0 ? 0 : error.byte - 1);
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto newline = before.rfind('\n');
    const auto column = before.size() - (newline == before.npos ? 0 : newline + 1) + 1;
    std::string reason = error.what();
    if (const auto colon = reason.find("parse error"); colon != reason.npos) {
      const auto detail = reason.find(": ", colon);
      if (detail != reason.npos) reason = reason.substr(detail + 2);
    }
    throw Error({.what = "a file is not JSON",
                 .where = fmt::format("{}:{}:{}: {}", name, line, column, reason),
                 .hint = {}});
  } catch (const json::exception& error) {
    throw Error({.what = "a file is not JSON", .where = name + ": " + error.what(), .hint = {}});
  }
  if (!schema.empty()) check_json(document, name, schema);
  return document;
}

json read_json_file(const std::filesystem::path& path, std::string_view schema,
                    std::size_t max_bytes) {
  return parse_json(read_text_file(path, max_bytes), path.string(), schema);
}

void write_json_file(const std::filesystem::path& path, const json& document) {
  write_file_atomically(path, document.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

}  // namespace joulebench
