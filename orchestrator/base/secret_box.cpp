#include "orchestrator/base/secret_box.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include "orchestrator/base/digest.hpp"

namespace tributary {

namespace {

constexpr std::size_t kNonce = 12, kTag = 16;
constexpr mode_t kOwnerOnly = 0600, kOthers = 0077;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

Cipher make_cipher() {
    Cipher cipher(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
    if (!cipher) throw std::bad_alloc();
    return cipher;
}
unsigned char const* bytes_of(std::string_view text) {
    return reinterpret_cast<unsigned char const*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
int size_of(std::string_view text) { return static_cast<int>(text.size()); }

std::string to_base64(std::string url_form) {
    for (char& c : url_form) c = c == '-' ? '+' : c == '_' ? '/' : c;
    while (url_form.size() % 4 != 0) url_form += '=';
    return url_form;
}

Failure refused(std::string const& path, std::string const& why) {
    return Failure(Errc::storage, path + ": " + why);
}
std::string because(std::string const& what) { return what + ": " + std::strerror(errno); }

/// A file descriptor, closed with it.
class File {
public:
    explicit File(int descriptor) : descriptor_(descriptor) {}
    ~File() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    File(File const&) = delete;
    File& operator=(File const&) = delete;
    int get() const { return descriptor_; }

private:
    int descriptor_;
};

}  // namespace

std::string SecretBox::seal(std::string_view text, std::string_view context) const {
    auto const nonce = random_bytes(kNonce);
    std::string body(text.size(), '\0');
    std::string tag(kTag, '\0');
    auto const cipher = make_cipher();
    int length = 0;
    bool const done =
        EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key_), bytes_of(nonce)) == 1 &&
        EVP_EncryptUpdate(cipher.get(), nullptr, &length, bytes_of(context), size_of(context)) == 1 &&
        EVP_EncryptUpdate(cipher.get(), bytes_of(body), &length, bytes_of(text), size_of(text)) == 1 &&
        EVP_EncryptFinal_ex(cipher.get(), bytes_of(body) + length, &length) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTag, tag.data()) == 1;
    if (!done) throw std::runtime_error("OpenSSL cannot encrypt");
    return base64url(nonce + body + tag);
}

std::optional<std::string> SecretBox::open(std::string_view sealed, std::string_view context) const {
    auto const whole = from_base64(to_base64(std::string(sealed)));
    if (!whole || whole->size() < kNonce + kTag) return std::nullopt;
    auto const nonce = whole->substr(0, kNonce);
    auto const hidden = whole->substr(kNonce, whole->size() - kNonce - kTag);
    auto tag = whole->substr(whole->size() - kTag);
    std::string text(hidden.size(), '\0');
    auto const cipher = make_cipher();
    int length = 0;
    bool const genuine =
        EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key_), bytes_of(nonce)) == 1 &&
        EVP_DecryptUpdate(cipher.get(), nullptr, &length, bytes_of(context), size_of(context)) == 1 &&
        EVP_DecryptUpdate(cipher.get(), bytes_of(text), &length, bytes_of(hidden), size_of(hidden)) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTag, tag.data()) == 1 &&
        EVP_DecryptFinal_ex(cipher.get(), bytes_of(text) + length, &length) == 1;
    if (!genuine) return std::nullopt;
    return text;
}

Result<std::string> read_key_file(std::string const& path) {
    File const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return refused(path, because("the key file cannot be read"));
    struct stat facts{};
    if (::fstat(file.get(), &facts) != 0) return refused(path, because("the key file cannot be read"));
    if ((facts.st_mode & kOthers) != 0)
        return refused(path, "others may read or change this key file: chmod 600 it, or make a new one");
    std::array<char, 256> buffer{};
    auto const size = ::read(file.get(), buffer.data(), buffer.size());
    if (size < 0) return refused(path, because("the key file cannot be read"));
    auto key = from_base64(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
    if (!key || key->size() != SecretBox::kKeySize)
        return refused(
            path, "no key: it has to hold 32 bytes as base64, as `openssl rand -base64 32` writes them"
        );
    return std::move(*key);
}

Result<std::string> make_key_file(std::string const& path) {
    File const file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly));
    if (file.get() < 0) return refused(path, because("the key file cannot be made"));
    auto key = random_bytes(SecretBox::kKeySize);
    auto const text = base64(key) + "\n";
    bool written = ::fchmod(file.get(), kOwnerOnly) == 0 &&
                   ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                   ::fsync(file.get()) == 0;
    auto folder = std::filesystem::path(path).parent_path().string();
    if (folder.empty()) folder = ".";
    File const parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    written = written && parent.get() >= 0 && ::fsync(parent.get()) == 0;
    if (!written) {
        auto const why = because("the key file cannot be written");
        ::unlink(path.c_str());
        return refused(path, why);
    }
    return key;
}

}  // namespace tributary
