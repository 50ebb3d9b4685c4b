#include "harness/block/requests.h"

#include "datasets/order.h"
#include "harness/block/offline_requests.h"
#include "harness/block/stream_requests.h"

namespace joulebench {

PredictionFormat format_of(const BlockSetting& setting) {
  return {.kind = setting.track.metric.predictions, .classes = setting.dataset.class_names.size()};
}

std::unique_ptr<Requests> make_requests(MeteredSandbox& program) {
  if (program.setting().track.scenario == Scenario::single_stream) {
    return std::make_unique<StreamRequests>(program);
  }
  return std::make_unique<OfflineRequests>(program);
}

std::uint64_t salt_seed(std::uint64_t order_seed, int pass) {
  return order_seed ^ (0x9e3779b97f4a7c15u * static_cast<std::uint64_t>(pass));
}

Tensor inputs_of_pass(const BlockSetting& setting, std::uint64_t order_seed, int pass) {
  const Tensor& inputs = setting.dataset.hidden_inputs;
  Tensor shuffled = rows_in_order(inputs, draw_order(order_seed, pass, inputs.rows()));
  if (setting.track.protocol.salt && pass > 1) {
    salt_inputs(shuffled, setting.dataset.salt, salt_seed(order_seed, pass));
  }
  return shuffled;
}

Tensor public_inputs(const BlockSetting& setting, std::size_t count, std::size_t first) {
  const Tensor& inputs = setting.dataset.public_inputs;
  std::vector<std::uint32_t> rows(count);
  for (std::size_t i = 0; i < count; ++i) {
    rows[i] = static_cast<std::uint32_t>((first + i) % inputs.rows());
  }
  return rows_in_order(inputs, rows);
}

}  // namespace joulebench
