#pragma once

#include <optional>
#include <string>

#include "core/competition.h"
#include "core/run_record.h"
#include "environments/environment.h"
#include "submissions/submission.h"

namespace joulebench {

/// Which environment of the competition an entry runs in: `named` where it is not empty (a user who
/// tries something out), else what the entry says, else the competition's first. Absent: the
/// machine's own /usr ("host"), which `named` may always ask for.
/// Errors: Error when the competition does not offer it, naming those that it does.
std::optional<OfferedEnvironment> environment_for(const Competition& competition,
                                                  const Submission& submission,
                                                  const std::string& named = {});

/// The command that makes an environment of ours, or takes one from the organizer.
std::string how_to_get(const std::string& name);

/// That environment as this machine has it. Errors: Error when it is not here or has another digest
/// than the competition says, naming the command that gets it.
Environment open_offered(const EnvironmentStore& store, const OfferedEnvironment& offered);

/// Errors: Error naming the first file that is not as it was imported. Reads every file.
void require_intact(const EnvironmentStore& store, const Environment& environment);

/// Both in one: what a record and an executor are told. Errors: as above.
std::optional<EnvironmentIdentity> resolve_environment(const EnvironmentStore& store,
                                                       const Competition& competition,
                                                       const Submission& submission,
                                                       const std::string& named = {});

}  // namespace joulebench
