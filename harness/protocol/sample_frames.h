#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/tensor.h"

namespace joulebench {

// The single-stream scenario's bytes (submissions/README.md): each sample goes to the program in a
// frame of its own, each answer comes back as one short line.
//
//   uint32 bytes of the sample | uint32 number of the sample | the sample      little-endian, C
//   order
//
// Numbers begin at 1 and grow by one over a program's life; the frame of number 0, without bytes,
// ends the stream.

/// The line that opens a stream: {"op":"stream","bytes":256,"dtype":"<f4","shape":[8,8]}, newline
/// included. `shape` is one sample's.
std::string stream_request(DType dtype, const std::vector<std::size_t>& shape_of_sample);

/// The frame that ends it.
std::string_view end_of_stream();

/// Frames of several samples, made beforehand: nothing of them is left to do in a measured window.
class SampleFrames {
 public:
  static constexpr std::size_t kHeaderBytes = 8;

  /// Room for `samples` frames; add() then takes no memory.
  SampleFrames(std::uint32_t first_number, std::size_t sample_bytes, std::size_t samples);
  void add(const Tensor& rows);

  std::size_t size() const { return bytes_.size() / frame_bytes_; }
  std::uint32_t number(std::size_t index) const {
    return first_number_ + static_cast<std::uint32_t>(index);
  }
  std::string_view frame(std::size_t index) const {
    return std::string_view(bytes_).substr(index * frame_bytes_, frame_bytes_);
  }

 private:
  std::uint32_t first_number_;
  std::size_t frame_bytes_;
  std::string bytes_;
};

/// What came back, in the order of the frames; latencies are from just before a frame was written
/// to just after its answer's last byte. Room is taken once: see reserve().
struct StreamAnswers {
  std::vector<std::int64_t> classes;  // as the program said them: may be none that exists
  std::vector<float> latencies_s;

  void clear() {
    classes.clear();
    latencies_s.clear();
  }
  void reserve(std::size_t samples) {
    classes.reserve(samples);
    latencies_s.reserve(samples);
  }
};

/// {"event":"answer","sample":17,"class":3}
struct StreamAnswer {
  std::int64_t sample = 0;
  std::int64_t answer = 0;
};

/// Absent when the line is no such answer. Takes any bytes; the line as the kits write it is read
/// without parsing JSON.
std::optional<StreamAnswer> parse_stream_answer(std::string_view line);

/// What was expected, for a message.
std::string expected_answer(std::uint32_t number);

}  // namespace joulebench
