// Campaigns with known truth: intervals hold it as often as they say, equals are rarely called
// different, and what differs is found. All seeds fixed, so they pass or fail always; the bounds
// are those of the table in scoring/README.md.
#include <gtest/gtest.h>

#include "scoring/simulated_campaign.h"

namespace joulebench {
namespace {

using joulebench::support::simulated_cases;
using joulebench::support::SimulatedCase;

TEST(Simulation, EveryFigureLiesInItsRange) {
  for (const SimulatedCase& one : simulated_cases()) {
    const double figure = one.figure(20'210, one.runs);
    EXPECT_GE(figure, one.low) << one.what;
    EXPECT_LE(figure, one.high) << one.what;
  }
}

}  // namespace
}  // namespace joulebench
