#include "leaderboard/measuring_facts.h"

#include <map>
#include <set>
#include <string>

namespace joulebench {
namespace {

void add_domains(std::map<std::string, DomainInfo>& domains, const BlockRecord& block) {
  for (const DomainEnergy& energy : block.energy) {
    const auto [known, is_new] = domains.emplace(energy.domain.name, energy.domain);
    if (is_new) continue;
    known->second.energy_class = worse(known->second.energy_class, energy.domain.energy_class);
  }
}

}  // namespace

MeasuringFacts measuring_facts(const Board& board) {
  MeasuringFacts facts;
  std::map<std::string, DomainInfo> domains;
  std::set<std::string> sessions;
  std::vector<double> lengths;
  std::vector<double> errors;
  for (const BoardEntry& entry : board.entries) {
    const RunRecord& record = entry.run.record;
    facts.entries += record.valid_blocks() > 0 ? 1 : 0;
    facts.blocks += record.blocks.size();
    for (const BlockRecord& block : record.blocks) {
      if (block.outcome != Outcome::valid) continue;
      ++facts.valid_blocks;
      facts.measured += block.measured;
      lengths.push_back(block.measured.count());
      if (!block.session.empty()) sessions.insert(block.session);
      const std::optional<EnergyTotal> total = total_of(block.energy);
      if (total && total->joules.value > 0) errors.push_back(total->error / total->joules);
      add_domains(domains, block);
    }
  }
  facts.sessions = sessions.size();
  if (!lengths.empty()) facts.block = Seconds(median_of(lengths));
  if (!errors.empty()) facts.error = median_of(errors);
  for (const auto& [name, domain] : domains) facts.domains.push_back(domain);
  return facts;
}

}  // namespace joulebench
