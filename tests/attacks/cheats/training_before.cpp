// expect: held|violation|no-gain
// track: digits-training
// base: training_base
// tries: learns from data that it brought along, before it is asked to.
#include "learning.h"

int main() {
  cheat::Linear model;
  if (std::getenv("JOULEBENCH_MODEL") == nullptr)
    model.learn(cheat::public_part(), learning::kEpochs);
  return learning::serve([&](const joulebench::Training& data) {
    learning::report(model, data);
    learning::keep(model, data);
  });
}
