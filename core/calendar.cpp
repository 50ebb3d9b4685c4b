#include "core/calendar.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <stdexcept>
#include <utility>

#include "core/error.h"
#include "core/file.h"

namespace joulebench {
namespace {

constexpr const char* kZones = "/usr/share/zoneinfo";

// A number of exactly `digits` digits at the front of `text`, which is taken off.
std::optional<int> take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = 10 * value + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, std::string_view any_of) {
  if (text.empty() || any_of.find(text.front()) == any_of.npos) return false;
  text.remove_prefix(1);
  return true;
}

// Milliseconds of a day and time, as if it were UTC; what follows it stays in `text`.
std::optional<std::int64_t> take_date_time(std::string_view& text) {
  using namespace std::chrono;
  const auto y = take_number(text, 4);
  if (!y || !take(text, "-")) return std::nullopt;
  const auto m = take_number(text, 2);
  if (!m || !take(text, "-")) return std::nullopt;
  const auto d = take_number(text, 2);
  if (!d || !take(text, "Tt ")) return std::nullopt;
  const auto hour = take_number(text, 2);
  if (!hour || !take(text, ":")) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || !take(text, ":")) return std::nullopt;
  const auto second = take_number(text, 2);
  const year_month_day date{year(*y), month(static_cast<unsigned>(*m)),
                            day(static_cast<unsigned>(*d))};
  if (!second || !date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  std::int64_t fraction = 0;
  if (take(text, ".")) {
    int digits = 0;
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      if (++digits <= 3) fraction = 10 * fraction + (text.front() - '0');
      text.remove_prefix(1);
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 3; ++digits) fraction *= 10;
  }
  const std::int64_t days = sys_days(date).time_since_epoch().count();
  return (((days * 24 + *hour) * 60 + *minute) * 60 + *second) * 1000 + fraction;
}

// Seconds of "Z" or "+01:00", which is all that may be left of `text`.
std::optional<std::int64_t> take_offset(std::string_view text) {
  if (text == "Z" || text == "z") return 0;
  if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') return std::nullopt;
  const std::int64_t sign = text[0] == '-' ? -1 : 1;
  std::string_view hours = text.substr(1, 2), minutes = text.substr(4);
  const auto h = take_number(hours, 2), m = take_number(minutes, 2);
  if (!h || !m || *h > 23 || *m > 59) return std::nullopt;
  return sign * (*h * 3600 + *m * 60);
}

std::int64_t big_endian(std::string_view bytes) {
  std::int64_t value = bytes.front() < 0 ? -1 : 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

std::string two_digits(std::int64_t value) {
  return std::string(value < 10 ? "0" : "") + std::to_string(value);
}

std::string offset_text(std::int64_t seconds) {
  if (seconds == 0) return "Z";
  const std::int64_t size = std::abs(seconds);
  return (seconds < 0 ? "-" : "+") + two_digits(size / 3600) + ":" + two_digits(size / 60 % 60);
}

// What a date without an offset should be; empty: it is no date at all.
std::string corrected(std::string text, const TimeZone& zone, bool ends) {
  if (text.size() == 10) text += ends ? "T23:59:59" : "T00:00:00";
  if (text.size() == 16) text += ":00";
  std::string_view rest = text;
  const auto local = take_date_time(rest);
  if (!local || !rest.empty()) return {};
  text[10] = 'T';
  // The offset at about that moment is the one in force then, but for the hour around a change.
  const std::int64_t guess = zone.offset_seconds({*local});
  return text + offset_text(zone.offset_seconds({*local - 1000 * guess}));
}

Date read_date(const std::string& text, const char* name, const TimeZone& zone,
               const std::string& where) {
  if (const auto at = parse_instant(text)) return {.at = *at, .text = text};
  const bool ends = std::string_view(name) == "closes";
  const std::string better = corrected(text, zone, ends);
  throw Error({.what = better.empty() ? "a date cannot be read" : "a date has no offset from UTC",
               .where = where + ": field 'dates." + name + "': \"" + text + "\"",
               .hint = better.empty() ? "write it as in \"2026-12-01T23:59:59+01:00\" (RFC 3339)"
                                      : "in " + zone.name() + " that is \"" + better + "\""});
}

void check_order(const Dates& dates, const std::string& where) {
  const std::array<std::pair<const char*, const std::optional<Date>*>, 4> in_order = {
      {{"opens", &dates.opens},
       {"freeze", &dates.freeze},
       {"closes", &dates.closes},
       {"publishes", &dates.publishes}}};
  for (std::size_t i = 0; i < in_order.size(); ++i) {
    for (std::size_t j = i + 1; j < in_order.size(); ++j) {
      const auto& [first, from] = in_order[i];
      const auto& [second, to] = in_order[j];
      if (!*from || !*to || (*from)->at <= (*to)->at) continue;
      throw Error({.what = "the dates of a competition are out of order",
                   .where = where + ": 'dates." + second + "' (" + (*to)->text +
                            ") is before 'dates." + first + "' (" + (*from)->text + ")",
                   .hint = "opens, freeze, closes and publishes follow one another"});
    }
  }
}

}  // namespace

std::optional<Instant> parse_instant(std::string_view text) {
  const auto local = take_date_time(text);
  if (!local) return std::nullopt;
  const auto offset = take_offset(text);
  if (!offset) return std::nullopt;
  return Instant{*local - 1000 * *offset};
}

Instant instant_of(const std::string& at_utc) {
  if (const auto at = parse_instant(at_utc)) return *at;
  throw std::logic_error("bug: a time that we wrote cannot be read: " + at_utc);
}

std::string to_utc_text(Instant at) {
  using namespace std::chrono;
  const sys_time<milliseconds> time{milliseconds(at.milliseconds)};
  const auto day = floor<days>(time);
  const year_month_day date{day};
  const std::int64_t past = (time - day).count();
  const auto padded = [](std::int64_t value, std::size_t digits) {
    std::string text = std::to_string(value);
    return std::string(digits - std::min(digits, text.size()), '0') + text;
  };
  return padded(static_cast<int>(date.year()), 4) + "-" +
         two_digits(static_cast<unsigned>(date.month())) + "-" +
         two_digits(static_cast<unsigned>(date.day())) + "T" + two_digits(past / 3'600'000) + ":" +
         two_digits(past / 60'000 % 60) + ":" + two_digits(past / 1000 % 60) + "." +
         padded(past % 1000, 3) + "Z";
}

// The second, 64-bit part of a TZif file (RFC 8536): a header, then all changes, the kind of local
// time after each, and what the kinds are.
TimeZone::TimeZone(const std::string& name, const std::string& where) : name_(name) {
  if (name == "UTC") return;
  const auto fail = [&](const std::string& why) {
    return Error({.what = "a time zone is not known here",
                  .where = where + ": field 'time_zone': \"" + name + "\": " + why,
                  .hint = "write a name as in \"Europe/Berlin\" (sudo apt-get install tzdata), or "
                          "\"UTC\""});
  };
  const bool is_name = std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '/' || c == '_' || c == '-' || c == '+';
  });
  const auto file = std::filesystem::path(kZones) / name;
  std::error_code none;
  if (!is_name || name.empty() || name.front() == '/' ||
      !std::filesystem::is_regular_file(file, none)) {
    throw fail("there is no such zone in " + std::string(kZones));
  }
  const std::string bytes = read_text_file(file, std::size_t{1} << 20);
  constexpr std::size_t kHeader = 44;
  const auto count = [&bytes](std::size_t header, std::size_t index) {
    return static_cast<std::size_t>(big_endian(bytes.substr(header + 20 + 4 * index, 4)));
  };
  if (bytes.size() < kHeader || !bytes.starts_with("TZif") || bytes[4] < '2') {
    throw fail("its file is damaged");
  }
  // Counts: UT indicators, standard indicators, leap seconds, changes, kinds, letters.
  const std::size_t second = kHeader + count(0, 3) * 5 + count(0, 4) * 6 + count(0, 5) +
                             count(0, 2) * 8 + count(0, 1) + count(0, 0);
  if (bytes.size() < second + kHeader) throw fail("its file is damaged");
  const std::size_t changes = count(second, 3), kinds = count(second, 4);
  const std::size_t times = second + kHeader, kind_of = times + 8 * changes,
                    kind_table = kind_of + changes;
  if (kinds == 0 || bytes.size() < kind_table + 6 * kinds) throw fail("its file is damaged");
  const auto offset_of = [&](std::size_t kind) {
    if (kind >= kinds) throw fail("its file is damaged");
    return big_endian(bytes.substr(kind_table + 6 * kind, 4));
  };
  offsets_.push_back(offset_of(0));
  for (std::size_t i = 0; i < changes; ++i) {
    changes_.push_back(big_endian(bytes.substr(times + 8 * i, 8)));
    offsets_.push_back(offset_of(static_cast<unsigned char>(bytes[kind_of + i])));
  }
}

std::int64_t TimeZone::offset_seconds(Instant at) const {
  if (offsets_.empty()) return 0;
  const std::int64_t seconds = at.milliseconds / 1000 - (at.milliseconds % 1000 < 0 ? 1 : 0);
  const auto next = std::upper_bound(changes_.begin(), changes_.end(), seconds);
  return offsets_[static_cast<std::size_t>(next - changes_.begin())];
}

std::string TimeZone::day_of(Instant at) const {
  using namespace std::chrono;
  const sys_time<milliseconds> local{milliseconds(at.milliseconds + 1000 * offset_seconds(at))};
  const year_month_day day{floor<days>(local)};
  return std::to_string(static_cast<int>(day.year())) + "-" +
         two_digits(static_cast<unsigned>(day.month())) + "-" +
         two_digits(static_cast<unsigned>(day.day()));
}

Calendar calendar_from_json(const nlohmann::json& json, const Calendar& outer, const TimeZone& zone,
                            const std::string& where) {
  Calendar calendar = outer;
  if (json.contains("dates")) {
    const auto read = [&](const char* name, std::optional<Date>& date) {
      if (!json["dates"].contains(name)) return;
      date.reset();
      const auto& value = json["dates"][name];
      if (!value.is_null()) date = read_date(value.get<std::string>(), name, zone, where);
    };
    if (json["dates"].contains("publishes")) calendar.dates.freeze.reset();
    read("opens", calendar.dates.opens);
    read("freeze", calendar.dates.freeze);
    read("closes", calendar.dates.closes);
    read("publishes", calendar.dates.publishes);
    check_order(calendar.dates, where);
  }
  if (json.contains("quotas")) {
    const auto& quotas = json["quotas"];
    if (quotas.contains("per_day")) calendar.quotas.per_day = quotas["per_day"].get<int>();
    if (quotas.contains("total")) calendar.quotas.total = quotas["total"].get<int>();
  }
  return calendar;
}

Calendars calendars_from_json(const nlohmann::json& competition, const std::string& where) {
  Calendars calendars;
  if (competition.contains("time_zone")) {
    calendars.time_zone = TimeZone(competition["time_zone"].get<std::string>(), where);
  }
  const Calendar outer = calendar_from_json(competition, {}, calendars.time_zone, where);
  for (const auto& track : competition["tracks"]) {
    const auto id = track["id"].get<std::string>();
    calendars.tracks[id] =
        calendar_from_json(track, outer, calendars.time_zone, where + ": track '" + id + "'");
  }
  return calendars;
}

Calendars parse_calendars(std::string_view competition_text, const std::string& where) {
  return calendars_from_json(nlohmann::json::parse(competition_text), where);
}

}  // namespace joulebench
