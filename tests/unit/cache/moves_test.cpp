#include <algorithm>

#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

namespace {

std::string const kHash(40, 'a'), kOtherHash(40, 'b');

/// Bob and Ann at one partner, and a Subscription for each; Bob has another record there and is known to a second partner.
class Moves : public StoreFixture {
public:
    Moves() {
        subscribe("bob");
        subscribe("ann", "DocumentReference?patient.given=ann&patient.family=jones");
        match(
            "p1",
            {{"bob", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|B"},
             {"bob-too", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|B"}}
        );
        match("p1", {{"ann", "Ann", "Jones", "1980-03-04", "female"}});
        match("p2", {{"x", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|B"}});
    }
    /// The document as the page of this Patient lists it.
    Admitted list(std::string const& patient, std::string const& status = "current") {
        DocumentText text{.id = "a", .unique_id = "1.2.3", .hash = kHash, .status = status};
        text.subject = "Patient/" + patient;
        return admit("p1", patient, {text});
    }
    std::string subject(std::string const& id) {
        auto const resource = document(id);
        auto const* const reference = resource.at("subject", "reference");
        return reference == nullptr ? std::string() : std::string(reference->text());
    }
    Texts of_ann() { return found({}, "jones"); }
    Presence presence(std::string const& id) { return good(store->read_document("", id)).presence; }
};

}  // namespace

TEST_CASE(
    "a document that its partner gives to another patient is told to nobody as the first one's",
    "[cache][move][F3]"
) {
    Moves fixture;
    fixture.list("bob");
    REQUIRE(fixture.told("bob") == Texts{"create p1-a/1"});
    auto const moved = fixture.list("ann");
    CHECK(moved.moved == 1);
    CHECK(fixture.told("bob") == Texts{"create p1-a/1"});
    CHECK(fixture.presence("p1-a") == Presence::deleted);
    CHECK(fixture.subject("p1-a") == "Patient/p1-bob");
    CHECK(fixture.found().empty());
    auto const ids = fixture.of_ann();
    REQUIRE(ids.size() == 1);
    CHECK(ids[0] != "p1-a");
    CHECK(fixture.subject(ids[0]) == "Patient/p1-ann");
    CHECK(fixture.told("ann") == Texts{"create " + ids[0] + "/1"});
    SECTION("and stays there when it is listed again") {
        CHECK(fixture.list("ann").to_retrieve.empty());
        CHECK(fixture.of_ann() == ids);
        CHECK(fixture.told("ann").size() == 1);
    }
    SECTION("and is changed there") {
        fixture.list("ann", "superseded");
        CHECK(fixture.told("ann") == Texts{"create " + ids[0] + "/1", "update " + ids[0] + "/2"});
        CHECK(fixture.text(ids[0], "status") == "superseded");
        CHECK(fixture.presence("p1-a") == Presence::deleted);
    }
    SECTION("and is the first one's again when it comes back") {
        fixture.list("bob");
        CHECK(fixture.found() == Texts{"p1-a"});
        CHECK(fixture.of_ann().empty());
        CHECK(fixture.presence(ids[0]) == Presence::deleted);
        fixture.list("ann");
        CHECK(fixture.of_ann() == ids);
    }
    SECTION("and its bytes are not the first one's") {
        REQUIRE(moved.to_retrieve.size() == 1);
        auto const binary = moved.to_retrieve.front();
        CHECK(binary != "p1-a-b0");
        fixture.attach(binary, std::string(64, 'a'));
        CHECK(good(fixture.store->content("", binary)).document_id == ids[0]);
        CHECK(good(fixture.store->content("", "p1-a-b0")).holders.empty());
    }
}

TEST_CASE("a document that another partner holds, too, stays with its patient", "[cache][move][F3]") {
    Moves fixture;
    fixture.list("bob");
    fixture.admit("p2", "x", {{"c", "1.2.3", kHash}});
    REQUIRE(fixture.found() == Texts{"p1-a"});
    fixture.list("ann");
    CHECK(fixture.found() == Texts{"p1-a"});
    CHECK(fixture.text("p1-a", "status") == "current");
    CHECK(good(fixture.store->content("", "p1-a-b0")).holders.size() == 1);
    CHECK(fixture.of_ann().size() == 1);
}

TEST_CASE("bytes asked for while a document was another patient's are not kept for it", "[cache][move][F3]") {
    Moves fixture;
    fixture.list("bob");
    auto const asked = good(fixture.store->content("", "p1-a-b0"));
    fixture.list("ann");
    AttachedBody body;
    body.binary_id = asked.binary_id;
    body.url = asked.url;
    body.hash = asked.hash;
    body.identity.sha256 = std::string(64, 'b');
    CHECK(fixture.attach_as_asked(body).outdated);
}

TEST_CASE(
    "an entry that two patients' pages list with one subject stays with the first", "[cache][move][F3]"
) {
    Moves fixture;
    fixture.admit("p1", "bob", {{.id = "a", .unique_id = "1.2.3"}});
    fixture.admit("p1", "ann", {{.id = "a", .unique_id = "1.2.3", .type = "18842-5"}});
    CHECK(fixture.told("bob") == Texts{"create p1-a/1"});
    CHECK(fixture.told("ann").empty());
    CHECK(fixture.text("p1-a", "status") == "current");
}

TEST_CASE("a document moved to another record of its person is known under that one", "[cache][move]") {
    Moves fixture;
    fixture.list("bob");
    fixture.list("bob-too");
    CHECK(fixture.found() == Texts{"p1-a"});
    CHECK(fixture.subject("p1-a") == "Patient/p1-bob-too");
    CHECK(fixture.told("bob") == Texts{"create p1-a/1", "update p1-a/2"});
}

TEST_CASE("a copy that becomes another document leaves the one it was a copy of", "[cache][identity][D.3]") {
    StoreFixture fixture;
    fixture.subscribe("s1");
    for (auto const* partner : {"p1", "p2"}) fixture.match(partner, {{"1"}});
    fixture.admit("p1", "1", {{"a", "1.2.3", kHash}});
    fixture.admit("p2", "1", {{"x", "1.2.3", kHash}});
    REQUIRE(fixture.found() == Texts{"p1-a"});
    SECTION("the copy") {
        fixture.admit("p2", "1", {{"x", "1.2.4", kOtherHash}});
        CHECK(fixture.found().size() == 2);
        CHECK(good(fixture.store->content("", "p1-a-b0")).holders.size() == 1);
    }
    SECTION("the one that is shown") {
        fixture.admit("p1", "1", {{"a", "1.2.4", kOtherHash}});
        CHECK(fixture.found().size() == 2);
        CHECK(good(fixture.store->content("", "p1-a-b0")).holders.size() == 1);
        CHECK(fixture.text("p1-a", "status") == "current");
    }
    auto const told = fixture.told("s1");
    REQUIRE(told.size() >= 2);
    CHECK(std::count_if(told.begin(), told.end(), [](std::string const& event) {
              return event.starts_with("create");
          }) == 2);
    fixture.admit("p1", "1", {{"a", "1.2.3", kHash}});
    fixture.admit("p2", "1", {{"x", "1.2.3", kHash}});
    CHECK(fixture.found() == Texts{"p1-a"});
}

TEST_CASE("a holder whose bytes are others now is not asked for those that are shown", "[cache][D.4]") {
    StoreFixture fixture;
    for (auto const* partner : {"p1", "p2"}) fixture.match(partner, {{"1"}});
    fixture.admit("p1", "1", {{"a", "1.2.3", kHash}});
    fixture.admit("p2", "1", {{"x", "1.2.3", kHash}});
    REQUIRE(good(fixture.store->content("", "p1-a-b0")).holders.size() == 2);
    fixture.admit("p2", "1", {{"x", "1.2.3", kOtherHash}});
    CHECK(good(fixture.store->content("", "p1-a-b0")).holders.size() == 1);
}

TEST_CASE("a copy that says more of itself stays one", "[cache][identity][D.3]") {
    StoreFixture fixture;
    for (auto const* partner : {"p1", "p2"}) fixture.match(partner, {{"1"}});
    fixture.admit("p1", "1", {{"a", "1.2.3", kHash}});
    fixture.admit("p2", "1", {{"x", "1.2.3", kHash}});
    fixture.admit("p2", "1", {{"x", "1.2.4", kHash}});
    CHECK(fixture.found() == Texts{"p1-a"});
}

}  // namespace tributary::cache
