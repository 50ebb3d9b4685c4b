#include "datasets/cifar.h"

#include <fmt/format.h>

#include <cstring>

#include "core/error.h"

namespace joulebench {

LabelledSamples parse_cifar(std::string_view bytes, std::size_t label_bytes, std::size_t classes,
                            const std::string& name) {
  constexpr std::size_t kPixels = 3 * 32 * 32;
  const std::size_t record = label_bytes + kPixels;
  const auto fail = [&name](std::size_t offset, const std::string& found) -> Error {
    return Error({.what = "not a CIFAR file that can be read",
                  .where = fmt::format("{}: offset {}: {}", name, offset, found),
                  .hint = {}});
  };
  const std::size_t records = bytes.size() / record;
  if (bytes.size() % record != 0) {
    throw fail(records * record, fmt::format("{} bytes, where a record of {} was expected",
                                             bytes.size() % record, record));
  }
  LabelledSamples samples;
  samples.inputs.shape = {records, 3, 32, 32};
  samples.inputs.bytes.resize(records * kPixels);
  samples.labels.reserve(records);
  for (std::size_t i = 0; i < records; ++i) {
    const std::size_t label_at = i * record + label_bytes - 1;
    const auto label = static_cast<unsigned char>(bytes[label_at]);
    if (label >= classes) {
      throw fail(label_at, fmt::format("record {} has label {}, where 0 to {} were expected", i,
                                       label, classes - 1));
    }
    samples.labels.push_back(label);
    std::memcpy(samples.inputs.bytes.data() + i * kPixels, bytes.data() + label_at + 1, kPixels);
  }
  return samples;
}

}  // namespace joulebench
