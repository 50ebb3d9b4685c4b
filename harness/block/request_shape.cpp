#include "harness/block/request_shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <vector>

#include "core/digest.h"
#include "core/statistics.h"
#include "submissions/entry_tree.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;

constexpr Seconds kLongPass{0.02};
constexpr double kFixedShare = 0.02;
// The kits take 0.05 ms (C++) and 0.36 ms (NumPy).
constexpr Seconds kMostFixed{0.001};
constexpr int kRounds = 15;
constexpr int kUncounted = 2;  // requests of a shape before those that count
// Long passes are timed no longer than this: the figure is far from the border.
constexpr Seconds kEnough{0.5};

// Of repeated measurements: the median, and half the width of its 95 % interval.
struct Typical {
  double median = 0;
  double uncertainty = 0;
};

// The median's standard error is 1.2533 that of the mean for normal values, whose standard
// deviation is 1.4826 median deviations.
Typical typical(const std::vector<double>& values) {
  const MedianSpread spread = median_and_mad(values);
  return {.median = spread.median,
          .uncertainty =
              1.96 * 1.2533 * 1.4826 * spread.mad / std::sqrt(static_cast<double>(values.size()))};
}

double cost_of(const RequestCost& request) {
  return request.cpu.value_or(request.wall).count();
}

// Wall time of requests of one pass.
Typical time_passes(const RequestTimer& time, std::size_t samples) {
  std::vector<double> passes;
  double total = 0;
  for (int i = 0; i < kRounds && (i < 3 || total < kEnough.count()); ++i) {
    if (i > 0 && total > kEnough.count() && passes.back() > 10 * kLongPass.count()) break;
    passes.push_back(time(samples).wall.count());
    total += passes.back();
  }
  return typical(passes);
}

// A request of one row and a larger one.
struct Pair {
  Typical fixed, request;
  double wall = 0;  // of the larger one

  double share() const { return fixed.median / request.median; }
  double highest_share() const {
    return share() *
           (1 + std::hypot(fixed.uncertainty / fixed.median, request.uncertainty / request.median));
  }
};

Pair time_pair(const RequestTimer& time, std::size_t rows) {
  for (int i = 0; i < kUncounted; ++i) {
    time(1);
    time(rows);
  }
  std::vector<double> fixed, request, wall;
  for (int i = 0; i < kRounds; ++i) {
    fixed.push_back(cost_of(time(1)));
    const RequestCost cost = time(rows);
    request.push_back(cost_of(cost));
    wall.push_back(cost.wall.count());
  }
  return {.fixed = typical(fixed), .request = typical(request), .wall = median_of(wall)};
}

// A request grows no faster than its rows, so at least this many copies are needed.
int next_copies(int copies, double share) {
  const double needed = std::max(2.0 * copies, copies * share / kFixedShare / 2);
  return static_cast<int>(std::bit_floor(static_cast<unsigned>(std::min(needed, 1e6))));
}

}  // namespace

RequestShape find_request_shape(const RequestTimer& time, std::size_t samples, int most_copies) {
  RequestShape shape;
  time(samples);  // not counted: the first is slow
  const Typical pass = time_passes(time, samples);
  shape.request = Seconds(pass.median);
  if (pass.median - pass.uncertainty >= kLongPass.count()) {
    time(1);
    shape.fixed = Seconds(cost_of(time(1)));
    shape.pass = Seconds(std::max(cost_of(time(samples)), shape.fixed.count()));
    shape.per_sample = (shape.pass - shape.fixed) / static_cast<double>(samples);
    shape.reason = fmt::format("one pass: it takes {:.3g} s, where {:g} s is enough", pass.median,
                               kLongPass.count());
    return shape;
  }
  const auto most =
      static_cast<int>(std::bit_floor(static_cast<unsigned>(std::max(1, most_copies))));
  for (;;) {
    const std::size_t rows = samples * static_cast<std::size_t>(shape.copies);
    const Pair pair = time_pair(time, rows);
    shape.fixed = Seconds(pair.fixed.median);
    shape.request = Seconds(pair.wall);
    if (shape.copies == 1) shape.pass = Seconds(pair.request.median);
    shape.per_sample =
        Seconds(std::max(0.0, pair.request.median - pair.fixed.median)) / static_cast<double>(rows);
    shape.reason = fmt::format(
        "{} {}: a request of one row costs {:.3g} ms, {:.2f} % of one of {} rows", shape.copies,
        shape.copies == 1 ? "copy" : "copies", 1e3 * pair.fixed.median, 100 * pair.share(), rows);
    if (pair.highest_share() < kFixedShare) return shape;
    if (shape.copies == 1 && shape.fixed > kMostFixed) {
      shape.reason +=
          fmt::format("; more than {:g} ms is the entry's own", 1e3 * kMostFixed.count());
      return shape;
    }
    if (shape.copies >= most) {
      shape.reason += "; more than 2 %, but larger ones are not to be had";
      return shape;
    }
    shape.copies = std::min(most, next_copies(shape.copies, pair.share()));
  }
}

std::string digest_of_program(const Submission& submission) {
  std::vector<std::string> lines;
  for (const EntryFile& file : list_entry(submission.folder)) {
    if (file.name == "submission.json") continue;
    const fs::path path = submission.folder / file.name;
    lines.push_back(file.is_link
                        ? "link " + file.name.string() + " " + fs::read_symlink(path).string()
                        : "file " + file.name.string() + " " + sha256_of_file(path));
  }
  std::sort(lines.begin(), lines.end());
  for (const auto& word : submission.command) lines.push_back("command " + word);
  for (const auto& step : submission.build) {
    lines.push_back("build");
    for (const auto& word : step) lines.push_back("word " + word);
  }
  for (const auto& [name, value] : submission.environment) {
    lines.push_back("environment " + name + "=" + value);
  }
  Sha256 digest;
  for (const std::string& line : lines) digest.update(std::to_string(line.size()) + ":" + line);
  return digest.finish();
}

}  // namespace joulebench
