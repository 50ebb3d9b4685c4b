// Runs as the last build step, on the public part: picks the few directions in which the samples
// differ most (principal components), turns all samples that way, and keeps them in 8 bits.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "joulebench.h"
#include "samples.h"

namespace {

constexpr std::size_t kMostDirections = 48;
constexpr int kIterations = 60;

std::vector<float> as_floats(const joulebench::Array& array) {
  if (array.type == "f4") {
    const auto* values = array.as<float>("f4");
    return std::vector<float>(values, values + array.elements());
  }
  const auto* values = array.as<std::uint8_t>("u1");
  return std::vector<float>(values, values + array.elements());
}

// sum += factor * values
void add(float* sum, float factor, const float* values, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) sum[i] += factor * values[i];
}

float dot(const float* a, const float* b, std::size_t size) {
  float sum = 0;
  for (std::size_t i = 0; i < size; ++i) sum += a[i] * b[i];
  return sum;
}

std::vector<float> covariance(const std::vector<float>& inputs, std::size_t elements) {
  std::vector<float> result(elements * elements);
  for (std::size_t row = 0; row < inputs.size(); row += elements) {
    for (std::size_t i = 0; i < elements; ++i) {
      if (inputs[row + i] != 0) add(&result[i * elements], inputs[row + i], &inputs[row], elements);
    }
  }
  return result;
}

// Rows of the result: the `count` eigenvectors of the largest eigenvalues, by orthogonal iteration.
// Golub, Van Loan: Matrix Computations, section 8.2.4.
std::vector<float> main_directions(const std::vector<float>& matrix, std::size_t elements,
                                   std::size_t count) {
  std::vector<float> directions(count * elements);
  for (std::size_t i = 0; i < directions.size(); ++i) {
    directions[i] = std::sin(static_cast<float>(i * i % 10007));  // anything, the same each time
  }
  for (int iteration = 0; iteration < kIterations; ++iteration) {
    std::vector<float> next(directions.size());
    for (std::size_t d = 0; d < count; ++d) {
      float* direction = &next[d * elements];
      for (std::size_t i = 0; i < elements; ++i) {
        add(direction, directions[d * elements + i], &matrix[i * elements], elements);
      }
      for (std::size_t before = 0; before < d; ++before) {
        const float* other = &next[before * elements];
        add(direction, -dot(direction, other, elements), other, elements);
      }
      const float length = std::sqrt(dot(direction, direction, elements));
      for (std::size_t i = 0; i < elements; ++i) direction[i] /= length;
    }
    directions = std::move(next);
  }
  return directions;
}

}  // namespace

int main() try {
  const char* folder_name = std::getenv("JOULEBENCH_PUBLIC");
  if (folder_name == nullptr) throw std::runtime_error("JOULEBENCH_PUBLIC names no folder");
  const std::string folder = folder_name;
  const auto inputs_file = joulebench::read_npy(folder + "/inputs.npy");
  const auto labels_file = joulebench::read_npy(folder + "/labels.npy");
  const std::size_t rows = inputs_file.rows();
  const std::size_t elements = inputs_file.row_elements();
  std::vector<float> inputs = as_floats(inputs_file);

  Samples samples;
  samples.elements = static_cast<std::uint32_t>(elements);
  samples.mean.assign(elements, 0);
  for (std::size_t row = 0; row < rows; ++row) {
    add(samples.mean.data(), 1.0f / static_cast<float>(rows), &inputs[row * elements], elements);
  }
  std::vector<float> variance(elements);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    inputs[i] -= samples.mean[i % elements];
    variance[i % elements] += inputs[i] * inputs[i] / static_cast<float>(rows);
  }
  // Measurements in different units weigh alike; pixels are all alike already.
  std::vector<float> weight(elements, 1);
  if (inputs_file.type == "f4") {
    for (std::size_t i = 0; i < elements; ++i) weight[i] = 1 / (std::sqrt(variance[i]) + 1e-9f);
    for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i] *= weight[i % elements];
  }

  const bool turn = elements > 2 * kMostDirections;
  const std::size_t kept = turn ? kMostDirections : elements;
  std::vector<float> directions(kept * elements);
  if (turn) {
    directions = main_directions(covariance(inputs, elements), elements, kept);
  } else {
    for (std::size_t i = 0; i < elements; ++i) directions[i * elements + i] = 1;
  }

  samples.dimensions = static_cast<std::uint32_t>((kept + 15) / 16 * 16);
  // Measurements are noisier than pictures, large pictures than small ones.
  samples.neighbours = inputs_file.type == "f4" ? 15 : turn ? 7 : 3;
  std::vector<float> turned(rows * kept);
  std::vector<double> spread(kept);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t d = 0; d < kept; ++d) {
      const float value = dot(&inputs[row * elements], &directions[d * elements], elements);
      turned[row * kept + d] = value;
      spread[d] += static_cast<double>(value) * value / static_cast<double>(rows);
    }
  }
  // One scale for all directions, so that distances keep their meaning; outliers are cut off at
  // 127.
  const double widest = std::sqrt(*std::max_element(spread.begin(), spread.end()));
  const auto scale = static_cast<float>(127.0 / (4.0 * widest));
  samples.directions.assign(elements * samples.dimensions, 0);
  for (std::size_t e = 0; e < elements; ++e) {
    for (std::size_t d = 0; d < kept; ++d) {
      samples.directions[e * samples.dimensions + d] =
          weight[e] * directions[d * elements + e] * scale;
    }
  }
  samples.rows.assign(rows * samples.dimensions, 0);
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t d = 0; d < kept; ++d) {
      samples.rows[row * samples.dimensions + d] = rounded(turned[row * kept + d] * scale);
    }
  }
  const auto* labels = labels_file.as<std::int32_t>("i4");
  samples.labels.assign(labels, labels + rows);
  write_samples("samples.bin", samples);
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
