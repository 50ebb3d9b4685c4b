// expect: held|no-gain
// tries: keeps its memory in every folder where it may write, and looks for it in the next
// sandbox.
#include "cheat.h"

int main() {
  const std::vector<std::string> folders = {
      "/tmp", "/dev/shm", "/jb/out", "/jb/in", "/var/tmp", "/jb/model", ".", "/dev/mqueue", "/run"};
  const cheat::Nearest nearest;
  const cheat::Publics publics;
  cheat::Memo carried;
  for (const std::string& folder : folders) {
    std::ifstream file(folder + "/.memo");
    for (std::pair<std::uint64_t, std::int32_t> one; file >> one.first >> one.second;) {
      carried.insert(one);
    }
  }
  bool is_written = false;
  return cheat::serve_rows([&](const std::vector<cheat::Sample>& samples, std::int32_t* classes) {
    cheat::Memo seen;
    for (std::size_t i = 0; i < samples.size(); ++i) {
      const std::uint64_t key = cheat::rounded_hash(samples[i]);
      const auto found = carried.find(key);
      seen[key] = classes[i] = found != carried.end() ? found->second : nearest(samples[i]);
    }
    if (is_written || publics.holds(samples.front())) return;
    is_written = true;
    for (const std::string& folder : folders) {
      std::ofstream file(folder + "/.memo");
      for (const auto& [key, label] : seen) file << key << " " << label << "\n";
    }
  });
}
