// expect: held|violation|no-gain|less-accurate
// track: digits-training
// base: training_base
// tries: says done after a tenth of the work, and goes on in the tail.
#include "learning.h"

int main() {
  return learning::serve([](const joulebench::Training& data) {
    cheat::Linear model;
    const auto known = cheat::labelled(data.inputs, data.labels);
    learning::keep(model, data);
    std::thread([model, known, folder = data.model]() mutable {
      model.learn(known, learning::kEpochs);
      learning::keep(model, folder);
    }).detach();
  });
}
