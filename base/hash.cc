#include "base/hash.h"

#include "base/check.h"
#include "base/text.h"

#include <openssl/evp.h>

#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace blackstart {
namespace {

constexpr std::uint32_t kCastagnoli = 0x82f63b78;  // reflected

constexpr std::array<std::array<std::uint32_t, 256>, 8> kCrcTables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> tables{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1U) != 0 ? kCastagnoli : 0U);
    tables[0][i] = crc;
  }
  for (std::size_t t = 1; t < tables.size(); ++t) {
    for (std::size_t i = 0; i < 256; ++i) {
      tables[t][i] = tables[t - 1][i] >> 8 ^ tables[0][tables[t - 1][i] & 0xffU];
    }
  }
  return tables;
}();

using CrcFunction = std::uint32_t (*)(const unsigned char*, std::size_t, std::uint32_t);

std::uint32_t crc32c_portable(const unsigned char* data, std::size_t size, std::uint32_t crc) {
  for (; size >= 8; data += 8, size -= 8) {
    crc ^= static_cast<std::uint32_t>(data[0]) | static_cast<std::uint32_t>(data[1]) << 8 |
           static_cast<std::uint32_t>(data[2]) << 16 | static_cast<std::uint32_t>(data[3]) << 24;
    crc = kCrcTables[7][crc & 0xffU] ^ kCrcTables[6][crc >> 8 & 0xffU] ^ kCrcTables[5][crc >> 16 & 0xffU] ^
          kCrcTables[4][crc >> 24] ^ kCrcTables[3][data[4]] ^ kCrcTables[2][data[5]] ^ kCrcTables[1][data[6]] ^
          kCrcTables[0][data[7]];
  }
  for (; size > 0; ++data, --size) crc = crc >> 8 ^ kCrcTables[0][(crc ^ *data) & 0xffU];
  return crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_hardware(const unsigned char* data, std::size_t size,
                                                                std::uint32_t crc) {
  std::uint64_t wide = crc;
  for (; size >= 8; data += 8, size -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  crc = static_cast<std::uint32_t>(wide);
  for (; size > 0; ++data, --size) crc = _mm_crc32_u8(crc, *data);
  return crc;
}
bool has_crc_instructions() { return __builtin_cpu_supports("sse4.2") != 0; }
#elif defined(__aarch64__)
std::uint32_t crc32c_hardware(const unsigned char* data, std::size_t size, std::uint32_t crc) {
  for (; size >= 8; data += 8, size -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data, 8);
    __asm__(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1" : "+r"(crc) : "r"(word));
  }
  for (; size > 0; ++data, --size) {
    __asm__(".arch_extension crc\n\tcrc32cb %w0, %w0, %w1" : "+r"(crc) : "r"(static_cast<std::uint32_t>(*data)));
  }
  return crc;
}
bool has_crc_instructions() { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }
#else
constexpr CrcFunction crc32c_hardware = crc32c_portable;
bool has_crc_instructions() { return false; }
#endif

}  // namespace

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() { BS_CHECK(context != nullptr && EVP_DigestInit_ex(context, EVP_sha256(), nullptr) == 1); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) {
  BS_CHECK(state_ != nullptr);
  BS_CHECK(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()) == 1);
}

std::string Sha256::finish_hex() {
  BS_CHECK(state_ != nullptr);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  BS_CHECK(EVP_DigestFinal_ex(state_->context, digest.data(), &size) == 1);
  state_.reset();
  return hex({digest.data(), size});
}

std::string sha256_hex(std::string_view bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.finish_hex();
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t crc) {
  static const CrcFunction function = has_crc_instructions() ? crc32c_hardware : crc32c_portable;
  return ~function(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), ~crc);
}

std::uint32_t crc32c_without_instructions(std::string_view bytes, std::uint32_t crc) {
  return ~crc32c_portable(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), ~crc);
}

std::uint64_t hash64(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return mix64(hash);
}

}  // namespace blackstart
