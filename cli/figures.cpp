#include "cli/figures.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"

namespace joulebench {

std::string percent_with_interval(const Estimate& estimate) {
  std::string text = fmt::format("{:.2f} %", 100 * estimate.value);
  if (estimate.interval) {
    text += fmt::format(" ({:.2f} to {:.2f})", 100 * estimate.interval->low,
                        100 * estimate.interval->high);
  }
  return text;
}

std::string joules_with_interval(const Estimate& estimate) {
  struct Prefix {
    double factor;
    const char* unit;
  };
  constexpr std::array kPrefixes = {Prefix{1, "J"}, Prefix{1e3, "mJ"}, Prefix{1e6, "uJ"},
                                    Prefix{1e9, "nJ"}};
  Prefix prefix = kPrefixes.back();
  for (const Prefix& one : kPrefixes) {
    if (std::abs(estimate.value) * one.factor >= 1) {
      prefix = one;
      break;
    }
  }
  std::string text = fmt::format("{:.4g} {}", estimate.value * prefix.factor, prefix.unit);
  if (estimate.interval) {
    text += fmt::format(" ({:.4g} to {:.4g})", estimate.interval->low * prefix.factor,
                        estimate.interval->high * prefix.factor);
  }
  return text;
}

void put_estimate(nlohmann::json& json, const std::string& key,
                  const std::optional<Estimate>& estimate) {
  if (!estimate) return;
  json[key] = estimate->value;
  if (estimate->interval) {
    json[key + "_interval"] = {estimate->interval->low, estimate->interval->high};
  }
}

std::string block_line(const std::string& name, const RunRecord& record, std::size_t samples) {
  const BlockRecord& block = record.blocks.back();
  std::string text = fmt::format("{}: block {} {}", name, block.number, to_string(block.outcome));
  if (block.outcome == Outcome::valid) {
    if (block.training) {
      text += fmt::format(", trained in {:.2f} s with {} checkpoints", block.measured.count(),
                          block.training->checkpoints.size());
    } else {
      text += fmt::format(", {} passes of {} samples in {:.2f} s", block.passes, samples,
                          block.measured.count());
    }
    if (const auto total = total_of(block.energy)) {
      text += fmt::format(", {:.4g} J {}", total->joules.value, to_string(total->energy_class));
    }
  } else if (!block.message.empty()) {
    text += ": " + printable(block.message, 300);
  }
  return text;
}

const Track& track_for(const Competition& competition, const Submission& submission,
                       const std::string& named) {
  if (!named.empty()) {
    const Track& track = competition.track(named);
    if (submission.enters(track.id)) return track;
  } else {
    for (const Track& track : competition.tracks) {
      if (submission.enters(track.id)) return track;
    }
  }
  throw Error({.what = "the entry does not enter " +
                       (named.empty() ? "any track of this competition" : "track '" + named + "'"),
               .where = (submission.folder / "submission.json").string() + ": field 'tracks'",
               .hint = "add the track's id there, or leave the field out to enter every track"});
}

}  // namespace joulebench
