#include "leaderboard/right_answers.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "core/digest.h"
#include "core/file.h"

namespace joulebench {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* kAnswersFormat = "joulebench-right-answers/1";
constexpr std::string_view kHexDigits = "0123456789abcdef";

fs::path file_in(const fs::path& record_folder) {
  return record_folder / "right-answers.json";
}

/// Four samples a digit, the first in its highest bit.
std::string as_hex(const std::vector<bool>& is_right) {
  std::string text;
  for (std::size_t i = 0; i < is_right.size(); i += 4) {
    unsigned digit = 0;
    for (std::size_t bit = 0; bit < 4; ++bit) {
      digit = 2 * digit + (i + bit < is_right.size() && is_right[i + bit] ? 1U : 0U);
    }
    text += kHexDigits[digit];
  }
  return text;
}

/// Empty: it is no such text.
std::vector<bool> from_hex(const std::string& text, std::size_t samples) {
  std::vector<bool> is_right;
  if (text.size() != (samples + 3) / 4) return is_right;
  for (std::size_t i = 0; i < samples; ++i) {
    const std::size_t digit = kHexDigits.find(text[i / 4]);
    if (digit == kHexDigits.npos) return {};
    is_right.push_back((digit >> (3 - i % 4) & 1U) != 0);
  }
  return is_right;
}

}  // namespace

void keep_right_answers(const fs::path& record_folder, const std::string& record_sha256,
                        const Score& score) {
  std::error_code none;
  if (!score.answers || !fs::is_directory(record_folder, none)) return;
  json document = {{"format", kAnswersFormat},
                   {"record_sha256", record_sha256},
                   {"dataset_sha256", score.answers->dataset_sha256},
                   {"samples", score.answers->is_right.size()},
                   {"right", as_hex(score.answers->is_right)}};
  document["sha256"] = sha256_of_text(document.dump());
  const std::string text = document.dump() + "\n";
  const fs::path file = file_in(record_folder);
  if (fs::is_regular_file(fs::symlink_status(file, none)) && read_text_file(file) == text) return;
  write_file_atomically(file, text);
}

namespace {

/// As it was written; else nothing. Its digest is over all of it but itself.
json intact_document(const fs::path& file) {
  const std::string text = read_text_file(file);
  json document = json::parse(text, nullptr, false);
  if (!document.is_object() || text != document.dump() + "\n") return nullptr;
  const std::string digest = document.value("sha256", "");
  document.erase("sha256");
  if (document.value("format", "") != kAnswersFormat || digest != sha256_of_text(document.dump())) {
    return nullptr;
  }
  return document;
}

}  // namespace

bool are_right_answers_altered(const fs::path& record_folder) {
  std::error_code none;
  const fs::file_status status = fs::symlink_status(file_in(record_folder), none);
  if (!fs::exists(status)) return false;
  return !fs::is_regular_file(status) || intact_document(file_in(record_folder)).is_null();
}

std::optional<AnswersBySample> right_answers(const fs::path& record_folder,
                                             const std::string& record_sha256) {
  std::error_code none;
  if (!fs::is_regular_file(fs::symlink_status(file_in(record_folder), none))) return std::nullopt;
  const json document = intact_document(file_in(record_folder));
  if (document.is_null() || document.value("record_sha256", "") != record_sha256) {
    return std::nullopt;
  }
  AnswersBySample answers{
      .dataset_sha256 = document.value("dataset_sha256", ""),
      .is_right = from_hex(document.value("right", ""), document.value("samples", std::size_t{0}))};
  if (answers.is_right.empty()) return std::nullopt;
  return answers;
}

}  // namespace joulebench
