#include <set>

#include "orchestrator/pipeline/ids.hpp"
#include "tests/unit/orchestrator/pipeline/retrieval_fixture.hpp"

namespace tributary::pipeline {

namespace {

struct SharedRetrievals : RetrievalFixture {
    /// A partner that gives one document at a time, each in 10 s.
    FakeCommunity& add_slow_partner() {
        auto& slow = add_partner("first", [](auto& settings) { settings.max_concurrent = 1; });
        slow.retrieve_delay = 10s;
        slow.pages = {documents({"a", "b", "c", "d"})};
        return slow;
    }
    std::size_t bodies() {
        std::size_t count = 0;
        for (auto const* id : {"a", "b", "c", "d"}) {
            auto const content = run(storage->content("", binary_id("", "first", id, 0)));
            if (content && !content->sha256.empty()) ++count;
        }
        return count;
    }
};

}  // namespace

TEST_CASE_METHOD(
    SharedRetrievals,
    "documents that another Subscription was told of are retrieved though the first one ends",
    "[retrieval]"
) {
    auto& slow = add_slow_partner();
    start();
    subscribe("s1");
    advance(1s);
    subscribe("s2", "https://other.example", "1970-01-02");
    advance(1s);
    REQUIRE(events("s2") == 4);
    discoveries->unwant("s1");
    advance(1min);
    CHECK(bodies() == 4);
    CHECK(slow.retrieved.size() == 4);  // the running call went on
}

TEST_CASE_METHOD(
    SharedRetrievals,
    "documents that somebody was told of whose Discovery is over are retrieved though another one ends",
    "[retrieval]"
) {
    auto& slow = add_slow_partner();
    auto const pages = std::exchange(slow.pages, {});
    discovery.refresh = 0s;
    start();
    subscribe("s1");
    advance(1min);
    slow.pages = pages;
    subscribe("s2", "https://other.example", "1970-01-02");
    advance(1s);
    REQUIRE(events("s1") == 4);
    turn_off("s2");
    advance(15s);
    auto const begun = slow.retrieved.size();
    CHECK(begun >= 2);
    SECTION("to the last") {
        advance(1min);
        CHECK(bodies() == 4);
    }
    SECTION("until they end, too") {
        turn_off("s1");
        advance(1min);
        CHECK(slow.retrieved.size() == begun);
    }
}

TEST_CASE_METHOD(SharedRetrievals, "shared retrievals end with the last Subscription", "[retrieval]") {
    auto& slow = add_slow_partner();
    start();
    subscribe("s1");
    advance(1s);
    subscribe("s2", "https://other.example", "1970-01-02");
    advance(1s);
    turn_off("s1");
    turn_off("s2");
    advance(1min);
    CHECK(slow.retrieved.size() == 1);
    CHECK(bodies() == 0);
}

TEST_CASE_METHOD(
    SharedRetrievals, "at a shutdown what somebody waits for goes on, and nothing else", "[retrieval]"
) {
    auto& slow = add_slow_partner();
    start();
    subscribe("s1");
    advance(1s);
    std::optional<Result<Retrievals::Body>> read;
    auto go = [&]() -> awaitable<void> {
        auto const deadline = Deadline::after(clock, 1h);
        auto const id = binary_id("", "first", "c", 0);
        read.emplace(co_await retrievals->fetch(deadline, std::string(), id));
    };
    async::Root reader(ctx);
    reader.start(go());
    settle();
    retrievals->end_eager();
    advance(1min);
    REQUIRE(reader.succeeded());
    CHECK(read->has_value());
    CHECK(bodies() == 1);
    CHECK(slow.retrieved.size() == 2);  // one was under way
    CHECK(slow.retrieved.back() == "Binary/c");
}

TEST_CASE_METHOD(
    SharedRetrievals, "what nobody retrieved any more is retrieved for whoever comes next", "[retrieval]"
) {
    add_slow_partner();
    std::string birth_date;
    SECTION("who is answered from the cache") { discovery.refresh = 0s; }
    SECTION("who asks another question") { birth_date = "1970-01-02"; }
    SECTION("for whom the partners are asked again") { discovery.reuse = 0s; }
    start();
    subscribe("s1");
    advance(1s);
    turn_off("s1");
    advance(1min);
    REQUIRE(bodies() == 0);
    subscribe("s2", "https://app.example", birth_date);
    advance(1min);
    CHECK(events("s2") == 4);
    CHECK(bodies() == 4);
}

TEST_CASE_METHOD(
    SharedRetrievals,
    "a copy that was held back for a Subscription that has ended is told to the next one",
    "[retrieval][document-sharing D.3]"
) {
    auto& first = add_partner("first");
    auto& second = add_partner("second");
    serve_everywhere({&first}, "hello");
    serve_everywhere({&second}, "good-bye");
    first.retrieve_delay = second.retrieve_delay = 1min;
    start();
    subscribe("s1");
    advance(1s);
    turn_off("s1");
    advance(1s);
    subscribe("s2");
    advance(1s);
    REQUIRE(events("s2") == 1);
    advance(5min);
    CHECK(events("s2") == 2);
}

TEST_CASE_METHOD(
    SharedRetrievals, "whoever asks while the storage refuses at once is not forgotten", "[retrieval]"
) {
    add_partner("first");
    start();
    storage->stop();
    want("s1");
    settle();
    CHECK(discoveries->about_to_ask({}, bob()) == 1);
}

}  // namespace tributary::pipeline
