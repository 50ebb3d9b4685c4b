// Predicts with a network whose weights and activations have 8 bits: sums of whole numbers, which
// one vector instruction makes for many elements at once.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <vector>

#include "joulebench.h"

namespace {

struct Layer {
  std::size_t elements = 0;
  std::size_t units = 0;
  std::vector<std::int8_t> weights;  // (units, elements)
  std::vector<float> scale;          // what one step of a unit's sum is worth
  std::vector<float> bias;
};

class Reader {
 public:
  explicit Reader(const joulebench::Array& words)
      : words_(words.as<std::int32_t>("i4")), left_(words.rows()) {}
  std::int32_t next() {
    if (left_ == 0) throw std::runtime_error("the model is cut short");
    --left_;
    return *words_++;
  }
  float next_float() {
    const std::int32_t word = next();
    float value;
    std::memcpy(&value, &word, sizeof value);
    return value;
  }

 private:
  const std::int32_t* words_;
  std::size_t left_;
};

Layer read_layer(Reader& reader, std::size_t elements, std::size_t units) {
  Layer layer{elements, units, {}, {}, {}};
  for (std::size_t i = 0; i < elements * units; ++i) {
    layer.weights.push_back(static_cast<std::int8_t>(reader.next()));
  }
  for (std::size_t i = 0; i < units; ++i) layer.scale.push_back(reader.next_float());
  for (std::size_t i = 0; i < units; ++i) layer.bias.push_back(reader.next_float());
  return layer;
}

void apply(const Layer& layer, const std::uint8_t* inputs, float* outputs) {
  for (std::size_t unit = 0; unit < layer.units; ++unit) {
    const std::int8_t* weights = &layer.weights[unit * layer.elements];
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < layer.elements; ++i) sum += inputs[i] * weights[i];
    outputs[unit] = static_cast<float>(sum) * layer.scale[unit] + layer.bias[unit];
  }
}

}  // namespace

int main() try {
  const char* dataset = std::getenv("JOULEBENCH_DATASET");
  const auto words =
      joulebench::read_npy("models/" + std::string(dataset == nullptr ? "" : dataset) + ".npy");
  Reader reader(words);
  const auto elements = static_cast<std::size_t>(reader.next());
  const auto units = static_cast<std::size_t>(reader.next());
  const auto classes_count = static_cast<std::size_t>(reader.next());
  const Layer hidden = read_layer(reader, elements, units);
  const Layer output = read_layer(reader, units, classes_count);
  std::vector<float> sums(std::max(units, classes_count));
  std::vector<std::uint8_t> activations(units);

  return joulebench::serve([&](const joulebench::Array& inputs, std::int32_t* classes) {
    const auto* samples = inputs.as<std::uint8_t>("u1");
    for (std::size_t i = 0; i < inputs.rows(); ++i) {
      apply(hidden, samples + i * elements, sums.data());
      for (std::size_t unit = 0; unit < units; ++unit) {
        activations[unit] =
            static_cast<std::uint8_t>(std::min(255.0f, std::max(0.0f, sums[unit] + 0.5f)));
      }
      apply(output, activations.data(), sums.data());
      classes[i] = static_cast<std::int32_t>(
          std::max_element(sums.begin(),
                           sums.begin() + static_cast<std::ptrdiff_t>(classes_count)) -
          sums.begin());
    }
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
