#include "core/assumed_power.h"

#include <gtest/gtest.h>

namespace joulebench {
namespace {

TEST(AssumedPower, IsThatOfTheModelAndOfNothingElse) {
  DomainInfo domain{.name = "model",
                    .kind = DomainKind::model,
                    .source = "model:12.5",
                    .energy_class = EnergyClass::modelled};
  ASSERT_TRUE(assumed_power(domain));
  EXPECT_EQ(assumed_power(domain)->value, 12.5);
  domain.source = "model:many";
  EXPECT_FALSE(assumed_power(domain));
  domain.source = "model:12.5";
  domain.energy_class = EnergyClass::measured;
  EXPECT_FALSE(assumed_power(domain));
}

}  // namespace
}  // namespace joulebench
