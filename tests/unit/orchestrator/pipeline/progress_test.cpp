#include <algorithm>

#include "tests/unit/orchestrator/pipeline/pipeline_fixture.hpp"

namespace tributary::pipeline {

namespace {

class Following : public PipelineFixture {
public:
    void follow(std::string const& id) {
        cache::NewSubscription subscription;
        subscription.id = id;
        subscription.status = subscriptions::Status::active;
        subscription.now = clock.utc_now();
        subscription.resource =
            R"({"resourceType":"Subscription","status":"requested","reason":"test",)"
            R"("extension":[{"url":"http://tributary.example/StructureDefinition/notify-progress","valueBoolean":true}],)"
            R"("criteria":"DocumentReference?patient.given=bob&patient.family=smith",)"
            R"("channel":{"type":"rest-hook","endpoint":"https://app.example/hook"}})";
        REQUIRE(run(storage->create_subscription(std::move(subscription))).has_value());
        Interest interest;
        interest.subscription = id;
        interest.query = bob();
        interest.progress = true;
        discoveries->want(std::move(interest));
        advance(0s);
    }
    /// The states that it was told, and "document", in order of number; checks that the numbers have no gap.
    std::vector<std::string> told(std::string const& id) {
        std::vector<std::string> told;
        for (auto const& event : run(storage->events(id, 0, 1000, 1000)).value()) {
            REQUIRE(event.number == static_cast<std::int64_t>(told.size()) + 1);
            auto const resource = fhir::json::read(event.resource).value();
            std::string state = "document";
            for (auto const& extension : resource.items("extension"))
                state = extension.items("extension").at(0).text("valueCode");
            told.push_back(std::move(state));
        }
        return told;
    }
    /// With one partner, which has not answered before or knows nobody new.
    void restart(Clock::Duration delay) {
        stop();
        partners.clear();
        open_storage();
        add_partner("p1").delay = delay;
        start();
        subscriptions::Rules rules;
        rules.canonical_base = "http://tributary.example";
        REQUIRE(run(discoveries->resume(rules)).has_value());
        advance(0s);
    }
};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(
    Following, "progress is told at the beginning, once an interval, and at the end", "[pipeline][progress]"
) {
    for (int i = 0; i < 19; ++i)
        add_partner("p" + std::to_string(i)).delay = std::chrono::milliseconds(100 * (i + 1));
    start();
    follow("s1");
    CHECK(told("s1") == Texts{"running"});
    advance(900ms);
    CHECK(told("s1") == Texts{"running"});
    advance(5s);
    // PD and QD of 19 partners end between 0.1 and 3.8 s: 38 changes.
    CHECK(told("s1") == Texts{"running", "running", "running", "running", "complete"});
}

TEST_CASE_METHOD(
    Following, "documents come before the end of the Discovery that found them", "[pipeline][progress]"
) {
    add_partner("p1").pages = {documents({"a", "b"})};
    start();
    follow("s1");
    advance(1s);
    CHECK(told("s1") == Texts{"running", "document", "document", "complete"});
    CHECK(std::count(woken.begin(), woken.end(), "s1") == 3);
}

TEST_CASE_METHOD(Following, "who does not follow is told of documents only", "[pipeline][progress]") {
    add_partner("p1").pages = {documents({"a"})};
    start();
    subscribe("s1");
    follow("s2");
    advance(1s);
    CHECK(told("s1") == Texts{"document"});
    CHECK(told("s2") == Texts{"running", "document", "complete"});
}

TEST_CASE_METHOD(
    Following, "who joins later is told at once, and who joins after the end of that", "[pipeline][progress]"
) {
    add_partner("p1").delay = 400ms;
    start();
    follow("s1");
    advance(200ms);
    follow("s2");
    CHECK(told("s2") == Texts{"running"});
    advance(2s);
    follow("s3");
    CHECK(told("s1") == Texts{"running", "complete"});
    CHECK(told("s2") == Texts{"running", "complete"});
    CHECK(told("s3") == Texts{"complete"});
}

TEST_CASE_METHOD(
    Following, "a late Discovery is told as late, and then as complete", "[pipeline][progress]"
) {
    discovery.deadline = 5s;
    add_partner("slow").delay = 4s;
    start();
    follow("s1");
    advance(5s);
    CHECK(told("s1") == Texts{"running", "running", "late"});
    advance(10s);
    CHECK(told("s1") == Texts{"running", "running", "late", "complete"});
}

TEST_CASE_METHOD(
    Following, "after a restart progress goes on, and nothing is told twice", "[pipeline][progress]"
) {
    add_partner("p1").delay = 60s;
    start();
    follow("s1");
    advance(3s);
    restart(1s);
    CHECK(told("s1") == Texts{"running"});
    advance(5s);
    Texts const all{"running", "running", "complete"};
    CHECK(told("s1") == all);
    restart(1s);
    advance(5s);
    CHECK(told("s1") == all);
}

}  // namespace tributary::pipeline
