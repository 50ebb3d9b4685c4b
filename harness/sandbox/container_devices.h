#pragma once

#include <filesystem>
#include <vector>

namespace joulebench {

/// The shared libraries that a container with NVIDIA's GPUs needs of the host, as the machine's
/// Container Device Interface says (files of kind "nvidia.com/gpu", YAML or JSON, as
/// `nvidia-ctk cdi generate` writes them). Source: the CDI specification,
/// https://github.com/cncf-tags/container-device-interface (SPEC.md): the last of `folders` that
/// has such a file counts. In the files' order, each once; programs, sockets and settings are left
/// out. Empty: there is no such file. Errors: Error naming a file that cannot be read, or a library
/// in it that is not on this machine.
std::vector<std::filesystem::path> container_gpu_libraries(
    const std::vector<std::filesystem::path>& folders = {"/etc/cdi", "/var/run/cdi"});

}  // namespace joulebench
