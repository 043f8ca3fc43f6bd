#include <array>

#include "fhir/base/ascii.hpp"
#include "fhir/identity/document_identity.hpp"

namespace tributary::fhir::identity {

namespace {

constexpr std::size_t kSha1 = 20;
constexpr std::size_t kSha256 = 32;

std::string without_space(std::string_view text) {
    std::string out;
    for (char const c : text) {
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') out += c;
    }
    return out;
}

/// 40 or 64 hex characters; empty for anything else.
std::optional<std::string> from_hex(std::string_view text) {
    if (text.size() != 2 * kSha1 && text.size() != 2 * kSha256) return std::nullopt;
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        int const high = ascii::hex_value(text[i]);
        int const low = ascii::hex_value(text[i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

/// Both alphabets, with padding or without.
std::optional<std::string> from_base64(std::string_view text) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    while (text.ends_with('=')) text.remove_suffix(1);
    std::string bytes;
    unsigned bits = 0;
    int count = 0;
    for (char c : text) {
        if (c == '-') c = '+';
        if (c == '_') c = '/';
        auto const value = kAlphabet.find(c);
        if (value == std::string_view::npos) return std::nullopt;
        bits = (bits << 6) | static_cast<unsigned>(value);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes += static_cast<char>((bits >> count) & 0xFF);
    }
    return bytes;
}

}  // namespace

std::optional<Digest> read_digest(std::string_view hash) {
    auto const text = without_space(hash);
    auto bytes = from_hex(text);
    if (!bytes) bytes = from_base64(text);
    if (!bytes) return std::nullopt;
    if (auto unhexed = from_hex(*bytes))
        bytes = std::move(unhexed);  // base64 of the hex text, as MHD's examples had it
    if (bytes->size() == kSha1) return Digest{Digest::Algorithm::sha1, std::move(*bytes)};
    if (bytes->size() == kSha256) return Digest{Digest::Algorithm::sha256, std::move(*bytes)};
    return std::nullopt;
}

}  // namespace tributary::fhir::identity
