#include "campaign/intake.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <future>
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

/// One upload on its way to a decision: what was found of it so far.
struct Intake::Pending {
  Pending(const Upload& taken_up, const fs::path& file) : upload(taken_up), copy(file) {}

  Upload upload;
  Copy copy;
  TakenUpload taken;
  IntakeDecision decision;
  std::optional<Refusal> refusal;
  std::optional<TemporaryFolder> unpacked;
  std::optional<Submission> entry;            // lies in `unpacked`
  bool had_company = false;                   // other trials ran beside its own
  std::future<std::optional<Refusal>> trial;  // the last member: its end is waited for first
};

Intake::~Intake() = default;

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
  pending_.clear();  // of a pass that was interrupted
  IntakePass pass;
  const auto looked_at = [&](const Upload& upload, const std::function<void()>& look) {
    try {
      look();
    } catch (const Error& error) {
      pass.problems.push_back(printable(upload.name, 200) + ": " + printable(error.what(), 2000));
    } catch (const fs::filesystem_error& error) {
      pass.problems.push_back(printable(upload.name, 200) + ": " + printable(error.what(), 2000));
    }
  };
  const auto conclude_until = [&](std::size_t left) {
    while (pending_.size() > left) {
      const std::unique_ptr<Pending> first = std::move(pending_.front());
      pending_.pop_front();
      looked_at(first->upload, [&] { conclude(*first, pass, on_decision); });
    }
  };
  for (const Upload& upload : inbox_.uploads(kMostUploads, pass.notes)) {
    if (setting_.stopped && setting_.stopped()) throw Interrupted();
    const auto seen = seen_.find(upload.name);
    if (seen != seen_.end() && seen->second == upload.stamp) {
      ++pass.known;
      continue;
    }
    if (upload.is_request) conclude_until(0);  // it is about entries before it
    looked_at(upload, [&] {
      std::unique_ptr<Pending> pending = take(upload, pass);
      if (!pending) return;
      look_into(*pending);
      pending_.push_back(std::move(pending));
    });
    conclude_until(std::max(1u, setting_.trials_at_once) - 1);
  }
  conclude_until(0);
  return pass;
}

std::unique_ptr<Intake::Pending> Intake::take(const Upload& upload, IntakePass& pass) {
  if (upload.name.size() > kLongestName) {
    pass.notes.push_back(printable(upload.name, 80) + ": its name is too long for a receipt");
    return nullptr;
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
    return nullptr;
  }
  auto pending = std::make_unique<Pending>(
      upload, archives_ / fmt::format("{}{}-{}", kIncoming, process_mark(), ++copies_));
  std::optional<TakenUpload> taken =
      inbox_.take(upload, pending->copy.file(), setting_.competition.intake.archive_bytes);
  if (!taken) {
    ++pass.waiting;
    return nullptr;
  }
  pending->taken = std::move(*taken);
  pending->decision = {.competition = setting_.competition.id,
                       .kind = upload.is_request ? UploadKind::withdraw : UploadKind::entry,
                       .upload = printable(upload.name, 250),
                       .sha256 = pending->taken.sha256,
                       .modified_ns = upload.modified_ns,
                       .bytes = pending->taken.bytes,
                       .received_at_utc = arrival_of(upload)};
  if (!pending->taken.signature.empty()) {
    pending->decision.signature_sha256 = sha256_of_text(pending->taken.signature);
  }
  return pending;
}

std::optional<IntakeDecision> Intake::known_answer(const Pending& pending) const {
  if (const IntakeDecision* known = history_->answer_to(pending.decision)) return *known;
  const std::string& sha256 = pending.taken.sha256;
  const IntakeDecision* same = sha256.empty() ? nullptr : history_->accepted_file(sha256);
  if (same == nullptr) return std::nullopt;
  IntakeDecision decision = *same;
  decision.notes.push_back("it was received before, as " + decision.upload);
  decision.upload = pending.decision.upload;
  return decision;
}

/// All that can be said of an upload before those in front of it are decided; its trial begins.
void Intake::look_into(Pending& pending) {
  if (known_answer(pending)) return;
  const Upload& upload = pending.upload;
  IntakeDecision& decision = pending.decision;
  const std::uint64_t most = setting_.competition.intake.archive_bytes;
  if (decision.upload != upload.name || upload.name.find_first_of("\n\t") != std::string::npos) {
    pending.refusal = {"its name holds a character that cannot be shown", "give it a plain name"};
  } else if (pending.taken.sha256.empty()) {
    pending.refusal = {fmt::format("it has {} bytes, and an archive may have {} MB",
                                   pending.taken.bytes, most / 1'000'000),
                       "leave out what the program does not need: .joulebenchignore names it"};
  } else {
    pending.refusal = check_signer(pending.taken, teams_, setting_.competition.intake, decision);
  }
  if (pending.refusal || upload.is_request) return;
  pending.unpacked.emplace("unpacked");
  pending.refusal = read_entry(pending.copy.file(), pending.unpacked->path(), setting_.competition,
                               teams_, decision, pending.entry);
  if (!pending.refusal) pending.refusal = admit(pending);
  if (!pending.refusal) begin_trial(pending);
}

/// By what was decided until now; what is admitted may be refused when those in front of it are
/// decided, and never the other way round.
std::optional<Refusal> Intake::admit(Pending& pending) const {
  IntakeDecision& decision = pending.decision;
  decision.tracks.clear();
  decision.notes.clear();
  if (const IntakeDecision* known = history_->accepted_entry(decision.entry)) {
    return Refusal{"this entry was accepted already, as " + known->upload,
                   "a new version differs in at least one file, as in 'version' of its manifest"};
  }
  return admit_to_tracks(*pending.entry, setting_.competition, calendars_, *history_, store_,
                         decision);
}

std::optional<Refusal> Intake::try_on(const Submission& entry,
                                      const std::vector<std::string>& tracks) const {
  for (const std::string& track : tracks) {
    const std::string failed = setting_.trial(entry, setting_.competition.track(track));
    if (failed.empty()) continue;
    return Refusal{"track '" + track + "': " + failed,
                   "joulebench submission check shows the same at home"};
  }
  return std::nullopt;
}

void Intake::begin_trial(Pending& pending) {
  if (!setting_.trial) return;
  for (const std::unique_ptr<Pending>& other : pending_) {
    if (!other->trial.valid() ||
        other->trial.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
      continue;
    }
    other->had_company = pending.had_company = true;
  }
  pending.trial =
      std::async(std::launch::async, [this, &pending, tracks = pending.decision.tracks] {
        return try_on(*pending.entry, tracks);
      });
}

/// What is too slow or takes too much memory beside others may do well by itself.
std::optional<Refusal> Intake::end_trial(Pending& pending) const {
  if (!pending.trial.valid()) return std::nullopt;
  std::optional<Refusal> refusal = pending.trial.get();
  if (!refusal || !pending.had_company) return refusal;
  for (const std::unique_ptr<Pending>& other : pending_) {
    if (other->trial.valid()) other->trial.wait();
  }
  return try_on(*pending.entry, pending.decision.tracks);
}

void Intake::conclude(Pending& pending, IntakePass& pass, const OnDecision& on_decision) {
  IntakeDecision& decision = pending.decision;
  if (const std::optional<IntakeDecision> known = known_answer(pending)) {
    decision = *known;
    ++pass.known;
  } else {
    decide(pending);
    ++(decision.accepted ? pass.accepted : pass.refused);
    if (on_decision) on_decision(decision);
  }
  inbox_.write_receipt(pending.upload, "json", receipt_json(decision));
  inbox_.write_receipt(pending.upload, "txt", receipt_text(decision));
  seen_[pending.upload.name] = pending.upload.stamp;
}

void Intake::decide(Pending& pending) {
  IntakeDecision& decision = pending.decision;
  std::optional<Refusal>& refusal = pending.refusal;
  if (!refusal && pending.upload.is_request) {
    refusal =
        check_request(pending.copy.file(), setting_.competition, calendars_, *history_, decision);
  } else if (!refusal) {
    refusal = admit(pending);
    if (!refusal) refusal = end_trial(pending);
  }
  if (refusal) {
    refuse(decision, std::move(*refusal));
  } else {
    decision.accepted = true;
  }
  if (decision.accepted && !pending.upload.is_request) {
    decision.file = kept_name(decision);
    decision.queue_place = static_cast<int>(history_->waiting_with(decision));
    keep(pending.copy.file(), archives_ / decision.file);
  }
  decision = store_.put_intake(decision, now());
  history_->add(decision);
}

}  // namespace joulebench
