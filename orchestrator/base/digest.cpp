#include "orchestrator/base/digest.hpp"

#include <cstring>
#include <random>
#include <stdexcept>
#include <system_error>

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

namespace tributary {

namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNotBase64 = 0xff;
constexpr std::size_t kIdLength = 32;

template <class Digest>
Digest digest_of(EVP_MD const* algorithm, std::string_view bytes) {
    Digest digest{};
    unsigned length = 0;
    bool const done = EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, algorithm, nullptr) == 1;
    if (!done || length != digest.size()) throw std::runtime_error("OpenSSL cannot compute the digest");
    return digest;
}

unsigned byte_at(std::string_view bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

std::string encode64(std::string_view bytes, std::string_view alphabet) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    std::size_t i = 0;
    for (; i + 3 <= bytes.size(); i += 3) {
        unsigned const group = byte_at(bytes, i) << 16U | byte_at(bytes, i + 1) << 8U | byte_at(bytes, i + 2);
        for (unsigned shift : {18U, 12U, 6U, 0U}) text += alphabet[group >> shift & 63U];
    }
    std::size_t const left = bytes.size() - i;
    if (left > 0) {
        unsigned const group = byte_at(bytes, i) << 16U | (left == 2 ? byte_at(bytes, i + 1) << 8U : 0U);
        text += alphabet[group >> 18U & 63U];
        text += alphabet[group >> 12U & 63U];
        if (left == 2) text += alphabet[group >> 6U & 63U];
    }
    return text;
}

std::array<std::uint8_t, 256> make_decode_table() {
    std::array<std::uint8_t, 256> table{};
    table.fill(kNotBase64);
    for (std::size_t i = 0; i < kBase64.size(); ++i) {
        table[static_cast<unsigned char>(kBase64[i])] = static_cast<std::uint8_t>(i);
    }
    return table;
}

/// Each part preceded by its length, so that no two lists of parts read the same.
Sha256 digest_of_parts(std::initializer_list<std::string_view> parts) {
    std::string joined;
    for (std::string_view const part : parts) {
        for (unsigned shift = 64; shift > 0; shift -= 8) {
            joined += static_cast<char>(std::uint64_t{part.size()} >> (shift - 8) & 0xffU);
        }
        joined += part;
    }
    return sha256(joined);
}

std::string uuid_text(std::string_view sixteen, unsigned version) {
    std::string bytes(sixteen.substr(0, 16));
    bytes[6] = static_cast<char>((byte_at(bytes, 6) & 0x0fU) | version << 4U);
    bytes[8] = static_cast<char>((byte_at(bytes, 8) & 0x3fU) | 0x80U);
    std::string text = hex(bytes);
    for (std::size_t const position : {20U, 16U, 12U, 8U}) text.insert(position, 1, '-');
    return text;
}

std::string_view as_bytes(Sha256 const& digest) {
    return {reinterpret_cast<char const*>(digest.data()), digest.size()};
}

std::mt19937_64 seeded_generator() {
    std::array<std::uint32_t, 8> words{};
    auto const bytes = random_bytes(sizeof words);
    std::memcpy(words.data(), bytes.data(), bytes.size());
    std::seed_seq seeds(words.begin(), words.end());
    return std::mt19937_64(seeds);
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

}  // namespace

Sha256 sha256(std::string_view bytes) {
    static EVP_MD const* const algorithm = EVP_MD_fetch(nullptr, "SHA2-256", nullptr);
    return digest_of<Sha256>(algorithm, bytes);
}

Sha1 sha1(std::string_view bytes) {
    static EVP_MD const* const algorithm = EVP_MD_fetch(nullptr, "SHA1", nullptr);
    return digest_of<Sha1>(algorithm, bytes);
}

Sha256 hmac_sha256(std::string_view key, std::string_view bytes) {
    Sha256 code{};
    unsigned length = 0;
    auto const* const data = reinterpret_cast<unsigned char const*>(bytes.data());
    auto const* const made = HMAC(
        EVP_sha256(), key.data(), static_cast<int>(key.size()), data, bytes.size(), code.data(), &length
    );
    if (made == nullptr || length != code.size()) throw std::runtime_error("OpenSSL cannot compute the HMAC");
    return code;
}

std::string hex(std::string_view bytes) {
    std::string text;
    text.reserve(bytes.size() * 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        text += kHex[byte_at(bytes, i) >> 4U];
        text += kHex[byte_at(bytes, i) & 15U];
    }
    return text;
}

std::string base64(std::string_view bytes) {
    std::string text = encode64(bytes, kBase64);
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

std::string base64url(std::string_view bytes) { return encode64(bytes, kBase64Url); }

std::optional<std::string> from_base64(std::string_view text) {
    static std::array<std::uint8_t, 256> const table = make_decode_table();
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t group = 0;
    unsigned digits = 0;
    unsigned padding = 0;
    for (char const c : text) {
        if (is_space(c)) continue;
        if (c == '=') {
            ++padding;
            continue;
        }
        std::uint8_t const value = table[static_cast<unsigned char>(c)];
        if (value == kNotBase64 || padding > 0) return std::nullopt;
        group = group << 6U | value;
        if (++digits < 4) continue;
        for (unsigned shift : {16U, 8U, 0U}) bytes += static_cast<char>(group >> shift & 0xffU);
        digits = 0;
        group = 0;
    }
    if (digits == 0) return padding == 0 ? std::optional(std::move(bytes)) : std::nullopt;
    if (digits == 1 || digits + padding != 4) return std::nullopt;
    group <<= 6U * padding;
    bytes += static_cast<char>(group >> 16U & 0xffU);
    if (digits == 3) bytes += static_cast<char>(group >> 8U & 0xffU);
    return bytes;
}

std::string make_id(std::initializer_list<std::string_view> parts) {
    Sha256 const digest = digest_of_parts(parts);
    std::string id;
    id.reserve(kIdLength);
    std::uint32_t bits = 0;
    unsigned count = 0;
    for (std::uint8_t const byte : digest) {
        bits = bits << 8U | byte;
        count += 8;
        while (count >= 5 && id.size() < kIdLength) {
            count -= 5;
            id += kBase32[bits >> count & 31U];
        }
        bits &= (1U << count) - 1U;
        if (id.size() == kIdLength) break;
    }
    return id;
}

std::string random_bytes(std::size_t bytes) {
    std::string random(bytes, '\0');
    if (RAND_bytes(reinterpret_cast<unsigned char*>(random.data()), static_cast<int>(bytes)) != 1) {
        throw std::system_error(std::make_error_code(std::errc::io_error), "no source of randomness");
    }
    return random;
}

std::string random_uuid() { return uuid_text(random_bytes(16), 4); }

std::string request_uuid() {
    thread_local auto generator = seeded_generator();
    std::array<std::uint64_t, 2> const drawn{generator(), generator()};
    return uuid_text({reinterpret_cast<char const*>(drawn.data()), sizeof drawn}, 4);
}

std::string derived_uuid(std::initializer_list<std::string_view> parts) {
    Sha256 const digest = digest_of_parts(parts);
    return uuid_text(as_bytes(digest), 8);
}

}  // namespace tributary
