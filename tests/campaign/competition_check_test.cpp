#include "campaign/competition_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace joulebench {
namespace {

using testing::ElementsAre;

Date calendar_date(const char* text) {
  return {.at = parse_instant(text).value(), .text = text};
}

std::vector<std::string> words(const Calendar& calendar) {
  return calendar_in_words(calendar, TimeZone("Europe/Berlin", "c.json"),
                           parse_instant("2026-12-01T00:00:00Z").value());
}

TEST(CalendarInWords, SaysWhenAndHowFarAway) {
  Calendar calendar;
  calendar.dates = {.opens = calendar_date("2026-11-29T23:59:00Z"),
                    .freeze = calendar_date("2026-12-01T01:30:00Z"),
                    .closes = calendar_date("2026-12-01T00:00:00Z"),
                    .publishes = calendar_date("2026-12-03T12:00:00+01:00")};
  EXPECT_THAT(words(calendar),
              ElementsAre("entries are taken from 2026-11-29T23:59:00Z, 24 hours ago",
                          "the public board stands still from 2026-12-01T01:30:00Z, in 90 minutes",
                          "entries are taken until 2026-12-01T00:00:00Z, in 0 minutes",
                          "results are shown from 2026-12-03T12:00:00+01:00, in 2 days"));
}

TEST(CalendarInWords, WithoutDatesEntriesAreTakenAtAnyTime) {
  Calendar calendar;
  EXPECT_THAT(words(calendar), ElementsAre("entries are taken at any time"));
  calendar.quotas = {.per_day = 2, .total = 10};
  EXPECT_THAT(words(calendar), ElementsAre("entries are taken at any time",
                                           "a team may hand in 2 a day, of Europe/Berlin",
                                           "a team may hand in 10 in all"));
}

}  // namespace
}  // namespace joulebench
