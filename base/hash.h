#pragma once
// SHA-256 (of OpenSSL) for evidence, CRC-32C (Castagnoli) for bids, 64-bit mixing for content derived from seeds.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace blackstart {

/// Lower-case hexadecimal SHA-256 of `bytes`.
std::string sha256_hex(std::string_view bytes);

/// SHA-256 in pieces. Not thread-safe.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(std::string_view bytes);
  /// Finishes; the object is then spent.
  std::string finish_hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// CRC-32C over `bytes`, continuing from `crc` (0 to start). Uses SSE4.2 or ARMv8 instructions where the CPU has them.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc = 0);
/// The same by tables, on any CPU: the reference that the instructions are tested against.
std::uint32_t crc32c_without_instructions(std::string_view bytes, std::uint32_t crc = 0);

/// What SplitMix64 adds to its state before each output.
inline constexpr std::uint64_t kMixStep = 0x9e3779b97f4a7c15ULL;
/// SplitMix64's output for the state `x`: a bijection with good avalanche.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x += kMixStep;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}
/// FNV-1a of `text`, then mixed: stable across machines, for naming random streams.
std::uint64_t hash64(std::string_view text);

}  // namespace blackstart
