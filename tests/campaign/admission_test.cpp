#include "campaign/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fake_clock.h"

namespace joulebench {
namespace {

using testing::ElementsAre;

Date date(const char* text) {
  return {.at = parse_instant(text).value(), .text = text};
}

Received received(const char* team, const char* at, bool is_evaluated = false) {
  return {.team = team, .at = parse_instant(at).value(), .is_evaluated = is_evaluated};
}

std::vector<std::string> refusals(const Calendar& calendar, std::vector<Received> entries) {
  return joulebench::refusals(calendar, TimeZone("Europe/Berlin", "c.json"), entries);
}

TEST(Admission, TheInstantsThatAreNamedAreStillInside) {
  Calendar calendar;
  calendar.dates.opens = date("2026-12-01T00:00:00+01:00");
  calendar.dates.closes = date("2026-12-24T12:00:00+01:00");
  EXPECT_THAT(refusals(calendar, {received("a", "2026-11-30T22:59:59.999Z"),
                                  received("a", "2026-11-30T23:00:00Z"),
                                  received("a", "2026-12-24T11:00:00.000Z"),
                                  received("a", "2026-12-24T11:00:00.001Z")}),
              ElementsAre("received before the track opens: 2026-12-01T00:00:00+01:00", "", "",
                          "received after the track closed: 2026-12-24T12:00:00+01:00"));
}

TEST(Admission, DaysAreThoseOfTheCompetitionAndEachTeamHasItsOwnQuota) {
  Calendar calendar;
  calendar.quotas.per_day = 1;
  EXPECT_THAT(refusals(calendar, {received("a", "2026-11-30T22:00:00Z"),  // 30th in Berlin
                                  received("a", "2026-11-30T23:00:00Z"),  // 1st
                                  received("a", "2026-12-01T08:00:00Z"),  // 1st
                                  received("b", "2026-12-01T09:00:00Z")}),
              ElementsAre("", "",
                          "team 'a' has handed in the 1 entries that it may on 2026-12-01 "
                          "(Europe/Berlin)",
                          ""));
}

TEST(Admission, TheTotalFillsInTheOrderOfReceiptAndWhatIsRefusedTakesNone) {
  Calendar calendar;
  calendar.dates.opens = date("2026-12-01T00:00:00Z");
  calendar.quotas.total = 2;
  EXPECT_THAT(refusals(calendar, {received("a", "2026-12-04T00:00:00Z"),
                                  received("a", "2026-12-03T00:00:00Z"),
                                  received("a", "2026-11-01T00:00:00Z"),  // too early
                                  received("a", "2026-12-02T00:00:00Z")}),
              ElementsAre("team 'a' has handed in the 2 entries that it may on this track", "",
                          testing::StartsWith("received before"), ""));
}

TEST(Admission, WhatWasEvaluatedStaysAndCountsFirst) {
  Calendar calendar;
  calendar.dates.closes = date("2026-12-02T00:00:00Z");
  calendar.quotas.total = 1;
  EXPECT_THAT(refusals(calendar, {received("a", "2026-12-01T00:00:00Z"),
                                  received("a", "2026-12-03T00:00:00Z", true)}),
              ElementsAre("team 'a' has handed in the 1 entries that it may on this track", ""));
}

/// Participants, a baseline and entries of one team, before a store in memory.
class AdmissionOfParticipants : public testing::Test {
 protected:
  Participants participants(const std::vector<std::string>& names) const {
    Participants participants;
    for (const std::string& name : names) {
      Candidate candidate{.is_baseline = participants.candidates.empty(), .source = "/in/" + name};
      candidate.submission.name = candidate.submission.id = name;
      candidate.submission.team = "team";
      participants.candidates.push_back(candidate);
    }
    return participants;
  }
  std::vector<Refused> admit_those(Participants& participants) {
    return admit(participants, calendars_, "c", "t", store_, clock_);
  }

  Calendars calendars_;
  Store store_{":memory:"};
  FakeClock clock_;  // 2026-12-01T08:00:00.000Z
};

TEST_F(AdmissionOfParticipants, BaselinesAreExemptAndTheRefusedAreListedWithTheirReason) {
  calendars_.tracks["t"].dates.closes = date("2026-11-01T00:00:00Z");
  Participants late = participants({"baseline", "late"});
  const auto refused = admit_those(late);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].path, "/in/late");
  EXPECT_EQ(refused[0].reason, "received after the track closed: 2026-11-01T00:00:00Z");
  ASSERT_EQ(late.candidates.size(), 1U);
  EXPECT_EQ(late.candidates[0].submission.name, "baseline");
  EXPECT_EQ(late.refused.size(), 1U);
}

TEST_F(AdmissionOfParticipants, TheFirstReceiptInTheLogCounts) {
  store_.received_at("c", "early", "2026-10-01T00:00:00.000Z");
  EXPECT_EQ(store_.received_at("c", "early", "2026-12-01T00:00:00.000Z"),
            "2026-10-01T00:00:00.000Z");
  calendars_.tracks["t"].dates.closes = date("2026-11-01T00:00:00Z");
  Participants both = participants({"baseline", "early", "late"});
  EXPECT_EQ(admit_those(both).size(), 1U);
  EXPECT_EQ(both.candidates.back().submission.name, "early");
  EXPECT_TRUE(store_.verify().empty());
  EXPECT_EQ(store_.log().size(), 2U) << "early and late are noted, once each";
}

TEST_F(AdmissionOfParticipants, OurFailuresTakeNoQuota) {
  calendars_.tracks["t"].quotas.total = 1;
  Competition competition;
  competition.id = "c";
  store_.put_competition(competition, clock_.now_utc());
  RunRecord record;
  record.competition_id = "c";
  record.track.id = "t";
  record.entry.id = record.entry.name = "ours";
  record.outcome = Outcome::infrastructure;
  store_.put_run(record, "/records/ours", clock_.now_utc());
  store_.received_at("c", "second", "2026-11-01T00:00:00.000Z");
  Participants both = participants({"baseline", "ours", "second"});
  EXPECT_EQ(admit_those(both).size(), 1U);
  EXPECT_EQ(both.candidates.back().submission.name, "second")
      << "was received first, and the other was never evaluated";
  record.outcome = Outcome::crash;  // the entry's own failure counts
  store_.put_run(record, "/records/ours", clock_.now_utc());
  Participants again = participants({"baseline", "ours", "second"});
  EXPECT_EQ(admit_those(again).size(), 1U);
  EXPECT_EQ(again.candidates.back().submission.name, "ours");
}

}  // namespace
}  // namespace joulebench
