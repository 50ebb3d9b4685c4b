#pragma once

// For .cpp files only: it brings all of nlohmann/json, and the layering test keeps it out of
// headers.
#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/competition.h"
#include "core/energy.h"
#include "core/metric.h"
#include "core/outcome.h"
#include "core/run_record.h"
#include "core/units.h"

/// Structs to and from JSON by one table of fields per struct, so that each name is written once:
///
///     void fields(auto& io, Of<IdlePower> auto& idle) {
///       io.field("domain", idle.domain);        // must be there
///       io.field("before_watts", idle.before);  // a std::optional: absent while it has no value
///     }
///
/// `io` is a JsonReader (fills the struct) or a JsonWriter (the struct is const). A table stands in
/// namespace joulebench, in the one .cpp file whose format it is. The JSON value of a physical
/// quantity is its number in SI units, of a SteadyTime its nanoseconds, of an enum its name.
namespace joulebench {

/// A struct, or a const one: what a table of fields is written for.
template <class T, class Struct>
concept Of = std::same_as<std::remove_const_t<T>, Struct>;

/// Where a value stands in its document: "blocks[2].windows[0].passes". Only looked at for
/// messages.
struct JsonPlace {
  const JsonPlace* outer = nullptr;
  std::string_view key;   // in an object; empty: an element of a list, or the document itself
  std::size_t index = 0;  // in a list

  std::string name() const;
};

/// A field that is missing or does not hold what it should. what() names it; callers add the file.
class JsonFieldError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
[[noreturn]] void throw_missing(const JsonPlace& place);
[[noreturn]] void throw_unexpected(const JsonPlace& place, const nlohmann::json& found,
                                   std::string_view expected);
[[noreturn]] void throw_not_of(const JsonPlace& place, std::string_view kind);

// Enums by their names; enums of one format add their own overload beside its table.
inline std::optional<Outcome> from_name(std::string_view name, Outcome) {
  return outcome_from(name);
}
inline std::optional<DomainKind> from_name(std::string_view name, DomainKind) {
  return domain_kind_from(name);
}
inline std::optional<EnergyClass> from_name(std::string_view name, EnergyClass) {
  return energy_class_from(name);
}
inline std::optional<PredictionKind> from_name(std::string_view name, PredictionKind) {
  return prediction_kind_from(name);
}

std::optional<Task> from_name(std::string_view name, Task);
std::optional<LooksRule> from_name(std::string_view name, LooksRule);
std::optional<NodeRule> from_name(std::string_view name, NodeRule);
std::optional<Scenario> from_name(std::string_view name, Scenario);

namespace json_detail {

template <class T>
constexpr bool is_list = false;
template <class T>
constexpr bool is_list<std::vector<T>> = true;
template <class T>
constexpr bool is_map = false;
template <class T>
constexpr bool is_map<std::map<std::string, T>> = true;
template <class T>
constexpr bool is_quantity = false;
template <class Unit>
constexpr bool is_quantity<Quantity<Unit>> = true;

}  // namespace json_detail

/// Fills a struct from a JSON object.
/// Errors  JsonFieldError naming the field: missing, of another type, or a number that the member
///         cannot hold. Fields that the table does not know are left alone: schemas refuse them.
class JsonReader {
 public:
  static constexpr bool kReads = true;

  JsonReader(const nlohmann::json& from, const JsonPlace& place) : from_(from), place_(place) {
    if (!from.is_object()) throw_unexpected(place, from, "an object");
    taken_.reserve(from.size());
  }

  template <class T>
  void field(std::string_view name, T& value) {
    const JsonPlace place{&place_, name};
    const nlohmann::json* const found = find(name);
    if (found == nullptr) throw_missing(place);
    read(*found, place, value);
  }
  template <class T>
  void field(std::string_view name, std::optional<T>& value) {
    if (const nlohmann::json* const found = find(name)) {
      read(*found, {&place_, name}, value.emplace());
    }
  }

  /// May be absent, and then stays as it is; is written always.
  template <class T>
  void defaulted(std::string_view name, T& value) {
    if (const nlohmann::json* const found = find(name)) read(*found, {&place_, name}, value);
  }

  /// The same, but is not written while it is T{}.
  template <class T>
  void sparse(std::string_view name, T& value) {
    defaulted(name, value);
  }

  /// Is there always: null while it has no value.
  template <class T>
  void nullable(std::string_view name, std::optional<T>& value) {
    const JsonPlace place{&place_, name};
    const nlohmann::json* const found = find(name);
    if (found == nullptr) throw_missing(place);
    if (!found->is_null()) read(*found, place, value.emplace());
  }

  /// A whole number of `unit`s, such as 4096 MB, kept as one number. May be absent.
  void scaled(std::string_view name, std::uint64_t unit, std::uint64_t& value) {
    std::uint64_t units = value / unit;
    if (find(name) == nullptr) return;
    field(name, units);
    if (units > std::numeric_limits<std::uint64_t>::max() / unit) {
      throw_unexpected({&place_, name}, from_.at(std::string(name)), "a smaller number");
    }
    value = units * unit;
  }

  /// An object in the JSON that is no struct of its own; `table(io)` lists its fields. May be
  /// absent.
  void group(std::string_view name, const auto& table) {
    if (const nlohmann::json* const found = find(name)) {
      const JsonPlace place{&place_, name};
      JsonReader inner(*found, place);
      table(inner);
    }
  }

  bool has(std::string_view name) const { return find(name) != nullptr; }

  /// Throws when the object has a field that was not asked for so far; `kind` is what it is, as in
  /// "a source of format csv".
  void refuse_others(std::string_view kind) const {
    for (const auto& [key, value] : from_.items()) {
      if (std::find(taken_.begin(), taken_.end(), &value) == taken_.end()) {
        throw_not_of(JsonPlace{&place_, key}, kind);
      }
    }
  }

  /// One value by itself: what field() does with what it finds. A type whose JSON is not an object
  /// has a `from_json(json, place, value)` instead of a table.
  template <class T>
  static void read(const nlohmann::json& from, const JsonPlace& place, T& value) {
    if constexpr (requires { from_json(from, place, value); }) {
      from_json(from, place, value);
    } else if constexpr (std::same_as<T, bool>) {
      if (!from.is_boolean()) throw_unexpected(place, from, "true or false");
      value = from.get<bool>();
    } else if constexpr (std::integral<T>) {
      read_integer(from, place, value);
    } else if constexpr (std::floating_point<T>) {
      if (!from.is_number()) throw_unexpected(place, from, "a number");
      value = from.get<T>();
    } else if constexpr (std::same_as<T, std::string>) {
      if (!from.is_string()) throw_unexpected(place, from, "a string");
      value = from.get_ref<const std::string&>();
    } else if constexpr (std::same_as<T, Seconds>) {
      double seconds = 0;
      read(from, place, seconds);
      value = Seconds(seconds);
    } else if constexpr (json_detail::is_quantity<T>) {
      read(from, place, value.value);
    } else if constexpr (std::same_as<T, SteadyTime>) {
      std::int64_t nanoseconds = 0;
      read(from, place, nanoseconds);
      value = SteadyTime(std::chrono::nanoseconds(nanoseconds));
    } else if constexpr (std::is_enum_v<T>) {
      std::string name;
      read(from, place, name);
      const std::optional<T> known = from_name(name, T{});
      if (!known) throw_unexpected(place, from, "a name that this version knows");
      value = *known;
    } else if constexpr (json_detail::is_list<T>) {
      if (!from.is_array()) throw_unexpected(place, from, "a list");
      value.clear();
      value.reserve(from.size());
      for (const nlohmann::json& one : from) {
        const JsonPlace element{&place, {}, value.size()};
        read(one, element, value.emplace_back());
      }
    } else if constexpr (json_detail::is_map<T>) {
      if (!from.is_object()) throw_unexpected(place, from, "an object");
      value.clear();
      for (const auto& [key, one] : from.items()) read(one, {&place, key}, value[key]);
    } else {
      JsonReader inner(from, place);
      fields(inner, value);
    }
  }

 private:
  const nlohmann::json* find(std::string_view name) const {
    const auto found = from_.find(name);
    if (found == from_.end()) return nullptr;
    taken_.push_back(&*found);
    return &*found;
  }

  template <class Integer>
  static void read_integer(const nlohmann::json& from, const JsonPlace& place, Integer& value) {
    const auto take = [&](auto number) {
      if (!std::in_range<Integer>(number)) throw_unexpected(place, from, "a number in range");
      value = static_cast<Integer>(number);
    };
    if (from.is_number_unsigned()) {
      take(from.get<std::uint64_t>());
    } else if (from.is_number_integer()) {
      take(from.get<std::int64_t>());
    } else {
      throw_unexpected(place, from, "a whole number");
    }
  }

  const nlohmann::json& from_;
  const JsonPlace& place_;
  mutable std::vector<const nlohmann::json*> taken_;  // the fields that were asked for
};

/// Writes a struct into a JSON object; its functions mean the same as the reader's. `Json` is
/// nlohmann::json, or nlohmann::ordered_json to keep the table's order.
template <class Json>
class BasicJsonWriter {
 public:
  static constexpr bool kReads = false;

  explicit BasicJsonWriter(Json& to) : to_(to) {
    if (!to.is_object()) to = Json::object();
  }

  template <class T>
  void field(std::string_view name, const T& value) {
    to_[std::string(name)] = write(value);
  }
  template <class T>
  void field(std::string_view name, const std::optional<T>& value) {
    if (value) field(name, *value);
  }
  template <class T>
  void defaulted(std::string_view name, const T& value) {
    field(name, value);
  }
  template <class T>
  void sparse(std::string_view name, const T& value) {
    if constexpr (json_detail::is_list<T>) {
      if (!value.empty()) field(name, value);
    } else {
      if (value != T{}) field(name, value);
    }
  }
  template <class T>
  void nullable(std::string_view name, const std::optional<T>& value) {
    to_[std::string(name)] = value ? write(*value) : Json();
  }
  void scaled(std::string_view name, std::uint64_t unit, std::uint64_t value) {
    field(name, value / unit);
  }
  void refuse_others(std::string_view) const {}
  void group(std::string_view name, const auto& table) {
    BasicJsonWriter inner(to_[std::string(name)]);
    table(inner);
  }

  /// One value by itself. A type whose JSON is not an object has a `to_json(value)` instead of a
  /// table.
  template <class T>
  static Json write(const T& value) {
    if constexpr (requires { to_json(value); }) {
      return to_json(value);
    } else if constexpr (std::is_arithmetic_v<T> || std::same_as<T, std::string>) {
      return value;
    } else if constexpr (std::same_as<T, Seconds>) {
      return value.count();
    } else if constexpr (json_detail::is_quantity<T>) {
      return value.value;
    } else if constexpr (std::same_as<T, SteadyTime>) {
      return value.time_since_epoch().count();
    } else if constexpr (std::is_enum_v<T>) {
      return to_string(value);
    } else if constexpr (json_detail::is_list<T>) {
      Json list = Json::array();
      for (const auto& one : value) list.push_back(write(one));
      return list;
    } else if constexpr (json_detail::is_map<T>) {
      Json object = Json::object();
      for (const auto& [key, one] : value) object[key] = write(one);
      return object;
    } else {
      Json object;
      BasicJsonWriter inner(object);
      fields(inner, value);
      return object;
    }
  }

 private:
  Json& to_;
};
using JsonWriter = BasicJsonWriter<nlohmann::json>;

// Nouns that stand in several formats.

void fields(auto& io, Of<EnvironmentIdentity> auto& environment) {
  io.field("name", environment.name);
  io.field("sha256", environment.sha256);
}

void fields(auto& io, Of<Flag> auto& flag) {
  io.field("name", flag.name);
  io.field("detail", flag.detail);
}

}  // namespace joulebench
