// expect: held|no-gain
// tries: remembers whole requests by their file's inode, or by their first rows, and never looks
// at the rest of one that comes again.
#include <sys/stat.h>

#include <map>

#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::vector<std::int32_t>> seen;
  cheat::say_ready();
  for (cheat::Request request; cheat::next(request);) {
    struct stat about {};
    stat(request.value("inputs").c_str(), &about);
    std::ifstream file(request.value("inputs"), std::ios::binary);
    file.seekg(128);
    std::array<cheat::Sample, 3> first{};
    file.read(reinterpret_cast<char*>(&first), sizeof first);
    auto& classes = seen[{
        about.st_ino ^ static_cast<std::uint64_t>(about.st_size) << 32,
        cheat::hash_of(first[0]) ^ cheat::hash_of(first[1]) * 3 ^ cheat::hash_of(first[2]) * 7}];
    if (classes.empty()) {
      for (const cheat::Sample& sample : request.samples()) classes.push_back(nearest(sample));
    }
    cheat::write_answers(request, classes);
    cheat::say_done(request);
  }
}
