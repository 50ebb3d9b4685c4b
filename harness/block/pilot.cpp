#include "harness/block/pilot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "datasets/order.h"
#include "harness/block/audit.h"
#include "harness/block/metered_sandbox.h"
#include "harness/block/requests.h"
#include "harness/protocol/failure.h"

namespace joulebench {
namespace {

// A request shorter than this is given more copies of the test part, so that neither file handling
// nor the window's edges weigh against it.
constexpr Seconds kShortestRequest{0.2};
// Larger requests cost us less, and some programs more: what they allocate is new to them each
// time, and leaves the caches. Up to this much more per sample is taken for noise.
constexpr double kAlikePerSample = 1.02;
// A pass may be this much faster in the block than in the pilot before the block is too short.
constexpr double kPilotMargin = 1.3;
// An audit: this many trials of four requests, of at least so many samples each; of more while all
// of it takes no longer than this share of a block, or two seconds.
constexpr int kAuditTrials = 12;
constexpr std::size_t kAuditRows = 4;
constexpr double kAuditShare = 1.0;

// Four requests a trial: samples never seen, the same in another order, one sample with a salt of
// its own in every row, and the same sample everywhere. Their costs are compared in pairs, so
// that a machine that slows down does so for both. `pass` is what the test part takes.
std::vector<AuditFigure> audit(MeteredSandbox& program, Requests& requests, Seconds pass,
                               int number) {
  const BlockSetting& setting = program.setting();
  const Tensor& pool = setting.dataset.hidden_inputs;
  const std::size_t samples = pool.rows();
  const Protocol& protocol = setting.track.protocol;
  if (samples < kAuditTrials * kAuditRows || !program.sandbox().cpu_time()) return {};
  const Seconds most = std::max(Seconds(2), kAuditShare * protocol.min_block);
  const double fitting = static_cast<double>(samples) * (most / (4 * kAuditTrials * pass));
  const std::size_t rows = static_cast<std::size_t>(std::clamp(
      fitting, static_cast<double>(kAuditRows), static_cast<double>(samples / kAuditTrials)));
  setting.on_phase("audit");
  const std::uint64_t seed = std::hash<std::string>{}(setting.dataset.sha256) ^ 1;
  const auto order = draw_order(seed, 1, samples);
  std::vector<AuditPair> caching, coalescing;
  for (std::size_t trial = 0; trial < kAuditTrials; ++trial) {
    std::vector<std::uint32_t> chosen(
        order.begin() + static_cast<std::ptrdiff_t>(trial * rows),
        order.begin() + static_cast<std::ptrdiff_t>((trial + 1) * rows));
    AuditPair pair{.plain = requests.cost_of(rows_in_order(pool, chosen), number++)};
    std::reverse(chosen.begin(), chosen.end());
    pair.suspect = requests.cost_of(rows_in_order(pool, chosen), number++);
    caching.push_back(pair);
    if (setting.dataset.salt == SaltKind::none) continue;  // nothing to compare with
    const std::vector<std::uint32_t> one(rows, chosen.front());
    const Tensor same = rows_in_order(pool, one);
    Tensor alike = same;
    salt_inputs(alike, setting.dataset.salt, salt_seed(seed, static_cast<int>(trial) + 2));
    // Either first in turn: the second finds its sample in the caches.
    const bool same_first = trial % 2 == 1;
    const Seconds first = requests.cost_of(same_first ? same : alike, number++);
    const Seconds second = requests.cost_of(same_first ? alike : same, number++);
    coalescing.push_back(
        {.plain = same_first ? second : first, .suspect = same_first ? first : second});
  }
  std::vector<AuditFigure> figures = {judge_pairs("answer-caching", caching)};
  if (!coalescing.empty()) figures.push_back(judge_pairs("coalescing", coalescing));
  return figures;
}

}  // namespace

PilotResult run_pilot(const BlockSetting& setting) {
  PilotResult result;
  MeteredSandbox program(setting);
  const std::unique_ptr<Requests> requests = make_requests(program);
  try {
    program.launch();
    program.load();
    requests->open();
    requests->warm_up(1);
    setting.on_phase("pilot");
    // The fastest of a few: what a block that is not disturbed will do.
    Seconds fastest = setting.track.limits.request;
    int number = 1;
    const SteadyTime enough = setting.clock.now() + std::chrono::milliseconds(400);
    for (int tries = 0; tries < 5 && (tries < 1 || setting.clock.now() < enough); ++tries) {
      fastest = std::min(fastest, requests->time_request(1, number++));
    }
    BlockPlan plan;
    const Seconds pass = fastest;
    if (fastest < kShortestRequest) {
      // A request has a cost of its own, so that many copies take less than as many requests: the
      // second look is at that size, and a third, if need be, at the one that it asks for. The last
      // goes beyond what every program can bear, for those that do not mind.
      for (int looks = 0; looks < 3 && fastest < kShortestRequest; ++looks) {
        const bool is_last = looks == 2;
        const int copies = static_cast<int>(
            std::clamp(plan.copies * (kShortestRequest / fastest) + 1, 1.0,
                       static_cast<double>(requests->most_copies(is_last ? plan.copies : 0))));
        if (looks > 0 && copies <= plan.copies) continue;
        Seconds taken = requests->time_request(copies, number++);
        for (int tries = 0; tries < 3; ++tries) {
          taken = std::min(taken, requests->time_request(copies, number++));
        }
        if (is_last && taken / copies > kAlikePerSample * (fastest / plan.copies)) break;
        plan.copies = copies;
        fastest = taken;
      }
    }
    const Protocol& protocol = setting.track.protocol;
    const double enough_requests = std::ceil(kPilotMargin * program.least_measured() / fastest);
    const double most = std::max(1.0, std::floor(protocol.max_block / fastest));
    plan.requests = static_cast<int>(std::clamp(enough_requests, 1.0, std::min(most, 1e6)));
    result.plan = plan;
    result.audits = audit(program, *requests, pass, number);
    requests->close();
    program.exit();
  } catch (const SubmissionFailure& failure) {
    result.outcome = failure.outcome;
    result.message = failure.message;
    result.log_tail = program.log_tail();
  }
  return result;
}

}  // namespace joulebench
