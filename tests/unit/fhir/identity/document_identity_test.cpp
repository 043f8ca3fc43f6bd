#include "fhir/identity/document_identity.hpp"

#include "fhir/json/reader.hpp"
#include "tests/support/catch.hpp"
#include "tests/unit/fhir/support/shared_files.hpp"

namespace tributary::fhir::identity {

namespace {

std::string const kHello = "Ck1VqNd45QIvq3AZd8XYQLvEhtA=";
std::string const kOther = "6OMXIUMAFYfLdQhEaqCS61GZWAk=";
std::string const kEmpty = "2jmj7l5rSw0yVb/vlWAYkK/YBwk=";

DocumentReference document(std::string const& members) {
    return *read_document_reference(*json::read(R"({"resourceType":"DocumentReference",)" + members + "}"));
}

std::string master(std::string const& value) {
    return R"("masterIdentifier":{"system":"urn:ietf:rfc:3986","value":")" + value + R"("},)";
}

/// One content; with a hash and size where a hash is given.
std::string content(
    std::string const& hash, std::string const& type = "text/plain", std::string const& creation = ""
) {
    auto attachment = R"({"url":"Binary/1","contentType":")" + type + '"';
    if (!hash.empty()) attachment += R"(,"size":11,"hash":")" + hash + '"';
    if (!creation.empty()) attachment += R"(,"creation":")" + creation + '"';
    return R"("content":[{"attachment":)" + attachment + "}}]";
}

struct Side {
    std::string partner;
    DocumentReference document;
    std::string community = {};
    std::optional<BodyIdentity> body = {};
};

Verdict verdict(Side const& a, Side const& b) {
    return compare(
        {a.partner, &a.document, a.community, a.body}, {b.partner, &b.document, b.community, b.body}
    );
}

BodyIdentity bytes(
    std::string sha256, std::string id = {}, std::string set = {}, std::optional<std::int64_t> version = {}
) {
    return {std::move(sha256), std::move(id), std::move(set), version};
}

}  // namespace

TEST_CASE("a digest is read in every spelling seen", "[identity][D.1]") {
    auto const sha1 = read_digest(kHello);
    REQUIRE(sha1);
    CHECK(sha1->algorithm == Digest::Algorithm::sha1);
    CHECK(sha1->bytes.size() == 20);
    for (auto const* spelling :
         {"0a4d55a8d778e5022fab701977c5d840bbc486d0",
          "0A4D55A8 D778E5022FAB701977C5D840BBC486D0\n",
          "MGE0ZDU1YThkNzc4ZTUwMjJmYWI3MDE5NzdjNWQ4NDBiYmM0ODZkMA==",
          "Ck1VqNd45QIvq3AZd8XYQLvEhtA"}) {
        INFO(spelling);
        CHECK(read_digest(spelling) == sha1);
    }
    CHECK(read_digest(std::string(64, 'a'))->algorithm == Digest::Algorithm::sha256);
    CHECK(
        read_digest("n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=")->algorithm == Digest::Algorithm::sha256
    );
    for (auto const* unusable : {"", "abc", "????", "zz4d55a8d778e5022fab701977c5d840bbc486d0"}) {
        CHECK_FALSE(read_digest(unusable));
    }
}

TEST_CASE("the uniqueId is found where MHD of any version puts it", "[identity][D.2]") {
    CHECK(
        unique_id(document(master("urn:oid:1.2") + R"("identifier":[{"use":"usual","value":"x"}])")) ==
        "urn:ietf:rfc:3986|urn:oid:1.2"
    );
    CHECK(
        unique_id(document(
            R"("identifier":[{"use":"official","value":"e"},{"use":"usual","system":"s","value":"u"}])"
        )) == "s|u"
    );
    auto const typed = document(
        R"("identifier":[{"use":"usual","type":{"coding":[{"code":"entryUUID"}]},"value":"e"},
           {"type":{"coding":[{"code":"uniqueId"}]},"system":"s","value":"u"}])"
    );
    CHECK(unique_id(typed) == "s|u");
    auto const second = document(
        R"("masterIdentifier":{"system":" ","value":" "},
           "identifier":[{"type":{"coding":[{"code":"x"},{"code":"uniqueId"}]},"system":"URN:IETF:RFC:3986","value":"1.2"}])"
    );
    CHECK(unique_id(second) == "urn:ietf:rfc:3986|urn:oid:1.2");
    CHECK(unique_id(document(R"("identifier":[{"system":"s","value":"untyped"}])")).empty());
}

TEST_CASE("a community is the same in whatever case its id is written", "[identity][D.2]") {
    auto const entry = document(
        R"("id":"d","identifier":[{"use":"official","system":"urn:ietf:rfc:3986","value":"urn:uuid:0"}])"
    );
    CHECK(verdict({"p1", entry, "urn:oid:2.999"}, {"p2", entry, "URN:OID:2.999"}) == Verdict::same);
    CHECK(verdict({"p1", entry, "urn:oid:2.999"}, {"p2", entry, "urn:oid:2.998"}) != Verdict::same);
    auto const on_demand = document(master("1.2") + content(""));
    CHECK(verdict({"p1", on_demand, "urn:oid:2.999"}, {"p2", on_demand, "URN:OID:2.999"}) == Verdict::same);
}

TEST_CASE("rows 1 to 3: the same entry again", "[identity][D.3]") {
    auto const entry = [](std::string const& members) {
        return Side{"p1", document(R"("id":"d",)" + members)};
    };
    auto const before = entry(R"("meta":{"versionId":"1"},"status":"current","description":"x")");
    CHECK(verdict(before, before) == Verdict::unchanged);
    CHECK(
        verdict(before, entry(R"("description":"x","status":"current","meta":{"versionId":"1"})")) ==
        Verdict::unchanged
    );
    CHECK(
        verdict(before, entry(R"("meta":{"versionId":"2"},"status":"current","description":"x")")) ==
        Verdict::unchanged
    );
    CHECK(verdict(before, entry(R"("status":"superseded","description":"x")")) == Verdict::status_change);
    CHECK(verdict(before, entry(R"("status":"superseded","description":"y")")) == Verdict::metadata_update);
    CHECK(
        verdict(
            before, entry(R"("meta":{"security":[{"code":"R"}]},"status":"current","description":"x")")
        ) == Verdict::metadata_update
    );
    auto elsewhere = before;
    elsewhere.partner = "p2";
    CHECK(verdict(before, elsewhere) == Verdict::distinct);
}

TEST_CASE("one registry entry by two ways is the same", "[identity][D.2]") {
    std::string const uuid =
        R"("identifier":[{"use":"official","system":"urn:ietf:rfc:3986","value":"urn:uuid:0c287d32-01e3-4d87-9953-9fcc9404eb21"}])";
    Side const one{"p1", document(R"("id":"a",)" + uuid), "urn:oid:7"};
    CHECK(verdict(one, Side{"p2", document(R"("id":"b",)" + uuid), "urn:oid:7"}) == Verdict::same);
    CHECK(verdict(one, Side{"p2", document(R"("id":"b",)" + uuid), "urn:oid:8"}) == Verdict::distinct);
}

TEST_CASE("rows 4, 5, 7 and 8: one uniqueId at two partners", "[identity][D.3]") {
    Side const held{"p1", document(master("urn:oid:1.2") + content(kHello))};
    auto const copy = [](std::string const& hash, std::string const& type = "text/plain") {
        return Side{"p2", document(master("1.2") + content(hash, type))};
    };
    CHECK(verdict(held, copy("0a4d55a8d778e5022fab701977c5d840bbc486d0")) == Verdict::same);
    CHECK(verdict(held, copy(kHello, "TEXT/plain; charset=utf-8")) == Verdict::same);
    CHECK(verdict(held, copy("")) == Verdict::provisional_same);
    CHECK(verdict(held, copy(kEmpty)) == Verdict::provisional_same);
    CHECK(verdict(held, copy(kOther, "application/pdf")) == Verdict::same);
    CHECK(verdict(held, copy(kOther)) == Verdict::provisional_same);
}

TEST_CASE("bytes settle what hashes left open", "[identity][D.3]") {
    auto const side = [](std::string const& partner, std::string const& hash, BodyIdentity body) {
        return Side{partner, document(master("1.2") + content(hash)), "", std::move(body)};
    };
    CHECK(verdict(side("p1", kHello, bytes("x")), side("p2", kOther, bytes("x"))) == Verdict::same);
    CHECK(
        verdict(side("p1", kHello, bytes("x", "i", "s", 1)), side("p2", kOther, bytes("y", "i", "s", 1))) ==
        Verdict::same
    );
    CHECK(
        verdict(side("p1", kHello, bytes("x", "i", "s", 1)), side("p2", kOther, bytes("y", "i", "s", 2))) ==
        Verdict::conflict
    );
    CHECK(
        verdict(side("p1", kHello, bytes("x", "i")), side("p2", kOther, bytes("y", "j"))) == Verdict::conflict
    );
    CHECK(verdict(side("p1", kHello, bytes("x")), side("p2", "", bytes("y"))) == Verdict::conflict);
}

TEST_CASE("row 6: on-demand documents are one in one community", "[identity][D.3]") {
    auto const side = [](std::string const& partner, std::string const& community) {
        return Side{partner, document(master("1.2") + content("")), community};
    };
    CHECK(verdict(side("p1", "urn:oid:7"), side("p2", "urn:oid:7")) == Verdict::same);
    CHECK(verdict(side("p1", "urn:oid:7"), side("p2", "urn:oid:8")) == Verdict::distinct);
    CHECK(verdict(side("p1", ""), side("p2", "")) == Verdict::distinct);
}

TEST_CASE("a uniqueId without a system counts at one partner only", "[identity][odd]") {
    auto const bare = document(R"("masterIdentifier":{"value":"DOC-1"},)" + content(""));
    CHECK(verdict({"p1", bare}, {"p1", bare}) == Verdict::same);
    CHECK(verdict({"p1", bare}, {"p2", bare}) == Verdict::distinct);
}

TEST_CASE("rows 9 and 10: relations", "[identity][D.3]") {
    auto const relation = [](std::string const& code, std::string const& target) {
        return R"("relatesTo":[{"code":")" + code + R"(","target":)" + target + "}],";
    };
    std::string const by_reference = R"({"reference":"DocumentReference/a"})";
    std::string const by_identifier = R"({"identifier":{"system":"urn:ietf:rfc:3986","value":"1.2"}})";
    Side const a{"p1", document(R"("id":"a",)" + master("1.2") + content(kHello))};
    auto const b = [&](std::string const& partner, std::string const& related) {
        return Side{partner, document(R"("id":"b",)" + related + master("1.3") + content(kHello))};
    };
    CHECK(verdict(a, b("p1", relation("replaces", by_reference))) == Verdict::new_version);
    CHECK(verdict(a, b("p2", relation("replaces", by_identifier))) == Verdict::new_version);
    CHECK(verdict(b("p2", relation("replaces", by_identifier)), a) == Verdict::older_version);
    CHECK(verdict(a, b("p1", relation("transforms", by_reference))) == Verdict::related);
    CHECK(verdict(a, b("p1", relation("appends", by_reference))) == Verdict::related);
    CHECK(verdict(b("p1", relation("signs", by_reference)), a) == Verdict::related);
    // Nor is another server's of that id, though the partner itself names it.
    std::string const elsewhere = R"({"reference":"https://other.example/fhir/DocumentReference/a"})";
    CHECK(verdict(a, b("p1", relation("replaces", elsewhere))) == Verdict::same);
    // Another partner's "a" is not this one; the equal bytes decide.
    CHECK(verdict(a, b("p2", relation("replaces", by_reference))) == Verdict::same);
    auto const back = relation("replaces", R"({"reference":"DocumentReference/b"})");
    Side const cycle{"p1", document(R"("id":"a",)" + back + master("1.2") + content(kOther))};
    CHECK(verdict(cycle, b("p1", relation("replaces", by_reference))) == Verdict::distinct);
}

TEST_CASE("rows 11 to 13: content without a common uniqueId", "[identity][D.3]") {
    std::string const type_a = R"("type":{"coding":[{"system":"http://loinc.org","code":"1"}]},)";
    std::string const type_b = R"("type":{"coding":[{"system":"http://loinc.org","code":"2"}]},)";
    std::string const new_year = R"("date":"2024-01-01",)";
    struct Case {
        std::string a, b;
        Verdict verdict;
    };
    auto const created = [](std::string const& date) { return content(kHello, "text/plain", date); };
    for (auto const& [a, b, expected] : std::vector<Case>{
             {content(kHello), content(kHello), Verdict::same},
             {master("1.2") + content(kHello), content(kHello), Verdict::same},
             {master("1.2") + content(kHello), master("1.3") + content(kHello), Verdict::same},
             {type_a + content(kHello), type_a + content(kHello), Verdict::same},
             {type_a + content(kHello), content(kHello), Verdict::same},
             {type_a + content(kHello), type_b + content(kHello), Verdict::distinct},
             {created("2024-01-01"), created("2024-01-01T10:00:00Z"), Verdict::same},
             {created("2024-01-01"), created("2024-01-01T23:00:00-05:00"), Verdict::same},
             {created("2024-01-01"), created("2024-01-02"), Verdict::distinct},
             {new_year + content(kHello), created("2020"), Verdict::same},
             {new_year + content(kHello), R"("date":"2024-02-01",)" + content(kHello), Verdict::distinct},
             {content(kHello), content(kHello, "text/html"), Verdict::distinct},
             {content(kHello), content(kOther), Verdict::distinct},
             {content(""), content(""), Verdict::distinct},
             {content(kEmpty), content(kEmpty), Verdict::distinct}
         }) {
        INFO(a << " / " << b);
        CHECK(verdict({"p1", document(a)}, {"p2", document(b)}) == expected);
    }
    auto const held = [](std::string const& partner, std::string const& members, std::string const& sha256) {
        return Side{partner, document(members), "", bytes(sha256)};
    };
    CHECK(verdict(held("p1", content(""), "x"), held("p2", content(""), "x")) == Verdict::same);
    CHECK(
        verdict(held("p1", type_a + content(""), "x"), held("p2", type_b + content(""), "x")) ==
        Verdict::distinct
    );
    // A stated hash that the bytes belie is no key.
    CHECK(verdict(held("p1", content(kHello), "x"), held("p2", content(kHello), "y")) == Verdict::distinct);
}

TEST_CASE("row 14: a higher version of one set", "[identity][D.3]") {
    auto const side = [](std::string const& id, std::int64_t version) {
        return Side{
            "p1",
            document(master(id) + content("")),
            "",
            bytes("v" + std::to_string(version), "", "set", version)
        };
    };
    CHECK(verdict(side("1.1", 1), side("1.2", 2)) == Verdict::implicit_new_version);
    CHECK(verdict(side("1.2", 2), side("1.1", 1)) == Verdict::implicit_older_version);
}

TEST_CASE("four partners' spellings of one document and its next version", "[identity][odd]") {
    if (test::json_files("data/documentreferences/odd").empty()) return;
    auto const side = [](std::string const& name) {
        auto const file = test::shared_folder() / "data/documentreferences/odd" / (name + ".json");
        return Side{name, *read_document_reference(*json::read(test::read_file(file)))};
    };
    auto const a = side("83-dup-partner-a");
    auto const b = side("84-dup-partner-b");
    auto const c = side("85-dup-partner-c");
    auto const d = side("86-dup-partner-d");
    CHECK(verdict(a, b) == Verdict::same);
    CHECK(verdict(a, c) == Verdict::same);
    CHECK(verdict(b, c) == Verdict::same);
    CHECK(verdict(a, d) == Verdict::new_version);
    CHECK(verdict(d, a) == Verdict::older_version);
}

}  // namespace tributary::fhir::identity
