// Predicts with a small convolutional network: each layer is one matrix product of Eigen's over the
// patches that its outputs see.
#include <Eigen/Core>
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <vector>

#include "joulebench.h"

namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using Eigen::Index;

constexpr Index kPicture = 28;
constexpr Index kSize = 5;    // of a patch; the next one is 2 further
constexpr Index kBatch = 64;  // pictures at a time: their patches fit into the cache

struct Layer {
  Matrix weights;
  Eigen::RowVectorXf bias;
};

Layer read_layer(const std::string& path) {
  const auto file = joulebench::read_npy(path);
  const Eigen::Map<const Matrix> all(file.as<float>("f4"), static_cast<Index>(file.rows()),
                                     static_cast<Index>(file.row_elements()));
  return {all.topRows(all.rows() - 1), all.bottomRows(1)};
}

Index outputs_along(Index size) {
  return (size - kSize) / 2 + 1;
}

// Rows: what each output of each picture sees; images are (pictures x size x size, channels).
Matrix patches(const Matrix& images, Index pictures, Index size) {
  const Index channels = images.cols();
  const Index outputs = outputs_along(size);
  const Index line = kSize * channels;  // a patch's line lies in one piece
  Matrix result(pictures * outputs * outputs, kSize * line);
  float* to = result.data();
  for (Index p = 0; p < pictures; ++p) {
    for (Index y = 0; y < outputs; ++y) {
      for (Index x = 0; x < outputs; ++x) {
        for (Index dy = 0; dy < kSize; ++dy, to += line) {
          const float* from = images.data() + ((p * size + 2 * y + dy) * size + 2 * x) * channels;
          std::copy(from, from + line, to);
        }
      }
    }
  }
  return result;
}

Matrix apply(const Layer& layer, const Matrix& inputs) {
  Matrix outputs = inputs * layer.weights;
  outputs.rowwise() += layer.bias;
  return outputs;
}

}  // namespace

int main() try {
  const char* dataset = std::getenv("JOULEBENCH_DATASET");
  std::vector<Layer> layers;
  for (const char* number : {"0", "1", "2", "3"}) {
    layers.push_back(read_layer("models/" + std::string(dataset == nullptr ? "" : dataset) +
                                ".layer" + number + ".npy"));
  }
  return joulebench::serve([&](const joulebench::Array& inputs, std::int32_t* classes) {
    const auto* pixels = inputs.as<std::uint8_t>("u1");
    using Bytes = Eigen::Matrix<std::uint8_t, Eigen::Dynamic, 1>;
    for (Index begin = 0; begin < static_cast<Index>(inputs.rows()); begin += kBatch) {
      const Index pictures = std::min(kBatch, static_cast<Index>(inputs.rows()) - begin);
      constexpr Index kPixels = kPicture * kPicture;
      const Matrix images =
          Eigen::Map<const Bytes>(pixels + begin * kPixels, pictures * kPixels).cast<float>();
      const Matrix first = apply(layers[0], patches(images, pictures, kPicture)).cwiseMax(0.0f);
      const Matrix second =
          apply(layers[1], patches(first, pictures, outputs_along(kPicture))).cwiseMax(0.0f);
      const Eigen::Map<const Matrix> flat(second.data(), pictures, second.size() / pictures);
      const Matrix scores = apply(layers[3], apply(layers[2], flat).cwiseMax(0.0f));
      for (Index i = 0; i < pictures; ++i) {
        Index best = 0;
        scores.row(i).maxCoeff(&best);
        classes[begin + i] = static_cast<std::int32_t>(best);
      }
    }
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
