#include "campaign/stage_and_build.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>

#include "campaign/build_cache.h"
#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "datasets/store.h"
#include "harness/sandbox/sandbox.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

/// A step's time: ten minutes, or what the track lets a program run.
Seconds time_of_step(const Track& track) {
  return std::min(Seconds(600), track.limits.wall);
}

SandboxSpec spec_of(const std::vector<std::string>& command, const Submission& submission,
                    const BuildSetting& setting, const fs::path& folder,
                    const std::optional<TemporaryFolder>& public_part) {
  SandboxSpec spec;
  spec.command = command;
  if (setting.environment != nullptr) spec.root = setting.environment->root;
  spec.environment = submission.environment;
  spec.environment["JOULEBENCH_DATASET"] = setting.dataset.id;
  spec.environment["JOULEBENCH_PREDICTIONS"] = to_string(setting.track.metric.predictions);
  spec.mounts = {{.host = folder, .inside = "/jb/submission", .writable = true}};
  if (public_part) {
    spec.environment["JOULEBENCH_PUBLIC"] = "/jb/public";
    spec.mounts.push_back({.host = public_part->path(), .inside = "/jb/public", .writable = false});
  }
  spec.limits = setting.track.limits;
  spec.cpus_before = setting.cpus_before;
  spec.require_limits = setting.require_limits;
  spec.hidden = setting.dataset.hidden_paths();
  return spec;
}

struct BuildOutput {
  std::string text;      // the last of its stdout
  bool is_late = false;  // it still ran at the deadline
};

// Reads what the program prints until it closes its stdout or its time is over.
BuildOutput read_until_end(Sandbox& sandbox, const BuildSetting& setting) {
  const std::uint64_t most = setting.track.limits.log_bytes;
  BuildOutput printed;
  const SteadyTime deadline =
      setting.clock.now() +
      std::chrono::duration_cast<std::chrono::nanoseconds>(time_of_step(setting.track));
  while (setting.clock.now() < deadline) {
    if (setting.stopped()) throw Interrupted{};
    pollfd waiting{.fd = sandbox.from_program(), .events = POLLIN, .revents = 0};
    ::poll(&waiting, 1, 200);
    char bytes[1 << 14];
    const ssize_t got = ::read(sandbox.from_program(), bytes, sizeof bytes);
    if (got > 0) printed.text.append(bytes, static_cast<std::size_t>(got));
    if (printed.text.size() > 2 * most) printed.text.erase(0, printed.text.size() - most);
    if (got == 0) break;
  }
  printed.is_late = setting.clock.now() >= deadline;
  return printed;
}

std::optional<BuildFailure> run_step(const std::vector<std::string>& command,
                                     const BuildSetting& setting, SandboxSpec spec) {
  setting.on_phase("building");
  Sandbox sandbox(std::move(spec));
  sandbox.close_input();
  const BuildOutput printed = read_until_end(sandbox, setting);
  const SandboxEnd end = sandbox.wait(printed.is_late ? Seconds(0) : Seconds(2));
  if (!printed.is_late && end.exit_status == 0 && end.signal == 0 && !end.broken_limit) {
    return std::nullopt;
  }
  const std::string how = printed.is_late    ? fmt::format("did not end within {:g} s",
                                                           time_of_step(setting.track).count())
                          : end.broken_limit ? end.detail
                          : end.signal != 0  ? fmt::format("ended by signal {}", end.signal)
                                             : fmt::format("exited with {}", end.exit_status);
  std::string what;
  for (const std::string& word : command) what += (what.empty() ? "" : " ") + word;
  std::string log = sandbox.log_tail();
  if (!log.empty() && !log.ends_with('\n')) log += '\n';
  log += last_lines(printable(printed.text, setting.track.limits.log_bytes * 2), 20);
  return BuildFailure{fmt::format("the build step '{}' {}", printable(what, 200), how), log};
}

}  // namespace

std::optional<BuildFailure> stage_and_build(const Submission& submission,
                                            const BuildSetting& setting, const fs::path& folder) {
  fs::permissions(folder, fs::perms(0755));
  // Where nobody looked for copies a step may have read labels: its result is for this run alone.
  const bool may_keep = !submission.build.empty() && !setting.dataset.copy_patterns.empty();
  const BuildCache cache(may_keep ? setting.build_cache : fs::path());
  std::string key;
  if (may_keep) {
    const std::string place = setting.environment != nullptr
                                  ? "environment " + setting.environment->sha256 + processor()
                                  : "host " + host_fingerprint();
    key = build_key(submission, setting.track, setting.dataset, place);
    if (cache.restore(key, folder)) return std::nullopt;
  }
  stage_submission(submission, folder);
  std::optional<TemporaryFolder> public_part;
  // In a training track what is learned before the window would be free.
  if (!submission.build.empty() && setting.track.task == Task::predict) {
    public_part.emplace("public", setting.scratch);
    fs::permissions(public_part->path(), fs::perms(0755));
    write_public_part(setting.dataset, public_part->path());
  }
  for (const auto& command : submission.build) {
    auto failure =
        run_step(command, setting, spec_of(command, submission, setting, folder, public_part));
    if (failure) return failure;
  }
  if (may_keep) cache.keep(key, folder);
  return std::nullopt;
}

}  // namespace joulebench
