// Predicts with a network of which nine tenths of the hidden weights are gone: what is left is kept
// pixel by pixel, and a pixel that is 0, as most are, costs nothing at all.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <vector>

#include "joulebench.h"

int main() try {
  const char* dataset = std::getenv("JOULEBENCH_DATASET");
  const std::string model = "models/" + std::string(dataset == nullptr ? "" : dataset) + ".";
  const auto starts_file = joulebench::read_npy(model + "starts.npy");
  const auto units_file = joulebench::read_npy(model + "units.npy");
  const auto values_file = joulebench::read_npy(model + "values.npy");
  const auto hidden_bias_file = joulebench::read_npy(model + "hidden_bias.npy");
  const auto weights_file = joulebench::read_npy(model + "weights.npy");
  const auto bias_file = joulebench::read_npy(model + "bias.npy");
  const auto* starts = starts_file.as<std::int32_t>("i4");  // (elements + 1)
  const auto* units = units_file.as<std::uint8_t>("u1");    // (weights that are left)
  const auto* values = values_file.as<float>("f4");         // the same
  const auto* hidden_bias = hidden_bias_file.as<float>("f4");
  const auto* weights = weights_file.as<float>("f4");  // (units, classes)
  const auto* bias = bias_file.as<float>("f4");
  const std::size_t elements = starts_file.rows() - 1;
  const std::size_t classes_count = bias_file.rows();
  std::vector<float> hidden(hidden_bias_file.rows());
  std::vector<float> sums(classes_count);

  return joulebench::serve([&](const joulebench::Array& inputs, std::int32_t* classes) {
    const auto* sample = inputs.as<std::uint8_t>("u1");
    for (std::size_t i = 0; i < inputs.rows(); ++i, sample += elements) {
      std::copy_n(hidden_bias, hidden.size(), hidden.begin());
      for (std::size_t pixel = 0; pixel < elements; ++pixel) {
        if (sample[pixel] == 0) continue;
        const auto value = static_cast<float>(sample[pixel]);
        for (std::int32_t k = starts[pixel]; k < starts[pixel + 1]; ++k) {
          hidden[units[k]] += value * values[k];
        }
      }
      std::copy_n(bias, classes_count, sums.begin());
      for (std::size_t unit = 0; unit < hidden.size(); ++unit) {
        if (hidden[unit] <= 0) continue;
        for (std::size_t c = 0; c < classes_count; ++c) {
          sums[c] += hidden[unit] * weights[unit * classes_count + c];
        }
      }
      classes[i] =
          static_cast<std::int32_t>(std::max_element(sums.begin(), sums.end()) - sums.begin());
    }
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
