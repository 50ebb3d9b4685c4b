#include "campaign/processor_slots.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace joulebench {
namespace {

using Slot = ProcessorSlots::Slot;

TEST(ProcessorSlots, WhoRunsAtOnceHasProcessorsBesideOneAnother) {
  ProcessorSlots slots;
  const Slot one(slots, 2), two(slots, 1), three(slots, 4);
  EXPECT_EQ(one.cpus_before(), 0U);
  EXPECT_EQ(two.cpus_before(), 2U);
  EXPECT_EQ(three.cpus_before(), 3U);
}

TEST(ProcessorSlots, WhatIsGivenBackIsHandedOutFirst) {
  ProcessorSlots slots;
  std::optional<Slot> one(std::in_place, slots, 1), two(std::in_place, slots, 2);
  const Slot three(slots, 1);
  one.reset();
  EXPECT_EQ(Slot(slots, 1).cpus_before(), 0U);
  EXPECT_EQ(Slot(slots, 2).cpus_before(), 4U) << "two do not fit in the place of one";
  two.reset();
  const Slot wide(slots, 3);
  EXPECT_EQ(wide.cpus_before(), 0U);
  EXPECT_EQ(Slot(slots, 1).cpus_before(), 4U);
}

TEST(ProcessorSlots, OneAfterTheOtherHasTheSameProcessors) {
  ProcessorSlots slots;
  for (int i = 0; i < 3; ++i) EXPECT_EQ(Slot(slots, 2).cpus_before(), 0U);
}

}  // namespace
}  // namespace joulebench
