// Predicts by the nearest public samples: squared distances to all of them, in whole numbers.
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <limits>
#include <vector>

#include "joulebench.h"
#include "samples.h"

namespace {

// One input turned and rounded as train.cpp did with the public samples.
template <class Value>
void turn(const Samples& samples, const Value* input, std::vector<float>& sums,
          std::int8_t* result) {
  std::fill(sums.begin(), sums.end(), 0.0f);
  for (std::size_t e = 0; e < samples.elements; ++e) {
    const float value = static_cast<float>(input[e]) - samples.mean[e];
    const float* directions = &samples.directions[e * samples.dimensions];
    for (std::size_t d = 0; d < sums.size(); ++d) sums[d] += value * directions[d];
  }
  std::transform(sums.begin(), sums.end(), result, rounded);
}

std::int32_t squared_distance(const std::int8_t* a, const std::int8_t* b, std::size_t dimensions) {
  std::int32_t sum = 0;
  for (std::size_t i = 0; i < dimensions; ++i) {
    // 16-bit factors into a 32-bit sum: one instruction for 16 elements on AVX2.
    const auto difference = static_cast<std::int16_t>(a[i] - b[i]);
    sum += difference * difference;
  }
  return sum;
}

struct Neighbour {
  std::int32_t distance;
  std::int32_t label;
};

// The class of most neighbours; of those with equally many, the one with the nearest neighbour.
std::int32_t vote(const std::vector<Neighbour>& nearest, std::vector<int>& votes) {
  std::fill(votes.begin(), votes.end(), 0);
  for (const Neighbour& one : nearest) ++votes[static_cast<std::size_t>(one.label)];
  std::int32_t best = nearest[0].label;
  for (const Neighbour& one : nearest) {
    if (votes[static_cast<std::size_t>(one.label)] > votes[static_cast<std::size_t>(best)]) {
      best = one.label;
    }
  }
  return best;
}

}  // namespace

int main() try {
  const Samples samples = read_samples("samples.bin");
  const std::size_t dimensions = samples.dimensions;
  const std::int32_t highest = *std::max_element(samples.labels.begin(), samples.labels.end());
  std::vector<int> votes(static_cast<std::size_t>(highest) + 1);
  std::vector<Neighbour> nearest(samples.neighbours);
  std::vector<float> sums(dimensions);
  std::vector<std::int8_t> query(dimensions);

  return joulebench::serve([&](const joulebench::Array& inputs, std::int32_t* classes) {
    if (inputs.rows() != 0 && inputs.row_elements() != samples.elements) {
      throw std::runtime_error("samples of another size than the public ones");
    }
    for (std::size_t q = 0; q < inputs.rows(); ++q) {
      if (inputs.type == "f4") {
        turn(samples, inputs.as<float>("f4") + q * samples.elements, sums, query.data());
      } else {
        turn(samples, inputs.as<std::uint8_t>("u1") + q * samples.elements, sums, query.data());
      }
      std::fill(nearest.begin(), nearest.end(),
                Neighbour{std::numeric_limits<std::int32_t>::max(), 0});
      for (std::size_t s = 0; s < samples.labels.size(); ++s) {
        Neighbour one{squared_distance(query.data(), &samples.rows[s * dimensions], dimensions),
                      samples.labels[s]};
        if (one.distance >= nearest.back().distance) continue;
        for (Neighbour& place : nearest) {  // keep the list in order of distance
          if (one.distance < place.distance) std::swap(one, place);
        }
      }
      classes[q] = vote(nearest, votes);
    }
  });
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
