#include "leaderboard/site/chart/power_overlay_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "core/text.h"
#include "leaderboard/number_text.h"
#include "leaderboard/site/chart/axes.h"

namespace joulebench {
namespace {

constexpr double kTraceHeight = 190;  // pixels
constexpr std::size_t kBuckets = 160;
constexpr std::size_t kMostMarks = 24;  // of a block

/// Mean power between two readings, in seconds since the block's origin.
struct Step {
  double from, to, watts;
};

struct BlockLine {
  const TracedBlock* block;
  std::vector<std::vector<Step>> domains;  // of those in the total
  double begin = 0, end = 0;               // seconds
};

std::vector<Step> steps_of(const TracedBlock& block, std::size_t domain) {
  std::vector<Step> steps;
  const EnergySample* last = nullptr;
  const auto seconds = [&](const EnergySample& sample) {
    return (Seconds(sample.before - block.origin) + Seconds(sample.after - block.origin)).count() /
           2;
  };
  for (const EnergySample& sample : block.trace.samples) {
    if (sample.domain != domain) continue;
    if (last != nullptr && last->joules && sample.joules && seconds(sample) > seconds(*last)) {
      const double from = seconds(*last);
      const double to = seconds(sample);
      steps.push_back({from, to, (*sample.joules - *last->joules).value / (to - from)});
    }
    last = &sample;
  }
  return steps;
}

/// The time that all domains in the total were read in; absent: there is none.
std::optional<BlockLine> line_of(const TracedBlock& block) {
  BlockLine line{.block = &block};
  for (std::size_t domain = 0; domain < block.trace.domains.size(); ++domain) {
    if (!block.trace.domains[domain].in_total) continue;
    std::vector<Step> steps = steps_of(block, domain);
    if (steps.empty()) return std::nullopt;
    const bool is_first = line.domains.empty();
    line.begin = is_first ? steps.front().from : std::max(line.begin, steps.front().from);
    line.end = is_first ? steps.back().to : std::min(line.end, steps.back().to);
    line.domains.push_back(std::move(steps));
  }
  if (line.domains.empty() || !(line.end > line.begin)) return std::nullopt;
  return line;
}

/// Mean power from `from` to `to`; absent where a reading is missing. `at` is where to look first,
/// and moves on.
std::optional<double> mean_watts(const std::vector<Step>& steps, std::size_t& at, double from,
                                 double to) {
  while (at < steps.size() && steps[at].to <= from) ++at;
  double joules = 0;
  double covered = 0;
  for (std::size_t i = at; i < steps.size() && steps[i].from < to; ++i) {
    const double part = std::min(to, steps[i].to) - std::max(from, steps[i].from);
    if (part <= 0) continue;
    joules += steps[i].watts * part;
    covered += part;
  }
  if (covered < 0.999 * (to - from)) return std::nullopt;
  return joules / covered;
}

struct Bucket {
  double from, to;
  std::optional<double> watts;
};

std::vector<Bucket> buckets_of(const BlockLine& line) {
  std::vector<Bucket> buckets;
  std::vector<std::size_t> at(line.domains.size(), 0);
  const double width = (line.end - line.begin) / kBuckets;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    const double from = line.begin + width * static_cast<double>(i);
    Bucket bucket{from, from + width, 0.0};
    for (std::size_t domain = 0; domain < line.domains.size(); ++domain) {
      const auto watts = mean_watts(line.domains[domain], at[domain], bucket.from, bucket.to);
      if (!watts) {
        bucket.watts.reset();
        break;
      }
      *bucket.watts += *watts;
    }
    buckets.push_back(bucket);
  }
  return buckets;
}

/// Steps; equal neighbours are one, a gap stays a gap.
std::string path_of(const std::vector<Bucket>& buckets, const Axis& x, const Axis& y) {
  std::string d;
  std::optional<double> last;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    const Bucket& bucket = buckets[i];
    if (bucket.watts) {
      const std::string at = px(y.at(*bucket.watts));
      if (!last) {
        d += fmt::format("M{} {}", units(x.at(bucket.from)), at);
      } else if (px(y.at(*last)) != at) {
        d += fmt::format("V{}", at);
      }
      const bool goes_on =
          i + 1 < buckets.size() && buckets[i + 1].watts && px(y.at(*buckets[i + 1].watts)) == at;
      if (!goes_on) d += fmt::format("H{}", units(x.at(bucket.to)));
    }
    last = bucket.watts;
  }
  return d;
}

std::string marks_of(const TracedBlock& block, const Axis& x) {
  std::string svg;
  std::size_t drawn = 0;
  for (const TraceMark& mark : block.trace.marks) {
    const double at = Seconds(mark.time - block.origin).count();
    if (at < x.low || at > x.high) continue;
    if (++drawn > kMostMarks) break;
    svg += fmt::format(
        "<path class=\"mark-line\" d=\"M{} 0v{}\"><title>{}</title></path>", units(x.at(at)),
        kTraceHeight,
        escape_html(printable(fmt::format("{} at {} s", mark.name, short_number(at)), 200)));
  }
  return svg;
}

struct Grid {
  std::string lines;   // the path of the stretched drawing
  std::string labels;  // beside and below it
};
Grid grid_of(const Axis& x, const Axis& y, const Texts& say) {
  std::string grid;
  std::string labels;
  const double step = nice_step(y.high, 4);
  for (double tick = 0; tick <= y.high; tick += step) {
    grid += fmt::format("M0 {}h{}", px(y.at(tick)), kAcross);
    labels += text_at(-6, y.at(tick) + 4, "tick", short_tick(tick), "end");
  }
  const double time_step = nice_step(x.high - x.low, 6);
  for (double tick = std::ceil(x.low / time_step) * time_step; tick <= x.high; tick += time_step) {
    labels +=
        fmt::format("<text x=\"{}%\" y=\"{}\" class=\"tick\" text-anchor=\"middle\">{}</text>",
                    px(x.at(tick) / kAcross * 100), kTraceHeight + 15, short_tick(tick));
  }
  labels += text_at(-42, -8, "axis", "W");
  labels += fmt::format("<text x=\"50%\" y=\"{}\" class=\"axis\" text-anchor=\"middle\">{}</text>",
                        kTraceHeight + 30,
                        escape_html(say("seconds since the first measured window began")));
  return {grid, labels};
}

}  // namespace

std::string power_overlay_chart(const std::vector<TracedBlock>& blocks, const Texts& say) {
  std::vector<BlockLine> lines;
  std::vector<std::vector<Bucket>> drawn;
  Interval time{0, 0};
  double most = 0;
  for (const TracedBlock& block : blocks) {
    std::optional<BlockLine> line = line_of(block);
    if (!line || lines.size() == kMostTraces) continue;
    time = joined(time, {line->begin, line->end});
    drawn.push_back(buckets_of(*line));
    for (const Bucket& bucket : drawn.back()) most = std::max(most, bucket.watts.value_or(0));
    lines.push_back(std::move(*line));
  }
  if (lines.empty()) return {};
  const Axis x{time.low, time.high, 0, kAcross};
  const Axis y{0, (most > 0 ? most : 1) * 1.08, kTraceHeight, 0};
  const Grid grid = grid_of(x, y, say);
  std::string svg = fmt::format(
      "<svg class=\"chart power-chart\" width=\"100%\" height=\"{0}\" role=\"img\" "
      "aria-label=\"{1}\"><svg class=\"plot-area\" y=\"18\" width=\"100%\" height=\"{2}\"><svg "
      "class=\"fill\" viewBox=\"0 0 {3} {2}\" preserveAspectRatio=\"none\" width=\"100%\" "
      "height=\"{2}\"><path class=\"grid\" d=\"{4}\"/>",
      kTraceHeight + 54, escape_html(say("Power over time, one line a block")), kTraceHeight,
      kAcross, grid.lines);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    svg += fmt::format("<g class=\"block b{}\">{}<path class=\"power\" d=\"{}\"/></g>", i + 1,
                       marks_of(*lines[i].block, x), path_of(drawn[i], x, y));
  }
  return svg + "</svg>" + grid.labels + "</svg></svg>";
}

}  // namespace joulebench
