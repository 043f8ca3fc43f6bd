#include "examples/partner-simulator/simulator.hpp"

#include <vector>

#include "examples/partner-simulator/sample_profile.hpp"
#include "fhir/json/reader.hpp"
#include "tests/support/async.hpp"
#include "tests/support/catch.hpp"

namespace tributary::simulator {
namespace {

using namespace std::chrono_literals;

/// A Simulator on virtual time, asked without sockets.
struct Stage {
    explicit Stage(Script script) : simulator(clock, make_sample_network(), script, "http://sim.example") {}
    ~Stage() { clock.advance(loop, 10s); }

    void ask(std::string path, std::string query = {}) {
        net::ServerRequest request;
        request.method = "GET";
        request.path = std::move(path);
        request.query = std::move(query);
        roots.push_back(std::make_unique<async::Root>(loop));
        roots.back()->start(keep_answer(std::move(request)));
    }
    awaitable<void> keep_answer(net::ServerRequest request) {
        auto answer = co_await simulator.handle(std::move(request));
        answers.push_back(std::move(answer));
    }

    boost::asio::io_context loop{1};
    async::ManualClock clock;
    Simulator simulator;
    std::vector<net::ServerResponse> answers;
    std::vector<std::unique_ptr<async::Root>> roots;
};

Script scripted(double divisor, Faults faults = Faults::on) {
    Script script;
    script.latency_divisor = divisor;
    script.faults = faults;
    return script;
}

}  // namespace

TEST_CASE("the slow community answers after the fast one, each in its scripted time", "[simulator]") {
    Stage stage(scripted(1));
    stage.ask("/p004/fhir/Patient", "given=bob&family=smith");
    stage.ask("/p001/fhir/Patient", "given=bob&family=smith");
    stage.clock.advance(stage.loop, 200ms);
    REQUIRE(stage.answers.size() == 1);
    CHECK_THAT(stage.answers[0].body, Catch::Matchers::ContainsSubstring("e7Bq0x1"));
    stage.clock.advance(stage.loop, 3300ms);
    CHECK(stage.answers.size() == 1);
    stage.clock.advance(stage.loop, 1s);
    CHECK(stage.answers.size() == 2);
}

TEST_CASE("with latency off every answer comes at once", "[simulator]") {
    Stage stage(scripted(0));
    stage.ask("/p004/fhir/Patient", "given=bob&family=smith");
    stage.clock.advance(stage.loop, 0ms);
    CHECK(stage.answers.size() == 1);
}

TEST_CASE("a latency depends on the seed and on what is asked, and on nothing else", "[simulator]") {
    auto const network = make_sample_network();
    auto const& slow = *find_community(network, "p004");
    Script const script = scripted(1);
    Script other = script;
    other.seed = 1;
    auto const latency = latency_of(script, slow, Step::patient_discovery, "a");
    CHECK(latency == latency_of(script, slow, Step::patient_discovery, "a"));
    CHECK(latency != latency_of(other, slow, Step::patient_discovery, "a"));
    CHECK(latency != latency_of(script, slow, Step::patient_discovery, "b"));
    CHECK(latency >= 3600ms);
    CHECK(latency <= 4400ms);
}

TEST_CASE("the failing community answers 503 to everything, unless faults are off", "[simulator]") {
    for (auto const faults : {Faults::on, Faults::off}) {
        Stage stage(scripted(0, faults));
        stage.ask("/p005/fhir/metadata");
        stage.ask("/p005/fhir/Patient", "given=bob");
        stage.clock.advance(stage.loop, 0ms);
        REQUIRE(stage.answers.size() == 2);
        for (auto const& answer : stage.answers) CHECK(answer.status == (faults == Faults::on ? 503 : 200));
        CHECK(stage.answers[0].headers.has("Retry-After") == (faults == Faults::on));
    }
}

TEST_CASE("the oracle is asked with criteria in one encoded parameter", "[simulator]") {
    Stage stage(scripted(0));
    stage.ask(
        "/oracle",
        "criteria=DocumentReference%3Fpatient.given%3Dbob%26patient.family%3Dsmith&acceptance=strict"
    );
    stage.ask(
        "/oracle", "criteria=DocumentReference%3Fpatient.given%3Dbob%26patient.family%3Dsmith&acceptance=lax"
    );
    stage.ask("/oracle");
    stage.clock.advance(stage.loop, 0ms);
    REQUIRE(stage.answers.size() == 3);
    auto const told = fhir::json::read(stage.answers[0].body);
    REQUIRE(told.has_value());
    CHECK(told->items("documents").size() == 13);
    CHECK(stage.answers[1].status == 400);
    CHECK(stage.answers[2].status == 400);
}

TEST_CASE("requests of a community are counted, and how many were there at once", "[simulator]") {
    Stage stage(scripted(1));
    for (int i = 0; i < 3; ++i) stage.ask("/p001/fhir/Patient", "given=bob");
    stage.clock.advance(stage.loop, 1s);
    stage.ask("/p001/fhir/Patient", "given=bob");
    stage.clock.advance(stage.loop, 1s);
    stage.ask("/statistics");
    stage.clock.advance(stage.loop, 0ms);
    CHECK_THAT(
        stage.answers.back().body,
        Catch::Matchers::ContainsSubstring(R"({"id":"p001","requests":4,"max_at_once":3})")
    );
}

TEST_CASE("a path outside the communities is not found", "[simulator]") {
    Stage stage(scripted(0));
    for (auto const* path : {"/", "/p999/fhir/metadata", "/p001", "/p001/fhirx", "nothing"}) stage.ask(path);
    stage.clock.advance(stage.loop, 0ms);
    REQUIRE(stage.answers.size() == 5);
    for (auto const& answer : stage.answers) CHECK(answer.status == 404);
}

}  // namespace tributary::simulator
