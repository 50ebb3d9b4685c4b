#include "leaderboard/site/board_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "core/digest.h"
#include "leaderboard/site/layout.h"
#include "leaderboard/site/rule_words.h"

namespace joulebench {
namespace {

constexpr std::size_t kLongest = 40;  // letters of a part of an address

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// A name as a part of an address. Plain ones stand as they are; what is changed gets a digest of
/// the whole, so that two names never share an address.
std::string address_part(const std::string& name) {
  std::string part;
  for (const char c : name) {
    if (is_plain(c)) {
      part += c;
    } else if (c >= 'A' && c <= 'Z') {
      part += static_cast<char>(c - 'A' + 'a');
    } else if (!part.empty() && part.back() != '-') {
      part += '-';
    }
    if (part.size() >= kLongest) break;
  }
  while (!part.empty() && part.back() == '-') part.pop_back();
  if (part == name) return part;
  return part + "~" + sha256_of_text(name).substr(0, 10);
}

std::string address_of(const EntryIdentity& entry) {
  return (entry.team.empty() ? "_" : address_part(entry.team)) + "/" + address_part(entry.name);
}

using VersionsByName = std::map<std::pair<std::string, std::string>, std::vector<std::size_t>>;

/// Entries by team and name, the newest first.
VersionsByName versions_of(const Board& board) {
  VersionsByName versions;
  for (std::size_t i = 0; i < board.entries.size(); ++i) {
    const EntryIdentity& entry = board.entries[i].run.record.entry;
    versions[{entry.team, entry.name}].push_back(i);
  }
  const auto age = [&](std::size_t i) {
    const StoredRun& run = board.entries[i].run;
    return std::tie(run.record.started_at_utc, run.id);
  };
  for (auto& [name, list] : versions) {
    std::sort(list.begin(), list.end(),
              [&](std::size_t a, std::size_t b) { return age(a) > age(b); });
  }
  return versions;
}

void look_up_ranks(BoardView& view) {
  const std::vector<RankedSection>& sections = view.board.ranking.sections;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    for (std::size_t row = 0; row < view.tables[i].rows.size(); ++row) {
      EntryStanding& standing = view.standings[view.tables[i].rows[row].entry];
      standing.section = &sections[i];
      standing.row = row;
    }
    for (const ComparedEntry& one : sections[i].compared) {
      view.standings[one.score].compared = &one;
    }
    for (const RankedCategory& category : sections[i].categories) {
      for (const RankedEntry& ranked : category.entries) {
        view.standings[ranked.score].places.emplace_back(&category, &ranked);
      }
    }
  }
  // Another run of an entry stands where its place does, or has no rank for the same reason.
  for (std::size_t i = 0; i < view.standings.size(); ++i) {
    const std::size_t place = view.board.place_of(i);
    if (place == i) continue;
    const EntryStanding& of_place = view.standings[place];
    view.standings[i].section = of_place.section;
    view.standings[i].row = of_place.row;
    view.standings[i].compared = of_place.compared;
    view.standings[i].places = of_place.places;
    view.standings[i].unranked = of_place.unranked;
  }
}

void make_readable(SectionTable& table, const Texts& say) {
  for (std::vector<std::string>* column :
       {&table.energy, &table.quality, &table.ratio, &table.watts, &table.speed,
        &table.latency_median, &table.hypervolume, &table.grams}) {
    for (std::string& number : *column) number = grouped(number);
    align_on_page(*column);
  }
  for (std::vector<std::string>* column :
       {&table.energy_interval, &table.quality_interval, &table.ratio_interval}) {
    for (std::string& number : *column) {
      if (!number.empty()) number = interval_words(grouped(number), say);
    }
  }
}

SectionLook look_of(const Board& board, const RankedSection& section, const SectionTable& table) {
  SectionLook look;
  for (const SectionRow& row : table.rows) {
    const BoardEntry& entry = board.entries[row.entry];
    look.energy.widen(*energy_figure(board.ranked(row.entry)));
    look.quality.widen(*quality(board.ranked(row.entry)));
    look.shares.push_back(section.is_by_ratio ? std::nullopt : energy_shares(entry.run.record));
    look.has_shares = look.has_shares || look.shares.back().has_value();
  }
  for (const CaveatCount& caveat : caveats_of(board, section)) {
    if (caveat.entries == table.rows.size()) look.common.insert(caveat.name);
  }
  return look;
}

}  // namespace

SitePlace place_of(const Board& board, bool alone) {
  SitePlace place{.alone = alone};
  if (!alone) {
    place.folder = board.competition.id + "/" + board.track.id + "/";
    place.root = "../../";
  }
  place.addresses.resize(board.entries.size());
  std::set<std::string> taken;
  for (const auto& [name, list] : versions_of(board)) {
    for (const std::size_t entry : list) {
      const EntryIdentity& identity = board.entries[entry].run.record.entry;
      std::string address = address_of(identity);
      if (entry != list.front()) address += "@" + identity.id.substr(0, 12);
      const std::string first = address;
      for (int copy = 2; !taken.insert(address).second; ++copy) {
        address = fmt::format("{}@{}", first, copy);
      }
      place.addresses[entry] = std::move(address);
    }
  }
  return place;
}

BoardView::BoardView(const Board& of, const SiteLook& site, bool alone)
    : board(of), look(site), place(place_of(of, alone)) {
  standings.resize(board.entries.size());
  for (const RankedSection& section : board.ranking.sections) {
    make_readable(tables.emplace_back(table_of(board, section)), look.say);
    looks.push_back(look_of(board, section, tables.back()));
  }
  for (const HeldEntry& one : board.held) standings[one.entry].held = &one;
  for (const UnrankedEntry& one : board.ranking.unranked) standings[one.score].unranked = &one;
  look_up_ranks(*this);
  for (const auto& [name, list] : versions_of(board)) {
    for (const std::size_t entry : list) standings[entry].versions = list;
  }
}

}  // namespace joulebench
