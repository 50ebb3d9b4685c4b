#pragma once

#include <string>
#include <vector>

#include "core/competition.h"
#include "leaderboard/store.h"

namespace joulebench {

/// Which accepted uploads the organizer means.
struct UploadWish {
  std::string name;  // or the first digits (6 at the least) of the id
  std::string team;  // empty: any
};

/// Entries that wait for their evaluation and are meant, by receipt.
std::vector<IntakeDecision> waiting_entries(const Store& store, const Competition& competition,
                                            const UploadWish& wish);

/// Takes an entry that waits out of the queue, as its team could have done. The log has the reason.
void withdraw_waiting(Store& store, const IntakeDecision& entry, const std::string& reason,
                      const std::string& at_utc);

/// Says which version of an entry counts, where the competition's `versions` is "selected"; after
/// its tracks closed too. Returns what was selected. Errors: Error when the rule is another one,
/// there is no such version, or several are meant.
IntakeDecision select_version(Store& store, const Competition& competition, const UploadWish& wish,
                              const std::string& reason, const std::string& at_utc);

}  // namespace joulebench
