#include "orchestrator/api/search_page.hpp"

#include "tests/support/catch.hpp"

namespace tributary::api {

namespace {

std::vector<fhir::search::Parameter> query(std::string_view text) {
    auto parameters = fhir::search::parse_query(text);
    REQUIRE(parameters.has_value());
    return std::move(*parameters);
}

}  // namespace

TEST_CASE("control parameters are taken out and bounded", "[api]") {
    auto parameters = query("patient=1&_count=9999&_offset=20&_sort=-date&_format=json");
    auto const control = take_control(parameters, 50, 500);
    REQUIRE(control.has_value());
    CHECK(control->count == 500);
    CHECK(control->offset == 20);
    CHECK(control->sort == "-date");
    CHECK(parameters.size() == 1);
    for (std::string const text :
         {"_count=many", "_offset=18446744073709551615", "_sort=-date,_lastUpdated", "_sort=-"}) {
        auto wrong = query(text);
        INFO(text);
        CHECK(!take_control(wrong, 50, 500).has_value());
    }
}

TEST_CASE("a control parameter that is not offered is left to be ignored, or refused", "[api]") {
    auto parameters = query("family=smith&_summary=true&_sort=family");
    auto control = take_control(parameters, 50, 500);
    REQUIRE(control.has_value());
    CHECK_FALSE(control->count_only);
    put_back_sort(*control, parameters);
    CHECK(control->sort.empty());
    CHECK(fhir::search::render(parameters) == "family=smith&_summary=true&_sort=family");
    auto count = query("_summary=count");
    CHECK(take_control(count, 50, 500)->count_only);
    CHECK(count.empty());
}

TEST_CASE("a count that says how it is to be made has nothing to tell of", "[api]") {
    auto parameters = query("_count=0&_totalMethod=count&_total=accurate");
    auto const control = take_control(parameters, 50, 500);
    REQUIRE(control.has_value());
    CHECK(control->count_only);
    CHECK(parameters.empty());
}

TEST_CASE("links lead through all pages and end", "[api]") {
    auto parameters = query("patient=1&_count=2");
    auto const control = take_control(parameters, 50, 500);
    REQUIRE(control.has_value());
    auto first = *control;
    auto const links = page_links("http://x/fhir/DocumentReference", parameters, first, 5);
    CHECK(links.self == "http://x/fhir/DocumentReference?patient=1&_count=2");
    CHECK(links.next == "http://x/fhir/DocumentReference?patient=1&_count=2&_offset=2");
    CHECK(links.previous.empty());
    first.offset = 4;
    auto const last = page_links("http://x/fhir/DocumentReference", parameters, first, 5);
    CHECK(last.next.empty());
    CHECK(last.previous == "http://x/fhir/DocumentReference?patient=1&_count=2&_offset=2");
}

TEST_CASE("a count has no pages", "[api]") {
    auto parameters = query("patient=1&_summary=count");
    auto const control = take_control(parameters, 50, 500);
    REQUIRE(control.has_value());
    CHECK(control->count_only);
    CHECK(page_links("http://x", parameters, *control, 5).next.empty());
}

}  // namespace tributary::api
