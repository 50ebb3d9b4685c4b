#include "campaign/intake.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "campaign/receipt.h"
#include "campaign/upload_rules.h"
#include "core/digest.h"
#include "core/error.h"
#include "core/text.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostUploads = 100'000;  // of one look
constexpr std::size_t kLongestName = 230;      // that a receipt's ending still fits behind
constexpr const char* kIncoming = "incoming-";

std::int64_t milliseconds_of(const std::string& at_utc) {
  return parse_instant(at_utc).value().milliseconds;
}

/// Copies that an intake left behind that was killed.
void remove_leftovers(const fs::path& archives) {
  for (const auto& entry : fs::directory_iterator(archives)) {
    if (entry.path().filename().string().starts_with(kIncoming)) {
      std::error_code ignored;
      fs::remove(entry.path(), ignored);
    }
  }
}

FileDescriptor lock_of(const fs::path& archives) {
  std::error_code failure;
  fs::create_directories(archives, failure);
  FileDescriptor lock(::open((archives / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644));
  if (!lock.is_open()) {
    throw Error({.what = "cannot make the folder that accepted archives are kept in",
                 .where = archives.string() + ": " + system_message(errno),
                 .hint = "give this user the right to write beside the database"});
  }
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Error({.what = "another intake runs for this database",
                 .where = archives.string(),
                 .hint = "one is enough: end the other one first"});
  }
  return lock;
}

/// A file that is removed unless it was moved away.
class Copy {
 public:
  explicit Copy(fs::path file) : file_(std::move(file)) {}
  ~Copy() {
    std::error_code ignored;
    fs::remove(file_, ignored);
  }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;
  const fs::path& file() const { return file_; }

 private:
  fs::path file_;
};

std::string kept_name(const IntakeDecision& decision) {
  for (const char* ending : {".tar.gz", ".tgz", ".tar.zst", ".zip"}) {
    if (decision.upload.ends_with(ending)) return decision.sha256 + ending;
  }
  return decision.sha256;
}

/// The copy has its name before the log tells of it.
void keep(const fs::path& copy, const fs::path& kept) {
  fs::rename(copy, kept);
  const FileDescriptor folder(
      ::open(kept.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.is_open()) ::fsync(folder.get());
}

void refuse(IntakeDecision& decision, Refusal refusal) {
  decision.accepted = false;
  decision.reason = std::move(refusal.reason);
  decision.remedy = std::move(refusal.remedy);
  decision.tracks.clear();
  decision.entries.clear();
}

}  // namespace

fs::path archives_of(const fs::path& database) {
  return fs::path(database).replace_extension(".archives");
}

Intake::Intake(IntakeSetting setting, Store& store)
    : setting_(std::move(setting)),
      store_(store),
      inbox_(setting_.inbox),
      archives_(archives_of(setting_.database)),
      lock_(lock_of(archives_)),
      calendars_(parse_calendars(setting_.competition.text, setting_.competition.file.string())) {
  const Competition& competition = setting_.competition;
  if (competition.intake.teams.empty() && !competition.intake.allows_unsigned) {
    throw Error({.what = "this competition takes no archives in",
                 .where = competition.file.string() +
                          ": field 'teams' is missing, and 'intake.unsigned' is not set",
                 .hint = "name a file with the teams' public keys, \"teams\": \"teams\", or take "
                         "archives of anybody, \"intake\": {\"unsigned\": true}"});
  }
  teams_ = read_teams(competition);
  remove_leftovers(archives_);
}

std::string Intake::now() const {
  return setting_.clock.now_utc();
}

std::string Intake::arrival_of(const Upload& upload) const {
  const Instant latest = parse_instant(now()).value();
  const Instant arrived = setting_.arrival ? setting_.arrival(upload) : upload.arrived;
  return to_utc_text(std::min(arrived, latest));
}

IntakePass Intake::pass(const OnDecision& on_decision) {
  // Late would be in time, and one day another.
  constexpr std::int64_t kTolerated = 1000;  // ms
  const LogEvent head = store_.head();
  if (head.number > 0 && milliseconds_of(now()) + kTolerated < milliseconds_of(head.at_utc)) {
    throw Error(
        {.what = "the clock of this machine is behind the board's log",
         .where = fmt::format("it is {}, and event {} is of {}", now(), head.number, head.at_utc),
         .hint = "set the clock; what lies in the inbox stays"});
  }
  teams_ = read_teams(setting_.competition);
  history_ = std::make_unique<IntakeHistory>(store_, setting_.competition);
  IntakePass pass;
  for (const Upload& upload : inbox_.uploads(kMostUploads, pass.notes)) {
    if (setting_.stopped && setting_.stopped()) throw Interrupted();
    const auto seen = seen_.find(upload.name);
    if (seen != seen_.end() && seen->second == upload.stamp) {
      ++pass.known;
      continue;
    }
    try {
      look_at(upload, pass, on_decision);
    } catch (const Error& error) {
      pass.problems.push_back(printable(upload.name, 200) + ": " + printable(error.what(), 2000));
    } catch (const fs::filesystem_error& error) {
      pass.problems.push_back(printable(upload.name, 200) + ": " + printable(error.what(), 2000));
    }
  }
  return pass;
}

void Intake::look_at(const Upload& upload, IntakePass& pass, const OnDecision& on_decision) {
  if (upload.name.size() > kLongestName) {
    pass.notes.push_back(printable(upload.name, 80) + ": its name is too long for a receipt");
    return;
  }
  const Instant arrived = setting_.arrival ? setting_.arrival(upload) : upload.arrived;
  const Seconds age{static_cast<double>(milliseconds_of(now()) - arrived.milliseconds) / 1000};
  const bool needs_signature = upload.is_request || !setting_.competition.intake.allows_unsigned;
  // A time far ahead of ours tells of a clock that was set, not of a file that is new.
  constexpr Seconds kAhead{60};
  const auto is_younger_than = [&](Seconds least) { return age < least && age > -kAhead; };
  if (is_younger_than(setting_.settle) ||
      (needs_signature && !upload.has_signature && is_younger_than(setting_.signature_wait))) {
    ++pass.waiting;
    return;
  }
  const Copy copy(archives_ / (kIncoming + process_mark()));
  const std::optional<TakenUpload> taken =
      inbox_.take(upload, copy.file(), setting_.competition.intake.archive_bytes);
  if (!taken) {
    ++pass.waiting;
    return;
  }
  IntakeDecision decision{.competition = setting_.competition.id,
                          .kind = upload.is_request ? UploadKind::withdraw : UploadKind::entry,
                          .upload = printable(upload.name, 250),
                          .sha256 = taken->sha256,
                          .modified_ns = upload.modified_ns,
                          .bytes = taken->bytes,
                          .received_at_utc = arrival_of(upload)};
  if (!taken->signature.empty()) decision.signature_sha256 = sha256_of_text(taken->signature);
  if (const IntakeDecision* known = history_->answer_to(decision)) {
    decision = *known;
    ++pass.known;
  } else if (const IntakeDecision* same =
                 taken->sha256.empty() ? nullptr : history_->accepted_file(taken->sha256)) {
    const std::string upload_name = decision.upload;
    decision = *same;
    decision.notes.push_back("it was received before, as " + decision.upload);
    decision.upload = upload_name;
    ++pass.known;
  } else {
    decision = decide(upload, *taken, copy.file(), std::move(decision));
    ++(decision.accepted ? pass.accepted : pass.refused);
    if (on_decision) on_decision(decision);
  }
  inbox_.write_receipt(upload, "json", receipt_json(decision));
  inbox_.write_receipt(upload, "txt", receipt_text(decision));
  seen_[upload.name] = upload.stamp;
}

IntakeDecision Intake::decide(const Upload& upload, const TakenUpload& taken, const fs::path& copy,
                              IntakeDecision decision) {
  const std::uint64_t most = setting_.competition.intake.archive_bytes;
  if (decision.upload != upload.name || upload.name.find_first_of("\n\t") != std::string::npos) {
    refuse(decision, {"its name holds a character that cannot be shown", "give it a plain name"});
  } else if (taken.sha256.empty()) {
    refuse(decision, {fmt::format("it has {} bytes, and an archive may have {} MB", taken.bytes,
                                  most / 1'000'000),
                      "leave out what the program does not need: .joulebenchignore names it"});
  } else if (auto refusal = check_signer(taken, teams_, setting_.competition.intake, decision)) {
    refuse(decision, std::move(*refusal));
  } else if (upload.is_request) {
    decide_request(copy, decision);
  } else {
    decide_entry(copy, decision);
  }
  decision = store_.put_intake(decision, now());
  history_->add(decision);
  return decision;
}

void Intake::decide_request(const fs::path& copy, IntakeDecision& decision) {
  if (auto refusal = check_request(copy, setting_.competition, calendars_, *history_, decision)) {
    refuse(decision, std::move(*refusal));
    return;
  }
  decision.accepted = true;
}

void Intake::decide_entry(const fs::path& copy, IntakeDecision& decision) {
  const Competition& competition = setting_.competition;
  const TemporaryFolder unpacked("unpacked");
  std::optional<Submission> entry;
  std::optional<Refusal> refusal =
      read_entry(copy, unpacked.path(), competition, teams_, decision, entry);
  if (!refusal && history_->accepted_entry(decision.entry) != nullptr) {
    refusal = Refusal{
        "this entry was accepted already, as " + history_->accepted_entry(decision.entry)->upload,
        "a new version differs in at least one file, as in 'version' of its manifest"};
  }
  if (!refusal) {
    refusal = admit_to_tracks(*entry, competition, calendars_, *history_, store_, decision);
  }
  for (const std::string& track : decision.tracks) {
    if (refusal || !setting_.trial) break;
    const std::string failed = setting_.trial(*entry, competition.track(track));
    if (failed.empty()) continue;
    refusal = Refusal{"track '" + track + "': " + failed,
                      "joulebench submission check shows the same at home"};
  }
  if (refusal) {
    refuse(decision, std::move(*refusal));
    return;
  }
  decision.accepted = true;
  decision.file = kept_name(decision);
  decision.queue_place = static_cast<int>(history_->waiting_with(decision));
  keep(copy, archives_ / decision.file);
}

}  // namespace joulebench
