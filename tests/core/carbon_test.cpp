#include "core/carbon.h"

#include <gtest/gtest.h>

#include "core/competition.h"
#include "core/error.h"
#include "core/file.h"

namespace joulebench {
namespace {

std::optional<CarbonRule> rule_of(const std::string& carbon) {
  const TemporaryFolder folder("test");
  const auto file = folder.path() / "competition.json";
  write_file_atomically(file, R"({"format": "joulebench-competition/2", "id": "c", )" + carbon +
                                  R"("tracks": [{"id": "t", "dataset": "digits"}]})");
  return read_competition(file).carbon;
}

std::string carbon_error(const std::string& carbon) {
  try {
    rule_of(carbon);
  } catch (const Error& error) {
    const std::string& where = error.parts().where;
    return where.substr(where.find(": ") + 2);
  }
  return {};
}

TEST(Carbon, IsKilowattHoursTimesPueTimesIntensity) {
  // 3.6 MJ are one kWh: 1 x 1.5 x 44.18 g.
  const auto rule = rule_of(R"("carbon": {"country": "FR", "pue": 1.5}, )");
  ASSERT_TRUE(rule.has_value());
  EXPECT_DOUBLE_EQ(grams_co2e(Joules{3.6e6}, *rule), 66.27);
  EXPECT_EQ(rule->grid.year, 2024);
  EXPECT_TRUE(rule->grid.source.starts_with("Ember, yearly electricity data (CC BY 4.0)"));
}

TEST(Carbon, TakesTheCodeOfThreeLettersToo) {
  const auto rule = rule_of(R"("carbon": {"country": "UKR"}, )");
  EXPECT_EQ(rule->grid.country, "UA");
  EXPECT_EQ(rule->grid.year, 2022) << "the newest year that the source has of it";
}

TEST(Carbon, MayBeTheOrganizersOwnFigure) {
  const auto rule =
      rule_of(R"("carbon": {"grams_per_kwh": 100, "source": "our supplier", "year": 2025}, )");
  EXPECT_DOUBLE_EQ(grams_co2e(Joules{7.2e6}, *rule), 200);
  EXPECT_EQ(rule->grid.source, "our supplier");
}

TEST(Carbon, IsAbsentWhereNothingIsStated) {
  EXPECT_FALSE(rule_of("").has_value());
}

TEST(Carbon, NamesWhatIsWrong) {
  EXPECT_TRUE(carbon_error(R"("carbon": {"country": "XX"}, )")
                  .starts_with("field 'carbon': there is no figure for 'XX' among AE AF AG"));
  EXPECT_EQ(carbon_error(R"("carbon": {"grams_per_kwh": 100}, )"),
            "field 'carbon': 'grams_per_kwh' without 'source' and 'year'");
  EXPECT_EQ(carbon_error(R"("carbon": {"pue": 1.2}, )"),
            "field 'carbon': either 'country' or 'grams_per_kwh' was expected");
}

TEST(Carbon, TableIsSortedAndPlausible) {
  const auto table = grid_intensities();
  ASSERT_GT(table.size(), 200u) << "all countries of the source";
  for (std::size_t i = 0; i < table.size(); ++i) {
    EXPECT_GT(table[i].grams_per_kwh, 0);
    EXPECT_LT(table[i].grams_per_kwh, 1400);
    EXPECT_GE(table[i].year, 2022) << table[i].country;
    EXPECT_EQ(table[i].three_letters.size(), table[i].country == "WORLD" ? 5u : 3u);
    if (i > 0) {
      EXPECT_LT(table[i - 1].country, table[i].country);
    }
  }
}

}  // namespace
}  // namespace joulebench
