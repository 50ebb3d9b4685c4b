#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace joulebench {

/// The small text files of the kernel that control groups are made of.
/// Absent when it cannot be read.
std::optional<std::string> read_cgroup_file(const std::filesystem::path& path);
/// 0, or errno.
int write_cgroup_file(const std::filesystem::path& path, const std::string& text);

/// The number of such a text, or the one behind `key` on a line of its own.
std::optional<std::uint64_t> number_in(const std::optional<std::string>& text,
                                       std::string_view key = {});
std::vector<std::string> split(const std::string& text, char separator = ' ');
/// The first line; empty when there is none.
std::string first_line_of(const std::optional<std::string>& text);

}  // namespace joulebench
