#include "orchestrator/net/content_coding.hpp"

#include "tests/support/catch.hpp"
#include "tests/support/compress.hpp"

namespace tributary::net {

namespace {

Errc errc_of(Result<std::string> const& result) { return result ? Errc{} : result.error().errc(); }

}  // namespace

TEST_CASE("a compressed body comes back as it was", "[content_coding]") {
    std::string text;
    for (int i = 0; i < 100000; ++i) text += std::to_string(i * 7919 % 1000) + ",";
    CHECK(*inflate(ContentCoding::gzip, compress(text, Compression::gzip), text.size()) == text);
    CHECK(*inflate(ContentCoding::deflate, compress(text, Compression::zlib), text.size()) == text);
    CHECK(*inflate(ContentCoding::deflate, compress(text, Compression::raw), text.size()) == text);
    auto const twice = compress("one ", Compression::gzip) + compress("two", Compression::gzip);
    CHECK(*inflate(ContentCoding::gzip, twice, 100) == "one two");
    CHECK(*inflate(ContentCoding::gzip, compress("", Compression::gzip), 0) == "");
}

TEST_CASE("a bomb is stopped one byte above the limit", "[content_coding]") {
    auto const bomb = compress(std::string(50'000'000, 'x'), Compression::gzip);
    Inflater inflater(ContentCoding::gzip, bomb, 1000);
    CHECK(inflater.step(std::size_t{1} << 20U).error().errc() == Errc::too_large);
    CHECK(inflater.size() == 1001);
    CHECK(errc_of(inflate(ContentCoding::gzip, compress("abcd", Compression::gzip), 3)) == Errc::too_large);
    CHECK(*inflate(ContentCoding::gzip, compress("abcd", Compression::gzip), 4) == "abcd");
}

TEST_CASE("a damaged or cut body is an error, not a shorter body", "[content_coding]") {
    auto const whole = compress(std::string(10000, 'y') + "end", Compression::gzip);
    CHECK(errc_of(inflate(ContentCoding::gzip, whole.substr(0, whole.size() - 5), 100000)) == Errc::protocol);
    CHECK(errc_of(inflate(ContentCoding::gzip, whole.substr(0, 10), 100000)) == Errc::protocol);
    CHECK(errc_of(inflate(ContentCoding::gzip, "plain text", 100000)) == Errc::protocol);
    std::string flipped = whole;
    flipped[flipped.size() - 6] = static_cast<char>(flipped[flipped.size() - 6] ^ 1);
    CHECK(errc_of(inflate(ContentCoding::gzip, flipped, 100000)) == Errc::protocol);
    CHECK(errc_of(inflate(ContentCoding::gzip, whole + "rubbish", 100000)) == Errc::protocol);
}

TEST_CASE("codings are told by name", "[content_coding]") {
    CHECK(parse_content_coding("") == ContentCoding::identity);
    CHECK(parse_content_coding("Identity") == ContentCoding::identity);
    CHECK(parse_content_coding("x-gzip") == ContentCoding::gzip);
    CHECK(parse_content_coding("deflate") == ContentCoding::deflate);
    CHECK(parse_content_coding("none") == ContentCoding::identity);
    CHECK(parse_content_coding("GZIP, identity") == ContentCoding::gzip);
    CHECK(parse_content_coding("identity ,deflate") == ContentCoding::deflate);
    CHECK(parse_content_coding("gzip, br") == ContentCoding::unknown);
    CHECK(parse_content_coding("br") == ContentCoding::unknown);
    CHECK(parse_content_coding("gzip, gzip") == ContentCoding::unknown);
}

}  // namespace tributary::net
