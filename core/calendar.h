#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace joulebench {

/// A moment: milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
struct Instant {
  std::int64_t milliseconds = 0;
  friend constexpr auto operator<=>(Instant, Instant) = default;
};

/// RFC 3339 with an offset: "2026-12-01T08:00:00+01:00", "...T07:00:00.250Z". Absent: it is not.
std::optional<Instant> parse_instant(std::string_view text);
/// The same of a time that this program wrote. Errors: std::logic_error, since it must be readable.
Instant instant_of(const std::string& at_utc);

/// As Clock::now_utc() writes it: "2026-12-01T07:00:00.250Z".
std::string to_utc_text(Instant at);

/// The rules of a place for its local time, from the system's time zone database.
class TimeZone {
 public:
  /// UTC, which needs no database.
  TimeZone() = default;
  /// `name` is "UTC" or one of IANA's: "Europe/Berlin". Errors: Error when the database has no such
  /// zone; `where` names the field.
  TimeZone(const std::string& name, const std::string& where);

  const std::string& name() const { return name_; }
  std::int64_t offset_seconds(Instant at) const;  // local time less UTC
  std::string day_of(Instant at) const;           // "2026-12-01", of local time

 private:
  std::string name_ = "UTC";
  std::vector<std::int64_t> changes_;  // seconds since 1970, ascending
  std::vector<std::int64_t> offsets_;  // one before the first change, then one after each
};

/// A date of a competition, as it was written.
struct Date {
  Instant at;
  std::string text;
};

/// When entries are taken and results shown; what is absent sets no limit. The instant that is
/// named is still inside.
struct Dates {
  std::optional<Date> opens;      // entries from then on
  std::optional<Date> freeze;     // the public board is live until then, and stands still after
  std::optional<Date> closes;     // entries until then
  std::optional<Date> publishes;  // results are shown from then on; without `freeze` hidden before
};

/// How many entries a team may hand in on a track; absent: any number.
struct Quotas {
  std::optional<int> per_day;  // of the competition's time zone
  std::optional<int> total;
};

/// The dates and quotas in force on one track.
struct Calendar {
  Dates dates;
  Quotas quotas;
};

/// Reads `dates` and `quotas` of `json`, a competition or a track that was checked with the schema;
/// what it does not say is as in `outer`; but a track that says when it `publishes` and nothing of
/// a `freeze` has none, so that no date around it shows what is hidden. Errors: Error naming the
/// field of `where`; a date without an offset comes with the text that it should be.
Calendar calendar_from_json(const nlohmann::json& json, const Calendar& outer, const TimeZone& zone,
                            const std::string& where);

/// The calendars of a competition's tracks.
struct Calendars {
  TimeZone time_zone;  // whose days quotas count by
  std::map<std::string, Calendar>
      tracks;  // by id: its own dates and quotas, else the competition's
};

/// Of a competition.json that was checked with the schema. Errors: as of calendar_from_json().
Calendars calendars_from_json(const nlohmann::json& competition, const std::string& where);
/// The same of its text.
Calendars parse_calendars(std::string_view competition_text, const std::string& where);

}  // namespace joulebench
