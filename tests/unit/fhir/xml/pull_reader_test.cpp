#include "fhir/xml/pull_reader.hpp"

#include "tests/support/catch.hpp"

namespace tributary::fhir::xml {

using namespace std::string_literals;

namespace {

/// As UTF-16, with or without a byte order mark; ASCII only.
std::string utf16(std::string const& text, bool big_endian, bool marked) {
    std::string out = !marked ? "" : big_endian ? "\xFE\xFF" : "\xFF\xFE";
    for (char const c : text) out += big_endian ? std::string{'\0', c} : std::string{c, '\0'};
    return out;
}

}  // namespace

TEST_CASE("elements come one by one, with their names, spaces, attributes and text", "[xml]") {
    PullReader reader("\n<x:a xmlns:x='urn:x' b='1&amp;2'><!-- c --><x:d>t<e>u</e></x:d><f/></x:a>");
    REQUIRE(reader.next_element());
    CHECK(reader.name() == "a");
    CHECK(reader.space() == "urn:x");
    CHECK(reader.attribute("b") == "1&2");
    CHECK(reader.attribute("c").empty());
    CHECK(reader.depth() == 0);
    REQUIRE(reader.next_element());
    CHECK(reader.name() == "d");
    CHECK(reader.content() == "tu");
    REQUIRE(reader.next_outside());
    CHECK(reader.name() == "f");
    CHECK_FALSE(reader.next_element());
    CHECK(reader.intact());
}

TEST_CASE("XML is XML in every encoding", "[xml]") {
    bool const big_endian = GENERATE(true, false), marked = GENERATE(true, false);
    auto const bytes = utf16("<?xml version=\"1.0\" encoding=\"UTF-16\"?><a b=\"c\"/>", big_endian, marked);
    CHECK(looks_like_xml(bytes));
    PullReader reader(bytes);
    REQUIRE(reader.next_element());
    CHECK(reader.attribute("b") == "c");
    CHECK(looks_like_xml("\xEF\xBB\xBF \n<a/>"));
    for (auto const& other : {""s, "a<b>"s, "{\"a\":1}"s, "\xEF\xBB\xBF"s})
        CHECK_FALSE(looks_like_xml(other));
}

TEST_CASE("what is broken ends the reading", "[xml]") {
    for (auto const* broken : {"<a><b", "<a></b>", "<a>&unknown;<c/></a>", "", "\xFF\xFE", "<a b=1/>"}) {
        INFO(broken);
        PullReader reader(broken);
        while (reader.next_element()) continue;
        CHECK_FALSE(reader.intact());
        CHECK_FALSE(reader.on_element());
    }
}

TEST_CASE("a DOCTYPE is passed over: nothing is loaded, and no entity expanded", "[xml]") {
    SECTION("that names another file") {
        PullReader reader(R"(<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a b="c"/>)");
        REQUIRE(reader.next_element());
        CHECK(reader.attribute("b") == "c");
    }
    SECTION("with an entity that is a file") {
        PullReader reader(R"(<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]><a>x&f;y</a>)");
        REQUIRE(reader.next_element());
        CHECK(reader.content() == "xy");
    }
    SECTION("with entities that multiply") {
        std::string doctype = "<!DOCTYPE a [<!ENTITY e0 'lol'>";
        for (int i = 1; i < 30; ++i) {
            auto const before = "&e" + std::to_string(i - 1) + ";";
            doctype += "<!ENTITY e" + std::to_string(i) + " '" + before + before + before + before + "'>";
        }
        doctype += "]>";
        std::string const document = doctype + "<a b='&e29;' c='d'><e>&e29;</e></a>";
        PullReader reader(document);
        std::size_t read = 0;
        while (reader.next_element()) read += reader.attribute("b").size() + reader.content().size();
        CHECK(read < 100);
    }
    SECTION("with one that is harmless, which is left out as well") {
        PullReader reader("<!DOCTYPE a [<!ENTITY e 'x'>]><a b='&e;' c='d'>1&e;2</a>");
        REQUIRE(reader.next_element());
        CHECK(reader.attribute("b").empty());
        CHECK(reader.attribute("c") == "d");
        CHECK(reader.content() == "12");
    }
}

}  // namespace tributary::fhir::xml
