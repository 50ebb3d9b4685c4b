#include "harness/protocol/sample_frames.h"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace joulebench {
namespace {

void append_uint32(std::string& bytes, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift & 0xff);
}

// Takes `text` from the start of `line`.
bool skip(std::string_view& line, std::string_view text) {
  if (!line.starts_with(text)) return false;
  line.remove_prefix(text.size());
  return true;
}

bool take_number(std::string_view& line, std::int64_t& number) {
  const auto [end, code] = std::from_chars(line.data(), line.data() + line.size(), number);
  if (code != std::errc()) return false;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  return true;
}

}  // namespace

std::string stream_request(DType dtype, const std::vector<std::size_t>& shape_of_sample) {
  std::size_t bytes = size_of(dtype);
  for (const std::size_t length : shape_of_sample) bytes *= length;
  const nlohmann::ordered_json message = {
      {"op", "stream"}, {"bytes", bytes}, {"dtype", numpy_name(dtype)}, {"shape", shape_of_sample}};
  return message.dump() + "\n";
}

std::string_view end_of_stream() {
  static constexpr char kZeros[SampleFrames::kHeaderBytes] = {};
  return {kZeros, sizeof kZeros};
}

SampleFrames::SampleFrames(std::uint32_t first_number, std::size_t sample_bytes,
                           std::size_t samples)
    : first_number_(first_number), frame_bytes_(kHeaderBytes + sample_bytes) {
  bytes_.reserve(samples * frame_bytes_);
}

void SampleFrames::add(const Tensor& rows) {
  const std::size_t sample_bytes = frame_bytes_ - kHeaderBytes;
  if (rows.rows() > 0 && rows.row_bytes() != sample_bytes) {
    throw std::logic_error("bug: a sample that does not fit its frame");
  }
  for (std::size_t i = 0; i < rows.rows(); ++i) {
    append_uint32(bytes_, static_cast<std::uint32_t>(sample_bytes));
    append_uint32(bytes_, number(size()));  // of the frame that was begun: it is not counted yet
    bytes_.append(reinterpret_cast<const char*>(rows.row(i).data()), sample_bytes);
  }
}

std::optional<StreamAnswer> parse_stream_answer(std::string_view line) {
  StreamAnswer result;
  std::string_view rest = line;
  if (skip(rest, R"({"event":"answer","sample":)") && take_number(rest, result.sample) &&
      skip(rest, R"(,"class":)") && take_number(rest, result.answer) && rest == "}") {
    return result;
  }
  using nlohmann::json;
  const json parsed = json::parse(line, nullptr, false);
  if (!parsed.is_object()) return std::nullopt;
  const auto number = [&parsed](const char* key) -> const json* {
    const auto found = parsed.find(key);
    return found != parsed.end() && found->is_number_integer() ? &*found : nullptr;
  };
  const auto event = parsed.find("event");
  const json* sample = number("sample");
  const json* answer = number("class");
  if (event == parsed.end() || *event != "answer" || sample == nullptr || answer == nullptr) {
    return std::nullopt;
  }
  return StreamAnswer{sample->get<std::int64_t>(), answer->get<std::int64_t>()};
}

std::string expected_answer(std::uint32_t number) {
  return fmt::format(R"({{"event":"answer","sample":{},"class":...}})", number);
}

}  // namespace joulebench
