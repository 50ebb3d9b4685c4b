// Predicts with a network of bits: where two bits differ is an XOR, how many differ a popcount. 64
// products and their sum are two instructions.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <iostream>
#include <vector>

#include "joulebench.h"

namespace {

struct Layer {
  std::size_t words = 0;               // of 64 bits, of a unit
  std::vector<std::uint64_t> weights;  // (units, words)
  std::size_t units() const { return weights.size() / words; }
};

Layer read_layer(const std::string& path) {
  const joulebench::Array bytes = joulebench::read_npy(path);
  Layer layer;
  layer.words = bytes.row_elements() / 8;
  layer.weights.resize(bytes.bytes.size() / 8);
  std::memcpy(layer.weights.data(), bytes.bytes.data(), bytes.bytes.size());
  return layer;
}

std::int32_t differing_bits(const std::uint64_t* a, const std::uint64_t* b, std::size_t words) {
  std::int32_t count = 0;
  for (std::size_t i = 0; i < words; ++i) count += __builtin_popcountll(a[i] ^ b[i]);
  return count;
}

}  // namespace

int main() try {
  const char* dataset = std::getenv("JOULEBENCH_DATASET");
  const std::string model = "models/" + std::string(dataset == nullptr ? "" : dataset) + ".";
  const Layer layers[] = {read_layer(model + "weights0.npy"), read_layer(model + "weights1.npy"),
                          read_layer(model + "weights2.npy")};
  const joulebench::Array most_files[] = {joulebench::read_npy(model + "most0.npy"),
                                          joulebench::read_npy(model + "most1.npy")};
  const auto slope_file = joulebench::read_npy(model + "slope.npy");
  const auto bias_file = joulebench::read_npy(model + "bias.npy");
  const auto levels_file = joulebench::read_npy(model + "levels.npy");
  const auto* slope = slope_file.as<float>("f4");
  const auto* bias = bias_file.as<float>("f4");
  const auto* levels = levels_file.as<std::uint8_t>("u1");

  std::vector<std::uint64_t> bits, next;
  return joulebench::serve([&](const joulebench::Array& inputs, std::int32_t* classes) {
    const std::size_t elements = inputs.row_elements();
    const auto* sample = inputs.as<std::uint8_t>("u1");
    for (std::size_t i = 0; i < inputs.rows(); ++i, sample += elements) {
      bits.assign(layers[0].words, 0);
      for (std::size_t level = 0, bit = 0; level < levels_file.rows(); ++level) {
        for (std::size_t e = 0; e < elements; ++e, ++bit) {
          bits[bit / 64] |= std::uint64_t{sample[e] > levels[level]} << (bit % 64);
        }
      }
      for (int h = 0; h < 2; ++h) {
        const auto* most = most_files[h].as<std::int32_t>("i4");
        next.assign(layers[h + 1].words, 0);
        for (std::size_t unit = 0; unit < layers[h].units(); ++unit) {
          const bool on = differing_bits(bits.data(), &layers[h].weights[unit * layers[h].words],
                                         layers[h].words) <= most[unit];
          next[unit / 64] |= std::uint64_t{on} << (unit % 64);
        }
        bits.swap(next);
      }
      const auto width = static_cast<std::int32_t>(layers[1].units());
      float best = 0;
      for (std::size_t c = 0; c < layers[2].units(); ++c) {
        const std::int32_t different =
            differing_bits(bits.data(), &layers[2].weights[c * layers[2].words], layers[2].words);
        const float score = slope[c] * static_cast<float>(width - 2 * different) + bias[c];
        if (c == 0 || score > best) {
          best = score;
          classes[i] = static_cast<std::int32_t>(c);
        }
      }
    }
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
