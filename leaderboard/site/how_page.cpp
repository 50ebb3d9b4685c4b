#include "leaderboard/site/how_page.h"

#include <fmt/format.h>

#include "core/text.h"
#include "leaderboard/measuring_facts.h"
#include "leaderboard/number_text.h"
#include "leaderboard/site/layout.h"
#include "leaderboard/site/rule_words.h"
#include "scoring/contest.h"

namespace joulebench {
namespace {

std::string count(std::size_t number) {
  return grouped(std::to_string(number));
}

void put_facts(Values& page, const MeasuringFacts& facts, const Texts& say) {
  page.text("entries", count(facts.entries))
      .text("blocks", count(facts.blocks))
      .text("valid_blocks", count(facts.valid_blocks))
      .text("hours", grouped(short_number(facts.measured.count() / 3600)));
  if (facts.sessions > 0) page.text("sessions", count(facts.sessions));
  if (facts.block) page.text("block", grouped(short_number(facts.block->count())));
  if (facts.error) page.text("error", rounded_number(100 * *facts.error, 2));
  std::vector<Values> domains;
  for (const DomainInfo& domain : facts.domains) {
    domains.emplace_back()
        .text("name", domain.name)
        .text("source", domain.source)
        .text("class", say(to_string(domain.energy_class)))
        .text("counts", domain.in_total ? say("in the total") : say("shown only"));
  }
  page.list_with_flag("domains", std::move(domains));
}

void put_protocol(Values& page, const Track& track) {
  const Protocol& protocol = track.protocol;
  const auto seconds = [](Seconds value) { return fmt::format("{:g}", value.count()); };
  page.text("planned", protocol.adds_blocks
                           ? fmt::format("{}–{}", protocol.blocks, protocol.most_blocks)
                           : std::to_string(protocol.blocks))
      .text("min_block", seconds(protocol.min_block))
      .text("periods", fmt::format("{:g}", protocol.min_sensor_periods))
      .text("idle", seconds(protocol.idle))
      .text("tail", seconds(protocol.tail))
      .flag("salt", protocol.salt)
      .flag("once", protocol.looks == LooksRule::once)
      .flag("is_training", track.task == Task::train)
      .text("per", unit_of_work(track.task));
  const Limits& limits = track.limits;
  page.text("memory", bytes_text(static_cast<double>(limits.memory_bytes)))
      .text("cpus", std::to_string(limits.cpus))
      .text("processes", std::to_string(limits.processes));
  if (limits.gpus > 0) page.text("gpus", std::to_string(limits.gpus));
}

void put_ranking(Values& page, const Board& board, const Texts& say) {
  const Track& track = board.track;
  page.text("rule", board.ranking.rule)
      .text("how", rule_text(track, say))
      .text("how_metric", say(metric_text(track.metric)))
      .text("metric", say(metric_title(track.metric)))
      .text("confidence", percent_text(track.ranking.confidence))
      .text("floor_confidence", percent_text(track.ranking.floor_confidence))
      .text("margin", percent_text(kEquivalenceMargin))
      .text("min_blocks", std::to_string(track.ranking.min_blocks));
  if (board.carbon) page.text("carbon", carbon_source(*board.carbon));
}

}  // namespace

std::string how_page(const BoardView& view) {
  const Board& board = view.board;
  const Texts& say = view.look.say;
  Values page;
  page.text("title", title_of(board)).text("dataset", board.track.dataset);
  put_facts(page, measuring_facts(board), say);
  put_protocol(page, board.track);
  put_ranking(page, board, say);
  page.text("event", grouped(std::to_string(board.head.number)))
      .text("head", board.head.sha256)
      .text("at_utc", board.head.at_utc);
  return laid_out(view.look,
                  {.title = say("How this was measured") + " – " + title_of(board),
                   .path = view.place.folder + "how.html",
                   .root = view.place.root},
                  view.look.render("how_page.mustache", page), &board);
}

}  // namespace joulebench
