#include "campaign/receipt.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "core/text.h"

namespace joulebench {
namespace {

using nlohmann::json;

constexpr std::size_t kLongestReceipt = 64'000;  // bytes

std::string heading(const IntakeDecision& decision) {
  if (!decision.accepted) return "NOT ACCEPTED";
  switch (decision.kind) {
    case UploadKind::entry:
      return "ACCEPTED";
    case UploadKind::withdraw:
      return "WITHDRAWN";
    case UploadKind::select:
      return "SELECTED";
  }
  return {};
}

}  // namespace

std::string receipt_json(const IntakeDecision& decision) {
  json receipt = {{"format", "joulebench-receipt/1"},
                  {"competition", decision.competition},
                  {"upload", decision.upload},
                  {"kind", to_string(decision.kind)},
                  {"accepted", decision.accepted},
                  {"received_at_utc", decision.received_at_utc},
                  {"decided_at_utc", decision.decided_at_utc},
                  {"event", decision.event},
                  {"sha256", decision.sha256},
                  {"bytes", decision.bytes},
                  {"team", decision.team},
                  {"key", decision.key},
                  {"entry", decision.name},
                  {"version", decision.version},
                  {"entry_id", decision.entry},
                  {"tracks", decision.tracks},
                  {"notes", decision.notes}};
  if (decision.accepted && decision.kind == UploadKind::entry) {
    receipt["queue_place"] = decision.queue_place;
  }
  if (decision.kind == UploadKind::withdraw) receipt["withdrawn"] = decision.entries;
  if (!decision.accepted) {
    receipt["reason"] = decision.reason;
    receipt["remedy"] = decision.remedy;
  }
  return receipt.dump(2, ' ', true, json::error_handler_t::replace) + "\n";
}

std::string receipt_text(const IntakeDecision& decision) {
  std::string text = fmt::format("{}: {}\n", heading(decision), decision.upload);
  const auto line = [&text](const char* name, const std::string& value) {
    if (!value.empty()) text += fmt::format("{:<12}{}\n", name, value);
  };
  if (!decision.accepted) {
    text += indented(decision.reason, "  ");
    if (!decision.remedy.empty()) text += "  What to do: " + decision.remedy + "\n";
  }
  line("competition", decision.competition);
  line("received", decision.received_at_utc);
  line("sha256", decision.sha256);
  line("team", decision.team);
  line("key", decision.key);
  std::string entry = decision.name;
  if (!decision.version.empty()) entry += ", version " + decision.version;
  if (!decision.entry.empty()) entry += ", id " + decision.entry.substr(0, 12);
  line("entry", entry);
  line("tracks", fmt::format("{}", fmt::join(decision.tracks, ", ")));
  if (decision.accepted && decision.kind == UploadKind::entry) {
    line("queue", fmt::format("place {}", decision.queue_place));
  }
  for (const std::string& id : decision.entries) line("withdrawn", id.substr(0, 12));
  for (const std::string& note : decision.notes) line("note", note);
  line("log", fmt::format("event {}, {}", decision.event, decision.decided_at_utc));
  // It is read in terminals, and what it tells of may be anybody's.
  return printable(text, kLongestReceipt);
}

}  // namespace joulebench
