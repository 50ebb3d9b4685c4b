#include "leaderboard/site/entry_key.h"

#include <fmt/format.h>

#include <iterator>

#include "core/digest.h"
#include "leaderboard/site/entry_summary.h"
#include "leaderboard/site/layout.h"

namespace joulebench {
namespace {

/// Parts in a row, each with its length, so that no two rows of parts are one text.
class Parts {
 public:
  Parts& add(std::string_view part) {
    fmt::format_to(std::back_inserter(text_), "{}:{}", part.size(), part);
    return *this;
  }
  Parts& add(const std::vector<Flag>& flags) {
    for (const Flag& flag : flags) add(flag.name).add(flag.detail);
    return add(std::to_string(flags.size()));
  }
  Parts& add(const std::vector<Values>& rows) {
    for (const Values& row : rows) {
      for (const auto& [name, value] : row.all()) {
        if (const auto* text = std::get_if<std::string>(&value)) add(name).add(*text);
        if (const auto* flag = std::get_if<bool>(&value)) add(name).add(*flag ? "1" : "0");
      }
    }
    return add(std::to_string(rows.size()));
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

std::string entry_key_of_board(const BoardView& view) {
  Parts parts;
  parts.add(view.look.digest()).add(view.board.competition.digest).add(view.board.track.id);
  parts.add(title_of(view.board)).add(view.place.folder).add(view.place.root);
  return sha256_of_text(parts.text());
}

EntryKey entry_key(const BoardView& view, std::size_t entry, const std::string& of_board) {
  const BoardEntry& of = view.board.entries[entry];
  const EntryStanding& standing = view.standings[entry];
  Parts details;
  details.add(of_board).add(of.run.record_sha256).add(of.score_sha256);
  details.add(of.run.origin).add(of.run.origin_key).add(of.run.origin_signer);
  for (const JoinedBlocks& one : of.run.joined) {
    details.add(one.origin.head_sha256).add(one.origin.key).add(one.origin.signer);
  }
  details.add(to_string(of.state)).add(view.place.addresses[entry]).add(version_rows(view, entry));
  EntryKey key{.details = sha256_of_text(details.text())};
  Parts parts;
  parts.add(key.details).add(of.state_reason).add(of.state_since_utc);
  parts.add(entry_summary(view, entry));
  for (const auto& [category, ranked] : standing.places)
    parts.add(category->title).add(ranked->group);
  parts.add(neighbour_rows(view, entry));
  if (standing.held != nullptr) parts.add(standing.held->evidence);
  if (standing.unranked != nullptr) parts.add(standing.unranked->reason);
  key.all = sha256_of_text(parts.text());
  return key;
}

}  // namespace joulebench
