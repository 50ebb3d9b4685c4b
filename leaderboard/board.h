#pragma once

#include <string>
#include <vector>

#include "core/carbon.h"
#include "leaderboard/number_text.h"
#include "leaderboard/store.h"
#include "scoring/figures.h"
#include "scoring/ranking.h"

namespace joulebench {

/// An entry that is out of the ranks until the organizer decides, and why.
struct HeldEntry {
  std::size_t entry = 0;       // index into Board::entries
  std::vector<Flag> evidence;  // in words
};

/// An older version of an entry, or one that its team did not choose.
struct SupersededEntry {
  std::size_t entry = 0;  // index into Board::entries
  std::size_t by = 0;     // of the version that stands in its place
};

/// The ranked view of one track: what a table, a page or a download shows.
struct Board {
  Competition competition;
  Track track;
  std::vector<BoardEntry> entries;          // by name, then id
  Ranking ranking;                          // its indices are into `entries`
  std::vector<HeldEntry> held;              // neither ranked nor among those that are not
  std::vector<SupersededEntry> superseded;  // likewise
  LogEvent head;                            // the newest event of the history this board belongs to
  std::vector<RefusedEntry> refused;        // that could not be read
  std::optional<CarbonRule> carbon;         // of the competition; absent: it states none
  std::string note;  // for the reader, as that it stands still; empty: there is none

  /// The entry that has its rank: itself, or the run that it was ranked as one with.
  std::size_t place_of(std::size_t entry) const {
    return ranking.place_of.empty() ? entry : ranking.place_of[entry];
  }
  /// As it was ranked, of an entry that has a score: over all nodes that count as one.
  const Score& ranked(std::size_t entry) const {
    return ranking.joined.empty() ? *entries[entry].score : ranking.joined[entry];
  }
  /// Of an entry of ranking.sections; those have a score.
  const Score& score(const RankedEntry& one) const { return ranked(one.score); }
};

/// Ranks what the store holds. Withdrawn, disqualified, held and unscored entries are listed, never
/// ranked; of the versions of an entry one is (VersionRule). With `until_utc` the board as it stood
/// at that moment. Records are outlines: whole_record() has all of one. Errors: Error naming a
/// competition or track that the store does not hold.
Board make_board(const Store& store, const std::string& competition, const std::string& track,
                 const std::string& until_utc = {});

/// The scores as they are ranked, by entry: with who is out of the ranks and why, and what is known
/// of their machines.
std::vector<Score> scores_to_rank(const Board& board);

/// Gives the scores their answers by sample, where the records' folders have them.
void read_right_answers(Board& board);

/// How an entry is on the board, in one word: its state, or how its run ended where that failed.
const char* standing_of(const BoardEntry& entry);

/// What a section's entries ran in: "python 0123456789ab", "the organizer's own /usr"; empty where
/// the competition offers no environments.
std::string environment_of(const Board& board, const RankedSection& section);

/// Where a board has several nodes: what the baseline used on each of a section's, and why they
/// share ranks or do not. In words, a sentence each.
std::vector<std::string> node_comparison_of(const Board& board, const RankedSection& section);

/// Rank of an entry in a category: "1", "2–4".
std::string rank_text(const RankedEntry& ranked);

/// Who leads a category, by how much and how sure that is: "tree, 34 % less energy than knn".
struct Leader {
  std::vector<std::size_t> entries;  // all that may be first, best point estimate first
  std::string verdict;               // "34 % less energy than knn", "not significantly different"
  bool is_winner = false;            // ahead of every other, tested over the whole category
  std::optional<std::size_t> next;   // second by point estimate
  std::optional<double>
      of_next;  // energy over the second's; absent: the rule compares other figures
};
Leader leader_of(const Board& board, const RankedCategory& category);

/// The entries that have a place in a section, each once, by number.
std::vector<std::size_t> ranked_in(const RankedSection& section);

/// Days on which a section's entries began to be measured: "2026-12-01".
struct DateRange {
  std::string first;
  std::string last;
};
DateRange dates_of(const Board& board, const RankedSection& section);

/// What may have spoiled an entry's figures; of one without a score, on its record.
std::vector<Flag> caveats_of(const BoardEntry& entry);

/// How many entries of a section have a caveat of this name.
struct CaveatCount {
  std::string name;
  std::size_t entries = 0;
};
/// The most frequent first.
std::vector<CaveatCount> caveats_of(const Board& board, const RankedSection& section);

/// Every entry of a section once with its place in each category (null: none): least energy first,
/// or where categories exclude one another category by category as ranked.
struct SectionRow {
  std::size_t entry = 0;
  std::vector<const RankedEntry*> places;  // one per category of the section
};
std::vector<SectionRow> rows_of(const Board& board, const RankedSection& section);

/// Figures that compare an entry with its section or turn its energy into something else. Shown,
/// never ranked by.
struct RowFigures {
  std::optional<Estimate> of_baseline;  // energy over the baseline's, by the test that ranks;
                                        // absent: the section has no baseline
  std::optional<double> hypervolume;    // share of the section's trade-off area that this entry
                                        // alone dominates; absent: the area has no extent
  std::optional<Estimate> grams_co2e;  // of works_of_carbon(); absent: no carbon in the competition
};
/// The area has fixed corners, so that no entry changes another's figure: from the baseline's
/// energy and the lowest floor to kHypervolumeReach of that energy (on the logarithm) and no error.
/// Error is 1 - accuracy of a metric that is a share, the metric itself where less is better.
constexpr double kHypervolumeReach = 1e-3;
struct SectionFigures {
  std::vector<RowFigures> rows;       // of rows_of(), in its order
  std::optional<double> hypervolume;  // of all entries together
};
SectionFigures figures_of(const Board& board, const RankedSection& section);
/// The unit that suits a section's grams.
MassUnit mass_unit_of(const SectionFigures& figures);

/// "486 gCO2e/kWh (WORLD, 2023; Ember ...), PUE 1.2": what gCO2e were computed with.
std::string carbon_source(const CarbonRule& rule);

}  // namespace joulebench
