#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

namespace {

std::string const kHashA(40, 'a');
std::string const kHashB(40, 'b');
std::string const kBytesA(64, 'a');
std::string const kBytesB(64, 'b');

/// Bob at two partners, one Person, and a Subscription for him.
class TwoPartners : public StoreFixture {
public:
    TwoPartners() {
        subscribe("s1");
        match("p1", {{"1"}});
        match("p2", {{"2"}});
    }
    std::string status(std::string const& id) { return std::string(document(id).text("status")); }
    bool flagged(std::string const& id) {
        auto const resource = document(id);
        auto const* const meta = resource.find("meta");
        for (auto const& tag : meta->items("tag")) {
            if (tag.text("code") == "conflict" &&
                tag.text("system") == "http://tributary.example/CodeSystem/document-flag")
                return true;
        }
        return false;
    }
    std::vector<std::string> holders(std::string const& binary_id) {
        std::vector<std::string> partners;
        for (auto const& holder : good(store->content("", binary_id)).holders)
            partners.push_back(holder.partner);
        return partners;
    }
};

void admit_subsetted(StoreFixture& fixture, DocumentText const& text) {
    auto partial = StoreFixture::answer("p1", "1", {text});
    auto& document = partial.entries.at(0).document;
    auto const tag = fhir::json::object(
        {{"system", "http://terminology.hl7.org/CodeSystem/v3-ObservationValue"}, {"code", "SUBSETTED"}}
    );
    document.resource.set("meta", fhir::json::object({{"tag", fhir::json::array({tag})}}));
    fixture.commit([&](Store& s) { return s.admit(partial); });
}

/// With a second content beside the first, in another media type.
void admit_in_two_forms(
    StoreFixture& fixture, std::string const& partner, std::string const& patient, DocumentText text
) {
    text.content_type = "text/html";
    auto answer = StoreFixture::answer(partner, patient, {text});
    auto& entry = answer.entries.front();
    auto resource = entry.document.resource;
    auto const rtf = fhir::json::object({{"contentType", "text/rtf"}, {"url", "Binary/" + text.id + "-rtf"}});
    auto contents = fhir::json::array(resource.items("content"));
    contents.push(fhir::json::object({{"attachment", rtf}}));
    resource.set("content", std::move(contents));
    entry.document = good(fhir::read_document_reference(std::move(resource)));
    entry.binary_ids.push_back(entry.id + "-b1");
    fixture.commit([&](Store& s) { return s.admit(answer); });
}

}  // namespace

TEST_CASE(
    "one content with equal bytes makes one document of two, whichever comes first", "[cache][identity]"
) {
    TwoPartners fixture;
    admit_in_two_forms(fixture, "p1", "1", {"a", "1.2.3"});
    admit_in_two_forms(fixture, "p2", "2", {"x", "1.2.3"});
    auto const attach_html = [&] {
        fixture.attach("p1-a-b0", kBytesA);
        fixture.attach("p2-x-b0", kBytesB);
    };
    auto const attach_rtf = [&] {
        fixture.attach("p1-a-b1", std::string(64, 'c'));
        fixture.attach("p2-x-b1", std::string(64, 'c'));
    };
    SECTION("the equal ones first") {
        attach_rtf();
        attach_html();
    }
    SECTION("those first that are made anew") {
        attach_html();
        attach_rtf();
    }
    CHECK(fixture.found() == Texts{"p1-a"});
    CHECK(fixture.holders("p1-a-b1") == Texts{"p1", "p2"});
}

TEST_CASE("the same document at a second partner is another holder and no Event", "[cache][identity]") {
    TwoPartners fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    auto const second = fixture.admit("p2", "2", {{"x", "1.2.3", kHashA}});
    CHECK(second.documents == 0);
    CHECK(second.subscriptions.empty());
    CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
    CHECK(fixture.holders("p1-a-b0") == Texts{"p1", "p2"});
    CHECK(fixture.holders("p2-x-b0") == Texts{"p2", "p1"});
    for (auto const& holder : good(fixture.store->content("", "p1-a-b0")).holders)
        CHECK_FALSE(holder.unique_id.empty());
    CHECK(fixture.found() == Texts{"p1-a"});
}

TEST_CASE("a copied sample id of another person is another document", "[cache][identity]") {
    TwoPartners fixture;
    fixture.match("p3", {{"3", "Alice", "Jones"}});
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    CHECK(fixture.admit("p3", "3", {{"x", "1.2.3", kHashA}}).documents == 1);
}

TEST_CASE("a copy whose bytes decide is held back, and both are retrieved", "[cache][identity]") {
    TwoPartners fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    auto const second = fixture.admit("p2", "2", {{"x", "1.2.3", kHashB}});
    CHECK(second.documents == 0);
    CHECK(second.to_retrieve == Texts{"p1-a-b0", "p2-x-b0"});
    CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
    CHECK(fixture.holders("p1-a-b0") == Texts{"p1"});
    fixture.attach("p1-a-b0", kBytesA, "1.2.3^1");

    SECTION("the same document inside: one more holder, no Event") {
        fixture.attach("p2-x-b0", kBytesB, "1.2.3^1");
        CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
        CHECK(fixture.holders("p1-a-b0") == Texts{"p1", "p2"});
    }
    SECTION("another document inside: a conflict, flagged on both, and its own Event") {
        auto const settled = fixture.attach("p2-x-b0", kBytesB, "9.9.9^9");
        CHECK(settled.documents == 1);
        CHECK(settled.subscriptions == Texts{"s1"});
        CHECK(fixture.told("s1") == Texts{"create p1-a/1", "create p2-x/1"});
        CHECK(fixture.flagged("p1-a"));
        CHECK(fixture.flagged("p2-x"));
        CHECK(fixture.found() == Texts{"p1-a", "p2-x"});
    }
}

TEST_CASE("who knows of a document by a copy alone is told of it, though that is held back", "[cache][F1]") {
    StoreFixture fixture;
    constexpr char kByNumber[] = "DocumentReference?patient.identifier=urn:oid:1.2|7";
    fixture.subscribe("by name");
    fixture.subscribe("by number", kByNumber);
    fixture.match("p1", {{"1"}});
    fixture.match("p2", {{"2", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|7"}});
    auto const found = [&] {
        DocumentSearchRequest request;
        request.search.patient.parameters = {{"identifier", "", {"urn:oid:1.2|7"}}};
        return good(fixture.store->search_documents(request)).total;
    };
    DocumentText copy{"x", "1.2.3"};
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    REQUIRE(fixture.told("by number") == Texts());
    SECTION("and of its changes") {
        fixture.admit("p2", "2", {copy});
        CHECK(fixture.told("by name") == Texts{"create p1-a/1"});
        CHECK(fixture.told("by number") == Texts{"create p1-a/1"});
        CHECK(found() == 1);
        fixture.subscribe("later", kByNumber);
        CHECK(fixture.told("later") == Texts{"create p1-a/1"});
        fixture.admit("p1", "1", {{.id = "a", .unique_id = "1.2.3", .hash = kHashA, .type = "34133-9"}});
        CHECK(fixture.told("by number") == Texts{"create p1-a/1", "update p1-a/2"});
        CHECK(good(fixture.store->explain("", "by number", "p1-a")).events.size() == 2);
        fixture.attach("p1-a-b0", kBytesA);
        fixture.attach("p2-x-b0", kBytesB);
        CHECK(fixture.told("by number").back() == "create p2-x/1");
    }
    SECTION("but not by one that was entered in error") {
        copy.status = "entered-in-error";
        fixture.admit("p2", "2", {copy});
        CHECK(found() == 0);
        fixture.subscribe("later", kByNumber);
        CHECK(fixture.told("later") == Texts());
        CHECK(fixture.told("by number") == Texts());
    }
}

TEST_CASE("a provisional copy is settled whichever Body comes last", "[cache][identity]") {
    TwoPartners fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    fixture.admit("p2", "2", {{"x", "1.2.3", kHashB}});
    fixture.attach("p2-x-b0", kBytesB, "9.9.9^9");
    CHECK(fixture.told("s1").size() == 1);
    fixture.attach("p1-a-b0", kBytesA, "1.2.3^1");
    CHECK(fixture.told("s1") == Texts{"create p1-a/1", "create p2-x/1"});
}

TEST_CASE(
    "a provisional copy is settled by the Body of a holder that states another id", "[cache][identity]"
) {
    TwoPartners fixture;
    fixture.admit("p1", "1", {{"unnamed", "", kHashA}});
    fixture.attach("p1-unnamed-b0", kBytesA, "1.2.3^1");
    fixture.admit(
        "p1", "1", {{"a", "1.2.3", kHashA}}
    );  // by its digest the same document: its bytes are there
    fixture.admit("p2", "2", {{"x", "1.2.3", kHashB}});
    CHECK(fixture.told("s1") == Texts{"create p1-unnamed/1"});
    fixture.attach("p2-x-b0", kBytesB, "9.9.9^9");
    CHECK(fixture.told("s1") == Texts{"create p1-unnamed/1", "create p2-x/1"});
    CHECK(fixture.flagged("p2-x"));
}

TEST_CASE(
    "a new version supersedes the known one, which a classic Subscription is told", "[cache][identity]"
) {
    TwoPartners fixture;
    fixture.subscribe("topic", kBob, subscriptions::Status::active, true);
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    DocumentText newer{"b", "1.2.4", kHashB};
    newer.replaces = "a";
    fixture.admit("p1", "1", {newer});
    CHECK(fixture.status("p1-a") == "superseded");
    CHECK(fixture.status("p1-b") == "current");
    CHECK(fixture.told("s1") == Texts{"create p1-a/1", "update p1-a/2", "create p1-b/1"});
    CHECK(fixture.told("topic") == Texts{"create p1-a/1", "create p1-b/1"});

    SECTION("and stays so, though its partner says current") {
        DocumentText again{"a", "1.2.3", kHashA};
        again.date = "2026-01-16";
        fixture.admit("p1", "1", {again});
        CHECK(fixture.status("p1-a") == "superseded");
    }
}

TEST_CASE("an older version that comes late is created as superseded", "[cache][identity]") {
    TwoPartners fixture;
    DocumentText newer{"b", "1.2.4", kHashB};
    newer.replaces = "a";
    fixture.admit("p1", "1", {newer});
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    CHECK(fixture.told("s1") == Texts{"create p1-b/1", "create p1-a/1"});
    CHECK(fixture.status("p1-a") == "superseded");
    CHECK(fixture.status("p1-b") == "current");
}

TEST_CASE("an entry entered in error makes no Event, and holds no current one back", "[cache][identity]") {
    TwoPartners fixture;
    DocumentText retracted{"a", "1.2.3", kHashA};
    retracted.status = "entered-in-error";
    fixture.admit("p1", "1", {retracted});
    CHECK(fixture.told("s1").empty());
    CHECK(fixture.found().empty());
    CHECK(fixture.found({{"status", "", {"entered-in-error"}}}) == Texts{"p1-a"});
    SECTION("with the same hash") { fixture.admit("p2", "2", {{"x", "1.2.3", kHashA}}); }
    SECTION("with another hash") { fixture.admit("p2", "2", {{"x", "1.2.3", kHashB}}); }
    CHECK(fixture.told("s1") == Texts{"create p1-a/2"});
    CHECK(fixture.found() == Texts{"p1-a"});
}

TEST_CASE("a current document is not touched by a copy entered in error", "[cache][identity]") {
    TwoPartners fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    DocumentText retracted{"x", "1.2.3", kHashA};
    retracted.status = "entered-in-error";
    fixture.admit("p2", "2", {retracted});
    CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
    CHECK(fixture.status("p1-a") == "current");
}

TEST_CASE("a document that one holder retracts is shown as another holder has it", "[cache][identity]") {
    TwoPartners fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    fixture.admit("p2", "2", {{"x", "1.2.3", kHashA}});
    DocumentText retracted{"a", "1.2.3", kHashA};
    retracted.status = "entered-in-error";
    fixture.admit("p1", "1", {retracted});
    CHECK(fixture.status("p1-a") == "current");
    CHECK(fixture.found() == Texts{"p1-a"});
}

TEST_CASE("a retraction that is taken back is told once", "[cache][identity]") {
    TwoPartners fixture;
    fixture.subscribe("topic", kBob, subscriptions::Status::active, true);
    DocumentText document{"a", "1.2.3", kHashA};
    document.status = "entered-in-error";
    fixture.admit("p1", "1", {document});
    document.status = "current";
    fixture.admit("p1", "1", {document});
    CHECK(fixture.told("s1") == Texts{"create p1-a/2"});
    CHECK(fixture.told("topic") == Texts{"create p1-a/2"});
}

TEST_CASE(
    "who could not see a document before is told when another Patient has it too", "[cache][identity]"
) {
    StoreFixture fixture;
    fixture.subscribe("s1");
    fixture.subscribe("robert", "DocumentReference?patient.given=robert&patient.family=smith");
    fixture.match("p1", {{"1", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"}});
    fixture.match("p2", {{"2", "Robert", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"}});
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    CHECK(fixture.admit("p2", "2", {{"x", "1.2.3", kHashA}}).subscriptions == Texts{"robert"});
    CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
    CHECK(fixture.told("robert") == Texts{"create p1-a/1"});
}

TEST_CASE(
    "documents that prove to be one after retrieval become one, and the alias stays readable",
    "[cache][identity]"
) {
    TwoPartners fixture;
    fixture.admit("p1", "1", {{"a"}});
    fixture.admit("p2", "2", {{"x"}});
    REQUIRE(fixture.told("s1").size() == 2);
    fixture.attach("p1-a-b0", kBytesA);
    fixture.attach("p2-x-b0", kBytesA);
    CHECK(fixture.found() == Texts{"p1-a"});
    CHECK(good(fixture.store->read_document("", "p2-x")).presence == Presence::found);
    CHECK(good(fixture.store->content("", "p2-x-b0")).sha256 == kBytesA);
    CHECK(fixture.told("s1").size() == 2);
}

TEST_CASE("a Person is joined when a link becomes known, and nobody is told", "[cache][identity][person]") {
    StoreFixture fixture;
    fixture.subscribe("s1", "DocumentReference?patient.family=smith");
    fixture.match("p1", {{"1", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"}});
    fixture.match("p2", {{"2", "Robert", "Smith", "1970-01-02", "male", "urn:oid:1.2|B"}});
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    fixture.admit("p2", "2", {{"x", "1.2.3", kHashA}});
    REQUIRE(fixture.found() == Texts{"p1-a", "p2-x"});
    REQUIRE(fixture.told("s1").size() == 2);

    auto both = make_patient("p3", {"3", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"});
    both.patient.identifiers.push_back({"", "", "urn:oid:1.2", "B"});
    auto identifiers = both.patient.resource.items("identifier");
    identifiers.push_back(fhir::json::object({{"system", "urn:oid:1.2"}, {"value", "B"}}));
    both.patient.resource.set("identifier", identifiers);
    PatientsAnswer answer;
    answer.partner = "p3";
    answer.patients = {both};
    fixture.commit([&](Store& s) -> Result<bool> {
        good(s.admit_patients(answer));
        return true;
    });
    CHECK(fixture.found() == Texts{"p1-a"});
    CHECK(fixture.told("s1").size() == 2);
}

TEST_CASE(
    "who follows a Patient is told what another one has who proves to be the same person",
    "[cache][identity][person]"
) {
    StoreFixture fixture;
    fixture.match("p1", {{"1", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"}});
    fixture.match("p2", {{"2", "Robert", "Smith", "1970-01-02", "male", "urn:oid:1.2|B"}});
    fixture.subscribe("first", "DocumentReference?patient=Patient/p1-1");
    fixture.subscribe("second", "DocumentReference?patient=Patient/p2-2");
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}, {"b"}});
    fixture.admit("p2", "2", {{"x", "1.2.3", kHashA}, {"y"}});
    REQUIRE(fixture.told("first") == Texts{"create p1-a/1", "create p1-b/1"});
    REQUIRE(fixture.told("second") == Texts{"create p2-x/1", "create p2-y/1"});
    SECTION("by a number added later") {
        fixture.match("p1", {{"1", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|B"}});
    }
    SECTION("by a third who has the numbers of both") {
        auto both = make_patient("p3", {"3", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"});
        auto identifiers = both.patient.resource.items("identifier");
        identifiers.push_back(fhir::json::object({{"system", "urn:oid:1.2"}, {"value", "B"}}));
        both.patient.resource.set("identifier", identifiers);
        both.patient = good(fhir::read_patient(both.patient.resource));
        PatientsAnswer answer;
        answer.partner = "p3";
        answer.patients = {both};
        auto const told = fixture.commit([&](Store& s) { return s.admit_patients(answer); });
        CHECK(told == Texts{"first", "second"});
    }
    CHECK(fixture.told("first") == Texts{"create p1-a/1", "create p1-b/1", "create p2-y/1"});
    CHECK(fixture.told("second") == Texts{"create p2-x/1", "create p2-y/1", "create p1-b/1"});
}

TEST_CASE(
    "two accepted Patients of one partner that are two people are ambiguous: nothing of that partner",
    "[cache][person]"
) {
    StoreFixture fixture;
    fixture.subscribe("by name");
    fixture.subscribe("precise", std::string(kBob) + "&patient.birthdate=1970-01-02");
    fixture.match("p1", {{"1"}});
    fixture.match("p2", {{"2"}});
    fixture.match("p2", {{"3", "Bob", "Smith", "1980-05-05"}}, fixture.ask({{"given", "", {"bob"}}}));
    fixture.admit("p1", "1", {{"a"}});
    fixture.admit("p2", "2", {{"b"}});
    CHECK(fixture.told("by name") == Texts{"create p1-a/1"});
    CHECK(fixture.told("precise") == Texts{"create p1-a/1", "create p2-b/1"});
    fixture.subscribe("later");
    CHECK(fixture.told("later") == Texts{"create p1-a/1"});
    DocumentSearchRequest request;
    request.search.patient.parameters = {{"family", "", {"smith"}}, {"given", "", {"bob"}}};
    CHECK(good(fixture.store->search_documents(request)).total == 1);
}

TEST_CASE("with acceptance by search nothing is ambiguous", "[cache][person]") {
    StoreFixture fixture(fhir::identity::Acceptance::search);
    fixture.subscribe("s1");
    fixture.match("p2", {{"2"}, {"3", "Bobby", "Smithson", "1980-05-05"}});
    fixture.admit("p2", "2", {{"b"}});
    fixture.admit("p2", "3", {{"c"}});
    CHECK(fixture.told("s1") == Texts{"create p2-b/1", "create p2-c/1"});
}

TEST_CASE("a part of an entry never replaces the whole of it", "[cache][F.8]") {
    TwoPartners fixture;
    SECTION("known before") {
        fixture.admit("p1", "1", {{"a"}});
        admit_subsetted(fixture, {.id = "a", .type = "34133-9"});
        CHECK(fixture.document("p1-a").at("meta", "versionId")->text() == "1");
        CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
        CHECK(fixture.found({{"type", "", {"11506-3"}}}) == Texts{"p1-a"});
    }
    SECTION("but is better than nothing, until the whole comes") {
        admit_subsetted(fixture, {"a"});
        CHECK(fixture.found() == Texts{"p1-a"});
        fixture.admit("p1", "1", {{.id = "a", .type = "34133-9"}});
        CHECK(fixture.found({{"type", "", {"34133-9"}}}) == Texts{"p1-a"});
    }
}

}  // namespace tributary::cache
