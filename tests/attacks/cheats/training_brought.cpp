// expect: organizer
// track: digits-training
// base: training_base
// tries: brings a trained model along. Nothing here can tell learned numbers from others: the
// organizer's part (open code, another split of the data).
#include "learning.h"

int main() {
  cheat::Linear model;
  model.learn(cheat::public_part(), 1);  // stands for a file with weights: too cheap to be noticed
  return learning::serve([&](const joulebench::Training& data) { learning::keep(model, data); });
}
