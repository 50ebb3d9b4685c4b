#pragma once

#include <string>
#include <vector>

namespace joulebench {

/// Device files of the first `count` GPUs, with the nodes that CUDA needs; empty for 0. Keeps each
/// GPU open as long as this process runs, so that no block pays for waking the driver. Where there
/// are fewer: those there are, or an Error when they are `required`.
std::vector<std::string> granted_gpus(unsigned count, bool required);

/// How many of a track's GPUs this machine has.
unsigned present_gpus(unsigned wanted);

}  // namespace joulebench
