#include "base/uuid.hpp"

#include "base/hash.hpp"

#include <atomic>
#include <chrono>
#include <cstring>

namespace reelvault {
namespace {

// Milliseconds in the upper 48 bits, a counter in the lower 12: a second id of one millisecond, or one made after the
// clock went back, is the former plus one (RFC 9562, 6.2, method 1; a full counter runs into the next millisecond).
std::atomic<std::uint64_t> last_stamp{0};

std::uint64_t next_stamp() {
  auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since_epoch).count();
  std::uint64_t wanted = static_cast<std::uint64_t>(ms) << 12;
  std::uint64_t last = last_stamp.load(std::memory_order_relaxed);
  std::uint64_t stamp = 0;
  do {
    stamp = wanted > last ? wanted : last + 1;
  } while (!last_stamp.compare_exchange_weak(last, stamp, std::memory_order_relaxed));
  return stamp;
}

// The kernel is asked for many ids' worth at a time: a system call an id would show in batches.
std::uint64_t random_word() {
  thread_local std::string pool;
  thread_local std::size_t used = 0;
  if (used >= pool.size()) {
    pool = random_bytes(1024);
    used = 0;
  }
  std::uint64_t word = 0;
  std::memcpy(&word, pool.data() + used, sizeof word);
  used += sizeof word;
  return word;
}

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr bool dash_before(std::size_t byte) { return byte == 4 || byte == 6 || byte == 8 || byte == 10; }

}  // namespace

Uuid Uuid::v7() {
  std::uint64_t stamp = next_stamp();
  std::uint64_t high = (stamp >> 12) << 16 | 0x7000 | (stamp & 0xFFF);
  std::uint64_t low = (random_word() >> 2) | 0x8000'0000'0000'0000;
  Uuid uuid;
  for (int i = 0; i < 8; ++i) {
    uuid.bytes[i] = static_cast<std::uint8_t>(high >> (56 - 8 * i));
    uuid.bytes[8 + i] = static_cast<std::uint8_t>(low >> (56 - 8 * i));
  }
  return uuid;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid uuid;
  std::size_t at = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    if (dash_before(i) && text[at++] != '-') return std::nullopt;
    int high = digit_value(text[at]);
    int low = digit_value(text[at + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    uuid.bytes[i] = static_cast<std::uint8_t>(high << 4 | low);
    at += 2;
  }
  return uuid;
}

std::string Uuid::text() const {
  std::string out;
  append_to(out);
  return out;
}

void Uuid::append_to(std::string& out) const {
  static constexpr char digits[] = "0123456789abcdef";
  char buffer[36];
  std::size_t at = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    if (dash_before(i)) buffer[at++] = '-';
    buffer[at++] = digits[bytes[i] >> 4];
    buffer[at++] = digits[bytes[i] & 15];
  }
  out.append(buffer, sizeof buffer);
}

}  // namespace reelvault
