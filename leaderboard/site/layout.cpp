#include "leaderboard/site/layout.h"

#include <fmt/format.h>

#include <set>

#include "embedded/leaderboard_site.h"
#include "leaderboard/site/template.h"

namespace joulebench {
namespace {

constexpr const char* kFigureSpace = "\u2007";       // as wide as a digit
constexpr const char* kPunctuationSpace = "\u2008";  // as wide as a point
constexpr std::size_t kLongestSlug = 40;

std::string slug_of(const EntryIdentity& entry) {
  std::string slug;
  for (const char c : entry.name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) {
      slug += c;
    } else if (c >= 'A' && c <= 'Z') {
      slug += static_cast<char>(c - 'A' + 'a');
    } else if (!slug.empty() && slug.back() != '-') {
      slug += '-';
    }
    if (slug.size() >= kLongestSlug) break;
  }
  while (!slug.empty() && slug.back() == '-') slug.pop_back();
  return (slug.empty() ? "entry" : slug) + "-" + entry.id.substr(0, 8);
}

}  // namespace

Place place_of(const Board& board, bool alone) {
  Place place{.alone = alone};
  if (!alone) {
    place.folder = board.competition.id + "/" + board.track.id + "/";
    place.root = "../../";
  }
  std::set<std::string> taken;
  for (const BoardEntry& entry : board.entries) {
    const std::string slug = slug_of(entry.run.record.entry);
    std::string name = slug;
    for (int copy = 2; !taken.insert(name).second; ++copy) name = fmt::format("{}-{}", slug, copy);
    place.slugs.push_back(name);
  }
  return place;
}

std::string laid_out(const Board* board, const std::string& title, const std::string& root,
                     const std::string& body) {
  Values page;
  page.text("title", title).text("root", root).html("body", body);
  if (board != nullptr && !board->head.sha256.empty()) {
    Values history;
    history.text("number", std::to_string(board->head.number))
        .text("at_utc", board->head.at_utc)
        .text("sha256", board->head.sha256);
    page.list("history", {history});
  }
  return render(leaderboard_site::kLayoutMustache, page);
}

std::string title_of(const Competition& competition) {
  return competition.title.empty() ? competition.id : competition.title;
}
std::string title_of(const Track& track) {
  return track.title.empty() ? track.id : track.title;
}

void align_on_page(std::vector<std::string>& numbers) {
  align_decimals(numbers, kFigureSpace, kPunctuationSpace);
}

std::string log_of(const RunRecord& record) {
  if (!record.log_tail.empty()) return record.log_tail;
  for (const BlockRecord& block : record.blocks) {
    if (is_submission_failure(block.outcome) && !block.log_tail.empty()) return block.log_tail;
  }
  return {};
}

}  // namespace joulebench
