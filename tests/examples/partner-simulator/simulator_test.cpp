#include "examples/partner-simulator/simulator.hpp"

#include <set>
#include <string>
#include <vector>

#include "examples/partner-simulator/sample_profile.hpp"
#include "fhir/json/reader.hpp"
#include "fhir/json/writer.hpp"
#include "orchestrator/net/http_date.hpp"
#include "tests/support/async.hpp"
#include "tests/support/catch.hpp"

namespace tributary::simulator {
namespace {

using namespace std::chrono_literals;

/// A Simulator on virtual time, asked without sockets.
struct Stage {
    explicit Stage(Script script, Network network = make_sample_network())
        : simulator(clock, std::move(network), script, "http://sim.example") {}
    ~Stage() { clock.advance(loop, 10s); }

    void ask(std::string path, std::string query = {}, std::string authorization = {}) {
        net::ServerRequest request;
        request.method = "GET";
        request.path = std::move(path);
        request.query = std::move(query);
        if (!authorization.empty()) request.headers.add("Authorization", std::move(authorization));
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

/// The sample network, its first community in that health.
Network in_health(Health health) {
    auto network = make_sample_network();
    network.communities[0].behaviour.health = health;
    return network;
}

bool is_fault(net::ServerResponse const& answer) { return answer.hang_up || answer.status == 503; }

std::string number(fhir::json::Value const& object, std::string_view name) {
    auto const* value = object.find(name);
    return value == nullptr ? "" : fhir::json::write(*value);
}

fhir::json::Value told_by_oracle(Stage& stage) {
    stage.ask("/oracle", "criteria=DocumentReference%3Fpatient.given%3Dbob%26patient.family%3Dsmith");
    stage.clock.advance(stage.loop, 0ms);
    auto told = fhir::json::read(stage.answers.back().body);
    REQUIRE(told.has_value());
    return *told;
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
    auto const told = fhir::json::read(stage.answers.back().body);
    REQUIRE(told.has_value());
    CHECK(number(*told, "requests") == "4");
    auto const& riverside = told->items("partners").at(0);
    CHECK(riverside.text("id") == "p001");
    CHECK(number(riverside, "requests") == "4");
    CHECK(number(riverside, "max_at_once") == "3");
    CHECK(number(riverside, "most_per_second") == "3");
    CHECK(number(riverside, "throttled") == "0");
    CHECK(number(*riverside.find("steps"), "patient_discovery") == "4");
}

TEST_CASE("one request too many at once is answered 429, which says when to come back", "[simulator]") {
    for (auto const form : {RetryAfter::seconds, RetryAfter::http_date}) {
        auto network = make_sample_network();
        network.communities[0].behaviour.max_at_once = 2;
        network.communities[0].behaviour.retry_after = form;
        Stage stage(scripted(1), network);
        for (int i = 0; i < 3; ++i) stage.ask("/p001/fhir/Patient", "given=bob");
        stage.clock.advance(stage.loop, 0ms);
        REQUIRE(stage.answers.size() == 1);
        CHECK(stage.answers[0].status == 429);
        auto const wait =
            net::parse_retry_after(stage.answers[0].headers.get("Retry-After"), stage.clock.utc_now());
        CHECK(wait >= 1s);
        CHECK(wait <= 2s);
        CHECK(
            stage.answers[0].headers.get("Retry-After").ends_with("GMT") == (form == RetryAfter::http_date)
        );
        stage.clock.advance(stage.loop, 1s);
        stage.ask("/p001/fhir/Patient", "given=bob");
        stage.clock.advance(stage.loop, 1s);
        CHECK(stage.answers.back().status == 200);
        stage.ask("/statistics");
        stage.clock.advance(stage.loop, 0ms);
        CHECK_THAT(stage.answers.back().body, Catch::Matchers::ContainsSubstring("\"throttled\":1"));
    }
}

TEST_CASE("a flaky community fails every fifth request, and none for ever", "[simulator]") {
    Stage stage(scripted(0), in_health(Health::flaky));
    int failed = 0, hung_up = 0;
    for (int i = 0; i < 200; ++i) {
        int attempts = 0;
        do {
            stage.ask("/p001/fhir/Patient", "given=x" + std::to_string(i));
            stage.clock.advance(stage.loop, 0ms);
            failed += is_fault(stage.answers.back()) ? 1 : 0;
            hung_up += stage.answers.back().hang_up ? 1 : 0;
            REQUIRE(++attempts <= 3);
        } while (is_fault(stage.answers.back()));
    }
    CHECK(failed > 30);
    CHECK(failed < 80);
    CHECK(hung_up > 5);
    CHECK(hung_up < failed);
}

TEST_CASE("two clients that ask a flaky community the same both get there in three attempts", "[simulator]") {
    Stage stage(scripted(0), in_health(Health::flaky));
    for (int i = 0; i < 200; ++i) {
        auto const fails = [&] {
            stage.ask("/p001/fhir/Patient", "given=x" + std::to_string(i));
            stage.clock.advance(stage.loop, 0ms);
            return is_fault(stage.answers.back());
        };
        int failed = fails() ? 1 : 0;
        for (int others = 0; others < 2; ++others) fails();
        failed += (fails() ? 1 : 0) + (fails() ? 1 : 0);
        CHECK(failed < 3);
    }
}

TEST_CASE("a community that is down resets every connection", "[simulator]") {
    Stage stage(scripted(0), in_health(Health::down));
    stage.ask("/p001/fhir/metadata");
    stage.clock.advance(stage.loop, 0ms);
    CHECK(stage.answers.at(0).hang_up);
}

TEST_CASE("a malformed community never answers with a Bundle", "[simulator]") {
    Stage stage(scripted(0), in_health(Health::malformed));
    std::set<std::string> kinds;
    for (int i = 0; i < 60; ++i) {
        stage.ask("/p001/fhir/Patient", "given=x" + std::to_string(i));
        stage.clock.advance(stage.loop, 0ms);
        auto const& answer = stage.answers.back();
        kinds.insert(std::to_string(answer.status) + answer.body);
        auto const body = fhir::json::read(answer.body);
        CHECK_FALSE((answer.status == 200 && body && body->text("resourceType") == "Bundle"));
    }
    CHECK(kinds.size() == 7);
}

TEST_CASE("a community that wants a token answers nobody without it, but tells what it is", "[simulator]") {
    auto network = make_sample_network();
    network.communities[0].behaviour.bearer_token = "sesame";
    Stage stage(scripted(0), network);
    stage.ask("/p001/fhir/Patient", "given=bob");
    stage.ask("/p001/fhir/Patient", "given=bob", "Bearer sesam");
    stage.ask("/p001/fhir/Patient", "given=bob", "Bearer sesame");
    stage.ask("/p001/fhir/metadata");
    stage.clock.advance(stage.loop, 0ms);
    REQUIRE(stage.answers.size() == 4);
    CHECK(stage.answers[0].status == 401);
    CHECK(stage.answers[1].status == 401);
    CHECK(stage.answers[2].status == 200);
    CHECK(stage.answers[3].status == 200);
}

TEST_CASE("with faults off everybody is well, and the oracle knows", "[simulator]") {
    auto network = in_health(Health::down);
    network.communities[0].behaviour.max_at_once = 1;
    Stage stage(scripted(1, Faults::off), network);
    for (int i = 0; i < 3; ++i) stage.ask("/p001/fhir/Patient", "given=bob");
    stage.clock.advance(stage.loop, 1s);
    for (auto const& answer : stage.answers) CHECK(answer.status == 200);
    CHECK(told_by_oracle(stage).items("failed").empty());
}

TEST_CASE("documents appear with time, and the oracle answers for now", "[simulator]") {
    auto script = scripted(2);
    script.change_period = 10s;
    Stage stage(script);
    auto const first = told_by_oracle(stage).items("documents").size();
    CHECK(first < 13);
    stage.clock.advance(stage.loop, 5s * kChangeTicks);
    auto const now = told_by_oracle(stage);
    CHECK(now.items("documents").size() > first);
    stage.ask("/statistics");
    stage.clock.advance(stage.loop, 0ms);
    CHECK_THAT(stage.answers.back().body, Catch::Matchers::ContainsSubstring("\"changes\":20"));
    for (auto const& document : now.items("documents")) {
        auto const& holder = document.items("holders").at(0);
        auto const path = "/fhir/DocumentReference/" + std::string(holder.text("id"));
        stage.ask('/' + std::string(holder.text("partner")) + path);
    }
    auto const asked = now.items("documents").size();
    stage.clock.advance(stage.loop, 10s);
    REQUIRE(stage.answers.size() >= asked);
    for (auto answer = stage.answers.end() - static_cast<std::ptrdiff_t>(asked);
         answer != stage.answers.end();
         ++answer)
        CHECK(answer->status == 200);
}

TEST_CASE("health comes and goes for an hour, after which everybody is well", "[simulator]") {
    auto script = scripted(100);
    script.health_changes = true;
    Stage stage(script);
    std::set<std::size_t> failing;
    for (int minute = 0; minute < 65; ++minute) {
        failing.insert(told_by_oracle(stage).items("failed").size());
        stage.clock.advance(stage.loop, 600ms);
    }
    CHECK(failing.size() > 1);
    CHECK(told_by_oracle(stage).items("failed").empty());
}

TEST_CASE("a path outside the communities is not found", "[simulator]") {
    Stage stage(scripted(0));
    for (auto const* path : {"/", "/p999/fhir/metadata", "/p001", "/p001/fhirx", "nothing"}) stage.ask(path);
    stage.clock.advance(stage.loop, 0ms);
    REQUIRE(stage.answers.size() == 5);
    for (auto const& answer : stage.answers) CHECK(answer.status == 404);
}

}  // namespace tributary::simulator
