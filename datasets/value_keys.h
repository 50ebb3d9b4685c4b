#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace joulebench {

/// Keys of values that copies of data are recognized by: equal values have equal keys, and the keys
/// of values in a row are one polynomial hash (Karp and Rabin 1987, modulo 2^64) that rolls.
constexpr std::uint64_t kKeyBase = 0x9e3779b97f4a7c15u;

/// Every bit of the result depends on every bit of `x`: the finalizer of SplitMix64.
/// Source: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
inline std::uint64_t mixed_bits(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/// Of a word that is no number: FNV-1a with mixed bits.
inline std::uint64_t key_of_word(std::string_view word) {
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return mixed_bits(hash);
}

inline std::uint64_t hash_of_keys(std::span<const std::uint64_t> keys) {
  std::uint64_t hash = 0;
  for (const std::uint64_t key : keys) hash = hash * kKeyBase + key;
  return hash;
}

/// The 8 bytes at any address as a number.
inline std::uint64_t word_at(const char* at) {
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  return word;
}

}  // namespace joulebench
