#include "orchestrator/partner/paging.hpp"

#include "tests/support/catch.hpp"

namespace tributary::partner {

namespace {

struct PagingFixture {
    PagingFixture() {
        policy.base = net::parse_url("https://a.example/fhir").value();
        policy.allowed_origins = {"https://cdn.example", "http://plain.example"};
        policy.pages_per_query = 3;
        policy.entries_per_query = 100;
    }
    NextPage follow(std::string request, std::string next, std::string content = "x") {
        PageFacts facts;
        facts.next = std::move(next);
        facts.content = std::move(content);
        facts.entries = 2;
        facts.total = total;
        return next_page(policy, trail, net::parse_url(request).value(), facts);
    }
    bool cut_short(NextPage const& next) { return !next.page && next.cut_short; }

    LinkPolicy policy;
    std::shared_ptr<PageTrail> trail = std::make_shared<PageTrail>();
    std::optional<std::uint64_t> total;
    std::string const first = "https://a.example/fhir/DocumentReference?patient=1";
};

}  // namespace

TEST_CASE_METHOD(PagingFixture, "a next link is followed as it is, also under another path", "[paging]") {
    auto const next = follow(first, "https://a.example/fhir?_getpages=1&_getpagesoffset=2%20x");
    REQUIRE(next.page);
    CHECK(next.page->url == "https://a.example/fhir?_getpages=1&_getpagesoffset=2%20x");
    CHECK(next.page->trail == trail);
    CHECK_FALSE(next.cut_short);
}

TEST_CASE_METHOD(PagingFixture, "a relative next link is resolved against what was asked for", "[paging]") {
    CHECK(
        follow(first, "?patient=1&page=2").page->url ==
        "https://a.example/fhir/DocumentReference?patient=1&page=2"
    );
    CHECK(
        follow(first, "DocumentReference?page=3", "y").page->url ==
        "https://a.example/fhir/DocumentReference?page=3"
    );
}

TEST_CASE_METHOD(PagingFixture, "without a next link the query is complete", "[paging]") {
    SECTION("whatever the total does not contradict") {
        auto const next = follow(first, "");
        CHECK_FALSE(next.page);
        CHECK_FALSE(next.cut_short);
    }
    SECTION("unless the total says that there is more") {
        total = 5;
        CHECK(cut_short(follow(first, "")));
    }
}

TEST_CASE_METHOD(PagingFixture, "a query ends, cut short, where its links turn in circles", "[paging]") {
    SECTION("next is the page itself") { CHECK(cut_short(follow(first, first))); }
    SECTION("two pages point at each other") {
        auto const second = follow(first, "?p=2");
        REQUIRE(second.page);
        CHECK(cut_short(follow(second.page->url, first, "y")));
    }
    SECTION("another URL has the same entries") {
        auto const second = follow(first, "?p=2");
        REQUIRE(second.page);
        CHECK(cut_short(follow(second.page->url, "?p=3", "x")));
    }
}

TEST_CASE_METHOD(PagingFixture, "a query ends at its bounds", "[paging]") {
    SECTION("of pages") {
        CHECK(follow(first, "?p=2", "1").page);
        CHECK(follow("https://a.example/fhir?p=2", "?p=3", "2").page);
        CHECK(cut_short(follow("https://a.example/fhir?p=3", "?p=4", "3")));
    }
    SECTION("of entries") {
        policy.entries_per_query = 2;
        CHECK(cut_short(follow(first, "?p=2")));
    }
}

TEST_CASE_METHOD(PagingFixture, "a next link leads to allowed origins only", "[paging]") {
    CHECK(follow(first, "https://cdn.example/page2", "1").page);
    CHECK(cut_short(follow(first, "https://other.example/page2", "2")));
    CHECK(cut_short(follow(first, "http://169.254.169.254/page2", "3")));
    SECTION("and never from https to http") {
        CHECK(cut_short(follow(first, "http://a.example/fhir?p=2", "4")));
        CHECK(cut_short(follow(first, "http://plain.example/p2", "5")));
    }
    SECTION("and is no script") { CHECK(cut_short(follow(first, "javascript:alert(1)", "6"))); }
}

}  // namespace tributary::partner
