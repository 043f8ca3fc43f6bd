#include "orchestrator/cli/watch_session.hpp"

#include <algorithm>
#include <functional>
#include <sstream>

#include "tests/component/net_fixture.hpp"

namespace tributary::cli {
namespace {

using namespace std::chrono_literals;
using net::ServerRequest;
using net::ServerResponse;

constexpr char kCriteria[] = "DocumentReference?patient.given=bob&patient.family=smith";

/// A server that says what a script wants, and keeps what it was asked.
class ScriptedServer {
public:
    explicit ScriptedServer(net::NetFixture& net) : net_(net) {
        net::HttpServer::Settings settings;
        settings.websocket_paths = {"/fhir/ws"};
        net.serve(
            settings,
            [this](ServerRequest request) { return answer(std::move(request)); },
            [this](net::WebSocketSession& socket) { return serve_socket(socket); }
        );
    }
    bool was_asked(std::string_view call) const {
        return std::find(calls_.begin(), calls_.end(), call) != calls_.end();
    }
    std::string base() const { return net_.url("/fhir"); }

    int documents = 3;  ///< sent once the socket is bound
    bool close_early = false;
    bool complete = true;  ///< told after the documents
    unsigned refuse_with = 0;
    std::function<void()> on_bound;
    std::string hang_at;  ///< how a call begins that is never answered
    std::function<void()> on_hang;

private:
    awaitable<ServerResponse> answer(ServerRequest request) {
        calls_.push_back(request.method + ' ' + request.path);
        if (!hang_at.empty() && calls_.back().starts_with(hang_at)) {
            on_hang();
            co_await net_.clock.sleep_for(1h);
        }
        auto const json = [](unsigned status, std::string body) {
            return ServerResponse(status, "application/fhir+json", std::move(body));
        };
        if (request.path == "/fhir/metadata") {
            co_return json(
                200,
                R"({"rest":[{"extension":[{"valueCanonical":"http://t.example/SubscriptionTopic/patient-documents"}]}]})"
            );
        }
        if (request.path == "/fhir/Subscription") {
            if (refuse_with != 0)
                co_return json(
                    refuse_with, R"({"issue":[{"diagnostics":"no patient part in the criteria"}]})"
                );
            co_return json(201, R"({"resourceType":"Subscription","id":"s1"})");
        }
        if (request.path.ends_with("/$get-ws-binding-token")) {
            auto const url = "ws" + base().substr(4) + "/ws";
            co_return json(
                200,
                R"({"parameter":[{"name":"token","valueString":"t1"},{"name":"websocket-url","valueUrl":")" +
                    url + R"("}]})"
            );
        }
        co_return ServerResponse(204, "", "");
    }
    awaitable<void> serve_socket(net::WebSocketSession& socket) {
        auto const command = co_await socket.read();
        if (!command || *command != "bind-with-token t1") co_return;
        if (on_bound) on_bound();
        if (!socket.send(notification(progress("running", 2)))) co_return;
        for (int number = 1; number <= documents; ++number) {
            if (!socket.send(notification(document(number)))) co_return;
        }
        if (complete && !socket.send(notification(progress("complete", 7)))) co_return;
        if (close_early) {
            socket.close(1001, "going away");
            co_return;
        }
        auto const end = co_await socket.read();
    }
    static std::string notification(std::string const& focus) {
        return R"({"entry":[{"resource":{"resourceType":"Parameters","parameter":[]}},{"resource":)" + focus +
               "}]}";
    }
    static std::string document(int number) {
        auto const text = std::to_string(number);
        return R"({"resourceType":"DocumentReference","id":"d)" + text +
               R"(","meta":{"source":"http://t.example/partner/p001"},"description":"Note )" + text + R"("})";
    }
    static std::string progress(std::string const& state, int answered) {
        return R"({"resourceType":"Basic","extension":[{"url":"http://t.example/StructureDefinition/discovery-progress",)"
               R"("extension":[{"url":"state","valueCode":")" +
               state + R"("},{"url":"asked","valueUnsignedInt":8},{"url":"answered","valueUnsignedInt":)" +
               std::to_string(answered) + R"(},{"url":"failed","valueUnsignedInt":1}]}]})";
    }

    net::NetFixture& net_;
    std::vector<std::string> calls_;
};

/// A server and a session with it, on a screen that is a string.
struct Stage {
    net::NetFixture net;
    ScriptedServer server{net};
    std::ostringstream out;
    WatchScreen screen{out, {}};
    Result<void> result;

    void watch() { watch(server.base()); }
    void watch(std::string url) {
        WatchSession session(
            net.clock, net.client, nullptr, screen, {kCriteria, std::move(url), 5ms, 20s, start, 100ms}
        );
        server.on_hang = [&session] { session.stop(); };
        if (stop_when_bound) server.on_bound = [&session] { session.stop(); };
        auto test = [&]() -> awaitable<void> {
            result = co_await session.run();
            net.client.close_idle();
        };
        net.run(test());
    }
    std::size_t rows() const {
        auto const text = out.str();
        std::size_t count = 0;
        for (auto at = text.find("\"Note "); at != std::string::npos; at = text.find("\"Note ", at + 1))
            ++count;
        return count;
    }
    bool stop_when_bound = false;
    std::chrono::milliseconds start{0};
};

constexpr char kDelete[] = "DELETE /fhir/Subscription/s1";

}  // namespace

TEST_CASE("watch shows each document, ends when all is known, and deletes its Subscription", "[cli][watch]") {
    Stage stage;
    stage.watch();
    CHECK(stage.result.has_value());
    CHECK(stage.rows() == 3);
    CHECK(stage.server.was_asked(kDelete));
    CHECK_THAT(stage.out.str(), Catch::Matchers::ContainsSubstring("3 documents, first after"));
    CHECK_THAT(stage.out.str(), Catch::Matchers::ContainsSubstring("8 asked, 7 answered"));
}

TEST_CASE("watch shows progress as it is told, among the documents", "[cli][watch]") {
    Stage stage;
    stage.watch();
    auto const text = stage.out.str();
    auto const running = text.find("asked 8  answered 2"), complete = text.find("asked 8  answered 7");
    auto const first = text.find("Note 1"), last = text.find("Note 3");
    REQUIRE(complete != std::string::npos);
    CHECK(running < first);
    CHECK(last < complete);
}

TEST_CASE("watch tells why the criteria were refused", "[cli][watch]") {
    Stage stage;
    stage.server.refuse_with = 422;
    stage.watch();
    REQUIRE(stage.result.has_error());
    CHECK(stage.result.error().detail() == "no patient part in the criteria");
    CHECK_FALSE(stage.server.was_asked(kDelete));
    CHECK(stage.out.str().empty());
}

TEST_CASE("watch tells that no server is there", "[cli][watch]") {
    Stage stage;
    stage.watch("http://127.0.0.1:1/fhir");
    REQUIRE(stage.result.has_error());
    CHECK_THAT(
        stage.result.error().detail(),
        Catch::Matchers::ContainsSubstring("cannot reach http://127.0.0.1:1/fhir")
    );
}

TEST_CASE("watch, when it is stopped, deletes its Subscription", "[cli][watch]") {
    Stage stage;
    stage.server.complete = false;
    stage.stop_when_bound = true;
    stage.watch();
    CHECK(stage.result.has_value());
    CHECK(stage.server.was_asked(kDelete));
    CHECK_THAT(stage.out.str(), Catch::Matchers::ContainsSubstring("interrupted: "));
}

TEST_CASE("watch ends at once when it is stopped while a call hangs", "[cli][watch]") {
    for (std::string const call :
         {"GET /fhir/metadata", "POST /fhir/Subscription", "GET /fhir/Subscription/s1/$get", "DELETE"}) {
        INFO(call);
        Stage stage;
        stage.server.hang_at = call;
        auto const begun = std::chrono::steady_clock::now();
        stage.watch();
        CHECK(std::chrono::steady_clock::now() - begun < 8s);
        bool const perhaps_left = call[0] != 'G';
        CHECK(stage.result.has_error() == perhaps_left);
        if (perhaps_left)
            CHECK_THAT(
                stage.result.error().detail(), Catch::Matchers::ContainsSubstring("may be left there")
            );
        CHECK(stage.server.was_asked(kDelete) == (call.find("s1") != call.npos || call == "DELETE"));
    }
}

TEST_CASE("watch, when nobody reads its output, deletes its Subscription", "[cli][watch]") {
    Stage stage;
    stage.server.complete = false;
    stage.server.on_bound = [&stage] { stage.out.setstate(std::ios::badbit); };
    stage.watch();
    CHECK(stage.result.has_value());
    CHECK(stage.server.was_asked(kDelete));
}

TEST_CASE("watch, when the server closes its socket, says so and deletes its Subscription", "[cli][watch]") {
    Stage stage;
    stage.server.complete = false;
    stage.server.close_early = true;
    stage.watch();
    REQUIRE(stage.result.has_error());
    CHECK_THAT(
        stage.result.error().detail(), Catch::Matchers::ContainsSubstring("the server closed the connection")
    );
    CHECK(stage.rows() == 3);
    CHECK(stage.server.was_asked(kDelete));
}

}  // namespace tributary::cli
