#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "campaign/intake.h"
#include "core/file.h"
#include "support/fake_clock.h"
#include "support/ssh_key.h"

namespace joulebench::support {

/// A competition of made-up tracks with an inbox and a board, and teams with keys, on a clock that
/// the test holds. No entry is run.
class IntakeWorld {
 public:
  /// `fields` are those of the competition beside format, id and teams: R"("tracks": [...])".
  explicit IntakeWorld(const std::string& fields = R"("tracks": [{"id": "t", "dataset": "d"}])");

  /// Adds a team with a key to the list.
  void add_team(const std::string& team);
  const std::filesystem::path& key_of(const std::string& team) const;

  /// Packs an entry, signs it with the key of `signer` ("": not) and puts it into the inbox as
  /// `upload`. `more` are further fields of its manifest.
  void upload(const std::string& upload, const std::string& team, const std::string& name,
              const std::string& version, const std::string& signer, const std::string& more = "");
  void upload_request(const std::string& upload, const std::string& team, const char* action,
                      const std::string& entry, const std::string& id, const std::string& signer);
  void put(const std::string& upload, const std::string& text) const;

  /// A look at the inbox by a new process.
  IntakePass look();
  /// A receipt's text, and the newest decision about an upload.
  std::string receipt(const std::string& upload) const;
  IntakeDecision decision(const std::string& upload) const;
  std::size_t decisions() const { return store().intake("c").size(); }
  Store store() const { return Store(database); }

  TemporaryFolder folder{"intake-world", "/dev/shm"};
  std::filesystem::path inbox = folder.path() / "inbox";
  std::filesystem::path database = folder.path() / "board.db";
  FakeClock clock;
  Competition competition;
  EntryTrial trial;
  unsigned trials_at_once = 1;
  Seconds signature_wait{0};
  Seconds settle{0};
  std::optional<Instant> arrived;  // of every upload; absent: now

 private:
  std::map<std::string, std::unique_ptr<SshKey>> keys_;
};

}  // namespace joulebench::support
