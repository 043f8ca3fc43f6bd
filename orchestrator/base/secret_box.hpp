#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "fhir/base/failure.hpp"

namespace tributary {

/// Keeps short texts secret at rest: AES-256-GCM, a random nonce for each. A value; never changes, so any thread may use it.
class SecretBox {
public:
    static constexpr std::size_t kKeySize = 32;
    /// `key`: kKeySize bytes.
    explicit SecretBox(std::string key) : key_(std::move(key)) {}

    /// As base64url. `context` says where it belongs: elsewhere it does not open.
    std::string seal(std::string_view text, std::string_view context) const;
    /// Empty: not sealed with this key for that context, or altered since.
    std::optional<std::string> open(std::string_view sealed, std::string_view context) const;

private:
    std::string key_;
};

/// The key in a file: kKeySize bytes as base64. Errors: storage with what to do where it cannot be read, may be read by others, or holds no key.
Result<std::string> read_key_file(std::string const& path);
/// Makes one with a fresh key and mode 0600, durable once it returns. Errors: storage; also when there is a file already.
Result<std::string> make_key_file(std::string const& path);

}  // namespace tributary
