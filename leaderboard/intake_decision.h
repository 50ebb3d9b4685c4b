#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace joulebench {

/// What an upload wishes: to enter an archive, or to do something about entries of its own team.
enum class UploadKind { entry, withdraw, select };
const char* to_string(UploadKind kind);

/// What was decided about one upload. Texts that come from it are printable and bounded.
struct IntakeDecision {
  std::int64_t event = 0;  // number in the log; 0: not stored yet
  std::string competition;
  UploadKind kind = UploadKind::entry;
  std::string upload;            // its name in the inbox
  std::string sha256;            // of the file
  std::string signature_sha256;  // of the file beside it; empty: there is none
  std::int64_t modified_ns = 0;  // of the file, since 1970: uploaded anew is looked at anew
  std::uint64_t bytes = 0;       // of the file
  std::string received_at_utc;   // what dates and quotas are decided by
  std::string decided_at_utc;    // of the event
  std::string requested_at_utc;  // when its team signed a request; empty: it is none
  bool accepted = false;
  std::string reason;                // why not; empty: it is accepted
  std::string remedy;                // what to do about it
  std::string team;                  // empty: not known
  std::string key;                   // that signed, "ED25519 SHA256:..."; empty: none did
  std::string name;                  // of the entry
  std::string version;               // as its manifest says
  std::string entry;                 // its id; of a selection the chosen one
  std::vector<std::string> entries;  // ids that are withdrawn
  std::vector<std::string> tracks;   // that admit it
  std::vector<std::string> notes;    // what else its team should know, as why a track does not
  int queue_place = 0;               // 1: next to be evaluated; 0: not in the queue
  std::string file;                  // of the kept archive, in NAME.archives/
};

/// Of a log's event (kind "intake"), without number and time, which the event has.
nlohmann::json to_json(const IntakeDecision& decision);
/// Errors: nlohmann::json's exceptions.
IntakeDecision intake_decision_from_json(const nlohmann::json& detail);

/// Whether both are the same answer to the same upload.
bool is_same_answer(const IntakeDecision& a, const IntakeDecision& b);
/// Whether both are about the same file with the same signature, uploaded once.
bool is_same_upload(const IntakeDecision& a, const IntakeDecision& b);

}  // namespace joulebench
