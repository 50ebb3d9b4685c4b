// What an entry can send us, into the code that reads it: the process protocol, predictions, the
// manifest and archives. One program for libFuzzer; the name it is called by says which reader
// (fuzz_protocol, fuzz_archive, ...).
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>

#include "core/error.h"
#include "core/file.h"
#include "core/text.h"
#include "harness/protocol/failure.h"
#include "harness/protocol/predictions.h"
#include "harness/protocol/protocol_lines.h"
#include "harness/protocol/sample_frames.h"
#include "submissions/archive.h"
#include "submissions/submission.h"

namespace {
using namespace joulebench;
namespace fs = std::filesystem;

void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "does not hold: " << what << '\n';
  std::abort();
}

void read_protocol(std::string_view bytes) {
  // In pieces of a size that the first byte chooses, as a pipe would.
  const std::size_t piece = bytes.empty() ? 1 : 1 + static_cast<unsigned char>(bytes.front());
  ProtocolLines lines;
  std::string line;
  try {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      lines.feed(bytes.substr(at, piece));
      while (lines.take(line)) {
        require(line.size() <= ProtocolLines::kMaxLine + 1, "a line is short");
        require(line.find('\n') == line.npos, "a line is one line");
        const auto event = parse_event(line);
        if (parse_stream_answer(line)) require(event && event->event == "answer", "an answer");
        const std::string shown = printable(line, 200);
        require(shown.size() <= 203 && printable(shown, 1000) == shown,
                "what is shown is printable");
        if (event) require(event->name.size() <= line.size() * 4, "a name comes from its line");
      }
    }
  } catch (const SubmissionFailure&) {
  }
}

void read_predictions(std::string_view bytes) {
  constexpr std::size_t kCount = 5, kClasses = 3;
  for (const PredictionKind kind : {PredictionKind::classes, PredictionKind::scores,
                                    PredictionKind::probabilities, PredictionKind::numbers}) {
    const PredictionFormat format{.kind = kind, .classes = kClasses};
    const auto result = parse_predictions(bytes, kCount, format, "p.npy");
    const auto* answers = std::get_if<Tensor>(&result);
    if (answers == nullptr) continue;
    require(answers->rows() == kCount, "one answer a row");
    require(answers->elements() == kCount * format.width(), "as many numbers as there should be");
    for (std::size_t i = 0; i < answers->elements(); ++i) {
      const double value = element_as_double(*answers, i);
      require(std::isfinite(value), "a finite number");
      if (kind == PredictionKind::classes) require(value >= 0 && value < 3, "a class in range");
    }
  }
}

void read_manifest(std::string_view bytes) {
  static const TemporaryFolder folder("fuzz", "/dev/shm");
  std::ofstream(folder.path() / "submission.json", std::ios::binary) << bytes;
  try {
    const Submission submission = read_submission(folder.path());
    require(!submission.command.empty(), "there is a command");
  } catch (const Error&) {
  }
}

void read_archive(std::string_view bytes) {
  static const TemporaryFolder folder("fuzz", "/dev/shm");
  const fs::path file = folder.path() / "a.zip", out = folder.path() / "out";
  std::ofstream(file, std::ios::binary) << bytes;
  fs::create_directory(out);
  try {
    ArchiveLimits limits;
    limits.total_bytes = 1 << 20;
    limits.files = 50;
    unpack_archive(file, out, limits);
  } catch (const Error&) {
  }
  std::size_t below = 0;
  for (const auto& entry : fs::recursive_directory_iterator(out)) {
    require(!entry.is_symlink() && (entry.is_regular_file() || entry.is_directory()),
            "only files and folders");
    ++below;
  }
  require(below <= 50, "at most as many as allowed");
  std::size_t beside = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder.path())) ++beside;
  require(beside == 2, "nothing beside the folder");
  fs::remove_all(out);
}

void (*reader)(std::string_view) = nullptr;

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char*** arguments) {
  const std::string name = fs::path((*arguments)[0]).filename();
  if (name == "fuzz_protocol") reader = read_protocol;
  if (name == "fuzz_predictions") reader = read_predictions;
  if (name == "fuzz_manifest") reader = read_manifest;
  if (name == "fuzz_archive") reader = read_archive;
  require(reader != nullptr,
          "the program is called fuzz_protocol, fuzz_predictions, fuzz_manifest or fuzz_archive");
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  reader({reinterpret_cast<const char*>(data), size});
  return 0;
}
