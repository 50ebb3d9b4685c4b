#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/energy.h"
#include "core/run_record.h"
#include "core/units.h"

namespace joulebench {

/// What a block used from one of its marks to the next: "load" (from its start to "ready"),
/// "warm-up" (until the first measured window), "measured" (the windows, which alone are ranked),
/// "tail" (after the last answer), and below "measured" the phases that the program named itself.
struct PhaseEnergy {
  std::string name;
  Seconds time{0};
  std::optional<Joules> joules;  // of the domains in the total; absent: unavailable
  bool is_part = false;          // of the phase above it
};

/// Of one block, from its trace. Empty: the block is not valid, or was made of several sandboxes.
std::vector<PhaseEnergy> energy_by_phase(const BlockRecord& block, const EnergyTrace& trace);

/// The mean of blocks' phases, by name, in the order of the first block that has one; joules are
/// absent where one block lacks them.
std::vector<PhaseEnergy> mean_phases(const std::vector<std::vector<PhaseEnergy>>& blocks);

}  // namespace joulebench
