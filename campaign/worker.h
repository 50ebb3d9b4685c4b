#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "campaign/campaign.h"
#include "core/units.h"

namespace joulebench {

/// A planned session that this machine shall run.
struct WorkerRequest {
  std::filesystem::path session;       // its folder; see JobFolder
  std::string node;                    // name of this machine on the board
  std::filesystem::path scratch;       // empty: default_scratch()
  std::filesystem::path datasets;      // looked in before the session's own; empty: none
  std::filesystem::path environments;  // store of this machine; empty: the session's
  Seconds wait{0};                     // at most, while another measurement holds the machine
  std::function<bool()> stopped;
  std::function<void(std::string)> on_phase;
};

enum class WorkerEnd {
  finished,         // every entry has an end, and the session's folder says so
  finished_before,  // by this machine or another: nothing was run
};

/// Runs the blocks that a session lacks, by the same campaign as on a single machine: baseline,
/// rounds, baseline. Its records lie in the campaign's folder under this machine's name, written
/// after each block, so that a call that was killed loses the block in progress; the next one goes
/// on from there.
/// Errors  Error when the machine cannot run it (its dataset, meters, limits or disk; another
///         measurement); the session's folder then says why, and nothing counts for an entry.
///         Interrupted when asked to stop, noted likewise.
WorkerEnd run_session(const WorkerRequest& request, const CampaignEvents& events);

/// How this machine is called on the board where nothing else is said: as Slurm calls it, else its
/// host name.
std::string default_node_name();

}  // namespace joulebench
