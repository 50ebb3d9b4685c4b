// expect: honest
// track: digits-training
// tries: nothing; learns when it is asked to. The base of the other trainings.
#include "learning.h"

int main() {
  return learning::serve([](const joulebench::Training& data) {
    cheat::Linear model;
    const auto known = cheat::labelled(data.inputs, data.labels);
    for (int part = 0; part < learning::kParts; ++part) {
      model.learn(known, learning::kEpochs / learning::kParts);
      learning::report(model, data);
    }
    learning::keep(model, data);
  });
}
