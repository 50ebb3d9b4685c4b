#include "core/assumed_power.h"

#include <charconv>
#include <string_view>
#include <system_error>

namespace joulebench {

std::optional<Watts> assumed_power(const DomainInfo& domain) {
  constexpr std::string_view kPrefix = "model:";
  if (domain.energy_class != EnergyClass::modelled || !domain.source.starts_with(kPrefix)) {
    return std::nullopt;
  }
  const char* const first = domain.source.data() + kPrefix.size();
  const char* const last = domain.source.data() + domain.source.size();
  double watts = 0;
  const auto [end, error] = std::from_chars(first, last, watts);
  return error == std::errc{} && end == last ? std::optional(Watts{watts}) : std::nullopt;
}

}  // namespace joulebench
