#include <SQLiteCpp/SQLiteCpp.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "leaderboard/store.h"
#include "leaderboard/store_state.h"

namespace joulebench {
namespace {

using nlohmann::json;

IntakeDecision decision_of(SQLite::Statement& row) {
  IntakeDecision decision = intake_decision_from_json(json::parse(row.getColumn(2).getString()));
  decision.event = row.getColumn(0).getInt64();
  decision.decided_at_utc = row.getColumn(1).getString();
  return decision;
}

/// The newest answer to the same upload; absent: there is none.
std::optional<IntakeDecision> known_answer(SQLite::Database& database,
                                           const IntakeDecision& decision) {
  SQLite::Statement find(
      database,
      "SELECT number, decided_at_utc, decision FROM intake WHERE competition = ? "
      "AND sha256 = ? AND upload = ? ORDER BY number DESC");
  find.bind(1, decision.competition);
  find.bind(2, decision.sha256);
  find.bind(3, decision.upload);
  while (find.executeStep()) {
    IntakeDecision known = decision_of(find);
    if (is_same_upload(known, decision)) return known;
  }
  return std::nullopt;
}

struct RunOfEntry {
  std::int64_t run = 0;
  std::string record_sha256;
};

/// Runs of an entry that are in the ranks or may come there.
std::vector<RunOfEntry> runs_to_withdraw(SQLite::Database& database, const std::string& competition,
                                         const std::string& entry) {
  SQLite::Statement find(
      database,
      "SELECT r.id, r.record_sha256 FROM runs r LEFT JOIN decisions d ON d.id = (SELECT max(id) "
      "FROM decisions WHERE run = r.id) WHERE r.competition = ? AND r.submission = ? AND "
      "coalesce(d.decision, '') NOT IN ('withdrawn', 'disqualified') ORDER BY r.id");
  find.bind(1, competition);
  find.bind(2, entry);
  std::vector<RunOfEntry> runs;
  while (find.executeStep()) {
    runs.push_back({find.getColumn(0).getInt64(), find.getColumn(1).getString()});
  }
  return runs;
}

}  // namespace

IntakeDecision Store::put_intake(const IntakeDecision& decision, const std::string& at_utc) {
  return speaking_of(state_->file, "cannot store what was decided about an upload", [&] {
    WriteTransaction transaction(*state_);
    if (const auto known = known_answer(state_->database, decision)) {
      if (is_same_answer(*known, decision)) return *known;
    }
    IntakeDecision stored = decision;
    const LogEvent event = state_->change(at_utc, "intake", to_json(decision));
    stored.event = event.number;
    stored.decided_at_utc = event.at_utc;
    if (decision.accepted && decision.kind == UploadKind::withdraw) {
      for (const std::string& entry : decision.entries) {
        for (const RunOfEntry& one :
             runs_to_withdraw(state_->database, decision.competition, entry)) {
          state_->change(at_utc, "decision",
                         {{"run", one.run},
                          {"decision", to_string(Decision::withdrawn)},
                          {"reason", "at the wish of its team"},
                          {"record_sha256", one.record_sha256}});
        }
      }
    }
    transaction.commit();
    return stored;
  });
}

std::vector<IntakeDecision> Store::intake(const std::string& competition) const {
  return speaking_of(state_->file, "cannot read what was decided about uploads", [&] {
    SQLite::Statement find(
        state_->database,
        "SELECT number, decided_at_utc, decision FROM intake WHERE competition = "
        "? ORDER BY number");
    find.bind(1, competition);
    std::vector<IntakeDecision> decisions;
    while (find.executeStep()) decisions.push_back(decision_of(find));
    return decisions;
  });
}

std::map<std::string, std::string> Store::receipts(const std::string& competition) const {
  return speaking_of(state_->file, "cannot read receipts", [&] {
    SQLite::Statement find(state_->database,
                           "SELECT entry, at_utc FROM received WHERE competition = ?");
    find.bind(1, competition);
    std::map<std::string, std::string> receipts;
    while (find.executeStep()) {
      receipts[find.getColumn(0).getString()] = find.getColumn(1).getString();
    }
    return receipts;
  });
}

namespace {

std::vector<std::string> texts_of(SQLite::Database& database, const char* query,
                                  const std::string& competition) {
  SQLite::Statement find(database, query);
  find.bind(1, competition);
  std::vector<std::string> texts;
  while (find.executeStep()) texts.push_back(find.getColumn(0).getString());
  return texts;
}

}  // namespace

std::vector<std::string> Store::entries_with_runs(const std::string& competition) const {
  return speaking_of(state_->file, "cannot read runs", [&] {
    return texts_of(state_->database, "SELECT DISTINCT submission FROM runs WHERE competition = ?",
                    competition);
  });
}

std::vector<std::string> Store::withdrawn(const std::string& competition) const {
  return speaking_of(state_->file, "cannot read what was withdrawn", [&] {
    return texts_of(state_->database,
                    "SELECT entry FROM withdrawn WHERE competition = ? ORDER BY entry",
                    competition);
  });
}

std::optional<Decision> Store::newest_decision(const RunRecord& record) const {
  return speaking_of(
      state_->file, "cannot read what was decided", [&]() -> std::optional<Decision> {
        SQLite::Statement decided(
            state_->database,
            "SELECT d.decision FROM decisions d JOIN runs r ON r.id = d.run "
            "WHERE r.competition = ? AND r.track = ? AND r.submission = ? AND r.node = ? "
            "ORDER BY d.id DESC LIMIT 1");
        bind_run(decided, record);
        if (decided.executeStep()) return decision_from(decided.getColumn(0).getString());
        SQLite::Statement wished(state_->database,
                                 "SELECT 1 FROM withdrawn WHERE competition = ? AND entry = ?");
        wished.bind(1, record.competition_id);
        wished.bind(2, record.entry.id);
        if (wished.executeStep()) return Decision::withdrawn;
        return std::nullopt;
      });
}

std::map<std::pair<std::string, std::string>, std::string> Store::selected(
    const std::string& competition, const std::string& until_utc) const {
  return speaking_of(state_->file, "cannot read what was selected", [&] {
    SQLite::Statement find(state_->database,
                           "SELECT team, name, entry, at_utc FROM selected WHERE competition = ?");
    find.bind(1, competition);
    std::map<std::pair<std::string, std::string>, std::string> selected;
    while (find.executeStep()) {
      if (!until_utc.empty() && find.getColumn(3).getString() > until_utc) continue;
      selected[{find.getColumn(0).getString(), find.getColumn(1).getString()}] =
          find.getColumn(2).getString();
    }
    return selected;
  });
}

}  // namespace joulebench
