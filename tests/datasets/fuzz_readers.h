#pragma once

#include <span>
#include <string_view>

namespace joulebench {

/// Entry functions for fuzzing: each gives untrusted bytes to one reader, which may refuse them by
/// an Error that says what happened and where, and must do nothing else: not crash, not hang, not
/// take memory beyond a small multiple of what came in. Returns whether the bytes were read.
bool fuzz_csv(std::string_view bytes);
bool fuzz_idx(std::string_view bytes);
bool fuzz_npy(std::string_view bytes);
bool fuzz_cifar(std::string_view bytes);
bool fuzz_tar(std::string_view bytes);
bool fuzz_gzip(std::string_view bytes);
bool fuzz_hidden_rows(std::string_view bytes);

}  // namespace joulebench
