#include "leaderboard/intake_decision.h"

#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace joulebench {
namespace {

using nlohmann::json;

constexpr std::array kKinds = {std::pair{UploadKind::entry, "entry"},
                               std::pair{UploadKind::withdraw, "withdraw"},
                               std::pair{UploadKind::select, "select"}};

}  // namespace

const char* to_string(UploadKind kind) {
  for (const auto& [known, name] : kKinds) {
    if (known == kind) return name;
  }
  throw std::logic_error("bug: unknown kind of upload");
}

json to_json(const IntakeDecision& decision) {
  return {{"competition", decision.competition},
          {"kind", to_string(decision.kind)},
          {"upload", decision.upload},
          {"sha256", decision.sha256},
          {"signature_sha256", decision.signature_sha256},
          {"modified_ns", decision.modified_ns},
          {"bytes", decision.bytes},
          {"received_at_utc", decision.received_at_utc},
          {"requested_at_utc", decision.requested_at_utc},
          {"accepted", decision.accepted},
          {"reason", decision.reason},
          {"remedy", decision.remedy},
          {"team", decision.team},
          {"key", decision.key},
          {"name", decision.name},
          {"version", decision.version},
          {"entry", decision.entry},
          {"entries", decision.entries},
          {"tracks", decision.tracks},
          {"notes", decision.notes},
          {"queue_place", decision.queue_place},
          {"file", decision.file}};
}

IntakeDecision intake_decision_from_json(const json& detail) {
  IntakeDecision decision;
  const std::string kind = detail.at("kind");
  bool known = false;
  for (const auto& [value, name] : kKinds) {
    if (kind != name) continue;
    decision.kind = value;
    known = true;
  }
  if (!known) throw json::other_error::create(501, "unknown kind of upload: " + kind, nullptr);
  detail.at("competition").get_to(decision.competition);
  detail.at("upload").get_to(decision.upload);
  detail.at("sha256").get_to(decision.sha256);
  detail.at("signature_sha256").get_to(decision.signature_sha256);
  detail.at("modified_ns").get_to(decision.modified_ns);
  detail.at("bytes").get_to(decision.bytes);
  detail.at("received_at_utc").get_to(decision.received_at_utc);
  detail.at("requested_at_utc").get_to(decision.requested_at_utc);
  detail.at("accepted").get_to(decision.accepted);
  detail.at("reason").get_to(decision.reason);
  detail.at("remedy").get_to(decision.remedy);
  detail.at("team").get_to(decision.team);
  detail.at("key").get_to(decision.key);
  detail.at("name").get_to(decision.name);
  detail.at("version").get_to(decision.version);
  detail.at("entry").get_to(decision.entry);
  detail.at("entries").get_to(decision.entries);
  detail.at("tracks").get_to(decision.tracks);
  detail.at("notes").get_to(decision.notes);
  detail.at("queue_place").get_to(decision.queue_place);
  detail.at("file").get_to(decision.file);
  return decision;
}

bool is_same_upload(const IntakeDecision& a, const IntakeDecision& b) {
  const auto key = [](const IntakeDecision& one) {
    return std::tie(one.competition, one.upload, one.sha256, one.signature_sha256, one.modified_ns);
  };
  return key(a) == key(b);
}

bool is_same_answer(const IntakeDecision& a, const IntakeDecision& b) {
  const auto key = [](const IntakeDecision& one) {
    return std::tie(one.accepted, one.reason, one.remedy, one.team, one.entry);
  };
  return is_same_upload(a, b) && key(a) == key(b);
}

}  // namespace joulebench
