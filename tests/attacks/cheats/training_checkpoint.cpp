// expect: held|violation
// track: digits-training
// base: training_base
// tries: reports a checkpoint at once, and writes better answers into its file at the end.
#include "learning.h"

int main() {
  return learning::serve([](const joulebench::Training& data) {
    cheat::Linear model;
    learning::report(model, data);
    model.learn(cheat::labelled(data.inputs, data.labels), learning::kEpochs);
    joulebench::write_predictions("/jb/out/checkpoint-1.npy",
                                  learning::classes_of(model, data.validation));
    learning::keep(model, data);
  });
}
