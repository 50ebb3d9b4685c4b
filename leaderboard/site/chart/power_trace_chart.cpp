#include "leaderboard/site/chart/power_trace_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "core/text.h"
#include "leaderboard/site/chart/axes.h"

namespace joulebench {
namespace {

/// Mean power between two readings, in seconds since the first.
struct Step {
  double from, to, watts;
};

/// The steps of each domain in the total, by the domain's index.
struct PowerSteps {
  std::vector<std::vector<Step>> domains;
  double end = 0;   // seconds
  double most = 0;  // watts
};

class TraceTime {
 public:
  explicit TraceTime(SteadyTime origin) : origin_(origin) {}
  double seconds(SteadyTime time) const { return Seconds(time - origin_).count(); }
  double middle(const EnergySample& sample) const {
    return (seconds(sample.before) + seconds(sample.after)) / 2;
  }

 private:
  SteadyTime origin_;
};

/// At most one step for every two pixels: several readings become their exact mean power.
std::vector<Step> steps_of(const EnergyTrace& trace, std::size_t domain, const TraceTime& time,
                           int width) {
  std::vector<const EnergySample*> samples;
  for (const EnergySample& sample : trace.samples) {
    if (sample.domain == domain) samples.push_back(&sample);
  }
  const std::size_t stride =
      std::max<std::size_t>(1, samples.size() * 2 / static_cast<std::size_t>(width));
  std::vector<Step> steps;
  for (std::size_t i = 0; i + 1 < samples.size(); i += stride) {
    const EnergySample& first = *samples[i];
    const EnergySample& last = *samples[std::min(i + stride, samples.size() - 1)];
    const double from = time.middle(first);
    const double to = time.middle(last);
    if (!first.joules || !last.joules || !(to > from)) continue;
    steps.push_back({from, to, (*last.joules - *first.joules).value / (to - from)});
  }
  return steps;
}

PowerSteps power_steps(const EnergyTrace& trace, const TraceTime& time, int width) {
  PowerSteps power;
  for (std::size_t domain = 0; domain < trace.domains.size(); ++domain) {
    std::vector<Step>& steps = power.domains.emplace_back();
    if (!trace.domains[domain].in_total) continue;
    steps = steps_of(trace, domain, time, width);
    for (const Step& step : steps) {
      power.most = std::max(power.most, step.watts);
      power.end = std::max(power.end, step.to);
    }
  }
  return power;
}

std::string grid_of(const Axis& x, const Axis& y, int width, int height) {
  std::string svg;
  const double step = nice_step(y.high, 3);
  for (double tick = 0; tick <= y.high; tick += step) {
    svg += line(x.from, y.at(tick), x.to, y.at(tick), "grid");
    svg += text_at(x.from - 6, y.at(tick) + 4, "tick", short_tick(tick), "end");
  }
  const double time_step = nice_step(x.high, width > 500 ? 10 : 5);
  for (double tick = 0; tick <= x.high; tick += time_step) {
    svg += line(x.at(tick), y.from, x.at(tick), y.from + 4, "grid");
    svg += text_at(x.at(tick), height - 12, "tick", short_tick(tick), "middle");
  }
  svg += text_at(x.from - 6, 10, "axis", "W", "end");
  return svg + text_at(x.to, height - 1, "axis", "s", "end");
}

std::string marks_of(const EnergyTrace& trace, const TraceTime& time, const Axis& x,
                     const Axis& y) {
  std::string svg;
  for (const TraceMark& mark : trace.marks) {
    const double at = time.seconds(mark.time);
    if (at < 0 || at > x.high) continue;
    svg += fmt::format("<g class=\"mark\"><title>{}</title>{}</g>",
                       escape_html(printable(fmt::format("{} at {:.3f} s", mark.name, at), 200)),
                       line(x.at(at), y.to, x.at(at), y.from, "mark-line"));
  }
  return svg;
}

/// A gap between steps stays a gap.
std::string path_of(const std::vector<Step>& steps, const Axis& x, const Axis& y) {
  std::string path;
  double last_to = -1;
  for (const Step& one : steps) {
    path += one.from == last_to ? fmt::format("V{}H{}", px(y.at(one.watts)), px(x.at(one.to)))
                                : fmt::format("M{} {}H{}", px(x.at(one.from)), px(y.at(one.watts)),
                                              px(x.at(one.to)));
    last_to = one.to;
  }
  return path;
}

}  // namespace

std::string power_trace_chart(const EnergyTrace& trace, int width, int height) {
  std::optional<SteadyTime> origin;
  for (const EnergySample& sample : trace.samples) {
    if (!origin || sample.before < *origin) origin = sample.before;
  }
  if (!origin) return {};
  const TraceTime time(*origin);
  const PowerSteps power = power_steps(trace, time, width);
  if (power.end <= 0) return {};
  const Axis x{0, power.end, 48, width - 8.0};
  const Axis y{0, (power.most > 0 ? power.most : 1) * 1.1, height - 28.0, 16};
  std::string svg = fmt::format(
      "<svg class=\"trace\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" role=\"img\" "
      "aria-label=\"Power over time\">",
      width, height);
  svg += grid_of(x, y, width, height);
  svg += marks_of(trace, time, x, y);
  int drawn = 0;
  for (std::size_t domain = 0; domain < power.domains.size(); ++domain) {
    if (power.domains[domain].empty()) continue;
    svg += fmt::format("<path class=\"power power-{}\" d=\"{}\"><title>{}</title></path>",
                       drawn++ % 4, path_of(power.domains[domain], x, y),
                       escape_html(printable(trace.domains[domain].name, 200)));
  }
  return svg + "</svg>";
}

}  // namespace joulebench
