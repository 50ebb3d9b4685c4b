#include "leaderboard/site/board_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/text.h"
#include "leaderboard/site/chart/axes.h"
#include "leaderboard/site/entry_summary.h"
#include "leaderboard/site/layout.h"

namespace joulebench {
namespace {

/// When something of an entry changed last: its score, or what was decided about it.
std::string changed_at(const BoardEntry& entry) {
  return std::max(entry.scored_at_utc, entry.state_since_utc);
}

/// A string of JSON is one of YAML.
std::string quoted(const std::string& text) {
  return nlohmann::json(printable(text, 1000))
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

std::string citation(const BoardView& view) {
  const Board& board = view.board;
  std::string text =
      "cff-version: 1.2.0\nmessage: Please cite this board with the event of its history.\n"
      "type: dataset\n";
  text += "title: " + quoted(title_of(board)) + "\n";
  text +=
      "authors:\n  - name: " + quoted("The organizers of " + title_of(board.competition)) + "\n";
  text += fmt::format("version: \"event {}\"\n", board.head.number);
  if (board.head.at_utc.size() >= 10) {
    text += "date-released: \"" + board.head.at_utc.substr(0, 10) + "\"\n";
  }
  if (!view.look.base_url.empty()) {
    text += "url: " + quoted(view.look.base_url + view.place.folder + "index.html") + "\n";
  }
  return text +
         "identifiers:\n  - type: other\n    value: " + quoted("sha256:" + board.head.sha256) +
         "\n    description: \"digest of the newest event of the board's history\"\n";
}

std::string feed(const BoardView& view) {
  const std::string here = view.look.base_url + view.place.folder;
  std::vector<std::size_t> news;
  for (std::size_t i = 0; i < view.board.entries.size(); ++i) {
    if (!changed_at(view.board.entries[i]).empty()) news.push_back(i);
  }
  const auto age = [&](std::size_t i) {
    return std::pair(changed_at(view.board.entries[i]), view.board.entries[i].run.id);
  };
  std::sort(news.begin(), news.end(),
            [&](std::size_t a, std::size_t b) { return age(a) > age(b); });
  news.resize(std::min(news.size(), kMostNews));
  std::string xml = fmt::format(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n"
      "<title>{0}</title>\n<id>{1}index.html</id>\n<link href=\"{1}index.html\"/>\n<link "
      "rel=\"self\" "
      "href=\"{1}feed.xml\"/>\n<updated>{2}</updated>\n<author><name>{0}</name></author>\n",
      escape_html(shown(title_of(view.board))), escape_html(here), view.board.head.at_utc);
  for (const std::size_t i : news) {
    const BoardEntry& entry = view.board.entries[i];
    const std::string link = escape_html(here + view.place.entry_link(i));
    xml += fmt::format(
        "<entry><title>{}</title><id>{}#{}</id><link href=\"{}\"/><updated>{}</updated><summary>{}"
        "</summary></entry>\n",
        escape_html(shown(entry.run.record.entry.name)), link,
        entry.run.record_sha256.substr(0, 12), link, changed_at(entry),
        escape_html(shown(entry_summary(view, i))));
  }
  return xml + "</feed>\n";
}

std::string look_json(const SiteLook& look) {
  const nlohmann::json site = {{"format", "joulebench-site-look/1"},
                               {"language", look.say.language()},
                               {"base_url", look.base_url}};
  return site.dump(2) + "\n";
}

}  // namespace joulebench
