#include "tests/unit/cache/store_fixture.hpp"

namespace tributary::cache {

namespace {

class Filled : public StoreFixture {
public:
    Filled() {
        match("p1", {{"1", "Bob", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"}});
        match("p2", {{"2", "Robert", "Smith", "1970-01-02", "male", "urn:oid:1.2|A"}});
        match("p3", {{"3", "Alice", "Jones"}});
        DocumentText summary{"b", "1.2.5"};
        summary.type = "34133-9";
        summary.date = "2025-03-01";
        admit("p1", "1", {{"a", "1.2.4"}, summary});
        admit("p2", "2", {{"c"}});
        admit("p3", "3", {{"d"}});
    }
    Texts search(fhir::search::DocumentSearch search) {
        DocumentSearchRequest request;
        request.search = std::move(search);
        return ids(request);
    }
    Texts ids(DocumentSearchRequest const& request) {
        Texts ids;
        for (auto const& resource : good(store->search_documents(request)).resources)
            ids.push_back(resource.id);
        return ids;
    }
};

}  // namespace

TEST_CASE("demographics find what a Subscription with the same criteria would be told", "[cache][search]") {
    Filled fixture;
    CHECK(fixture.search({{{{"given", "", {"bob"}}}, {}}, {}}) == Texts{"p1-a", "p1-b"});
    CHECK(fixture.search({{{{"family", "", {"smith"}}}, {}}, {}}) == Texts{"p1-a", "p1-b", "p2-c"});
    CHECK(fixture.search({{{{"family", "", {"nobody"}}}, {}}, {}}).empty());
}

TEST_CASE("a reference to our Patient means every Patient of its Person", "[cache][search]") {
    Filled fixture;
    CHECK(fixture.search({{{}, {"p2-2"}}, {}}) == Texts{"p1-a", "p1-b", "p2-c"});
    CHECK(fixture.search({{{}, {"p3-3"}}, {}}) == Texts{"p3-d"});
    CHECK(fixture.search({{{}, {"unknown"}}, {}}).empty());
}

TEST_CASE("filters are found through the index, in every spelling", "[cache][search]") {
    Filled fixture;
    CHECK(fixture.search({{}, {{"type", "", {"34133-9"}}}}) == Texts{"p1-b"});
    CHECK(fixture.search({{}, {{"type", "", {"http://loinc.org|34133-9", "nothing"}}}}) == Texts{"p1-b"});
    CHECK(fixture.search({{}, {{"type", "", {"http://loinc.org|"}}}}).size() == 4);
    CHECK(fixture.search({{}, {{"identifier", "", {"urn:ietf:rfc:3986|urn:oid:1.2.4"}}}}) == Texts{"p1-a"});
    CHECK(fixture.search({{}, {{"_id", "", {"p3-d", "p1-b"}}}}) == Texts{"p1-b", "p3-d"});
    CHECK(fixture.search({{}, {{"date", "", {"lt2026"}}}}) == Texts{"p1-b"});
    CHECK(fixture.search({}).size() == 4);
}

TEST_CASE("pages keep the total, and the order that was asked for", "[cache][search]") {
    Filled fixture;
    DocumentSearchRequest request;
    request.count = 2;
    request.offset = 2;
    auto const page = good(fixture.store->search_documents(request));
    CHECK(page.total == 4);
    CHECK(fixture.ids(request) == Texts{"p2-c", "p3-d"});
    request.offset = 0;
    request.sort = SortKey::date;
    CHECK(fixture.ids(request).front() == "p1-b");
    request.descending = true;
    request.offset = 3;
    CHECK(fixture.ids(request) == Texts{"p1-b"});
}

TEST_CASE(
    "a search that would have to look at too much is refused, unless something narrows it", "[cache][search]"
) {
    Filled fixture;
    fixture.settings.search_candidates = 3;
    fixture.reopen();
    auto const costs = [&](fhir::search::DocumentSearch search) {
        DocumentSearchRequest request;
        request.search = std::move(search);
        return good(fixture.store->search_documents(request)).too_costly;
    };
    CHECK(costs({}));
    CHECK(costs({{}, {{"date", "", {"lt2026"}}}}));
    CHECK_FALSE(costs({{}, {{"type", "", {"34133-9"}}}}));
    CHECK(fixture.search({{{{"family", "", {"smith"}}}, {}}, {}}) == Texts{"p1-a", "p1-b", "p2-c"});
    fixture.settings.search_candidates = 2;
    fixture.reopen();
    auto const any_man = fhir::search::PatientQuery{{{"gender", "", {"male"}}}, {}};
    CHECK(costs({any_man, {}}));
    PatientSearchRequest patients;
    patients.query = any_man;
    CHECK(good(fixture.store->search_patients(patients)).too_costly);
    patients.query = {};
    CHECK(good(fixture.store->search_patients(patients)).total == 3);
}

TEST_CASE("another scope sees nothing", "[cache][search]") {
    Filled fixture;
    DocumentSearchRequest request;
    request.scope = "other";
    CHECK(fixture.ids(request).empty());
    request.search.filters = {{"type", "", {"34133-9"}}};
    CHECK(fixture.ids(request).empty());
    CHECK(good(fixture.store->read_document("other", "p1-a")).presence == Presence::unknown);
    CHECK(good(fixture.store->content("other", "p1-a-b0")).presence == Presence::unknown);
}

TEST_CASE("Patients are searched by FHIR's rules and read as ours", "[cache][search]") {
    Filled fixture;
    auto const search = [&](fhir::search::PatientQuery query) {
        PatientSearchRequest request;
        request.query = std::move(query);
        return good(fixture.store->search_patients(request));
    };
    CHECK(search({{{"family", "", {"smi"}}}, {}}).total == 2);
    CHECK(search({{{"identifier", "", {"urn:oid:1.2|A"}}, {"given", "", {"bob"}}}, {}}).total == 1);
    CHECK(search({{}, {"p3-3"}}).total == 1);
    CHECK(search({}).total == 3);
    CHECK(search({{{"_lastUpdated", "", {"ge2026"}}}, {}}).total == 3);
    CHECK(search({{{"_lastUpdated", "", {"lt2026"}}}, {}}).total == 0);
    auto const read = good(fixture.store->read_patient("", "p1-1"));
    REQUIRE(read.presence == Presence::found);
    auto const resource = parse(read.resource.resource);
    CHECK(resource.text("id") == "p1-1");
    CHECK(resource.find("meta")->text("source") == "http://tributary.example/partner/p1");
}

}  // namespace tributary::cache
