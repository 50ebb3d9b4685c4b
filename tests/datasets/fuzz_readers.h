#pragma once

#include <span>
#include <string_view>

namespace joulebench {

/// Entry functions for fuzzing: each gives bytes of a stranger to one reader, which may refuse them
/// by Error and must do nothing else: not crash, not hang, not take memory beyond a small multiple
/// of what came in. For libFuzzer: extern "C" int LLVMFuzzerTestOneInput(...) { fuzz_idx({data,
/// size}); return 0; }
void fuzz_csv(std::string_view bytes);
void fuzz_idx(std::string_view bytes);
void fuzz_npy(std::string_view bytes);
void fuzz_cifar(std::string_view bytes);
void fuzz_tar(std::string_view bytes);
void fuzz_gzip(std::string_view bytes);
void fuzz_hidden_rows(std::string_view bytes);

}  // namespace joulebench
