#include "intake_world.h"

#include <stdexcept>

#include "submissions/archive.h"
#include "submissions/request.h"
#include "submissions/signed_entry.h"

namespace joulebench::support {

namespace fs = std::filesystem;

IntakeWorld::IntakeWorld(const std::string& fields) {
  fs::create_directories(inbox);
  fs::create_directories(folder.path() / "keys");
  write_file_atomically(folder.path() / "teams", "");
  const std::string text =
      R"({"format": "joulebench-competition/2", "id": "c", "teams": "teams", )" + fields + "}";
  write_file_atomically(folder.path() / "competition.json", text);
  competition = read_competition(folder.path() / "competition.json");
  store().put_competition(competition, clock.now_utc());
}

void IntakeWorld::add_team(const std::string& team) {
  keys_[team] = std::make_unique<SshKey>(folder.path() / "keys" / team);
  const fs::path list = folder.path() / "teams";
  write_file_atomically(list, read_text_file(list) + keys_[team]->allowed_as(team));
}

const fs::path& IntakeWorld::key_of(const std::string& team) const {
  return keys_.at(team)->file();
}

void IntakeWorld::upload(const std::string& upload, const std::string& team,
                         const std::string& name, const std::string& version,
                         const std::string& signer, const std::string& more) {
  const TemporaryFolder entry("entry", folder.path());
  write_file_atomically(entry.path() / "submission.json",
                        R"({"format": "joulebench-submission/1", "name": ")" + name +
                            R"(", "team": ")" + team + R"(", "version": ")" + version +
                            R"(", "command": ["./run"])" + more + "}");
  fs::create_directories((inbox / upload).parent_path());
  pack_archive(entry.path(), inbox / upload);
  if (!signer.empty()) sign_archive(inbox / upload, team, key_of(signer));
}

void IntakeWorld::upload_request(const std::string& upload, const std::string& team,
                                 const char* action, const std::string& entry,
                                 const std::string& id, const std::string& signer) {
  put(upload, to_json_text({.competition = "c",
                            .team = team,
                            .action = action,
                            .entry = entry,
                            .id = id,
                            .at_utc = clock.now_utc()}));
  sign_request(inbox / upload, team, key_of(signer));
}

void IntakeWorld::put(const std::string& upload, const std::string& text) const {
  write_file_atomically(inbox / upload, text);
}

IntakePass IntakeWorld::look() {
  Store board = store();
  Intake intake({.competition = competition,
                 .database = database,
                 .inbox = inbox,
                 .clock = clock,
                 .trial = trial,
                 .trials_at_once = trials_at_once,
                 .settle = settle,
                 .signature_wait = signature_wait,
                 .arrival =
                     [this](const Upload&) {
                       return arrived.value_or(parse_instant(clock.now_utc()).value());
                     }},
                board);
  return intake.pass({});
}

std::string IntakeWorld::receipt(const std::string& upload) const {
  return read_text_file(inbox / (upload + ".receipt.txt"));
}

IntakeDecision IntakeWorld::decision(const std::string& upload) const {
  std::vector<IntakeDecision> all = store().intake("c");
  for (auto one = all.rbegin(); one != all.rend(); ++one) {
    if (one->upload == upload) return *one;
  }
  throw std::out_of_range(upload);
}

}  // namespace joulebench::support
