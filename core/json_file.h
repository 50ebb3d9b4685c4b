#pragma once

#include <cstddef>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace joulebench {

/// Reads a JSON file and checks it with a JSON Schema (draft 7; empty: no check).
/// Errors: Error naming the file, the line and column of a syntax error, or the field that the
/// schema refuses with what was expected; an unknown field comes with the nearest known one. A file
/// above `max_bytes`, deeper than 64 levels, or with one field twice in an object is refused too.
nlohmann::json read_json_file(const std::filesystem::path& path, std::string_view schema,
                              std::size_t max_bytes = std::size_t{64} << 20);

/// The same for JSON text in memory; `name` is for messages.
nlohmann::json parse_json(std::string_view text, const std::string& name, std::string_view schema);

/// Checks JSON that was parsed already; `name` is for messages. Errors  as above.
void check_json(const nlohmann::json& json, const std::string& name, std::string_view schema);

/// Writes JSON with two-space indentation, completely or not at all. Bytes that are not UTF-8
/// become U+FFFD.
void write_json_file(const std::filesystem::path& path, const nlohmann::json& json);

}  // namespace joulebench
