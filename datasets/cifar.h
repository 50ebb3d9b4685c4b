#pragma once

#include <string>
#include <string_view>

#include "datasets/labelled_samples.h"

namespace joulebench {

/// Parses CIFAR's binary format: records of label bytes and 3,072 pixels (red, green and blue
/// planes of 32x32, row-major), no header. `label_bytes` is 1 for CIFAR-10, and 2 for CIFAR-100,
/// whose second, fine label counts. Inputs come out as u8 (records, 3, 32, 32). Format:
/// https://www.cs.toronto.edu/~kriz/cifar.html Errors: Error naming `name`, the offset and the
/// record: a size that is no multiple of a record's, a label that is not below `classes`.
LabelledSamples parse_cifar(std::string_view bytes, std::size_t label_bytes, std::size_t classes,
                            const std::string& name);

}  // namespace joulebench
