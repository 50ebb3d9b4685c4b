#include "core/calendar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/competition.h"
#include "core/error.h"

namespace joulebench {
namespace {

using nlohmann::json;

Instant at(std::string_view text) {
  return parse_instant(text).value();
}

Error::Parts error_of(const json& dates, const std::string& zone = "Europe/Berlin") {
  try {
    calendar_from_json({{"dates", dates}}, {}, TimeZone(zone, "c.json"), "c.json");
  } catch (const Error& error) {
    return error.parts();
  }
  return {.what = "no error", .where = {}, .hint = {}};
}

TEST(Calendar, AnInstantIsTheSameWhateverItsOffset) {
  EXPECT_EQ(at("1970-01-01T00:00:00Z").milliseconds, 0);
  EXPECT_EQ(at("1970-01-02T00:00:01.25Z").milliseconds, 86'401'250);
  EXPECT_EQ(at("2026-12-01T00:30:00+01:00"), at("2026-11-30T23:30:00Z"));
  EXPECT_EQ(at("2026-11-30t20:00:00-03:30"), at("2026-11-30T23:30:00z"));
  EXPECT_LT(at("2026-12-01T00:00:00Z"), at("2026-12-01T00:00:00.001Z"));
}

TEST(Calendar, WhatIsNoInstantIsRefused) {
  for (const char* text : {"", "2026-12-01", "2026-12-01T00:00:00", "2026-02-30T00:00:00Z",
                           "2026-12-01T24:00:00Z", "2026-12-01T00:60:00Z", "2026-12-01T00:00:00.Z",
                           "2026-12-01T00:00:00+1:00", "2026-12-01T00:00:00Z ", "tomorrow"}) {
    EXPECT_FALSE(parse_instant(text)) << text;
  }
}

TEST(Calendar, ADateWithoutOffsetComesWithTheCorrectedText) {
  EXPECT_EQ(error_of({{"closes", "2026-12-01T23:59:59"}}).where,
            "c.json: field 'dates.closes': \"2026-12-01T23:59:59\"");
  EXPECT_EQ(error_of({{"closes", "2026-12-01T23:59:59"}}).hint,
            "in Europe/Berlin that is \"2026-12-01T23:59:59+01:00\"");
  EXPECT_EQ(error_of({{"closes", "2026-07-01"}}).hint,
            "in Europe/Berlin that is \"2026-07-01T23:59:59+02:00\"")
      << "a day ends with its last second, and summer has another offset";
  EXPECT_EQ(error_of({{"opens", "2026-07-01"}}, "UTC").hint,
            "in UTC that is \"2026-07-01T00:00:00Z\"");
  EXPECT_THAT(error_of({{"opens", "tomorrow"}}).hint, testing::HasSubstr("RFC 3339"));
}

TEST(Calendar, DatesThatContradictEachOtherAreRefused) {
  const auto parts =
      error_of({{"opens", "2026-12-02T00:00:00Z"}, {"closes", "2026-12-01T00:00:00Z"}});
  EXPECT_EQ(parts.what, "the dates of a competition are out of order");
  EXPECT_THAT(parts.where, testing::HasSubstr("'dates.closes' (2026-12-01T00:00:00Z) is before"));
}

TEST(Calendar, DaysAreThoseOfTheZoneAlsoAcrossItsChangeOfTime) {
  const TimeZone berlin("Europe/Berlin", "c.json");
  EXPECT_EQ(TimeZone().day_of(at("2026-11-30T23:30:00Z")), "2026-11-30");
  EXPECT_EQ(berlin.day_of(at("2026-11-30T22:59:59Z")), "2026-11-30");
  EXPECT_EQ(berlin.day_of(at("2026-11-30T23:00:00Z")), "2026-12-01");
  EXPECT_EQ(berlin.offset_seconds(at("2026-10-25T00:59:59Z")), 7200);
  EXPECT_EQ(berlin.offset_seconds(at("2026-10-25T01:00:00Z")), 3600);
  EXPECT_EQ(TimeZone("America/New_York", "c.json").day_of(at("2026-07-01T03:59:59Z")),
            "2026-06-30");
}

TEST(Calendar, AnUnknownZoneIsAnErrorAndNoPath) {
  for (const char* name : {"Europe/Berln", "", "/etc/passwd", "../zoneinfo/UTC", "Europe"}) {
    EXPECT_THROW(TimeZone(name, "c.json"), Error) << name;
  }
}

TEST(Calendar, ACompetitionWhoseDateHasNoOffsetIsRefusedWhenItIsRead) {
  const json document = {
      {"format", json::parse(competition_schema())["properties"]["format"]["const"]},
      {"id", "c"},
      {"tracks",
       {{{"id", "t"}, {"dataset", "digits"}, {"dates", {{"closes", "2026-12-24T12:00:00"}}}}}}};
  try {
    parse_competition(document.dump(), "c.json");
    FAIL() << "an error was expected";
  } catch (const Error& error) {
    EXPECT_THAT(error.parts().where,
                testing::StartsWith("c.json: track 't': field 'dates.closes'"));
    EXPECT_EQ(error.parts().hint, "in UTC that is \"2026-12-24T12:00:00Z\"");
  }
}

TEST(Calendar, ATrackHasItsOwnDatesWhereItSaysSoAndElseTheCompetitions) {
  const json document = {
      {"format", json::parse(competition_schema())["properties"]["format"]["const"]},
      {"id", "c"},
      {"time_zone", "Europe/Berlin"},
      {"dates", {{"opens", "2026-12-01T00:00:00+01:00"}, {"closes", "2026-12-24T12:00:00+01:00"}}},
      {"quotas", {{"per_day", 5}, {"total", 50}}},
      {"tracks",
       {{{"id", "open"}, {"dataset", "digits"}},
        {{"id", "final"},
         {"dataset", "digits"},
         {"dates", {{"closes", nullptr}, {"publishes", "2027-01-01T00:00:00Z"}}},
         {"quotas", {{"total", 1}}}}}}};
  const Competition competition = parse_competition(document.dump(), "c.json");
  const Calendars calendars = parse_calendars(competition.text, "c.json");
  EXPECT_EQ(calendars.time_zone.name(), "Europe/Berlin");
  const Calendar open = calendars.tracks.at("open"), final = calendars.tracks.at("final");
  EXPECT_EQ(open.dates.closes->text, "2026-12-24T12:00:00+01:00");
  EXPECT_EQ(open.quotas.total, 50);
  EXPECT_EQ(final.dates.opens->at, at("2026-11-30T23:00:00Z"));
  EXPECT_FALSE(final.dates.closes) << "null: no end, whatever the competition says";
  EXPECT_TRUE(final.dates.publishes);
  EXPECT_EQ(final.quotas.per_day, 5);
  EXPECT_EQ(final.quotas.total, 1);
}

}  // namespace
}  // namespace joulebench
