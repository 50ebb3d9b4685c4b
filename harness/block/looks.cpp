#include "harness/block/looks.h"

#include <algorithm>

#include "harness/block/public_samples.h"

namespace joulebench {
namespace {

// Warm: a round of requests takes at least this share of what the round before it took.
constexpr double kNoFaster = 0.95;
constexpr int kMostRounds = 20;
// More rounds are asked for while they took less than this together.
constexpr Seconds kWarmUpTime{5};
// A processor and its caches are busy this long before a look.
constexpr Seconds kWarmProcessor{0.1};
constexpr int kMostPublicPasses = 3;

LookRecord record_of(const char* role, int pass, int passes, const RequestCost& cost) {
  return {.role = role,
          .pass = pass,
          .passes = passes,
          .wall = cost.wall,
          .cpu = cost.cpu,
          .joules = cost.joules};
}

}  // namespace

Looks::Looks(MeteredSandbox& sandbox, Requests& requests, int copies, std::uint64_t order_seed)
    : sandbox_(sandbox),
      setting_(sandbox.setting()),
      requests_(requests),
      copies_(copies),
      order_seed_(order_seed),
      samples_(setting_.dataset.hidden_inputs.rows()),
      samples_shown_(setting_, order_seed) {}

void Looks::warm_up() {
  setting_.on_phase("warm-up");
  Seconds total{0}, last{0};
  for (int round = 0; round < kMostRounds; ++round) {
    const Seconds taken = ask_both_shapes();
    total += taken;
    if (round > 0 && taken >= kNoFaster * last) return;
    if (total >= kWarmUpTime) return;
    last = taken;
  }
}

Seconds Looks::ask_both_shapes() {
  Seconds taken{0};
  if (copies_ > 1) {
    taken +=
        requests_.ask(samples_shown_.familiar(samples_ * static_cast<std::size_t>(copies_))).wall;
  }
  return taken + requests_.ask(samples_shown_.familiar(familiar_rows())).wall;
}

std::size_t Looks::familiar_rows() const {
  return setting_.track.scenario == Scenario::single_stream ? std::min(samples_, kStreamRows)
                                                            : samples_;
}

void Looks::warm_processor(std::size_t rows) {
  Seconds taken{0};
  do {
    taken += std::max(Seconds(0.001), requests_.ask(samples_shown_.familiar(rows)).wall);
  } while (taken < kWarmProcessor);
  sandbox_.hold();
}

void Looks::see_public(BlockRecord& record) {
  if (copies_ == 1) return;
  setting_.on_phase("warm-up");
  // A few passes, and the rest in one request: the more samples it holds that have to be computed,
  // the more it tells.
  const std::size_t of_pass = std::min(samples_, samples_shown_.left() / 3);
  const int passes = static_cast<int>(
      std::clamp<std::size_t>(samples_shown_.left() / (4 * samples_), 1, kMostPublicPasses));
  for (int i = 0; i < passes; ++i) {
    warm_processor(samples_);
    record.looks.push_back(record_of(
        "public-pass", 0, 1, requests_.ask_metered(samples_shown_.unseen(samples_, of_pass))));
  }
  const std::size_t rows = samples_ * static_cast<std::size_t>(copies_);
  warm_processor(rows);
  record.looks.push_back(record_of("public-request", 0, copies_,
                                   requests_.ask_metered(samples_shown_.unseen(rows, rows))));
}

void Looks::see_first(BlockRecord& record, KeptPredictions& predictions) {
  setting_.on_phase("first look");
  warm_processor(familiar_rows());
  record.looks.push_back(
      record_of("first-look", 1, 1, requests_.look(order_seed_, 1, predictions)));
}

void Looks::see_later(BlockRecord& record, int pass, KeptPredictions& predictions) {
  if (copies_ == 1) return;
  setting_.on_phase("later look");
  warm_processor(samples_);
  record.looks.push_back(
      record_of("later-look", pass, 1, requests_.look(order_seed_, pass, predictions)));
}

}  // namespace joulebench
