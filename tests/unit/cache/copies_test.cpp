#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

namespace {

std::string const kHashA(40, 'a');
std::string const kHashB(40, 'b');
std::string const kBytesA(64, 'a');
std::string const kBytesB(64, 'b');

/// Bob at three partners, one Person, and a Subscription for him.
class ThreePartners : public StoreFixture {
public:
    ThreePartners() {
        subscribe("s1");
        for (std::string const partner : {"1", "2", "3"}) match("p" + partner, {{partner}});
    }
    /// Which partner's metadata are shown.
    std::string shown(std::string const& id) {
        auto const resource = document(id);
        auto const source = std::string(resource.at("meta", "source")->text());
        return source.substr(source.rfind('/') + 1);
    }
    std::string label(std::string const& id) {
        auto const resource = document(id);
        std::string codes;
        for (auto const& label : resource.items("securityLabel"))
            codes += std::string(label.items("coding").front().text("code"));
        return codes;
    }
};

}  // namespace

TEST_CASE(
    "the community that holds the data describes a document, and that is no news", "[cache][identity]"
) {
    ThreePartners fixture;
    fixture.admit(
        "p1", "1", {{.id = "a", .unique_id = "1.2.3", .hash = kHashA, .home = "urn:oid:2.999.7.2"}}
    );
    CHECK(fixture.shown("p1-a") == "p1");
    fixture.admit(
        "p2", "2", {{.id = "x", .unique_id = "1.2.3", .hash = kHashA, .home = "urn:oid:2.999.7.2"}}
    );
    CHECK(fixture.shown("p1-a") == "p2");
    fixture.admit(
        "p3", "3", {{.id = "y", .unique_id = "1.2.3", .hash = kHashA, .home = "urn:oid:2.999.7.2"}}
    );
    CHECK(fixture.shown("p1-a") == "p2");
    CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
    CHECK(good(fixture.store->content("", "p1-a-b0")).holders.size() == 3);
}

TEST_CASE("of equals the earliest describes a document", "[cache][identity]") {
    ThreePartners fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    fixture.admit("p2", "2", {{"x", "1.2.3", kHashA}});
    CHECK(fixture.shown("p1-a") == "p1");
    CHECK(fixture.document("p1-a").at("meta", "versionId")->text() == "1");
}

TEST_CASE("the strictest label of all copies is shown, and that is no news", "[cache][identity]") {
    ThreePartners fixture;
    fixture.subscribe("restricted", std::string(kBob) + "&security-label=R");
    fixture.admit("p1", "1", {{.id = "a", .unique_id = "1.2.3", .hash = kHashA, .label = "N"}});
    CHECK(fixture.label("p1-a") == "N");
    fixture.admit("p2", "2", {{.id = "x", .unique_id = "1.2.3", .hash = kHashA, .label = "R"}});
    CHECK(fixture.label("p1-a") == "R");
    fixture.admit("p3", "3", {{.id = "y", .unique_id = "1.2.3", .hash = kHashA, .label = "L"}});
    CHECK(fixture.label("p1-a") == "R");
    CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
    CHECK(fixture.told("restricted") == Texts{"create p1-a/2"});
}

TEST_CASE("an update that changes nothing apps see is none", "[cache][identity]") {
    ThreePartners fixture;
    auto answer = StoreFixture::answer("p1", "1", {{"a", "1.2.3", kHashA}});
    fixture.commit([&](Store& s) { return s.admit(answer); });
    auto& resource = answer.entries[0].document.resource;
    resource.set("subject", fhir::json::object({{"reference", "Patient/other"}}));
    fixture.commit([&](Store& s) { return s.admit(answer); });
    CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
    resource.set("description", "corrected");
    fixture.commit([&](Store& s) { return s.admit(answer); });
    CHECK(fixture.told("s1") == Texts{"create p1-a/1", "update p1-a/2"});
}

TEST_CASE(
    "a conflict with one holder is not hidden by another one whose bytes are missing", "[cache][identity]"
) {
    ThreePartners fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    fixture.admit("p2", "2", {{"x", "1.2.3", kHashA}});
    fixture.attach("p2-x-b0", kBytesA, "1.2.3^1");
    fixture.admit("p3", "3", {{"y", "1.2.3", kHashB}});
    auto const settled = fixture.attach("p3-y-b0", kBytesB, "9.9.9^9");
    CHECK(settled.conflicts == 1);
    CHECK(fixture.told("s1") == Texts{"create p1-a/1", "create p3-y/1"});
    CHECK(fixture.flagged("p1-a", "conflict"));
    CHECK(fixture.flagged("p3-y", "conflict"));
}

TEST_CASE(
    "a retracted copy with other bytes is no conflict, and no reason to retrieve", "[cache][identity]"
) {
    ThreePartners fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    auto const copy = fixture.admit(
        "p2", "2", {{.id = "x", .unique_id = "1.2.3", .hash = kHashB, .status = "entered-in-error"}}
    );
    CHECK(copy.to_retrieve.empty());
    CHECK_FALSE(fixture.flagged("p1-a", "conflict"));
    CHECK(fixture.found() == Texts{"p1-a"});
}

TEST_CASE(
    "a held back copy is told of when the other turns out to be a document of another name",
    "[cache][identity]"
) {
    ThreePartners fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    fixture.admit("p2", "2", {{"x", "1.2.3"}});
    REQUIRE(fixture.told("s1") == Texts{"create p1-a/1"});
    Texts expected{"create p1-a/1", "update p1-a/2"};
    SECTION("in what is shown") { fixture.admit("p1", "1", {{"a", "1.2.9", kHashA}}); }
    SECTION("also where another holder stands by it") {
        fixture.admit("p3", "3", {{"y", "1.2.3", kHashA}});
        fixture.admit("p1", "1", {{"a", "1.2.9", kHashA}});
        CHECK(fixture.told("s1").size() == 2);
        fixture.admit("p3", "3", {{"y", "1.2.9", kHashA}});
        expected.push_back("update p1-a/3");  // it has lost a name by which it was known
    }
    expected.push_back("create p2-x/1");
    CHECK(fixture.told("s1") == expected);
    CHECK(fixture.found() == Texts{"p1-a", "p2-x"});
}

TEST_CASE("a held back copy becomes the document when the other is retracted", "[cache][identity]") {
    ThreePartners fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    fixture.admit("p2", "2", {{"x", "1.2.3", kHashB}});
    fixture.admit(
        "p1", "1", {{.id = "a", .unique_id = "1.2.3", .hash = kHashA, .status = "entered-in-error"}}
    );
    CHECK(fixture.found() == Texts{"p1-a"});
    CHECK(fixture.shown("p1-a") == "p2");
    CHECK(fixture.text("p1-a", "status") == "current");
}

TEST_CASE("an alias shows what the document it stands for shows", "[cache][identity]") {
    ThreePartners fixture;
    fixture.admit("p1", "1", {{"a"}});
    fixture.admit("p2", "2", {{"x"}});
    fixture.attach("p1-a-b0", kBytesA);
    fixture.attach("p2-x-b0", kBytesA);
    fixture.admit("p1", "1", {{.id = "a", .status = "superseded"}});
    CHECK(fixture.text("p2-x", "id") == "p2-x");
    CHECK(fixture.text("p2-x", "status") == "superseded");
    DocumentSearchRequest by_id;
    by_id.search.filters = {{"_id", "", {"p2-x", "p1-a"}}};
    Texts ids;
    for (auto const& hit : good(fixture.store->search_documents(by_id)).resources) {
        ids.push_back(hit.id);
        CHECK(hit.resource.find("\"id\":\"" + hit.id + "\"") != std::string::npos);
    }
    CHECK(ids == Texts{"p1-a", "p2-x"});
}

TEST_CASE(
    "what is registered anew under another identifier is found by either, and told to who wants that one",
    "[cache][identity][D.3]"
) {
    ThreePartners fixture;
    fixture.subscribe("filtered", "DocumentReference?patient.family=smith&identifier=urn:oid:1.2.4");
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    fixture.admit("p2", "2", {{"x", "1.2.4", kHashA}});
    fixture.admit("p3", "3", {{"y", "1.2.3", kHashA}});
    REQUIRE(fixture.found() == Texts{"p1-a"});
    CHECK(fixture.told("filtered") == Texts{"create p1-a/2"});
    CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
    for (auto const* identifier : {"urn:oid:1.2.3", "urn:ietf:rfc:3986|urn:oid:1.2.4"}) {
        DocumentSearchRequest request;
        request.search.filters = {{"identifier", "", {identifier}}};
        CHECK(good(fixture.store->search_documents(request)).resources.size() == 1);
    }
}

TEST_CASE("who was told of an alias is not told of the document again", "[cache][identity]") {
    StoreFixture fixture;
    fixture.subscribe("robert", "DocumentReference?patient.given=robert&patient.family=smith");
    fixture.match("p1", {{"1", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"}});
    fixture.match("p2", {{"2", "Robert", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"}});
    fixture.admit("p1", "1", {{"a"}});
    fixture.admit("p2", "2", {{"x"}});
    fixture.attach("p1-a-b0", kBytesA);
    fixture.attach("p2-x-b0", kBytesA);
    REQUIRE(fixture.told("robert") == Texts{"create p2-x/1"});
    fixture.admit("p1", "1", {{.id = "a", .status = "entered-in-error"}});
    fixture.admit("p2", "2", {{.id = "x", .status = "entered-in-error"}});
    fixture.admit("p2", "2", {{"x"}});
    auto const told = fixture.told("robert");
    REQUIRE(told.size() > 1);
    CHECK(std::all_of(told.begin() + 1, told.end(), [](std::string const& event) {
        return event.starts_with("update p1-a/");
    }));
}

TEST_CASE(
    "bytes taken in spite of their digest are flagged until better ones come", "[cache][identity][D.4]"
) {
    ThreePartners fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    AttachedBody body;
    body.binary_id = "p1-a-b0";
    body.identity.sha256 = kBytesA;
    body.hash_mismatch = true;
    fixture.attach(body);
    CHECK(fixture.flagged("p1-a", "hash-mismatch"));
    CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
    body.hash_mismatch = false;
    fixture.attach(body);
    CHECK_FALSE(fixture.flagged("p1-a", "hash-mismatch"));
}

TEST_CASE("bytes that speak of somebody else are not kept", "[cache][identity][I.4]") {
    ThreePartners fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    AttachedBody body;
    body.binary_id = "p1-a-b0";
    body.identity.sha256 = kBytesA;
    SECTION("by retrieval") {
        body.subjects = {make_patient("x", {"x", "Carol", "Jones", "1980-05-05"}).patient};
        CHECK(fixture.attach(body).quarantined == 1);
        CHECK(good(fixture.store->content("", "p1-a-b0")).sha256.empty());
        CHECK(fixture.commit([&](Store& s) { return s.release_bodies(1'000'000); }) == Texts{kBytesA});
    }
    SECTION("inline") {
        auto answer = StoreFixture::answer("p1", "1", {{"b"}});
        InlineBody carried;
        carried.identity.sha256 = kBytesA;
        carried.subjects = {make_patient("x", {"x", "Carol", "Jones", "1980-05-05"}).patient};
        answer.entries[0].inline_bodies = {carried};
        CHECK(fixture.commit([&](Store& s) { return s.admit(answer); }).quarantined == 1);
        CHECK(good(fixture.store->content("", "p1-b-b0")).sha256.empty());
        CHECK(fixture.commit([&](Store& s) { return s.release_bodies(1'000'000); }) == Texts{kBytesA});
    }
    auto const carol = make_patient("x", {"x", "Carol", "Jones", "1980-05-05"}).patient;
    SECTION("of several people") {
        body.subjects = {carol, make_patient("y", {"y", "Dan", "Brown", "1981-05-05"}).patient};
        CHECK(fixture.attach(body).quarantined == 1);
    }
    SECTION("of a stranger and her newborn") {
        body.subjects = {carol, make_patient("y", {"y", "Baby Girl", "Jones", "2024-05-05"}).patient};
        CHECK(fixture.attach(body).quarantined == 1);
    }
    SECTION("of a stranger and somebody without a name") {
        body.subjects = {carol, make_patient("y", {"y", "UNK", "UNK", ""}).patient};
        CHECK(fixture.attach(body).quarantined == 1);
    }
    SECTION("but those that speak of the person, too, are") {
        body.subjects = {carol, make_patient("x", {"x", "Bob", "Smith", "1970-01-02"}).patient};
        CHECK(fixture.attach(body).quarantined == 0);
    }
    SECTION("but those of the same person are") {
        body.subjects = {make_patient("x", {"x", "BOB", "Smith", "1971-01-02"}).patient};
        CHECK(fixture.attach(body).quarantined == 0);
        CHECK(good(fixture.store->content("", "p1-a-b0")).sha256 == kBytesA);
    }
}

TEST_CASE("bytes asked for before their entry changed are not its own", "[cache][identity][D.4]") {
    ThreePartners fixture;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashA}});
    auto const asked = good(fixture.store->content("", "p1-a-b0"));
    AttachedBody body;
    body.binary_id = "p1-a-b0";
    body.url = asked.url;
    body.hash = asked.hash;
    body.identity.sha256 = kBytesA;
    fixture.admit("p1", "1", {{"a", "1.2.3", kHashB}});
    CHECK(fixture.attach_as_asked(body).outdated);
    CHECK(good(fixture.store->content("", "p1-a-b0")).sha256.empty());
    CHECK(fixture.commit([&](Store& s) { return s.release_bodies(1'000'000); }) == Texts{kBytesA});
}

TEST_CASE("inline bytes settle what hashes left open", "[cache][identity]") {
    ThreePartners fixture;
    auto const carried = [](std::string const& partner, std::string const& sha256) {
        auto answer = StoreFixture::answer(partner, partner.substr(1), {{"d", "1.2.3"}});
        InlineBody body;
        body.identity.sha256 = sha256;
        body.identity.document_id = "1.2.3^1";
        answer.entries[0].inline_bodies = {body};
        return answer;
    };
    fixture.commit([&](Store& s) { return s.admit(carried("p1", kBytesA)); });
    fixture.commit([&](Store& s) { return s.admit(carried("p2", kBytesB)); });
    CHECK(fixture.found() == Texts{"p1-d"});
    CHECK(fixture.told("s1") == Texts{"create p1-d/1"});
}

TEST_CASE("a document that came inline keeps its address when it is written again", "[cache][identity]") {
    ThreePartners fixture;
    auto answer =
        StoreFixture::answer("p1", "1", {{.id = "a", .unique_id = "1.2.3", .hash = kHashA, .label = "N"}});
    auto& entry = answer.entries[0];
    entry.document.resource.find("content")
        ->get<fhir::json::Value::Array>()
        ->at(0)
        .find("attachment")
        ->erase("url");
    entry.document.contents[0].attachment.url.clear();
    entry.document.contents[0].attachment.has_data = true;
    InlineBody body;
    body.identity.sha256 = kBytesA;
    entry.inline_bodies = {body};
    fixture.commit([&](Store& s) { return s.admit(answer); });
    auto const address = [&] {
        auto const resource = fixture.document("p1-a");
        return std::string(resource.items("content").front().at("attachment", "url")->text());
    };
    CHECK(address() == "Binary/p1-a-b0");
    fixture.admit("p2", "2", {{.id = "x", .unique_id = "1.2.3", .hash = kHashA, .label = "R"}});
    REQUIRE(fixture.label("p1-a") == "R");
    CHECK(address() == "Binary/p1-a-b0");
}

TEST_CASE("of several contents of one type each has its own holders and bytes", "[cache][D.4][B.3]") {
    ThreePartners fixture;
    auto const admit_parts = [&](std::string const& partner, std::string const& id, Texts const& hashes) {
        auto answer = StoreFixture::answer(
            partner, partner.substr(1), {{.id = id, .unique_id = "1.2.3", .hash = hashes.front()}}
        );
        auto& entry = answer.entries[0];
        auto resource = entry.document.resource;
        auto second = resource.items("content").front();
        second.find("attachment")->set("hash", hashes.back());
        second.find("attachment")->set("url", "Binary/" + id + "-second");
        resource.find("content")->push(second);
        entry.document = good(fhir::read_document_reference(std::move(resource)));
        entry.binary_ids.push_back(entry.id + "-b1");
        fixture.commit([&](Store& s) { return s.admit(answer); });
    };
    auto const holders = [&](std::string const& binary) {
        Texts ids;
        for (auto const& holder : good(fixture.store->content("", binary)).holders)
            ids.push_back(holder.binary_id);
        return ids;
    };
    admit_parts("p1", "a", {kHashA, kHashB});
    admit_parts("p2", "x", {kHashB, kHashA});
    REQUIRE(fixture.found() == Texts{"p1-a"});
    CHECK(holders("p1-a-b0") == Texts{"p1-a-b0", "p2-x-b1"});
    CHECK(holders("p1-a-b1") == Texts{"p1-a-b1", "p2-x-b0"});
    fixture.attach("p2-x-b0", kBytesB);
    CHECK(good(fixture.store->content("", "p1-a-b0")).sha256.empty());
    CHECK(good(fixture.store->content("", "p1-a-b1")).sha256 == kBytesB);
}

TEST_CASE("where a document is gone it is not asked for again, until it has moved", "[cache][B.3]") {
    ThreePartners fixture;
    auto answer = StoreFixture::answer("p1", "1", {{"a", "1.2.3", kHashA}});
    fixture.commit([&](Store& s) { return s.admit(answer); });
    fixture.admit("p2", "2", {{"x", "1.2.3", kHashA}});
    auto const gone = [&](std::string const& id) {
        fixture.commit([&](Store& s) -> Result<bool> {
            good(s.mark_gone("", id, good(s.content("", id)).url));
            return true;
        });
    };
    fixture.commit([&](Store& s) -> Result<bool> {
        good(s.mark_gone("", "p1-a-b0", "Binary/where-it-was-before"));
        return true;
    });
    CHECK(good(fixture.store->content("", "p1-a-b0")).holders.size() == 2);
    gone("p1-a-b0");
    CHECK(good(fixture.store->content("", "p1-a-b0")).holders.size() == 1);
    gone("p2-x-b0");
    CHECK(good(fixture.store->content("", "p1-a-b0")).presence == Presence::deleted);
    auto& document = answer.entries[0].document;
    document.contents[0].attachment.url = "Binary/moved";
    document.resource.set("description", "moved");
    fixture.commit([&](Store& s) { return s.admit(answer); });
    CHECK(good(fixture.store->content("", "p1-a-b0")).holders.size() == 1);
}

TEST_CASE(
    "another media type of a document is shown beside the first one, and retrieved", "[cache][identity][D.3]"
) {
    ThreePartners fixture;
    fixture.admit(
        "p1", "1", {{.id = "a", .unique_id = "1.2.3", .hash = kHashA, .content_type = "text/html"}}
    );
    DocumentText other{.id = "x", .unique_id = "1.2.3", .hash = kHashB, .content_type = "application/pdf"};
    CHECK(fixture.admit("p2", "2", {other}).to_retrieve == Texts{"p2-x-b0"});
    auto const shown = [&] {
        Texts contents;
        auto const resource = fixture.document("p1-a");
        for (auto const& content : resource.items("content")) {
            auto const* const attachment = content.find("attachment");
            contents.push_back(
                std::string(attachment->text("contentType")) + " " + std::string(attachment->text("url"))
            );
        }
        return contents;
    };
    CHECK(shown() == Texts{"text/html Binary/p1-a-b0", "application/pdf Binary/p2-x-b0"});
    CHECK(good(fixture.store->contents_to_retrieve("", 10)) == Texts{"p1-a-b0", "p2-x-b0"});
    CHECK(fixture.told("s1") == Texts{"create p1-a/1"});
    SECTION("once, however many have it") {
        other.content_type = "Application/PDF; q=1";
        CHECK(fixture.admit("p3", "3", {other}).to_retrieve.empty());
        CHECK(shown().size() == 2);
    }
    SECTION("until its holder takes it back") {
        other.status = "entered-in-error";
        fixture.admit("p2", "2", {other});
        CHECK(shown() == Texts{"text/html Binary/p1-a-b0"});
    }
    SECTION("and the document is not gone while one of them is held") {
        auto const gone = [&](std::string const& id) {
            fixture.commit([&](Store& s) -> Result<bool> {
                good(s.mark_gone("", id, good(s.content("", id)).url));
                return true;
            });
        };
        gone("p1-a-b0");
        CHECK(good(fixture.store->content("", "p1-a-b0")).presence == Presence::unknown);
        CHECK(good(fixture.store->content("", "p2-x-b0")).presence == Presence::found);
        gone("p2-x-b0");
        CHECK(good(fixture.store->content("", "p1-a-b0")).presence == Presence::deleted);
    }
}

TEST_CASE("a content is of the type its bytes are where they leave no doubt", "[cache][B.3]") {
    ThreePartners fixture;
    fixture.admit("p1", "1", {{"a"}});
    AttachedBody body;
    body.binary_id = "p1-a-b0";
    body.identity.sha256 = kBytesA;
    body.media_type = "application/pdf";
    fixture.attach(body);
    CHECK(good(fixture.store->content("", "p1-a-b0")).content_type == "application/pdf");
    fixture.admit("p1", "1", {{.id = "c", .content_type = "application/xml"}});
    body.binary_id = "p1-c-b0";
    body.identity.sha256 = kBytesB;
    body.media_type = "text/xml";
    fixture.attach(body);
    CHECK(good(fixture.store->content("", "p1-c-b0")).content_type == "application/xml");
}

TEST_CASE("inline bytes taken in spite of their digest are flagged as retrieved ones are", "[cache][D.4]") {
    ThreePartners fixture;
    auto carried = StoreFixture::answer("p1", "1", {{"a", "1.2.3", kHashA}});
    InlineBody body;
    body.identity.sha256 = kBytesA;
    body.hash_mismatch = true;
    carried.entries[0].inline_bodies = {body};
    fixture.commit([&](Store& s) { return s.admit(carried); });
    CHECK(fixture.flagged("p1-a", "hash-mismatch"));
    auto mended = StoreFixture::answer("p1", "1", {{.id = "a", .unique_id = "1.2.3", .label = "R"}});
    body.hash_mismatch = false;
    mended.entries[0].inline_bodies = {body};
    fixture.commit([&](Store& s) { return s.admit(mended); });
    CHECK_FALSE(fixture.flagged("p1-a", "hash-mismatch"));
}

}  // namespace tributary::cache
