#include "orchestrator/base/secret_box.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/stat.h>

#include "orchestrator/base/digest.hpp"
#include "tests/support/catch.hpp"

namespace tributary {

namespace {

/// A folder of its own, gone at the end.
class Folder {
public:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "tributary-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(Folder const&) = delete;
    Folder& operator=(Folder const&) = delete;
    std::string file(std::string const& name) const { return (path_ / name).string(); }

private:
    std::filesystem::path path_;
};

void check_refused(std::string const& path, std::string const& words) {
    auto const key = read_key_file(path);
    REQUIRE(key.has_error());
    CHECK(key.error().errc() == Errc::storage);
    CHECK_THAT(key.error().detail(), Catch::Matchers::ContainsSubstring(words));
}

}  // namespace

TEST_CASE("what is sealed opens with its key in its place, and nowhere else", "[base][secrets]") {
    SecretBox const box(std::string(SecretBox::kKeySize, 'k'));
    for (auto const& text : {std::string(), std::string(" Bearer app-secret"), std::string(5000, 'x')}) {
        auto const sealed = box.seal(text, "s1\nAuthorization");
        CHECK(box.open(sealed, "s1\nAuthorization") == text);
        CHECK_FALSE(box.open(sealed, "s2\nAuthorization").has_value());
        CHECK_FALSE(
            SecretBox(std::string(SecretBox::kKeySize, 'o')).open(sealed, "s1\nAuthorization").has_value()
        );
    }
}

TEST_CASE("what was altered does not open", "[base][secrets]") {
    SecretBox const box(std::string(SecretBox::kKeySize, 'k'));
    auto const sealed = box.seal("secret", "here");
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto altered = sealed;
        altered[i] = altered[i] == 'A' ? 'B' : 'A';
        auto const opened = box.open(altered, "here");
        CHECK((!opened || i + 1 == sealed.size()));  // bits of the last character may carry nothing
    }
    for (auto const* text : {"", "enc", "####", "QUJD"}) CHECK_FALSE(box.open(text, "here").has_value());
}

TEST_CASE("the same text is never sealed the same", "[base][secrets]") {
    SecretBox const box(std::string(SecretBox::kKeySize, 'k'));
    CHECK(box.seal("secret", "here") != box.seal("secret", "here"));
}

TEST_CASE("a key file is made for its owner only, and read again", "[base][secrets]") {
    Folder const folder;
    auto const path = folder.file("a.key");
    auto const made = make_key_file(path);
    REQUIRE(made.has_value());
    CHECK(made->size() == SecretBox::kKeySize);
    struct stat facts{};
    REQUIRE(::stat(path.c_str(), &facts) == 0);
    CHECK((facts.st_mode & 0777U) == 0600U);
    auto const read = read_key_file(path);
    REQUIRE(read.has_value());
    CHECK(*read == *made);
    CHECK(make_key_file(path).has_error());
    CHECK(*read_key_file(path) == *made);
}

TEST_CASE("a key file that is no good is refused with words", "[base][secrets]") {
    Folder const folder;
    auto const path = folder.file("a.key");
    check_refused(path, "cannot be read");
    REQUIRE(make_key_file(path).has_value());
    for (mode_t const mode : {0640U, 0604U, 0620U}) {
        REQUIRE(::chmod(path.c_str(), mode) == 0);
        check_refused(path, "chmod 600");
    }
    REQUIRE(::chmod(path.c_str(), 0600) == 0);
    for (auto const* text : {"", "short", "####"}) {
        std::ofstream(path, std::ios::trunc) << text;
        check_refused(path, "openssl rand -base64 32");
    }
}

}  // namespace tributary
