#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/file.h"
#include "core/run_record.h"
#include "harness/block/block_setting.h"
#include "harness/meter/energy_monitor.h"
#include "harness/protocol/program_session.h"
#include "harness/sandbox/sandbox.h"

namespace joulebench {

/// A program in a fresh sandbox under meters: what every kind of block is made of. It launches and
/// loads, opens a window only when the program is quiet, watches the tail and measures idle power;
/// what is asked of the program in between is the caller's. One caller.
/// Errors  SubmissionFailure, Interrupted, and Error when we cannot go on.
class MeteredSandbox {
 public:
  /// Opens the meters; nothing runs yet.
  explicit MeteredSandbox(const BlockSetting& setting);
  ~MeteredSandbox();

  const BlockSetting& setting() const { return setting_; }
  EnergyMonitor& monitor() { return monitor_; }
  Sandbox& sandbox() { return *sandbox_; }         // after launch()
  ProgramSession& session() { return *session_; }  // after launch()
  /// What the sandbox sees as /jb/in. It may read there, nothing more.
  const std::filesystem::path& inputs() const { return inputs_.path(); }
  int lines_read() const { return session_ ? session_->lines_read() : 0; }
  /// Of the program that runs, or of the last one that ran.
  std::string log_tail() const { return session_ ? session_->log_tail() : last_log_; }

  /// Starts the program with what this kind of block shows it besides the submission and /jb/in.
  /// After close() another may be launched: it sees the same /jb/in.
  void launch(const std::vector<SandboxMount>& mounts = {},
              const std::map<std::string, std::string>& environment = {});
  /// Until the program says that it is ready.
  void load();
  /// Waits until the sandbox uses no CPU; a program that never rests works outside what is
  /// measured.
  void await_quiet();
  /// Frozen from the end of its last window the program runs again, from then on as it likes. For
  /// what is asked of it outside windows.
  void release();
  /// Freezes it, as the end of a window does.
  void hold();
  /// Sleeps, awake often enough to notice that we are asked to stop.
  void rest(Seconds time);
  /// `work` in one metered window, which is added to the record; waits until the program is quiet.
  /// All that `work` needs is prepared: it shall do nothing but ask and wait.
  void measure(BlockRecord& record, WindowRecord window, const std::function<void()>& work);
  /// The same of work that is no part of the figure.
  RequestCost measure_apart(const std::function<void()>& work);
  void flag_foreign_load(BlockRecord& record) const;
  /// After the last answer: the program is frozen; what a device still does for it is recorded.
  void watch_tail(BlockRecord& record);  // and stays frozen, see release()
  /// Adds the tail's energy above idle to the block's, where idle power was measured.
  static void add_tail(BlockRecord& record);
  SandboxEnd exit();
  /// Ends everything inside, so that what is measured afterwards is the idle machine.
  void close();

  enum class IdleMoment { before, after };
  /// Idle power, if the track asks for it: before the block as often as it takes the machine to
  /// cool down, after it also whether it moved.
  void measure_idle(BlockRecord& record, IdleMoment moment);
  /// The least time that a block's windows last together: the track's, or the slowest sensor's. A
  /// training takes what it takes: for it the sensor's alone.
  Seconds least_measured() const;
  /// Makes a block void that was shorter than that.
  void check_length(BlockRecord& record) const;

  static void make_void(BlockRecord& record, const std::string& why);

 private:
  // CPU seconds that the sandbox has used so far; asked by the sampling thread too.
  class CpuTime {
   public:
    void follow(Sandbox* sandbox);
    Seconds now();

   private:
    Seconds read() const;
    std::mutex mutex_;
    Sandbox* sandbox_ = nullptr;
    Seconds before_{0};  // of the sandboxes that were followed earlier
    Seconds last_{0};
  };

  void check_idle(BlockRecord& record) const;
  void hold(std::optional<Seconds> cpu_at_end);
  std::optional<Seconds> make_ready();
  void check_rest(const WindowRecord& window) const;

  const BlockSetting& setting_;
  TemporaryFolder inputs_;
  CpuTime cpu_;
  EnergyMonitor monitor_;
  std::optional<Sandbox> sandbox_;
  std::optional<ProgramSession> session_;
  std::string last_log_;
  bool is_held_ = false;  // frozen since the last window
  SteadyTime held_since_{};
  std::optional<Seconds> held_at_;  // CPU time of the sandbox then
  Seconds foreign_cpu_{0};          // of other programs, while windows were open
};

}  // namespace joulebench
