#include "harness/block/requests.h"

#include "datasets/order.h"

namespace joulebench {

PredictionFormat format_of(const BlockSetting& setting) {
  return {.kind = setting.track.metric.predictions, .classes = setting.dataset.class_names.size()};
}

std::uint64_t salt_seed(std::uint64_t order_seed, int pass) {
  return order_seed ^ (0x9e3779b97f4a7c15u * static_cast<std::uint64_t>(pass));
}

Tensor inputs_of_pass(const BlockSetting& setting, std::uint64_t order_seed, int pass) {
  const Tensor& inputs = setting.dataset.hidden_inputs;
  Tensor shuffled = rows_in_order(inputs, draw_order(order_seed, pass, inputs.rows()));
  if (setting.track.protocol.salt) {
    salt_inputs(shuffled, setting.dataset.salt, salt_seed(order_seed, pass));
  }
  return shuffled;
}

}  // namespace joulebench
