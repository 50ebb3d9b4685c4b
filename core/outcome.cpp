#include "core/outcome.h"

#include <array>
#include <stdexcept>
#include <utility>

namespace joulebench {
namespace {

constexpr std::array kOutcomes = {std::pair{Outcome::valid, "valid"},
                                  std::pair{Outcome::voided, "void"},
                                  std::pair{Outcome::build, "build"},
                                  std::pair{Outcome::load, "load"},
                                  std::pair{Outcome::protocol, "protocol"},
                                  std::pair{Outcome::timeout, "timeout"},
                                  std::pair{Outcome::cpu, "cpu"},
                                  std::pair{Outcome::memory, "memory"},
                                  std::pair{Outcome::processes, "processes"},
                                  std::pair{Outcome::output, "output"},
                                  std::pair{Outcome::crash, "crash"},
                                  std::pair{Outcome::predictions, "predictions"},
                                  std::pair{Outcome::violation, "violation"},
                                  std::pair{Outcome::infrastructure, "infrastructure"}};

}  // namespace

const char* to_string(Outcome outcome) {
  for (const auto& [known, name] : kOutcomes) {
    if (known == outcome) return name;
  }
  throw std::logic_error("bug: unknown outcome");
}

std::optional<Outcome> outcome_from(std::string_view name) {
  for (const auto& [outcome, known] : kOutcomes) {
    if (known == name) return outcome;
  }
  return std::nullopt;
}

bool is_submission_failure(Outcome outcome) {
  return outcome != Outcome::valid && outcome != Outcome::voided &&
         outcome != Outcome::infrastructure;
}

}  // namespace joulebench
