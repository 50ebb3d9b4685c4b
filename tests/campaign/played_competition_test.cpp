// One competition from its opening day to its last appeal, on a scripted clock: what the public
// sees at each date, and that nothing of it is what it should not see yet.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "campaign/admission.h"
#include "campaign/evaluation.h"
#include "campaign/local_evaluation.h"
#include "core/error.h"
#include "intake_world.h"
#include "leaderboard/public_view.h"
#include "leaderboard/publication.h"
#include "submissions/signed_entry.h"
#include "support/scripted_executor.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using support::IntakeWorld;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kFields = R"("time_zone": "Europe/Berlin", "quotas": {"per_day": 1},
  "dates": {"opens": "2026-12-02T01:00:00+01:00", "closes": "2026-12-15T12:00:00+01:00"},
  "tracks": [
    {"id": "live", "dataset": "made-up", "baselines": ["baseline"],
     "dates": {"freeze": "2026-12-10T12:00:00+01:00", "publishes": "2026-12-20T12:00:00+01:00"},
     "ranking": {"floors": [0.1]}, "energy": {"domains": ["cpu-package"]},
     "protocol": {"blocks": 3, "min_block_s": 1, "idle_s": 0, "tail_s": 0}},
    {"id": "final", "dataset": "made-up", "baselines": ["baseline"],
     "dates": {"publishes": "2026-12-20T12:00:00+01:00"},
     "ranking": {"floors": [0.1]}, "energy": {"domains": ["cpu-package"]},
     "protocol": {"blocks": 3, "min_block_s": 1, "idle_s": 0, "tail_s": 0}}])";

/// The competition with its teams, its machine and its public pages.
class PlayedCompetition : public ::testing::Test {
 protected:
  PlayedCompetition() {
    fs::create_directories(world.folder.path() / "baseline");
    write_file_atomically(world.folder.path() / "baseline/submission.json",
                          R"({"format": "joulebench-submission/1", "name": "baseline",
                              "command": ["./run"]})");
    for (int i = 0; i < 12; ++i) {
      teams.push_back(fmt::format("team-{:02}", i + 1));
      world.add_team(teams.back());
    }
    labelled.dataset.id = labelled.dataset.sha256 = "made-up";
    labelled.dataset.class_names = {"0", "1"};
    labelled.hidden_labels.assign(ScriptedExecutor::kSamples, 0);
    labelled.hidden_labels[0] = 1;  // 9 of 10 are right
    executor.on_block = [this](const BlockJob& job, BlockRecord& block) {
      set_joules(block, joules_of(job.entry.track.id, job.entry.entry_id, job.number));
    };
    world.trial = [](const Submission& entry, const Track&) -> std::string {
      return entry.version == "crashes" ? "answers a request: it crashed" : "";
    };
  }

  /// Each entry has a cost of its own on each track, with digits that nothing else has.
  double joules_of(const std::string& track, const std::string& entry, int block) {
    const auto [place, is_new] = costs_.try_emplace({track, entry}, costs_.size());
    return 23.017 + 1.3719 * static_cast<double>(place->second) + 0.0113 * block;
  }

  void at(int day, int hour, int minute = 0) {
    const Instant now = parse_instant(world.clock.now_utc()).value();
    const Instant then =
        parse_instant(fmt::format("2026-12-{:02}T{:02}:{:02}:00Z", day, hour, minute)).value();
    ASSERT_GE(then.milliseconds, now.milliseconds) << "the script's times go on";
    world.clock.advance(Seconds(static_cast<double>(then.milliseconds - now.milliseconds) / 1000));
  }

  /// Uploads an entry of a team, signed with its own key unless another is named.
  void upload(const std::string& team, const std::string& version,
              const std::string& signer = "-") {
    const std::string name = fmt::format("{}/{:02}.tar.gz", team, ++uploads);
    world.upload(name, team, "entry-of-" + team, version, signer == "-" ? team : signer);
    last = name;
  }
  IntakeDecision decided() { return world.decision(last); }

  /// A night: takes in what lies there, and evaluates both tracks.
  void night() {
    EXPECT_THAT(world.look().problems, IsEmpty());
    for (const Track& track : world.competition.tracks) evaluate(track);
    EXPECT_THAT(world.store().verify(), IsEmpty());
  }
  void evaluate(const Track& track) {
    Store store = world.store();
    Participants participants = gather_participants(
        world.competition, track, queued_entries(world.competition, world.database));
    EXPECT_THAT(admit(participants,
                      parse_calendars(world.competition.text, world.competition.file.string()), "c",
                      track.id, store, world.clock),
                IsEmpty())
        << "what was taken in was decided then";
    const RunSetting setting{.competition = world.competition,
                             .track = track,
                             .dataset_sha256 = "made-up",
                             .meters = "scripted",
                             .program_version = "test",
                             .clock = world.clock,
                             .executor = executor};
    const RecordScorer scorer(world.competition, track, labelled, world.folder.path(), {});
    Evaluation(participants, setting, world.folder.path() / "board.records" / track.id)
        .run(store, scorer, {});
  }

  /// Every file that the public gets now, by its path.
  std::map<std::string, std::string> publish_now() {
    const Store store = world.store();
    const Instant now = parse_instant(world.clock.now_utc()).value();
    const TemporaryFolder site("site", world.folder.path());
    std::vector<Board> boards;
    for (const Track& track : world.competition.tracks) {
      boards.push_back(make_public_board(store, "c", track.id, now));
    }
    publish([&](const SiteOutput& output) { make_site(boards, {no_trace}, output); },
            public_log(store, now), site.path());
    std::map<std::string, std::string> files;
    for (const auto& one : fs::recursive_directory_iterator(site.path())) {
      if (!one.is_regular_file()) continue;
      files[one.path().lexically_relative(site.path()).string()] = read_text_file(one.path());
    }
    return files;
  }
  static std::optional<TraceFile> no_trace(const StoredRun&, const BlockRecord&) {
    return std::nullopt;
  }

  /// All numbers of a track's scores and records as they could be written, of four digits or more.
  std::set<std::string> figures_of(const std::string& track) {
    std::set<std::string> figures;
    const auto add = [&figures](double value) {
      for (const double scaled : {value, value * 1e3, value * 1e6}) {
        std::string shown = fmt::format("{:.4g}", scaled);
        if (shown.find('e') == shown.npos && shown.size() >= 5) figures.insert(std::move(shown));
      }
      figures.insert(fmt::format("{}", value));
    };
    for (const BoardEntry& entry : world.store().board("c", track)) {
      add(energy_figure(*entry.score)->value);
      add(energy_figure(*entry.score)->interval->low);
      add(entry.score->mean_watts->value);
      for (const BlockRecord& block : entry.run.record.blocks) {
        add(total_of(block.energy)->joules.value);
      }
    }
    return figures;
  }
  /// Where any of these stands in public files, but for those that also stand in `others`. In pages
  /// of the live track four digits may be the beginning of another figure.
  static std::string found(const std::map<std::string, std::string>& files,
                           const std::set<std::string>& figures,
                           const std::set<std::string>& others) {
    for (const auto& [path, text] : files) {
      for (const std::string& figure : figures) {
        // Four digits stand in other figures, and in times of files, by chance.
        const bool has_many = path.starts_with("c/live/") || path == ".joulebench-pages";
        if (has_many && figure.size() < 8) continue;
        if (!others.contains(figure) && text.find(figure) != text.npos) {
          return path + ": " + figure;
        }
      }
    }
    return {};
  }
  void expect_final_is_hidden() {
    const auto files = publish_now();
    EXPECT_EQ(found(files, figures_of("final"), figures_of("live")), "");
    const nlohmann::json board = nlohmann::json::parse(files.at("c/final/board.json"));
    EXPECT_THAT(board["sections"], IsEmpty());
    for (const auto& entry : board["entries"]) EXPECT_TRUE(entry["score"].is_null());
    EXPECT_THAT(files.at("log.jsonl"), Not(HasSubstr("\\\"accuracy\\\"")));
  }
  static std::map<std::string, std::string> of_track(std::map<std::string, std::string> files,
                                                     const std::string& track) {
    std::erase_if(files, [&](const auto& one) { return !one.first.starts_with(track + "/"); });
    return files;
  }

  IntakeWorld world{kFields};
  ScriptedExecutor executor{world.clock};
  LabelledDataset labelled;
  std::vector<std::string> teams;
  int uploads = 0;
  std::string last;

 private:
  std::map<std::pair<std::string, std::string>, std::size_t> costs_;
};

TEST_F(PlayedCompetition, FromItsOpeningDayToItsLastAppeal) {
  // Before it opens: 2 uploads come too early.
  at(1, 22);
  upload(teams[0], "0");
  upload(teams[1], "0");
  EXPECT_EQ(world.look().refused, 2u);
  EXPECT_THAT(decided().reason, HasSubstr("received before the track opens"));

  // The first day: 12 teams, 3 forgeries, 3 that are broken.
  at(2, 9);
  for (const std::string& team : teams) upload(team, "1");
  upload(teams[0], "9", teams[1]);
  upload(teams[0], "9", "");
  upload(teams[0], "9");
  fs::copy_file(world.inbox / (teams[1] + "/04.tar.gz.sig"), world.inbox / (last + ".sig"),
                fs::copy_options::overwrite_existing);
  upload(teams[2], "crashes");
  upload(teams[3], R"(1", "comand": ")");
  upload(teams[4], "2");
  world.put(last, "cut off");
  sign_archive(world.inbox / last, teams[4], world.key_of(teams[4]));
  const IntakePass first_day = world.look();
  EXPECT_EQ(first_day.accepted, 12u);
  EXPECT_EQ(first_day.refused, 6u);
  night();
  expect_final_is_hidden();
  const auto live_before = of_track(publish_now(), "c/live");
  EXPECT_EQ(nlohmann::json::parse(live_before.at("c/live/board.json"))["entries"].size(), 13u);

  // Day 5: 8 new versions, 3 of these teams try another on the same day; 2 teams withdraw.
  at(5, 9);
  for (int i = 0; i < 8; ++i) upload(teams[i], "2");
  EXPECT_EQ(world.look().accepted, 8u);
  at(5, 10);
  for (int i = 0; i < 3; ++i) upload(teams[i], "2b");
  EXPECT_EQ(world.look().refused, 3u);
  EXPECT_THAT(decided().reason, HasSubstr("may on 2026-12-05 (Europe/Berlin)"));
  world.upload_request("w1.request.json", teams[10], "withdraw", "entry-of-" + teams[10], "",
                       teams[10]);
  world.upload_request("w2.request.json", teams[9], "withdraw", "entry-of-" + teams[8], "",
                       teams[9]);  // another team's
  night();
  EXPECT_TRUE(world.decision("w1.request.json").accepted);
  EXPECT_FALSE(world.decision("w2.request.json").accepted);
  {
    const Board live = make_board(world.store(), "c", "live");
    EXPECT_EQ(live.superseded.size(), 8u);
    ASSERT_EQ(live.ranking.sections.size(), 1u);
    EXPECT_EQ(rows_of(live, live.ranking.sections[0]).size(), 12u) << "11 teams and the baseline";
  }
  expect_final_is_hidden();

  // The freeze: the public board stands still, the organizer's goes on.
  at(10, 11);
  const auto frozen = of_track(publish_now(), "c/live");
  at(11, 9);
  for (int i = 8; i < 12; ++i) upload(teams[i], "3");
  night();
  EXPECT_EQ(decided().accepted, true);
  const auto after_freeze = of_track(publish_now(), "c/live");
  for (const char* file : {"c/live/board.csv"}) EXPECT_EQ(after_freeze.at(file), frozen.at(file));
  std::set<std::string> paths, frozen_paths;
  for (const auto& [path, text] : after_freeze) paths.insert(path);
  for (const auto& [path, text] : frozen) frozen_paths.insert(path);
  EXPECT_EQ(paths, frozen_paths) << "no page of a later entry";
  EXPECT_EQ(make_board(world.store(), "c", "live").superseded.size(), 11u)
      << "of team 11 the former version was withdrawn";
  expect_final_is_hidden();

  // After it closed.
  at(16, 9);
  for (int i = 0; i < 3; ++i) upload(teams[i], "late");
  EXPECT_EQ(world.look().refused, 3u);
  EXPECT_THAT(decided().reason, HasSubstr("received after the track closed"));
  EXPECT_EQ(uploads, 38) << "and 2 requests";
  night();

  // Publication.
  at(20, 10, 59);
  expect_final_is_hidden();
  at(20, 11);
  const auto published = publish_now();
  EXPECT_NE(found(published, figures_of("final"), figures_of("live")), "");
  EXPECT_EQ(verify_chain(world.store().log()), "");

  // An appeal: out of the ranks, and back in the very same place.
  const Board before = make_board(world.store(), "c", "final");
  const std::size_t winner = before.ranking.sections.at(0).categories.at(0).entries.at(0).score;
  const std::int64_t run = before.entries[winner].run.id;
  {
    Store store = world.store();
    store.decide(run, Decision::disqualified, "its cache", world.clock.now_utc());
    const Board without = make_board(store, "c", "final");
    EXPECT_NE(without.ranking.sections[0].categories[0].entries[0].score, winner);
    store.decide(run, Decision::restored, "the appeal was right", world.clock.now_utc());
    const Board back = make_board(store, "c", "final");
    EXPECT_EQ(back.ranking.sections[0].categories[0].entries[0].score, winner);
  }

  // Other floors: scored again, nothing is run again.
  const std::string order = executor.order();
  std::string text = world.competition.text;
  for (std::size_t place; (place = text.find("[0.1]")) != text.npos;) {
    text.replace(place, 5, "[0.2]");
  }
  world.competition = parse_competition(text, world.competition.file);
  world.store().put_competition(world.competition, world.clock.now_utc());
  night();
  EXPECT_EQ(executor.order(), order);
  EXPECT_EQ(make_board(world.store(), "c", "final").ranking.sections[0].categories[0].floor, 0.2);
  world.store().rebuild();
  EXPECT_THAT(world.store().verify(), IsEmpty());
}

}  // namespace
}  // namespace joulebench
