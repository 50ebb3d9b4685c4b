#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/competition.h"
#include "core/outcome.h"

namespace joulebench {

/// How an entry failed, as its author is told.
struct Failure {
  Outcome outcome = Outcome::crash;
  std::string message;
  std::string log_tail;
  std::filesystem::path folder;  // of the entry, to look at its files; empty: it is not at hand
};

/// Causes that message and log show, each with its remedy, the most telling first: Python's last
/// exception, a program that cannot be started, a module or tool that the environment lacks, the
/// network, read-only folders, and which limit of the competition was met. Empty: nothing is known
/// beyond the message. The log is untrusted: what is quoted of it is printable and short.
std::vector<std::string> advice_on(const Failure& failure, const Track& track);

}  // namespace joulebench
