#include "cli/remedies.h"

#include <fmt/format.h>

#include <algorithm>

namespace joulebench {
namespace {

// The settings of the kernel and of its device files are gone after a reboot.
std::string kept_by(const std::string& remedy) {
  constexpr std::string_view kSysctl = "sysctl ";
  if (const std::size_t at = remedy.find(kSysctl); at != remedy.npos) {
    std::string setting = remedy.substr(at + kSysctl.size());
    setting = setting.substr(0, setting.find_first_of(" ,;"));
    return fmt::format("echo {} | sudo tee -a /etc/sysctl.d/60-joulebench.conf", setting);
  }
  if (remedy.find("intel-rapl") != remedy.npos) {
    return "echo 'SUBSYSTEM==\"powercap\", ACTION==\"add\", RUN+=\"/bin/chmod a+r "
           "/sys%p/energy_uj\"' | sudo tee /etc/udev/rules.d/60-joulebench.rules";
  }
  if (remedy.find("/hwmon") != remedy.npos) {
    return "a rule like ACTION==\"add\", SUBSYSTEM==\"hwmon\", RUN+=\"/bin/chmod ...\" in "
           "/etc/udev/rules.d/60-joulebench.rules";
  }
  if (remedy.find("Delegate=yes") != remedy.npos) return "it is for one command; start each one so";
  return {};
}

}  // namespace

void Remedies::add(const std::string& text, const std::string& helps) {
  if (text.empty()) return;
  auto known = std::find_if(remedies_.begin(), remedies_.end(),
                            [&text](const Remedy& one) { return one.text == text; });
  if (known == remedies_.end()) {
    remedies_.push_back({.text = text, .helps = {}, .after_reboot = kept_by(text)});
    known = remedies_.end() - 1;
  }
  if (std::find(known->helps.begin(), known->helps.end(), helps) == known->helps.end()) {
    known->helps.push_back(helps);
  }
}

std::string Remedies::text(const std::string& heading) const {
  if (remedies_.empty()) return {};
  std::string text = heading + "\n";
  int number = 0;
  const bool is_list = remedies_.size() > 1;
  for (const Remedy& one : remedies_) {
    const std::string head = is_list ? fmt::format("{}. ", ++number) : std::string();
    const std::string below(2 + head.size(), ' ');
    std::string helps;
    for (const std::string& name : one.helps) helps += (helps.empty() ? "" : ", ") + name;
    text += fmt::format("  {}{}\n{}helps: {}\n", head, one.text, below, helps);
    if (!one.after_reboot.empty()) {
      text += fmt::format("{}after a reboot: {}\n", below, one.after_reboot);
    }
  }
  return text;
}

}  // namespace joulebench
