#include "tests/component/delivery_fixture.hpp"

namespace tributary::delivery {

using Catch::Matchers::ContainsSubstring;

namespace {

std::string const kOk = FakeServer::ok("");
std::string answer(std::string const& status, std::string const& fields = {}) {
    return "HTTP/1.1 " + status + "\r\n" + fields + "Content-Length: 0\r\n\r\n";
}
std::string body_of(std::string const& request) { return request.substr(request.find("\r\n\r\n") + 4); }
bool has_header(std::string const& request, std::string const& line) {
    return request.substr(0, request.find("\r\n\r\n") + 2).find("\r\n" + line + "\r\n") != request.npos;
}
std::string number_of(std::string const& request) {
    auto const body = body_of(request);
    std::string const mark = R"("name":"event-number","valueString":")";
    auto const at = body.find(mark);
    if (at == body.npos) return body.find("handshake") == body.npos ? "" : "handshake";
    return body.substr(at + mark.size(), body.find('"', at + mark.size()) - at - mark.size());
}
std::vector<std::string> numbers(FakeServer const& receiver) {
    std::vector<std::string> all;
    for (auto const& request : receiver.requests()) all.push_back(number_of(request));
    return all;
}
std::string key_of(std::string const& request) {
    auto const at = request.find("\r\nIdempotency-Key: ");
    return request.substr(at, request.find("\r\n", at + 2) - at);
}
bool repeats(std::string const& request, std::string const& earlier) {
    return body_of(request) == body_of(earlier) && key_of(request) == key_of(earlier);
}
using Texts = std::vector<std::string>;

SubscriptionText topic_at(FakeServer const& receiver, std::string content = "id-only") {
    SubscriptionText text;
    text.content = std::move(content);
    text.endpoint = receiver.url("/hook?x=1");
    text.header = "Authorization: Bearer secret";
    return text;
}

}  // namespace

TEST_CASE(
    "a classic rest-hook is active without a call, and each document is one empty POST",
    "[delivery][rest-hook][A6]"
) {
    DeliveryFixture fixture;
    auto& receiver = fixture.receiver().reply(kOk);
    SubscriptionText text;
    text.endpoint = receiver.url("/hook");
    text.header = "X-Correlation: a:b:c";
    fixture.subscribe("s1", text);
    fixture.until_status("s1", Status::active);
    CHECK(receiver.requests().empty());
    fixture.admit({"a", "b"});
    fixture.deliveries->wake({"s1"});
    fixture.until_delivered("s1", 2);
    REQUIRE(receiver.requests().size() == 2);
    for (auto const& request : receiver.requests()) {
        CHECK(request.starts_with("POST /hook HTTP/1.1\r\n"));
        CHECK(has_header(request, "X-Correlation: a:b:c"));
        CHECK(has_header(request, "Content-Length: 0"));
        CHECK(request.find("Content-Type") == request.npos);
        CHECK(body_of(request).empty());
    }
    CHECK(has_header(receiver.requests()[1], "Idempotency-Key: s1/2"));
    CHECK(has_header(receiver.requests()[1], "webhook-id: s1/2"));
}

TEST_CASE("a classic payload is put below the endpoint", "[delivery][rest-hook][A6]") {
    DeliveryFixture fixture;
    auto& receiver = fixture.receiver().reply(kOk);
    SubscriptionText text;
    text.endpoint = receiver.url("/hook/");
    text.payload = "application/fhir+json";
    fixture.subscribe("s1", text);
    fixture.admit({"a"});
    fixture.deliveries->wake({"s1"});
    fixture.until_delivered("s1", 1);
    REQUIRE(receiver.requests().size() == 1);
    CHECK(receiver.requests()[0].starts_with("PUT /hook/DocumentReference/p1-a HTTP/1.1\r\n"));
    CHECK(has_header(receiver.requests()[0], "Content-Type: application/fhir+json; charset=utf-8"));
    CHECK_THAT(body_of(receiver.requests()[0]), ContainsSubstring(R"("id":"p1-a")"));
}

TEST_CASE(
    "a topic rest-hook is shaken hands with before its first Event, and told in order",
    "[delivery][rest-hook][handshake]"
) {
    DeliveryFixture fixture;
    auto& receiver = fixture.receiver().reply(kOk);
    fixture.create("s1", topic_at(receiver), Status::requested);
    fixture.admit({"a", "b", "c"});
    fixture.deliveries->wake({"s1", "s1", "s1"});
    fixture.until_delivered("s1", 3);
    CHECK(numbers(receiver) == Texts{"handshake", "1", "2", "3"});
    CHECK(fixture.record("s1").status == Status::active);
    CHECK(receiver.connections() == 1);
    for (auto const& request : receiver.requests()) {
        CHECK(request.starts_with("POST /hook?x=1 HTTP/1.1\r\n"));
        CHECK(has_header(request, "Authorization: Bearer secret"));
        CHECK(has_header(request, "Content-Type: application/fhir+json; charset=utf-8"));
    }
}

TEST_CASE(
    "a handshake that fails for now is made again a quarter of a second later", "[delivery][handshake]"
) {
    DeliveryFixture fixture;
    auto& receiver = fixture.receiver().reply(answer("500 No")).reply(kOk);
    fixture.subscribe("s1", topic_at(receiver));
    fixture.until_status("s1", Status::active);
    REQUIRE(receiver.requests().size() == 2);
    CHECK(repeats(receiver.requests()[1], receiver.requests()[0]));
}

TEST_CASE(
    "a refused handshake is an error, and nothing is sent until the app asks again", "[delivery][handshake]"
) {
    DeliveryFixture fixture;
    auto& receiver = fixture.receiver().reply(answer("403 No")).reply(kOk);
    fixture.create("s1", topic_at(receiver), Status::requested);
    fixture.admit({"a"});
    fixture.deliveries->wake({"s1"});
    fixture.until_status("s1", Status::error);
    CHECK(fixture.record("s1").error_code == "error-response");
    fixture.deliveries->wake({"s1"});
    fixture.pass(100ms);
    CHECK(receiver.requests().size() == 1);
    cache::StatusChange again;
    again.id = "s1";
    again.status = Status::requested;
    again.now = fixture.clock.utc_now();
    auto reactivate = [&]() -> async::awaitable<void> {
        cache::good(co_await fixture.storage->change_status(again));
    };
    fixture.run(reactivate());
    fixture.deliveries->wake({"s1"});
    fixture.until_delivered("s1", 1);
    CHECK(numbers(receiver) == Texts{"handshake", "handshake", "1"});
}

TEST_CASE("an Event that fails is sent again with the same bytes before any later one", "[delivery][retry]") {
    DeliveryFixture fixture;
    auto& receiver = fixture.receiver().reply(answer("503 Later")).reply(kOk);
    fixture.create("s1", topic_at(receiver, "full-resource"), Status::active);
    fixture.admit({"a", "b"});
    fixture.deliveries->wake({"s1"});
    fixture.until_delivered("s1", 2);
    REQUIRE(numbers(receiver) == Texts{"1", "1", "2"});
    CHECK(repeats(receiver.requests()[1], receiver.requests()[0]));
}

TEST_CASE("a topic Subscription whose budget is used up is in error and stops", "[delivery][retry][C3]") {
    DeliveryFixture fixture;
    fixture.settings.rules.retry_for = 1s;
    fixture.restart();
    auto& receiver = fixture.receiver().reply(answer("500 No"));
    fixture.create("s1", topic_at(receiver), Status::active);
    fixture.admit({"a"});
    fixture.deliveries->wake({"s1"});
    fixture.until_status("s1", Status::error);
    auto const attempts = receiver.requests().size();
    CHECK(attempts >= 2);
    CHECK(fixture.record("s1").error_text == "The endpoint answered with HTTP 500");
    fixture.pass(1500ms);
    CHECK(receiver.requests().size() == attempts);
    CHECK(fixture.record("s1").delivered == 0);
}

TEST_CASE("a classic Subscription in error recovers by itself", "[delivery][retry][C3]") {
    DeliveryFixture fixture;
    fixture.settings.rules.retry_for = 0s;
    fixture.restart();
    auto& receiver = fixture.receiver().reply(answer("500 No")).reply(kOk);
    SubscriptionText text;
    text.endpoint = receiver.url("/hook");
    fixture.create("s1", text, Status::active);
    fixture.admit({"a"});
    fixture.deliveries->wake({"s1"});
    fixture.until_status("s1", Status::error);
    fixture.until_delivered("s1", 1);
    fixture.until_status("s1", Status::active);
    CHECK(receiver.requests().size() == 2);
}

TEST_CASE("an endpoint that is gone turns the Subscription off", "[delivery][C2]") {
    DeliveryFixture fixture;
    auto& receiver = fixture.receiver().reply(answer("410 Gone"));
    fixture.create("s1", topic_at(receiver), Status::active);
    fixture.subscribe("s2", topic_at(receiver));
    fixture.admit({"a"});
    fixture.deliveries->wake({"s1"});
    fixture.until([&] { return fixture.stopped.size() == 2; });
    CHECK(fixture.record("s1").status == Status::off);
    CHECK(fixture.record("s2").status == Status::off);
}

TEST_CASE("a redirect is no delivery, and is not followed", "[delivery][D1]") {
    DeliveryFixture fixture;
    auto& elsewhere = fixture.receiver().reply(kOk);
    auto& receiver =
        fixture.receiver().reply(answer("307 There", "Location: " + elsewhere.url("/x") + "\r\n"));
    fixture.subscribe("s1", topic_at(receiver));
    fixture.until_status("s1", Status::error);
    CHECK(elsewhere.requests().empty());
}

TEST_CASE("an endpoint that hangs delays nobody else, even at the bounds", "[delivery][E3-14]") {
    DeliveryFixture fixture;
    fixture.settings.max_in_flight = 2;
    fixture.settings.max_per_origin = 1;
    fixture.restart();
    auto& hanging = fixture.receiver().stall();
    auto& healthy = fixture.receiver().reply(kOk);
    for (auto const* id : {"h1", "h2", "h3"}) fixture.create(id, topic_at(hanging), Status::active);
    fixture.create("s1", topic_at(healthy), Status::active);
    fixture.admit({"a", "b"});
    auto const began = std::chrono::steady_clock::now();
    fixture.deliveries->wake({"h1", "h2", "h3", "s1"});
    fixture.until_delivered("s1", 2);
    CHECK(std::chrono::steady_clock::now() - began < 5s);
    CHECK(hanging.requests().size() == 1);
}

TEST_CASE("a Subscription that is stopped has its attempt cancelled at once", "[delivery]") {
    DeliveryFixture fixture;
    auto& hanging = fixture.receiver().stall();
    fixture.create("s1", topic_at(hanging), Status::active);
    fixture.admit({"a"});
    fixture.deliveries->wake({"s1"});
    fixture.until_requests(hanging, 1);
    auto const began = std::chrono::steady_clock::now();
    fixture.deliveries->stop_subscription("s1");
    fixture.until([&] { return hanging.ended() == 1; });
    CHECK(std::chrono::steady_clock::now() - began < 5s);
}

TEST_CASE("after a restart what was not delivered is, with the same bytes", "[delivery][restart]") {
    DeliveryFixture fixture;
    auto& receiver = fixture.receiver().reply(answer("500 No"));
    fixture.create("s1", topic_at(receiver), Status::active);
    fixture.admit({"a", "b"});
    fixture.deliveries->wake({"s1"});
    fixture.until_requests(receiver, 1);
    fixture.restart();
    receiver.reply(kOk);
    fixture.resume();
    fixture.until_delivered("s1", 2);
    auto const& requests = receiver.requests();
    REQUIRE(requests.size() >= 3);
    CHECK(repeats(requests[requests.size() - 2], requests[0]));
    CHECK(numbers(receiver).back() == "2");
}

TEST_CASE("at its end a Subscription is off, and nothing more is sent", "[delivery][C4]") {
    DeliveryFixture fixture;
    auto& receiver = fixture.receiver().reply(kOk);
    auto text = topic_at(receiver);
    text.end = "2026-01-01T00:00:00Z";
    for (auto const* id : {"s1", "s2"}) fixture.create(id, text, Status::active);
    fixture.admit({"a"});
    fixture.deliveries->wake({"s1"});
    fixture.pass(100ms);
    fixture.resume();
    fixture.until([&] { return fixture.stopped.size() == 2; });
    CHECK(fixture.record("s1").status == Status::off);
    CHECK(fixture.record("s2").status == Status::off);
    CHECK(receiver.requests().empty());
}

TEST_CASE("draining lets the attempt under way finish and starts no other", "[delivery][shutdown]") {
    DeliveryFixture fixture;
    auto& receiver = fixture.receiver().reply(kOk);
    fixture.create("s1", topic_at(receiver), Status::active);
    fixture.admit({"a", "b", "c"});
    fixture.deliveries->wake({"s1"});
    fixture.until_requests(receiver, 1);
    fixture.run(fixture.deliveries->drain(async::Deadline::after(fixture.clock, 5s)));
    CHECK(fixture.record("s1").delivered >= 1);
    CHECK(fixture.record("s1").delivered == static_cast<std::int64_t>(receiver.requests().size()));
}

}  // namespace tributary::delivery
