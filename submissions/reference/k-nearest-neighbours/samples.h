// What train.cpp writes and predict.cpp reads: the public samples, made small enough to search
// fast.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

/// Samples as whole numbers of 8 bits. A sample x becomes round((x - mean) * directions).
struct Samples {
  std::uint32_t elements = 0;     // of an input
  std::uint32_t dimensions = 0;   // kept of it; a multiple of 16, the last ones may be 0
  std::uint32_t neighbours = 0;   // that vote
  std::vector<float> mean;        // (elements)
  std::vector<float> directions;  // (elements, dimensions), row-major
  std::vector<std::int8_t> rows;  // (samples, dimensions)
  std::vector<std::int32_t> labels;
};

inline std::int8_t rounded(float value) {
  return static_cast<std::int8_t>(std::min(127.0f, std::max(-127.0f, std::nearbyint(value))));
}

template <class Value>
void put(std::ostream& out, const std::vector<Value>& values) {
  const std::uint64_t count = values.size();
  out.write(reinterpret_cast<const char*>(&count), sizeof count);
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(count * sizeof(Value)));
}

template <class Value>
void get(std::istream& in, std::vector<Value>& values) {
  std::uint64_t count = 0;
  in.read(reinterpret_cast<char*>(&count), sizeof count);
  if (!in || count > (std::uint64_t{1} << 32)) throw std::runtime_error("samples.bin is damaged");
  values.resize(count);
  in.read(reinterpret_cast<char*>(values.data()),
          static_cast<std::streamsize>(count * sizeof(Value)));
}

inline void write_samples(const std::string& path, const Samples& samples) {
  std::ofstream out(path, std::ios::binary);
  put(out, std::vector<std::uint32_t>{samples.elements, samples.dimensions, samples.neighbours});
  put(out, samples.mean);
  put(out, samples.directions);
  put(out, samples.rows);
  put(out, samples.labels);
  out.close();
  if (!out) throw std::runtime_error(path + ": cannot be written");
}

inline Samples read_samples(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  Samples samples;
  std::vector<std::uint32_t> sizes;
  get(in, sizes);
  if (sizes.size() != 3) throw std::runtime_error(path + ": not what train wrote");
  samples.elements = sizes[0];
  samples.dimensions = sizes[1];
  samples.neighbours = sizes[2];
  get(in, samples.mean);
  get(in, samples.directions);
  get(in, samples.rows);
  get(in, samples.labels);
  if (!in || samples.rows.size() != samples.labels.size() * samples.dimensions) {
    throw std::runtime_error(path + ": not what train wrote");
  }
  return samples;
}
