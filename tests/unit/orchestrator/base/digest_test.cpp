#include "orchestrator/base/digest.hpp"

#include <algorithm>

#include "tests/support/catch.hpp"

namespace tributary {

TEST_CASE("digests are those of the standards' own examples", "[digest]") {
    CHECK(hex(sha256("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex(sha256("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(hex(sha1("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST_CASE("an HMAC is that of RFC 4231", "[digest]") {
    CHECK(
        hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
}

TEST_CASE("base64 goes there and back for every length of the last group", "[digest]") {
    CHECK(base64("") == "");
    CHECK(base64("f") == "Zg==");
    CHECK(base64("fo") == "Zm8=");
    CHECK(base64("foo") == "Zm9v");
    CHECK(base64url("\xfb\xff\xfe") == "-__-");
    CHECK(base64url("f") == "Zg");
    std::string every;
    for (int i = 0; i < 256; ++i) every += static_cast<char>(i);
    CHECK(from_base64(base64(every)) == every);
    CHECK(from_base64("Zm9v\r\n Ym Fy\t") == "foobar");
}

TEST_CASE("what is not base64 is told apart from an empty value", "[digest]") {
    CHECK(from_base64("") == "");
    for (auto const* text : {"Z", "Zg", "Zg=", "Zg===", "Zg==Zg==", "Z*==", "====", "Zm9v="}) {
        INFO(text);
        CHECK_FALSE(from_base64(text).has_value());
    }
}

TEST_CASE("an id depends on where one part ends and the next begins", "[digest]") {
    std::string const id = make_id({"default", "p001", "DocumentReference", "17"});
    CHECK(id.size() == 32);
    CHECK(std::all_of(id.begin(), id.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '2' && c <= '7');
    }));
    CHECK(id == make_id({"default", "p001", "DocumentReference", "17"}));
    CHECK(id != make_id({"default", "p0011", "DocumentReference", "7"}));
    CHECK(make_id({"ab", "c"}) != make_id({"a", "bc"}));
}

TEST_CASE("random and derived UUIDs say which kind they are", "[digest]") {
    std::string const random = random_uuid();
    REQUIRE(random.size() == 36);
    CHECK(random[14] == '4');
    CHECK(std::string("89ab").find(random[19]) != std::string::npos);
    CHECK(random != random_uuid());
    std::string const request = request_uuid();
    REQUIRE(request.size() == 36);
    CHECK(request[14] == '4');
    CHECK(request != request_uuid());
    std::string const derived = derived_uuid({"sub", "7"});
    CHECK(derived[14] == '8');
    CHECK(derived == derived_uuid({"sub", "7"}));
    CHECK(derived != derived_uuid({"sub7"}));
}

}  // namespace tributary
