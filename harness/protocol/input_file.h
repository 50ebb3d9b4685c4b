#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>
#include <vector>

#include "core/tensor.h"

namespace joulebench {

/// An array that a sandbox is to read, written as .npy piece by piece: a window's inputs are as
/// large as memory allows and need not be there twice. Errors: Error naming the file and what to
/// do.
class InputFile {
 public:
  InputFile(std::filesystem::path file, DType dtype, const std::vector<std::size_t>& shape);
  void append(std::span<const std::byte> bytes);
  void close();  // all of `shape` has been appended

 private:
  void refuse_if_failed() const;

  std::filesystem::path file_;
  std::ofstream out_;
};

/// The same in one piece.
void write_input(const std::filesystem::path& file, DType dtype,
                 const std::vector<std::size_t>& shape, std::span<const std::byte> bytes);

}  // namespace joulebench
