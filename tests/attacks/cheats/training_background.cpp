// expect: held|violation|no-gain
// track: digits-training
// base: training_base
// tries: says ready and learns on from data that it brought along, with pauses, while it waits.
#include "learning.h"

int main() {
  cheat::Linear model;
  std::thread worker;
  if (std::getenv("JOULEBENCH_MODEL") == nullptr) {
    worker = std::thread([&model] {
      const auto known = cheat::public_part();
      for (int epoch = 0; epoch < learning::kEpochs; ++epoch) {
        model.learn(known, 1);
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });
  }
  const int status = learning::serve([&](const joulebench::Training& data) {
    worker.join();
    learning::report(model, data);
    learning::keep(model, data);
  });
  if (worker.joinable()) worker.detach();
  std::_Exit(status);
}
