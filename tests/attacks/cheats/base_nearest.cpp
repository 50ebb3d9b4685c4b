// expect: honest
// track: digits|digits-two-cpus|digits-stream
// tries: nothing; the honest base that the cheats below are compared with.
#include "cheat.h"

int main() {
  const cheat::Nearest nearest;
  return cheat::serve_each(nearest);
}
