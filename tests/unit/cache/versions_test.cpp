#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

namespace {

std::string const kHash(40, 'a');
std::string const kOther(40, 'b');

/// Bob at two partners, one Person, and a Subscription for him.
class Versions : public StoreFixture {
public:
    Versions() {
        subscribe("s1");
        match("p1", {{"1"}});
        match("p2", {{"2"}});
    }
    std::string status(std::string const& id) { return text(id, "status"); }
    /// Bytes that say which version of one set they are.
    void attach_version(std::string const& binary, char byte, std::int64_t version) {
        AttachedBody body;
        body.binary_id = binary;
        body.identity.sha256 = std::string(64, byte);
        body.identity.set_id = "1.9^set";
        body.identity.version_number = version;
        attach(body);
    }
    std::string target(std::string const& id) {
        auto const resource = document(id);
        auto const& relations = resource.items("relatesTo");
        if (relations.empty()) return {};
        return std::string(
            relations.front().at("target", "reference") == nullptr
                ? ""
                : relations.front().at("target", "reference")->text()
        );
    }
};

}  // namespace

TEST_CASE("a version elsewhere replaces by identifier, whichever comes first", "[cache][identity][D.3]") {
    Versions fixture;
    DocumentText const older{"a", "1.2.3", kHash};
    DocumentText const newer{.id = "b", .unique_id = "1.2.4", .hash = kOther, .replaces_id = "1.2.3"};
    SECTION("the older") {
        fixture.admit("p1", "1", {older});
        fixture.admit("p2", "2", {newer});
        CHECK(fixture.told("s1") == Texts{"create p1-a/1", "update p1-a/2", "create p2-b/1"});
    }
    SECTION("the newer") {
        fixture.admit("p2", "2", {newer});
        CHECK(fixture.target("p2-b").empty());
        fixture.admit("p1", "1", {older});
        CHECK(fixture.told("s1") == Texts{"create p2-b/1", "create p1-a/1"});
    }
    CHECK(fixture.status("p1-a") == "superseded");
    CHECK(fixture.status("p2-b") == "current");
    CHECK(fixture.target("p2-b") == "DocumentReference/p1-a");
}

TEST_CASE("a version replaces by entryUUID", "[cache][identity][D.3]") {
    Versions fixture;
    std::string const uuid = "urn:uuid:0c287d32-01e3-4d87-9953-9fcc9404eb21";
    DocumentText const older{.id = "a", .unique_id = "1.2.3", .hash = kHash, .entry_uuid = uuid};
    DocumentText const newer{.id = "b", .unique_id = "1.2.4", .hash = kOther, .replaces_id = uuid};
    SECTION("the older first") { fixture.admit("p1", "1", {older, newer}); }
    SECTION("the newer first") { fixture.admit("p1", "1", {newer, older}); }
    CHECK(fixture.status("p1-a") == "superseded");
}

TEST_CASE("a version replaces by a name without system at its own partner alone", "[cache][identity][D.3]") {
    Versions fixture;
    auto const admit =
        [&](std::string const& partner, std::string const& id, char const* member, char const* text) {
            auto answer = StoreFixture::answer(partner, partner.substr(1), {{.id = id}});
            auto resource = answer.entries[0].document.resource;
            resource.set(member, parse(text));
            answer.entries[0].document = good(fhir::read_document_reference(std::move(resource)));
            fixture.commit([&](Store& s) { return s.admit(answer); });
        };
    auto const older = [&](std::string const& partner, std::string const& id) {
        admit(partner, id, "masterIdentifier", R"({"value":"DOC-5"})");
    };
    auto const newer = [&] {
        admit("p1", "b", "relatesTo", R"([{"code":"replaces","target":{"identifier":{"value":"DOC-5"}}}])");
    };
    older("p2", "x");
    SECTION("the older first") {
        older("p1", "a");
        newer();
    }
    SECTION("the newer first") {
        newer();
        older("p1", "a");
    }
    CHECK(fixture.status("p1-a") == "superseded");
    CHECK(fixture.target("p1-b") == "DocumentReference/p1-a");
    CHECK(fixture.status("p2-x") == "current");
}

TEST_CASE("a copy of what was replaced elsewhere supersedes the whole document", "[cache][identity][D.3]") {
    Versions fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHash}});
    fixture.admit("p2", "2", {{.id = "b", .unique_id = "1.2.4", .hash = kOther, .replaces = "x"}});
    CHECK(fixture.status("p1-a") == "current");
    fixture.admit("p2", "2", {{"x", "1.2.3", kHash}});
    CHECK(fixture.status("p1-a") == "superseded");
    CHECK(fixture.found() == Texts{"p1-a", "p2-b"});
}

TEST_CASE("one registry entry by two ways is one document", "[cache][identity][D.2]") {
    Versions fixture;
    std::string const uuid = "urn:uuid:0c287d32-01e3-4d87-9953-9fcc9404eb21";
    fixture.admit("p1", "1", {{.id = "a", .entry_uuid = uuid, .home = "urn:oid:2.999.7.9"}});
    fixture.admit("p2", "2", {{.id = "x", .entry_uuid = uuid, .home = "urn:oid:2.999.7.9"}});
    CHECK(fixture.found() == Texts{"p1-a"});
}

TEST_CASE("versions that replace each other in a circle are not all superseded", "[cache][identity][D.3]") {
    Versions fixture;
    DocumentText const a{.id = "a", .unique_id = "1.1", .hash = kHash, .replaces = "c"};
    DocumentText const b{.id = "b", .unique_id = "1.2", .hash = kOther, .replaces = "a"};
    DocumentText const c{.id = "c", .unique_id = "1.3", .hash = std::string(40, 'c'), .replaces = "b"};
    fixture.admit("p1", "1", {a});
    fixture.admit("p1", "1", {b});
    auto const last = fixture.admit("p1", "1", {c});
    CHECK(last.cycles == 2);
    CHECK(fixture.status("p1-a") == "superseded");
    CHECK(fixture.status("p1-b") == "current");
    CHECK(fixture.status("p1-c") == "current");
}

TEST_CASE("a chain of versions leaves the last one current, in any order", "[cache][identity][D.3]") {
    Versions fixture;
    std::vector<DocumentText> versions{
        {.id = "a", .unique_id = "1.1", .hash = kHash},
        {.id = "b", .unique_id = "1.2", .hash = kOther, .replaces = "a"},
        {.id = "c", .unique_id = "1.3", .hash = std::string(40, 'c'), .replaces = "b"}
    };
    SECTION("forwards") {}
    SECTION("backwards") { std::reverse(versions.begin(), versions.end()); }
    SECTION("the middle last") { std::swap(versions[1], versions[2]); }
    for (auto const& version : versions) fixture.admit("p1", "1", {version});
    CHECK(fixture.status("p1-a") == "superseded");
    CHECK(fixture.status("p1-b") == "superseded");
    CHECK(fixture.status("p1-c") == "current");
}

TEST_CASE("what a retracted version replaced is current again", "[cache][identity][D.3]") {
    Versions fixture;
    DocumentText newer{.id = "b", .unique_id = "1.2.4", .hash = kOther, .replaces = "a"};
    fixture.admit("p1", "1", {{"a", "1.2.3", kHash}});
    fixture.admit("p1", "1", {newer});
    REQUIRE(fixture.status("p1-a") == "superseded");
    newer.status = "entered-in-error";
    fixture.admit("p1", "1", {newer});
    CHECK(fixture.status("p1-a") == "current");
    CHECK(fixture.found() == Texts{"p1-a"});
}

TEST_CASE(
    "a higher version of one set supersedes after retrieval, and says that this is inferred",
    "[cache][identity][D.3]"
) {
    Versions fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHash}});
    fixture.admit("p2", "2", {{"b", "1.2.4", kOther}});
    SECTION("the older bytes first") {
        fixture.attach_version("p1-a-b0", 'a', 1);
        fixture.attach_version("p2-b-b0", 'b', 2);
    }
    SECTION("the newer bytes first") {
        fixture.attach_version("p2-b-b0", 'b', 2);
        fixture.attach_version("p1-a-b0", 'a', 1);
    }
    CHECK(fixture.status("p1-a") == "superseded");
    CHECK(fixture.flagged("p1-a", "inferred-version"));
    CHECK(fixture.status("p2-b") == "current");
    CHECK(fixture.told("s1") == Texts{"create p1-a/1", "create p2-b/1", "update p1-a/2"});
}

TEST_CASE("what a retracted version replaced by its bytes is current again", "[cache][identity][D.3]") {
    Versions fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHash}});
    DocumentText newer{"b", "1.2.4", kOther};
    fixture.admit("p2", "2", {newer});
    fixture.attach_version("p1-a-b0", 'a', 1);
    fixture.attach_version("p2-b-b0", 'b', 3);
    REQUIRE(fixture.status("p1-a") == "superseded");
    newer.status = "entered-in-error";
    SECTION("where it was the only newer one") {
        fixture.admit("p2", "2", {newer});
        CHECK(fixture.status("p1-a") == "current");
        CHECK_FALSE(fixture.flagged("p1-a", "inferred-version"));
        CHECK(fixture.told("s1").back() == "update p1-a/3");
    }
    SECTION("unless another newer one stands") {
        fixture.admit("p1", "1", {{"c", "1.2.5", std::string(40, 'c')}});
        fixture.attach_version("p1-c-b0", 'c', 2);
        SECTION("whose bytes are kept") {}
        SECTION("whose bytes made room for others") {
            good(fixture.store->release_bodies(0));
            fixture.attach_version("p1-a-b0", 'a', 1);
            fixture.attach_version("p2-b-b0", 'b', 3);
        }
        fixture.admit("p2", "2", {newer});
        CHECK(fixture.status("p1-a") == "superseded");
    }
    SECTION("also where it had said so besides") {
        newer.status = "current";
        newer.replaces_id = "1.2.3";
        fixture.admit("p2", "2", {newer});
        newer.status = "entered-in-error";
        fixture.admit("p2", "2", {newer});
        CHECK(fixture.status("p1-a") == "current");
    }
}

TEST_CASE("documents that prove to be one stay superseded", "[cache][identity][D.3]") {
    Versions fixture;
    fixture.admit("p1", "1", {{"a"}});
    fixture.admit("p2", "2", {{"x"}, {.id = "b", .unique_id = "1.2.4", .hash = kOther, .replaces = "x"}});
    REQUIRE(fixture.status("p2-x") == "superseded");
    fixture.attach("p1-a-b0", std::string(64, 'a'));
    fixture.attach("p2-x-b0", std::string(64, 'a'));
    CHECK(fixture.status("p1-a") == "superseded");
    CHECK(fixture.found() == Texts{"p1-a", "p2-b"});
}

}  // namespace tributary::cache
