// expect: honest
// track: digits|digits-stream
// tries: nothing; loads and learns at its first request, as many do.
#include <memory>

#include "cheat.h"

int main() {
  std::unique_ptr<cheat::Nearest> nearest;
  cheat::Linear cheap;
  return cheat::serve_each([&](const cheat::Sample& sample) {
    if (nearest == nullptr) {
      nearest = std::make_unique<cheat::Nearest>();
      cheap.learn(cheat::public_part(), 5);
    }
    return (*nearest)(sample);
  });
}
