#include <optional>

#include "tests/support/file_size_limit.hpp"
#include "tests/unit/orchestrator/pipeline/retrieval_fixture.hpp"

namespace tributary::pipeline {

namespace {

constexpr std::size_t kReadsQueued = 16384, kReferences = 500'000;

/// Trouble of our own: neither a partner nor a document is at fault, and nothing is lost by it.
struct OurTrouble : RetrievalFixture {
    /// Runs `then` in a turn in which one more read is refused: the reader has a long one before it, and its queue is full.
    void when_reads_are_refused(std::function<void()> const& then) {
        async::TaskGroup reads(ctx.get_executor(), failures.handler());
        bool refused = false;
        auto read = [&]() -> awaitable<void> {
            auto const found = co_await storage->read_progress(std::string(), std::string());
            refused |= !found;
        };
        auto read_long = [&]() -> awaitable<void> {
            fhir::search::PatientQuery query;
            query.references.assign(kReferences, patient_id("", "first", "bob"));
            (void)co_await storage->discovery_query(std::string(), std::move(query));
        };
        auto go = [&]() -> awaitable<bool> {
            (void)reads.spawn("long read", read_long());
            for (std::size_t i = 0; i < kReadsQueued; ++i) (void)reads.spawn("read", read());
            then();
            co_await reads.join();
            co_return refused;
        };
        REQUIRE(run(go()));
    }
    bool has_body(std::string const& id) {
        auto const content = run(storage->content("", binary_id("", "first", id, 0)));
        return content && !content->sha256.empty();
    }
};

}  // namespace

TEST_CASE_METHOD(
    OurTrouble,
    "what was admitted of a page is retrieved although the disk was full for the rest",
    "[retrieval][storage]"
) {
    std::vector<std::string> ids;
    for (int i = 0; i < 20; ++i) ids.push_back("d" + std::to_string(i));
    discovery.refresh = 1h;
    auto& partner = add_partner("first", [](auto& settings) { settings.retrieve_timeout = 10min; });
    partner.retrieve_delay = 90s;
    start();
    subscribe("s1");
    advance(59min);
    partner.pages = {documents(ids)};
    std::optional<FileSizeLimit> full;
    on_wake = [&] { full.emplace(1); };
    advance(2min);
    on_wake = {};
    full.reset();
    REQUIRE(events("s1") == 4);
    advance(30min);
    REQUIRE(events("s1") == 20);
    for (auto const& id : ids) CHECK(has_body(id));
    CHECK(partner.retrieved.size() == 20);
}

TEST_CASE_METHOD(
    OurTrouble, "what a newcomer lacks is looked for until it could be read", "[retrieval][storage]"
) {
    auto& partner = add_partner("first");
    partner.pages = {documents({"a"})};
    partner.retrieve_failures = {Failure(Errc::forbidden).with_status(403)};
    start();
    subscribe("s1");
    advance(1s);
    REQUIRE(partner.retrieved.size() == 1);
    when_reads_are_refused([this] { want("s1"); });
    advance(30s);
    CHECK(partner.retrieved.size() == 2);
    CHECK(has_body("a"));
}

TEST_CASE_METHOD(
    OurTrouble, "a document that could not be looked up is looked up again", "[retrieval][storage]"
) {
    auto& partner = add_partner("first");
    partner.pages = {documents({"a"})};
    partner.retrieve_failures = {Failure(Errc::forbidden).with_status(403)};
    start();
    subscribe("s1");
    advance(1s);
    REQUIRE(partner.retrieved.size() == 1);
    when_reads_are_refused([this] { retrievals->prefetch("", {at_first}); });
    advance(30s);
    CHECK(partner.retrieved.size() == 2);
    CHECK(has_body("a"));
}

TEST_CASE_METHOD(
    OurTrouble,
    "a document that comes while the disk is full is stored later, and asked for no more",
    "[retrieval][storage]"
) {
    auto& first = add_partner("first");
    auto& second = add_partner("second");
    serve_everywhere({&first, &second}, "the document");
    first.retrieve_delay = second.retrieve_delay = 20s;
    start();
    subscribe("s1");
    advance(10s);
    REQUIRE(events("s1") == 1);
    std::optional<FileSizeLimit> full(1);
    advance(10min);
    SECTION("who waits for it is told why it does not come") {
        auto const body = fetch(at_first);
        REQUIRE_FALSE(body.has_value());
        CHECK(body.error().errc() == Errc::storage);
    }
    full.reset();
    advance(2min);
    CHECK(has_body("a"));
    CHECK(first.retrieved.size() + second.retrieved.size() == 1);
}

TEST_CASE_METHOD(
    OurTrouble,
    "a document that nobody wants any more is not stored once the disk has room",
    "[retrieval][storage]"
) {
    auto& partner = add_partner("first");
    serve_everywhere({&partner}, "the document");
    partner.retrieve_delay = 20s;
    start();
    want("s1");
    advance(10s);
    std::optional<FileSizeLimit> full(1);
    advance(10min);
    discoveries->unwant("s1");
    advance(2min);
    full.reset();
    CHECK(metrics.text().find("tributary_retrievals_open 0\n") != std::string::npos);
    advance(2min);
    CHECK_FALSE(has_body("a"));
}

TEST_CASE_METHOD(
    OurTrouble,
    "no more documents are asked for than can be kept until there is room for them",
    "[retrieval][storage]"
) {
    constexpr std::size_t kMany = 400;
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < kMany; ++i) ids.push_back("d" + std::to_string(i));
    auto& partner = add_partner("first", [](auto& settings) { settings.max_concurrent = 60; });
    partner.pages = {documents(ids)};
    partner.retrieve_delay = 40s;
    start();
    subscribe("s1");
    advance(10s);
    REQUIRE(events("s1") == kMany);
    std::optional<FileSizeLimit> full(1);
    advance(5min);
    auto const asked_for = partner.retrieved.size();
    CHECK(asked_for >= 256);
    CHECK(asked_for < kMany);
    advance(1min);
    CHECK(partner.retrieved.size() == asked_for);
    full.reset();
    advance(10min);
    for (auto const& id : ids) CHECK(has_body(id));
}

}  // namespace tributary::pipeline
