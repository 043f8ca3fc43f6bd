#include "tests/unit/orchestrator/pipeline/pipeline_fixture.hpp"

namespace tributary::pipeline {

using cache::DiscoveryState;

TEST_CASE_METHOD(
    PipelineFixture, "a second partner's documents are told while the first is stalled", "[pipeline][ITI-67]"
) {
    auto& stalled = add_partner("stalled");
    auto& fast = add_partner("fast");
    stalled.delay = 24h;
    fast.pages = {documents({"a", "b"})};
    start();
    subscribe("s1");
    advance(50ms);
    CHECK(events("s1") == 2);
    CHECK(woken == std::vector<std::string>{"s1"});
    auto const known = progress();
    CHECK(known.state == DiscoveryState::running);
    CHECK(known.asked == 2);
    CHECK(known.answered == 1);
    CHECK(known.pending == 1);
}

TEST_CASE_METHOD(
    PipelineFixture, "pages are admitted one by one, the next one asked for meanwhile", "[pipeline]"
) {
    auto& partner = add_partner("p");
    partner.pages = {documents({"a"}), documents({"b"}), documents({"c"})};
    start();
    subscribe("s1");
    advance(25ms);
    CHECK(events("s1") == 1);
    advance(10ms);
    CHECK(events("s1") == 2);
    advance(1s);
    CHECK(events("s1") == 3);
    CHECK(partner.asked_for == std::vector<std::string>{"bob@", "bob@1", "bob@2"});
    CHECK(progress().state == DiscoveryState::complete);
    CHECK(discoveries->running() == 0);
}

TEST_CASE_METHOD(PipelineFixture, "two Subscriptions for one patient share one Discovery", "[pipeline]") {
    auto& partner = add_partner("p");
    partner.pages = {documents({"a"})};
    start();
    subscribe("s1");
    subscribe("s2");
    advance(1s);
    CHECK(partner.patient_calls == 1);
    CHECK(events("s1") == 1);
    CHECK(events("s2") == 1);
    SECTION("and one that comes soon after its end is answered from the cache") {
        subscribe("s3");
        advance(1s);
        CHECK(events("s3") == 1);
        CHECK(partner.patient_calls == 1);
    }
    SECTION("but one that comes long after its end starts another") {
        advance(16min);
        subscribe("s3");
        advance(1s);
        CHECK(partner.patient_calls == 2);
        CHECK(events("s1") == 1);
    }
}

TEST_CASE_METHOD(
    PipelineFixture, "a failed call is tried again, and the documents come all the same", "[pipeline]"
) {
    auto& partner = add_partner("p");
    partner.pages = {documents({"a"}), documents({"b"})};
    partner.patient_failures = {Failure(Errc::http_status).with_status(503)};
    partner.document_failures["1"] = {Failure(Errc::connect)};
    start();
    subscribe("s1");
    advance(10s);
    CHECK(partner.patient_calls == 2);
    CHECK(events("s1") == 2);
    CHECK(progress().state == DiscoveryState::complete);
    CHECK(progress().failed == 0);
}

TEST_CASE_METHOD(PipelineFixture, "a Subscription that goes away ends what only it wanted", "[pipeline]") {
    auto& slow = add_partner("slow");
    auto& queued = add_partner("queued", [](auto& settings) { settings.max_concurrent = 1; });
    slow.delay = queued.delay = 1h;
    start();
    subscribe("s1");
    discoveries->want(Interest{"other", "", "https://b.example", {{{"family", "", {"jones"}}}, {}}});
    advance(1s);
    CHECK(process.available() == 512 - 3);
    CHECK(partners[1]->lane().figures().queued == 1);
    SECTION("and nothing of another") {
        discoveries->unwant("s1");
        advance(100ms);
        CHECK(process.available() == 512 - 2);
        CHECK(partners[1]->lane().figures().queued == 0);
        CHECK(discoveries->running() == 1);
    }
    SECTION("unless another Subscription wants the same") {
        subscribe("s2");
        discoveries->unwant("s1");
        advance(100ms);
        CHECK(process.available() == 512 - 3);
        CHECK(discoveries->running() == 2);
    }
    SECTION("and can be wanted again") {
        discoveries->unwant("s1");
        want("s1");
        advance(100ms);
        CHECK(discoveries->running() == 2);
    }
}

TEST_CASE_METHOD(
    PipelineFixture, "nothing is queued for a Discovery that ends while it stores an answer", "[pipeline]"
) {
    auto& partner = add_partner("p", [](auto& settings) { settings.max_concurrent = 1; });
    partner.pages = {documents({"a"})};
    start();
    subscribe("s1");
    auto const answered = clock.now() + partner.delay;
    discoveries->want(Interest{"other", "", "https://b.example", {{{"family", "", {"jones"}}}, {}}});
    advance(1ms);
    partner.delay = 1h;  // the other one takes the place once the first has its answer
    // In line behind whoever begins to store, and before the storage can answer.
    auto end_while_storing = [&]() -> awaitable<void> {
        co_await clock.sleep_until(answered);
        while (storage->in_flight() == 0) co_await boost::asio::post(ctx, boost::asio::use_awaitable);
        discoveries->unwant("s1");
    };
    async::Root end(ctx);
    end.start(end_while_storing());
    advance(1s);
    REQUIRE(end.succeeded());
    CHECK(partners[0]->lane().figures().queued == 0);
    CHECK(partner.document_calls == 0);
}

TEST_CASE_METHOD(
    PipelineFixture, "a Discovery that nobody wants any more is not told as running", "[pipeline]"
) {
    auto& fast = add_partner("fast");
    auto& slow = add_partner("slow");
    fast.pages = {documents({"a"})};
    slow.pages = {documents({"b"})};
    slow.delay = 1h;
    start();
    subscribe("s1");
    advance(1s);
    discoveries->unwant("s1");
    advance(1s);
    CHECK(progress().state == DiscoveryState::complete);
    CHECK(progress().answered == 1);
    CHECK(progress().failed == 1);
    CHECK(progress().pending == 0);
    CHECK(issue_of("slow") == "transient");
    slow.delay = 10ms;
    SECTION("who wants it soon after has the rest asked, and sees it run") {
        discovery.deadline = 300s;
        subscribe("s2");
        settle();
        CHECK(progress().state == DiscoveryState::running);
        CHECK(progress().pending == 1);
        advance(1s);
        CHECK(progress().state == DiscoveryState::complete);
        CHECK(progress().failed == 0);
        CHECK(fast.patient_calls == 1);
        CHECK(events("s2") == 2);
    }
    SECTION("who wants it much later has everybody asked") {
        advance(20min);
        subscribe("s2");
        advance(1s);
        CHECK(fast.patient_calls == 2);
        CHECK(progress().answered == 2);
        CHECK(events("s2") == 2);
    }
}

TEST_CASE_METHOD(
    PipelineFixture, "a Discovery that is unwanted while it is being opened does not stay open", "[pipeline]"
) {
    add_partner("p").delay = 1h;
    start();
    auto change_mind = [&]() -> awaitable<bool> {
        want("s1");
        discoveries->unwant("s1");
        co_return true;
    };
    CHECK(run(change_mind()));
    advance(1s);
    CHECK(progress().state == DiscoveryState::complete);
    SECTION("unless it is wanted again") {
        auto change_it_back = [&]() -> awaitable<bool> {
            (void)co_await change_mind();
            want("s1");
            co_return true;
        };
        CHECK(run(change_it_back()));
        advance(1s);
        CHECK(progress().state == DiscoveryState::running);
        CHECK(discoveries->running() == 1);
    }
}

TEST_CASE_METHOD(PipelineFixture, "an app does not wait for the Discoveries of another", "[pipeline]") {
    constexpr int kMany = 300;
    auto& partner = add_partner("p");
    partner.delay = 1s;
    partner.pages = {documents({"a"})};
    start();
    auto const patient_of = [](int i) -> fhir::search::PatientQuery {
        return {{{"family", "", {"family" + std::to_string(i)}}}, {}};
    };
    for (int i = 0; i < kMany; ++i)
        discoveries->want(Interest{"many" + std::to_string(i), "", "https://many.example", patient_of(i)});
    advance(10ms);
    SECTION("for a patient of its own") { subscribe("one", "https://one.example"); }
    SECTION("for a patient that the other has asked for last") {
        discoveries->want(Interest{"bob", "", "https://many.example", bob()});
        advance(10ms);
        subscribe("one", "https://one.example");
    }
    // a free place, PD; a free place, QD
    advance(4s);
    CHECK(events("one") == 1);
}

TEST_CASE_METHOD(PipelineFixture, "a Discovery is late after its deadline, and goes on", "[pipeline]") {
    discovery.deadline = 20s;
    auto& slow = add_partner("slow");
    slow.delay = 15s;
    slow.pages = {documents({"a"})};
    start();
    subscribe("s1");
    advance(19s);
    CHECK(progress().state == DiscoveryState::running);
    advance(2s);
    CHECK(progress().state == DiscoveryState::late);
    advance(20s);
    CHECK(events("s1") == 1);
    CHECK(progress().state == DiscoveryState::complete);
}

TEST_CASE_METHOD(PipelineFixture, "two people at one partner are ambiguous: no documents", "[pipeline]") {
    auto& partner = add_partner("p");
    partner.people = {make_patient("bob"), make_patient("bob2", "1980-05-05")};
    partner.pages = {documents({"a"})};
    start();
    subscribe("s1");
    advance(1s);
    CHECK(partner.document_calls == 0);
    CHECK(issue_of("p") == "multiple-matches");
    CHECK(progress().answered == 1);
    CHECK(progress().failed == 0);
}

TEST_CASE_METHOD(
    PipelineFixture, "who is ambiguous to one question is not told of by way of another", "[pipeline]"
) {
    auto& partner = add_partner("p");
    partner.people = {make_patient("bob"), make_patient("bob2", "1980-05-05")};
    partner.pages = {documents({"a"})};
    start();
    subscribe("exact", "https://app.example", "1970-01-02");
    subscribe("wide");
    advance(1s);
    CHECK(events("exact") == 1);
    CHECK(events("wide") == 0);
    CHECK(issue_of("p") == "multiple-matches");
}

TEST_CASE_METHOD(
    PipelineFixture, "what is known of a patient is told once its partner has named him", "[pipeline]"
) {
    auto& partner = add_partner("p");
    partner.pages = {documents({"a"})};
    start();
    subscribe("exact", "https://app.example", "1970-01-02");
    advance(1s);
    REQUIRE(events("exact") == 1);
    woken.clear();
    partner.document_failures[""] = std::vector(9, Failure(Errc::http_status).with_status(403));
    subscribe("wide");
    CHECK(events("wide") == 0);
    advance(15ms);
    CHECK(events("wide") == 1);
    CHECK(woken == std::vector<std::string>{"wide"});
}

TEST_CASE_METHOD(PipelineFixture, "a partner that does not know the patient has answered", "[pipeline]") {
    add_partner("p").people = {};
    start();
    subscribe("s1");
    advance(1s);
    auto const known = progress();
    CHECK(known.state == DiscoveryState::complete);
    CHECK(known.answered == 1);
    CHECK(known.matched == 0);
}

TEST_CASE_METHOD(PipelineFixture, "an answer cut short is told as incomplete", "[pipeline]") {
    auto& partner = add_partner("p");
    partner.pages = {documents({"a"}), documents({"b"})};
    SECTION("by the community") { partner.partial = true; }
    SECTION("by our bound on the Patients of one person") {
        discovery.max_matches = 1;
        auto again = make_patient("bob-2");
        fhir::PatientLink link;
        link.other.reference = "Patient/bob";
        link.type = "seealso";
        again.links.push_back(std::move(link));
        partner.people.push_back(std::move(again));
    }
    SECTION("by a later page that is refused") {
        partner.document_failures["1"] = {Failure(Errc::http_status).with_status(400)};
    }
    start();
    subscribe("s1");
    advance(1s);
    CHECK(events("s1") >= 1);
    CHECK(issue_of("p") == "incomplete");
    CHECK(progress().answered == 1);
}

TEST_CASE_METHOD(PipelineFixture, "an expired page link restarts the query once", "[pipeline]") {
    auto& partner = add_partner("p");
    partner.pages = {documents({"a"}), documents({"b"})};
    auto const gone = Failure(Errc::http_status).with_status(410);
    SECTION("which then succeeds") {
        partner.document_failures["1"] = {gone};
        start();
        subscribe("s1");
        advance(1s);
        CHECK(partner.asked_for == std::vector<std::string>{"bob@", "bob@1", "bob@", "bob@1"});
        CHECK(events("s1") == 2);
        CHECK(issue_of("p").empty());
    }
    SECTION("and not for ever") {
        partner.document_failures["1"] = {gone, gone, gone, gone};
        start();
        subscribe("s1");
        advance(1s);
        CHECK(partner.asked_for.size() == 4);
        CHECK(issue_of("p") == "incomplete");
    }
}

TEST_CASE_METHOD(PipelineFixture, "a bug in a Step fails its Exchange and no other", "[pipeline]") {
    add_partner("broken").throws = true;
    add_partner("fine").pages = {documents({"a"})};
    start();
    subscribe("s1");
    advance(1s);
    CHECK(events("s1") == 1);
    CHECK(progress().state == DiscoveryState::complete);
    CHECK(progress().failed == 1);
    CHECK(issue_of("broken") == "exception");
}

TEST_CASE_METHOD(PipelineFixture, "documents inside a DocumentReference need no retrieval", "[pipeline]") {
    auto& partner = add_partner("p");
    DocumentParts parts;
    parts.id = "a";
    parts.attachment = R"("contentType":"text/plain","data":"aGVsbG8=")";
    partner.pages = {{make_document(parts)}};
    start();
    subscribe("s1");
    advance(1s);
    CHECK(events("s1") == 1);
    CHECK(partner.retrieved.empty());
    auto const body = run(storage->get_body(hex(sha256("hello"))));
    REQUIRE(body.has_value());
    CHECK(*body == "hello");
}

TEST_CASE_METHOD(
    PipelineFixture, "after a restart unfinished Exchanges are run, finished ones are not", "[pipeline]"
) {
    auto& finished = add_partner("finished");
    auto& hanging = add_partner("hanging");
    finished.pages = {documents({"a"})};
    hanging.delay = 1h;
    start();
    subscribe("s1");
    advance(1s);
    CHECK(events("s1") == 1);
    stop();
    partners.clear();
    open_storage();
    auto& again = add_partner("finished");
    auto& answers = add_partner("hanging");
    answers.pages = {documents({"b"})};
    start();
    subscriptions::Rules rules;
    rules.canonical_base = "http://tributary.example";
    auto const resumed = run(discoveries->resume(rules));
    CHECK(resumed.has_value());
    advance(1s);
    CHECK(again.patient_calls == 0);
    CHECK(answers.patient_calls == 1);
    CHECK(events("s1") == 2);
}

TEST_CASE_METHOD(PipelineFixture, "a restart long after asks nobody who has answered", "[pipeline]") {
    auto& before = add_partner("p");
    before.pages = {documents({"a"})};
    start();
    subscribe("s1");
    advance(24h);
    stop();
    partners.clear();
    open_storage();
    auto& after = add_partner("p");
    start();
    subscriptions::Rules rules;
    rules.canonical_base = "http://tributary.example";
    CHECK(run(discoveries->resume(rules)).has_value());
    advance(1s);
    CHECK(after.patient_calls == 0);
    SECTION("but a new Subscription does") {
        subscribe("s2");
        advance(1s);
        CHECK(after.patient_calls == 1);
    }
}

TEST_CASE_METHOD(
    PipelineFixture, "after a restart a Discovery that nobody wants is not told as running", "[pipeline]"
) {
    add_partner("p").delay = 1h;
    start();
    want("never stored");
    advance(1s);
    stop();
    partners.clear();
    open_storage();
    add_partner("p");
    start();
    CHECK(progress().state == DiscoveryState::running);
    subscriptions::Rules rules;
    rules.canonical_base = "http://tributary.example";
    CHECK(run(discoveries->resume(rules)).has_value());
    CHECK(progress().state == DiscoveryState::complete);
    CHECK(progress().failed == 1);
}

TEST_CASE_METHOD(PipelineFixture, "a Discovery is refreshed for as long as somebody wants it", "[pipeline]") {
    discovery.refresh = 1h;
    auto& partner = add_partner("p");
    partner.pages = {documents({"a"})};
    start();
    subscribe("s1");
    advance(59min);
    CHECK(partner.patient_calls == 1);
    partner.pages = {documents({"a", "b"})};
    advance(2min);
    CHECK(partner.patient_calls == 2);
    CHECK(events("s1") == 2);
    advance(60min);
    CHECK(partner.patient_calls == 3);
    discoveries->unwant("s1");
    advance(2h);
    CHECK(partner.patient_calls == 3);
}

TEST_CASE_METHOD(
    PipelineFixture, "rows about calls that do not fit are counted, and nobody waits", "[pipeline]"
) {
    call_rows = 1;
    for (int i = 0; i < 8; ++i) add_partner("p" + std::to_string(i)).pages = {documents({std::to_string(i)})};
    start();
    subscribe("s1");
    advance(1s);
    CHECK(events("s1") == 8);
    CHECK(metrics.text().find("tributary_call_rows_dropped_total 0\n") == std::string::npos);
}

TEST_CASE_METHOD(PipelineFixture, "every call leaves its figures", "[pipeline]") {
    add_partner("p").patient_failures = {Failure(Errc::connect)};
    start();
    subscribe("s1");
    advance(10s);
    auto const calls_of = [&](std::string const& step, std::string const& outcome) {
        return metrics
            .counter(
                "tributary_partner_calls_total", "", {{"partner", "p"}, {"step", step}, {"outcome", outcome}}
            )
            .value();
    };
    CHECK(calls_of("patient_discovery", "connect") == 1);
    CHECK(calls_of("patient_discovery", "ok") == 1);
    CHECK(calls_of("query_documents", "ok") == 1);
}

}  // namespace tributary::pipeline
