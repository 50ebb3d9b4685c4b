#include "leaderboard/site/layout.h"

#include "leaderboard/number_text.h"
#include "leaderboard/site/template.h"

namespace joulebench {
namespace {

constexpr const char* kFigureSpace = "\u2007";       // as wide as a digit
constexpr const char* kPunctuationSpace = "\u2008";  // as wide as a point

}  // namespace

std::string laid_out(const SiteLook& look, const PageHead& head, const std::string& body,
                     const Board* board) {
  Values page;
  page.text("title", head.title)
      .text("root", head.root)
      .text("language", look.say.language())
      .text("description", head.description)
      .html("body", body)
      .html("footer", look.render("footer.mustache", {}));
  if (!head.script.empty()) page.text("script", head.script);
  if (!look.base_url.empty()) {  // previews and feeds need whole addresses
    page.text("url", look.base_url + head.path).text("feed", head.feed);
    if (!head.image.empty()) page.text("image", look.base_url + head.image);
  }
  if (board != nullptr && !board->head.sha256.empty()) {
    Values history;
    history.text("number", grouped(std::to_string(board->head.number)))
        .text("at_utc", board->head.at_utc)
        .text("sha256", board->head.sha256);
    page.list("history", {history});
  }
  return look.render("layout.mustache", page);
}

std::string title_of(const Competition& competition) {
  return competition.title.empty() ? competition.id : competition.title;
}
std::string title_of(const Track& track) {
  return track.title.empty() ? track.id : track.title;
}
std::string title_of(const Board& board) {
  const std::string competition = title_of(board.competition);
  if (board.competition.tracks.size() < 2) return competition;
  return competition + " – " + title_of(board.track);
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
