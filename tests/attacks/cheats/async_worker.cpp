// expect: less-accurate|violation|held|no-gain|predictions|timeout
// track: digits-two-cpus
// tries: done at once, like a program that only started its GPU; a thread on a second CPU goes on
// and writes into the file that lies there.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  std::thread worker;
  cheat::say_ready();
  for (cheat::Request request; cheat::next(request);) {
    if (worker.joinable()) worker.join();
    const auto samples = request.samples();
    cheat::write_answers(request, std::vector<std::int32_t>(samples.size()));
    const int file = open(request.value("predictions").c_str(), O_RDWR);
    const std::size_t size = 128 + 4 * samples.size();
    auto* map =
        static_cast<char*>(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
    close(file);
    if (map == MAP_FAILED) return 1;
    worker = std::thread([&nearest, map, size, samples] {
      for (std::size_t i = 0; i < samples.size(); ++i) {
        const std::int32_t label = nearest(samples[i]);
        std::memcpy(map + 128 + 4 * i, &label, sizeof label);
      }
      munmap(map, size);
    });
    cheat::say_done(request);
  }
  if (worker.joinable()) worker.join();
}
