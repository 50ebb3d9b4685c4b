#include "cli/board_publication.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "campaign/board_check.h"
#include "cli/json_output.h"
#include "cli/run_options.h"
#include "cli/trace_source.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "leaderboard/public_view.h"
#include "leaderboard/publication.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostThemeFile = 4 << 20;  // bytes

/// A database as it is at one moment, though another process writes to it.
struct Moment {
  std::vector<LogEvent> log;
  std::vector<Board> boards;
};

/// What of it is public, unless all is asked for.
Moment moment_of(const Store& store, const BoardOptions& given) {
  BoardOptions options = given;
  options.for_public = !given.for_organizer;
  if (options.for_public && options.at.empty()) options.at = SystemClock().now_utc();
  for (;;) {
    const std::string newest = store.head().sha256;
    Moment moment{
        .log = options.for_public ? public_log(store, moment_of_publication(options)) : store.log(),
        .boards = boards_of(store, options)};
    if (store.head().sha256 == newest) return moment;
  }
}

/// The readings of a block; a file that is gone or altered is said on the page, and here.
PageMaker pages_of(const Moment& moment, SiteOptions look) {
  return [&moment, look = std::move(look)](const SiteOutput& output) {
    make_site(moment.boards, trace_or_warning, output, look);
  };
}

/// Every file of a theme's folder, by name.
std::map<std::string, std::string> theme_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  if (folder.empty()) return files;
  for (const fs::directory_entry& file : fs::directory_iterator(folder)) {
    if (file.is_regular_file()) {
      files[file.path().filename().string()] = read_text_file(file.path(), kMostThemeFile);
    }
  }
  return files;
}

/// How the pages in a folder were made, as site.json there says; a folder of an earlier joulebench
/// has none. What it says only chooses how they are made again for comparison.
SiteOptions look_of_site(const BoardOptions& options) {
  SiteOptions look{.theme = theme_of(options.theme)};
  const fs::path file = options.site / "site.json";
  if (!fs::is_regular_file(fs::symlink_status(file))) return look;
  const auto site = nlohmann::json::parse(read_text_file(file, kMostThemeFile), nullptr, false);
  if (!site.is_object()) return look;
  const auto text = [&site](const char* key) {
    const auto value = site.find(key);
    return value != site.end() && value->is_string() ? value->get<std::string>() : "";
  };
  if (text("language") == "de") look.language = "de";
  look.base_url = text("base_url");
  return look;
}

/// All boards of the database: what is published and signed.
BoardOptions whole(BoardOptions options) {
  options.competition.clear();
  options.track.clear();
  return options;
}

/// What is found of a board, and how much was looked at.
struct Findings {
  std::vector<std::string> problems;
  std::vector<std::string> notes;
  std::vector<LogEvent> log;
  std::vector<LogEvent> published;  // that the pages were compared with: its head is signed
  bool pages_are_newest = false;
  std::string pages_sha256;  // of the list of digests that was checked
  std::size_t files = 0;
  std::size_t scores = 0;

  void add(const std::vector<std::string>& more) {
    problems.insert(problems.end(), more.begin(), more.end());
  }
};

/// What is wrong with the files that the records name, and with --scores with the scores.
void check_all_entries(const Store& store, const BoardOptions& options, Findings& findings) {
  const ScoreCheck scores{
      .wanted = options.scores, .datasets = options.datasets, .callbacks = scorer_callbacks()};
  for (const std::string& id : store.competition_ids()) {
    const Competition competition = store.competition(id);
    for (const std::string& track_id : store.tracks_with_runs(id)) {
      const std::vector<BoardEntry> entries = store.board(id, track_id);
      if (entries.empty()) continue;
      const auto known = std::find_if(competition.tracks.begin(), competition.tracks.end(),
                                      [&](const Track& track) { return track.id == track_id; });
      // One that the competition no longer has is as it was when it ran.
      const Track& track =
          known != competition.tracks.end() ? *known : entries.front().run.record.track;
      const std::vector<EntryCheck> checks = check_entries(competition, track, entries, scores);
      for (std::size_t i = 0; i < entries.size(); ++i) {
        const std::string name = printable(entries[i].run.record.entry.name, 80);
        for (const std::string& problem : checks[i].problems) {
          findings.problems.push_back(name + ": " + problem);
        }
        if (!checks[i].note.empty()) findings.notes.push_back(name + ": " + checks[i].note);
        findings.files += checks[i].files;
        findings.scores += checks[i].is_scored ? 1 : 0;
      }
    }
  }
}

void check_publication(const Store& store, const BoardOptions& options, Findings& findings) {
  Moment moment = moment_of(store, whole(options));
  const SiteCheck check = check_site(
      options.site, moment.log, pages_of(moment, look_of_site(options)), options.allowed_signers);
  for (const std::string& problem : check.problems) {
    findings.problems.push_back(options.site.string() + ": " + problem);
  }
  findings.notes.insert(findings.notes.end(), check.notes.begin(), check.notes.end());
  findings.pages_are_newest = check.is_newest;
  findings.pages_sha256 = check.pages_sha256;
  findings.published = std::move(moment.log);
}

/// Everything that is wrong with a board: its chained log, its tables, the files that its records
/// name, and what was published of it.
Findings findings_of(const BoardOptions& options) {
  const Store store = Store::open_existing(options.database);
  Findings findings{.problems = store.verify()};
  try {
    check_all_entries(store, options, findings);
    if (!options.site.empty()) check_publication(store, options, findings);
  } catch (const Error& error) {  // of tables that cannot be read any more
    if (findings.problems.empty()) throw;
    findings.problems.push_back(error.parts().what + ": " + error.parts().where);
  }
  findings.log = store.log();
  if (findings.log.empty()) {
    findings.problems.push_back(options.database.string() +
                                ": its history is empty: nothing was stored here yet, or all of it "
                                "was taken away");
  }
  if (!options.expected_head.empty()) {
    const std::string problem = missing_head(findings.log, options.expected_head);
    if (!problem.empty()) findings.problems.push_back(problem);
  }
  return findings;
}

}  // namespace

void write_site(const BoardOptions& options) {
  const Store store = Store::open_existing(options.database);
  const Moment moment = moment_of(store, options);
  const bool is_part = !options.competition.empty() || !options.track.empty();
  const PageMaker pages = pages_of(moment, {.language = options.language,
                                            .base_url = options.base_url,
                                            .theme = theme_of(options.theme)});
  const std::size_t files =
      is_part ? publish_part(pages, options.folder) : publish(pages, moment.log, options.folder);
  if (!options.for_organizer) {
    for (const std::string& one : withheld(store, moment_of_publication(options))) {
      std::cerr << "joulebench: not in full: " << printable(one, 300) << "\n";
    }
  }
  const std::string index =
      (fs::absolute(options.folder) / "index.html").lexically_normal().string();
  if (options.as_json()) {
    print_json(nlohmann::json{{"format", "joulebench-site/1"}, {"index", index}, {"files", files}});
  } else {
    std::cout << index << "\n";
  }
}

void sign(const BoardOptions& given) {
  BoardOptions options = whole(given);
  options.site = options.folder;
  const Findings findings = findings_of(options);
  if (!findings.problems.empty()) {
    throw Error({.what = "cannot sign: something was altered",
                 .where = findings.problems.front(),
                 .hint = fmt::format("joulebench board verify --db {} --site {} says all; "
                                     "joulebench board site writes the pages anew",
                                     options.database.string(), options.folder.string())});
  }
  if (!findings.pages_are_newest) {
    throw Error({.what = "cannot sign: something was stored since the pages were written",
                 .where = options.folder.string(),
                 .hint = "joulebench board site writes them anew"});
  }
  const SystemClock clock;
  const SignResult result = sign_site(options.folder, findings.published.back(),
                                      findings.pages_sha256, options.key, clock.now_utc());
  if (options.as_json()) {
    print_json(nlohmann::json{{"format", "joulebench-sign/1"},
                              {"event", result.head.number},
                              {"head_sha256", result.head.sha256},
                              {"key", result.key},
                              {"new", result.is_new},
                              {"heads", result.heads}});
    return;
  }
  std::cout << fmt::format("event {} and its pages {} with the key {}\nhead {}\n",
                           result.head.number, result.is_new ? "signed" : "were signed before",
                           result.key, result.head.sha256);
}

void verify(const BoardOptions& options) {
  if (!options.allowed_signers.empty() && options.site.empty()) {
    throw Error({.what = "--allowed-signers is about the signatures beside published pages",
                 .where = "no --site is given",
                 .hint = "add --site FOLDER, which joulebench board site wrote"});
  }
  const Findings findings = findings_of(options);
  const std::vector<LogEvent>& log = findings.log;
  if (options.as_json()) {
    print_json(nlohmann::json{{"format", "joulebench-verify/1"},
                              {"events", log.size()},
                              {"files", findings.files},
                              {"scores", findings.scores},
                              {"head_sha256", log.empty() ? "" : log.back().sha256},
                              {"problems", findings.problems},
                              {"notes", findings.notes}});
  } else {
    for (const std::string& problem : findings.problems) {
      std::cout << printable(problem, 2000) << "\n";
    }
    for (const std::string& note : findings.notes) std::cout << printable(note, 2000) << "\n";
    if (options.scores) std::cout << fmt::format("{} scores computed again\n", findings.scores);
    std::cout << fmt::format("{} events and {} files checked, {} problems\n", log.size(),
                             findings.files, findings.problems.size());
    if (!log.empty()) std::cout << "head " << log.back().sha256 << "\n";
  }
  if (!findings.problems.empty()) throw CLI::RuntimeError(1);
}

}  // namespace joulebench
