#include "leaderboard/site/entry_page.h"

#include <fmt/format.h>

#include <cctype>
#include <string_view>
#include <utility>

#include "core/text.h"
#include "leaderboard/number_text.h"
#include "leaderboard/site/entry_answers.h"
#include "leaderboard/site/entry_conditions.h"
#include "leaderboard/site/entry_figures.h"
#include "leaderboard/site/entry_summary.h"
#include "leaderboard/site/layout.h"
#include "leaderboard/site/rule_words.h"

namespace joulebench {
namespace {

void put_identity(Values& page, const RunRecord& record) {
  const EntryIdentity& entry = record.entry;
  page.text("name", entry.name)
      .flag("is_baseline", entry.is_baseline)
      .text("date", record.started_at_utc.substr(0, 10));
  for (const auto& [name, value] :
       {std::pair{"team", entry.team}, std::pair{"version", entry.version},
        std::pair{"licence", entry.licence}, std::pair{"description", entry.description}}) {
    if (!value.empty()) page.text(name, value);
  }
  if (entry.url.starts_with("https://") || entry.url.starts_with("http://")) {
    page.text("url", entry.url);
  }
}

std::vector<Values> flag_rows(const std::vector<Flag>& flags, const Texts& say) {
  std::vector<Values> list;
  for (const Flag& flag : flags) {
    list.emplace_back().text("name", say(flag.name)).text("detail", flag.detail);
  }
  return list;
}

/// Groups that are numbers, where letters run out, would be read as ranks.
bool is_letters(const std::string& group) {
  return !group.empty() && std::isalpha(static_cast<unsigned char>(group[0])) != 0;
}

std::vector<Values> rank_rows(const EntryStanding& standing, const Texts& say) {
  std::vector<Values> rows;
  for (const auto& [category, ranked] : standing.places) {
    Values& row = rows.emplace_back();
    row.text("category", category_title(*category, say))
        .text("rank", rank_text(*ranked))
        .text("of", grouped(std::to_string(category->entries.size())));
    if (is_letters(ranked->group)) row.text("group", ranked->group);
  }
  return rows;
}

/// Where it stands and why, and what a failed entry wrote last.
void put_standing(Values& page, const BoardView& view, std::size_t index) {
  const BoardEntry& entry = view.board.entries[index];
  const EntryStanding& standing = view.standings[index];
  const Texts& say = view.look.say;
  page.text("summary", entry_summary(view, index));
  if (standing.unranked != nullptr) page.text("reason", standing.unranked->reason);
  page.flag("is_held", standing.held != nullptr);
  if (standing.held != nullptr) page.list("evidence", flag_rows(standing.held->evidence, say));
  if (entry.state == EntryState::valid && !entry.state_since_utc.empty()) {
    page.text("decided",
              say("Since {}: {}", {entry.state_since_utc.substr(0, 10), entry.state_reason}));
  }
  if (const std::string log = log_of(entry.run.record); !log.empty()) page.text("log", log);
  std::vector<Values> ranks = rank_rows(standing, say);
  std::vector<Values> neighbours = neighbour_rows(view, index);
  std::vector<Values> versions = version_rows(view, index);
  page.list_with_flag("ranks", std::move(ranks))
      .list_with_flag("neighbours", std::move(neighbours))
      .list_with_flag("versions", std::move(versions));
  std::vector<Values> caveats = flag_rows(caveats_of(entry), say);
  page.list_with_flag("caveats", std::move(caveats));
}

void put_score(Values& page, const BoardView& view, const RunRecord& record, const Score* score) {
  const Texts& say = view.look.say;
  const bool is_training = record.track.task == Task::train;
  page.flag("has_figures", score != nullptr && score->samples > 0)
      .flag("is_training", is_training)
      .flag("has_training", is_training && score != nullptr && score->accuracy.has_value());
  if (score == nullptr) return;
  put_answers(page, *score, say);
  page.list("figures", entry_figures(*score, view.board.carbon, say))
      .list("training", {training_values(record, *score, say)});
}

std::string words_of_origin(const Origin& origin) {
  std::string text = "the history with head " + origin.head_sha256;
  if (origin.key.empty()) return text + ", not signed";
  return text + (origin.signer.empty() ? ", signed" : ", signed by " + origin.signer) +
         " with the key " + origin.key;
}

/// Where a record, or blocks of it, came from that did not run here; empty: all ran here.
std::string came_from(const StoredRun& run) {
  std::string text;
  if (!run.origin.empty()) {
    text = "ingested from " + words_of_origin({run.origin, run.origin_key, run.origin_signer});
  }
  for (const JoinedBlocks& one : run.joined) {
    text += fmt::format("{}{} {} joined from {}", text.empty() ? "" : "; ",
                        one.blocks.size() == 1 ? "block" : "blocks", fmt::join(one.blocks, ", "),
                        words_of_origin(one.origin));
  }
  return text;
}

void put_origin(Values& page, const StoredRun& run, const std::string& name) {
  const RunRecord& record = run.record;
  const std::string from = came_from(run);
  page.flag("is_ingested", !from.empty()).text("came_from", from);
  page.text("entry_id", record.entry.id)
      .text("dataset_sha256", record.dataset_sha256)
      .text("competition_sha256", record.competition_sha256)
      .text("program_version", record.program_version)
      .flag("has_masked", record.masked && !record.masked->empty())
      .text("masked",
            fmt::format("{}", fmt::join(record.masked.value_or(std::vector<std::string>{}), "; ")))
      .flag("has_environment", record.environment.has_value())
      .text("environment", record.environment ? record.environment->name : "")
      .text("environment_sha256", record.environment ? record.environment->sha256 : "")
      .text("started", record.started_at_utc)
      .text("json", name + ".json")
      .text("csv", name + ".csv");
}

/// The commands that do the same again; nothing in them is a text of the entry.
std::string reproduce_words(const BoardView& view, const RunRecord& record) {
  const Texts& say = view.look.say;
  std::string text = "# " + say("ENTRY is the folder or archive whose id is") + "\n# " +
                     record.entry.id + "\njoulebench submission check ENTRY\n";
  if (record.environment) {
    text += fmt::format("joulebench environment verify {}  # {}\n", record.environment->name,
                        record.environment->sha256.substr(0, 12));
  }
  const bool is_model = !record.blocks.empty() && !record.blocks.front().energy.empty() &&
                        record.blocks.front().energy.front().domain.kind == DomainKind::model;
  text +=
      fmt::format("joulebench run ENTRY --competition competition.json --track {} --baseline{}\n",
                  view.board.track.id, is_model ? " --meters model" : "");
  return text + fmt::format("joulebench score --db BOARD.db --explain {}  # {}\n",
                            record.entry.id.substr(0, 12), say("each step from counters to rank"));
}

/// Where the part of a page begins that neither ranks nor decisions change. Texts of entries are
/// escaped: none of them holds it.
constexpr std::string_view kDetails = "<!--details-->";

/// All above the details. An outline of the record has what it needs.
Values standing_values(const BoardView& view, std::size_t index) {
  const BoardEntry& entry = view.board.entries[index];
  const RunRecord& record = entry.run.record;
  const Texts& say = view.look.say;
  Values page;
  page.text("board_link", std::string(kFromEntry) + "index.html")
      .text("board_root", kFromEntry)
      .text("board_title", title_of(view.board))
      .text("confidence", percent_text(record.track.ranking.confidence))
      .text("metric_words", say(metric_title(record.track.metric)));
  if (entry.score && entry.score->energy_class == EnergyClass::modelled) {
    page.text("mark", say(kModelled)).text("mark_text", say(kModelledText));
  }
  put_identity(page, record);
  put_standing(page, view, index);
  return page;
}

std::string page_of(const BoardView& view, std::size_t index, const Values& page) {
  const std::string& address = view.place.addresses[index];
  return laid_out(view.look,
                  {.title = shown(view.board.entries[index].run.record.entry.name) + " – " +
                            title_of(view.board),
                   .description = entry_summary(view, index),
                   .path = view.place.folder + view.place.entry_link(index),
                   .root = kFromEntry + view.place.root,
                   .image = view.place.folder + "entries/" + address + ".card.svg"},
                  view.look.render("entry_page.mustache", page));
}

}  // namespace

std::string file_name_of(const std::string& address) {
  return address.substr(address.rfind('/') + 1);
}

std::string entry_page(const BoardView& view, std::size_t index, const BoardEntry& entry,
                       const BlockTrace& trace_of) {
  const RunRecord& record = entry.run.record;
  const Texts& say = view.look.say;
  const Score* score = entry.score ? &*entry.score : nullptr;
  const std::string& address = view.place.addresses[index];
  const std::string name = file_name_of(address);
  Values page = standing_values(view, index);
  put_score(page, view, record, score);
  put_blocks(page, record, score, name, trace_of, say);
  std::vector<Values> audits = audit_rows(record, say);
  page.list_with_flag("audits", std::move(audits));
  page.list("limits", limit_rows(record, say)).list("machine", machine_rows(record, say));
  put_origin(page, entry.run, name);
  page.text("badge", name + ".badge.svg")
      .text("card", name + ".card.svg")
      .text("address", address)
      .text("commands", reproduce_words(view, record));
  return page_of(view, index, page);
}

std::optional<std::string> with_new_standing(const BoardView& view, std::size_t index,
                                             std::string_view former) {
  for (const char* name : {"entry_page.mustache", "layout.mustache"}) {
    if (!view.look.is_ours(name)) return std::nullopt;
  }
  const std::size_t details = former.find(kDetails);
  if (details == former.npos) return std::nullopt;
  std::string page = page_of(view, index, standing_values(view, index));
  page.resize(page.find(kDetails));
  return page.append(former.substr(details));
}

}  // namespace joulebench
