#include "orchestrator/net/url.hpp"

#include <vector>

#include "tests/support/catch.hpp"

namespace tributary::net {

TEST_CASE("an absolute URL comes apart into what a request needs", "[url]") {
    struct Row {
        char const* text;
        char const* scheme;
        char const* host;
        int port;
        char const* target;
        char const* whole;
    };
    std::vector<Row> const rows = {
        {"http://example.org", "http", "example.org", 80, "/", "http://example.org/"},
        {"HTTPS://Example.ORG:443/A/b", "https", "example.org", 443, "/A/b", "https://example.org/A/b"},
        {"https://h:8443/x?y=%2F&z=a+b#frag",
         "https",
         "h",
         8443,
         "/x?y=%2F&z=a+b",
         "https://h:8443/x?y=%2F&z=a+b"},
        {"http://h?q=1", "http", "h", 80, "/?q=1", "http://h/?q=1"},
        {"wss://h/ws", "wss", "h", 443, "/ws", "wss://h/ws"},
        {"http://[2001:DB8::1]:8080/p", "http", "2001:db8::1", 8080, "/p", "http://[2001:db8::1]:8080/p"},
        {"http://127.0.0.1:9001/p001/fhir",
         "http",
         "127.0.0.1",
         9001,
         "/p001/fhir",
         "http://127.0.0.1:9001/p001/fhir"},
        {"http://example.org./x", "http", "example.org", 80, "/x", "http://example.org/x"},
        {"http://h:/x", "http", "h", 80, "/x", "http://h/x"},
        {"http://h/a b/\xc3\xa9", "http", "h", 80, "/a%20b/%C3%A9", "http://h/a%20b/%C3%A9"},
    };
    for (Row const& row : rows) {
        INFO(row.text);
        auto const url = parse_url(row.text);
        REQUIRE(url.has_value());
        CHECK(url->scheme == row.scheme);
        CHECK(url->host == row.host);
        CHECK(url->port == row.port);
        CHECK(url->target == row.target);
        CHECK(url->text() == row.whole);
    }
}

TEST_CASE("what could be read in two ways is no URL", "[url]") {
    for (auto const* text : {
             "",
             "example.org/x",
             "/x",
             "ftp://h/x",
             "urn:uuid:7",
             "http:/h",
             "http://",
             "http:///x",
             "http://user@h/",
             "http://user:secret@h/",
             "http://h\\x/",
             "http://h/\\x",
             "http://h/a\r\nHost: b",
             "http://h/\x01",
             "http://a b/",
             "http://h%2e/",
             "http://h:0/",
             "http://h:65536/",
             "http://h:80x/",
             "http://2130706433/",
             "http://0x7f000001/",
             "http://0177.0.0.1/",
             "http://127.1/",
             "http://127.0.0.01/",
             "http://127.0.0.256/",
             "http://1.2.3.4.5/",
             "http://h.0x1/",
             "http://a..b/",
             "http://.h/",
             "http://[::1/",
             "http://[::1%25lo]/",
             "http://[127.0.0.1]/",
             "http://[::1]x/",
             "http://h\xc3\xa9/",
         }) {
        INFO(text);
        auto const url = parse_url(text);
        REQUIRE_FALSE(url.has_value());
        CHECK(url.error().errc() == Errc::malformed);
        CHECK_FALSE(url.error().detail().empty());
    }
}

TEST_CASE("a reference is resolved against a service base as against a folder", "[url]") {
    struct Row {
        char const* base;
        char const* reference;
        char const* expected;
    };
    std::vector<Row> const rows = {
        {"http://h/fhir", "Binary/7", "http://h/fhir/Binary/7"},
        {"http://h/fhir/", "Binary/7", "http://h/fhir/Binary/7"},
        {"http://h/fhir", "../xds?doc=a%2Fb&x=../y", "http://h/xds?doc=a%2Fb&x=../y"},
        {"http://h/fhir", "/other/./a/../b", "http://h/other/b"},
        {"http://h/fhir", "//g/x", "http://g/x"},
        {"https://h/fhir", "http://g:81/x", "http://g:81/x"},
        {"http://h/fhir?old=1", "?_getpages=1%7C2", "http://h/fhir?_getpages=1%7C2"},
        {"http://h", "a", "http://h/a"},
        {"http://h/fhir", "../../../x", "http://h/x"},
        {"http://h/fhir", "", "http://h/fhir"},
        {"http://h/fhir", "Binary/7#part", "http://h/fhir/Binary/7"},
        {"http://h/a/b/", "..", "http://h/a/"},
    };
    for (Row const& row : rows) {
        INFO(row.base << " + " << row.reference);
        auto const url = resolve(*parse_url(row.base), row.reference);
        REQUIRE(url.has_value());
        CHECK(url->text() == row.expected);
    }
    auto const base = *parse_url("http://h/fhir");
    CHECK_FALSE(resolve(base, "urn:uuid:8d0a").has_value());
    CHECK_FALSE(resolve(base, "cid:part").has_value());
    CHECK_FALSE(resolve(base, "a\nb").has_value());
}

TEST_CASE("a Location replaces the last segment of what was asked", "[url]") {
    auto const from = *parse_url("http://h/fhir/Binary/7?a=b");
    CHECK(resolve_location(from, "8")->text() == "http://h/fhir/Binary/8");
    CHECK(resolve_location(from, "../x")->text() == "http://h/fhir/x");
    CHECK(resolve_location(from, "https://g/y")->text() == "https://g/y");
}

TEST_CASE("percent escapes are undone once and malformed ones stay", "[url]") {
    CHECK(percent_encode("a b/c~\xc3\xa9|") == "a%20b%2Fc~%C3%A9%7C");
    CHECK(percent_decode("a%20b%2fc+%25") == "a b/c+%");
    CHECK(percent_decode("%2541 %4 % %zz") == "%41 %4 % %zz");
}

}  // namespace tributary::net
