// expect: honest
// track: digits|digits-stream
// tries: nothing; like a compiler at run time: its first 3 requests take three times as long.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  int requests = 0;
  return cheat::serve_rows([&](const std::vector<cheat::Sample>& samples, std::int32_t* classes) {
    const int times = requests++ < 3 ? 3 : 1;
    for (const cheat::Sample& sample : samples) {
      for (int time = 0; time < times; ++time) *classes = nearest(sample);
      ++classes;
    }
  });
}
