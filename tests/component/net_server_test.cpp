#include <sys/resource.h>
#include <unistd.h>

#include "tests/component/net_fixture.hpp"
#include "tests/support/compress.hpp"
#include "tests/support/raw_client.hpp"

namespace tributary::net {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::StartsWith;

namespace {

/// Says what it was asked.
awaitable<ServerResponse> echo(ServerRequest request) {
    ServerResponse response(
        200, "text/plain", request.method + " " + request.path + " [" + request.query + "] " + request.body
    );
    co_return response;
}

std::string post(std::string_view fields, std::string_view body) {
    return "POST /x HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

HttpServer::Settings small_limits() {
    HttpServer::Settings settings;
    settings.request_head = 1024;
    settings.request_body = 100'000;
    settings.request_time = 200ms;
    settings.idle_time = 400ms;
    return settings;
}

/// All that the server says to these bytes until it closes.
awaitable<std::string> answer_to(NetFixture& net, std::string bytes) {
    RawClient client(net.ctx.get_executor());
    (void)co_await client.connect(net.server->port());
    (void)co_await client.write(std::move(bytes));
    co_return co_await client.read_all();
}

}  // namespace

TEST_CASE("requests of one connection reach the handler whole, one after the other", "[net][server]") {
    NetFixture net;
    net.serve({}, echo);
    auto test = [&]() -> awaitable<void> {
        ClientRequest request = net.get(net.url("/fhir/Subscription?a=%20b"));
        request.method = "POST";
        request.body = std::string(200000, 'x');
        for (int i = 0; i < 3; ++i) {
            auto response = co_await net.send(request);
            REQUIRE(response.has_value());
            CHECK(response->status == 200);
            CHECK(response->body == "POST /fhir/Subscription [a=%20b] " + request.body);
        }
        CHECK(net.metrics.counter("tributary_http_client_connections_total", "").value() == 1);
        CHECK(net.metrics.counter("tributary_http_client_reused_total", "").value() == 2);
    };
    net.run(test());
}

TEST_CASE("pipelined requests are answered in order", "[net][server]") {
    NetFixture net;
    auto slow_first = [&](ServerRequest request) -> awaitable<ServerResponse> {
        if (request.path == "/1") co_await net.clock.sleep_for(50ms);
        co_return ServerResponse(200, "text/plain", request.path);
    };
    net.serve({}, slow_first);
    auto test = [&]() -> awaitable<void> {
        auto const all = co_await answer_to(
            net,
            "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nHEAD /22 HTTP/1.1\r\nHost: h\r\n\r\n"
            "GET http://h/3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"
        );
        auto const first = all.find("\r\n\r\n/1HTTP/1.1 200 OK");
        auto const second = all.find("Content-Length: 3\r\n\r\nHTTP/1.1 200 OK");
        auto const third = all.find("Connection: close\r\n\r\n/3");
        CHECK(first != std::string::npos);
        CHECK(second != std::string::npos);
        CHECK(third != std::string::npos);
        CHECK(first < second);
        CHECK(second < third);
    };
    net.run(test());
}

TEST_CASE("what is no request is refused, and the connection closed", "[net][server]") {
    NetFixture net;
    net.serve(small_limits(), echo);
    auto const bytes = GENERATE(
        as<std::string>(),
        "nonsense\r\n\r\n",
        "GET /x HTTP/1.1\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET /x HTTP/1.1\r\nHost : a\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\nGET /y HTTP/1.1\r\nHost: h\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, gzip\r\nContent-Length: 1\r\n\r\na",
        "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    );
    auto test = [&]() -> awaitable<void> {
        auto const answer = co_await answer_to(net, bytes);
        INFO(bytes);
        CHECK_THAT(answer, StartsWith("HTTP/1.1 400 "));
        CHECK_THAT(answer, ContainsSubstring("Connection: close"));
    };
    net.run(test());
}

TEST_CASE("a compressed body of many empty members lets others go on", "[net][server]") {
    NetFixture net;
    net.serve({}, echo);
    std::string members;
    for (int i = 0; i < 20'000; ++i) members += compress("", Compression::gzip);
    auto const request = post(
        "Connection: close\r\nContent-Encoding: gzip\r\nContent-Length: " + std::to_string(members.size()) +
            "\r\n",
        members
    );
    std::size_t turns = 0;
    bool answered = false;
    auto turn = [&]() -> awaitable<void> {
        while (!answered) {
            ++turns;
            co_await boost::asio::post(net.ctx.get_executor(), boost::asio::use_awaitable);
        }
    };
    auto test = [&]() -> awaitable<void> {
        auto const answer = co_await answer_to(net, request);
        answered = true;
        CHECK_THAT(answer, StartsWith("HTTP/1.1 200 "));
    };
    Root turning(net.ctx);
    turning.start(turn());
    net.run(test());
    CHECK(turning.succeeded());
    CHECK(turns > 20'000);
}

TEST_CASE("a head that is too long or too slow is refused by name", "[net][server]") {
    NetFixture net;
    net.serve(small_limits(), echo);
    auto test = [&]() -> awaitable<void> {
        auto const long_head = co_await answer_to(net, post("X: " + std::string(2000, 'x') + "\r\n", ""));
        CHECK_THAT(long_head, StartsWith("HTTP/1.1 431 "));
        auto const endless = co_await answer_to(net, "GET /" + std::string(5000, 'x'));
        CHECK_THAT(endless, StartsWith("HTTP/1.1 431 "));
        auto const begin = net.clock.now();
        auto const slow_head = co_await answer_to(net, "GET /x HTTP/1.1\r\nHo");
        CHECK_THAT(slow_head, StartsWith("HTTP/1.1 408 "));
        CHECK(net.clock.now() - begin >= 200ms);
        auto const slow_body = co_await answer_to(net, post("Content-Length: 5\r\n", "ab"));
        CHECK_THAT(slow_body, StartsWith("HTTP/1.1 408 "));
        auto const silent = co_await answer_to(net, "");
        CHECK(silent.empty());
    };
    net.run(test());
}

TEST_CASE("a body of 200 MB is answered 413, and the client can read the answer", "[net][server]") {
    NetFixture net;
    net.serve(small_limits(), echo);
    auto test = [&]() -> awaitable<void> {
        RawClient client(net.ctx.get_executor());
        REQUIRE(net.server->port() != 0);
        (void)co_await client.connect(net.server->port());
        (void)co_await client.write(post("Content-Length: 200000000\r\n", ""));
        std::string const megabyte(1'000'000, 'x');
        bool open = true;
        for (int i = 0; i < 200 && open; ++i) open = co_await client.write(megabyte);
        CHECK(open);
        auto const answer = co_await client.read_all();
        CHECK_THAT(answer, StartsWith("HTTP/1.1 413 "));
        auto const chunked = co_await answer_to(
            net,
            post("Transfer-Encoding: chunked\r\n", "30d40\r\n" + std::string(200000, 'x') + "\r\n0\r\n\r\n")
        );
        CHECK_THAT(chunked, StartsWith("HTTP/1.1 413 "));
    };
    net.run(test());
}

TEST_CASE("a refusal is readable to the page that asked, where its head was read", "[net][server]") {
    NetFixture net;
    auto settings = small_limits();
    settings.add_cors = [](std::string_view origin, Headers& response) {
        response.add("Vary", "Origin");
        if (!origin.empty()) response.add("Access-Control-Allow-Origin", std::string(origin));
    };
    net.serve(settings, echo);
    std::string const page = "Origin: https://app.example\r\n";
    auto test = [&]() -> awaitable<void> {
        auto const large = co_await answer_to(net, post(page + "Content-Length: 200000\r\n", ""));
        CHECK_THAT(large, StartsWith("HTTP/1.1 413 "));
        auto const slow = co_await answer_to(net, post(page + "Content-Length: 10\r\n", "half"));
        CHECK_THAT(slow, StartsWith("HTTP/1.1 408 "));
        auto const hosts = co_await answer_to(net, post(page + "Host: other\r\n", ""));
        CHECK_THAT(hosts, StartsWith("HTTP/1.1 400 "));
        for (auto const& answer : {large, slow, hosts})
            CHECK_THAT(answer, ContainsSubstring("Access-Control-Allow-Origin: https://app.example\r\n"));
        auto const head = co_await answer_to(net, post(page + "X: " + std::string(2000, 'x') + "\r\n", ""));
        CHECK_THAT(head, StartsWith("HTTP/1.1 431 ") && ContainsSubstring("Vary: Origin\r\n"));
    };
    net.run(test());
}

TEST_CASE("a client that asks first is told to go on, or why not", "[net][server]") {
    NetFixture net;
    net.serve(small_limits(), echo);
    auto test = [&]() -> awaitable<void> {
        RawClient client(net.ctx.get_executor());
        (void)co_await client.connect(net.server->port());
        (void)co_await client.write(post("Content-Length: 5\r\nExpect: 100-continue\r\n", ""));
        auto const go_on = co_await client.read_until("\r\n\r\n");
        CHECK(go_on == "HTTP/1.1 100 Continue\r\n\r\n");
        std::string const body = "hello";
        bool const sent = co_await client.write(body);
        CHECK(sent);
        auto const answer = co_await client.read_until("hello");
        CHECK_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
        auto const refused =
            co_await answer_to(net, post("Content-Length: 500000\r\nExpect: 100-continue\r\n", ""));
        CHECK_THAT(refused, StartsWith("HTTP/1.1 413 "));
    };
    net.run(test());
}

TEST_CASE("a compressed request body is undone within the limit", "[net][server]") {
    NetFixture net;
    net.serve(small_limits(), echo);
    auto send = [&](std::string body, char const* coding) -> awaitable<ClientResponse> {
        ClientRequest request = net.get(net.url("/x"));
        request.method = "POST";
        request.body = std::move(body);
        request.headers.add("Content-Encoding", coding);
        auto response = co_await net.send(std::move(request));
        REQUIRE(response.has_value());
        co_return *response;
    };
    auto test = [&]() -> awaitable<void> {
        auto const good = co_await send(compress("hello", Compression::gzip), "gzip");
        CHECK(good.body == "POST /x [] hello");
        auto const bomb = co_await send(compress(std::string(10'000'000, 'x'), Compression::gzip), "gzip");
        CHECK(bomb.status == 413);
        auto const damaged = co_await send("hello", "gzip");
        CHECK(damaged.status == 400);
        auto const unknown = co_await send("hello", "br");
        CHECK(unknown.status == 415);
    };
    net.run(test());
}

TEST_CASE("a handler that throws costs its own request only", "[net][server]") {
    NetFixture net;
    auto failing = [](ServerRequest request) -> awaitable<ServerResponse> {
        if (request.path == "/bad") throw std::logic_error("oops");
        co_return ServerResponse(200, "text/plain", "fine");
    };
    net.serve({}, failing);
    auto test = [&]() -> awaitable<void> {
        auto bad = co_await net.send(net.get(net.url("/bad")));
        REQUIRE(bad.has_value());
        CHECK(bad->status == 500);
        auto good = co_await net.send(net.get(net.url("/good")));
        REQUIRE(good.has_value());
        CHECK(good->body == "fine");
        CHECK(net.metrics.counter("tributary_http_client_connections_total", "").value() == 1);
    };
    net.run(test());
}

TEST_CASE("a handler may reset the connection instead of answering", "[net][server]") {
    NetFixture net;
    auto hang_up = [](ServerRequest) -> awaitable<ServerResponse> {
        ServerResponse response(200, "text/plain", "never seen");
        response.hang_up = true;
        co_return response;
    };
    net.serve({}, hang_up);
    auto test = [&]() -> awaitable<void> {
        auto const said = co_await answer_to(net, post("Content-Length: 1\r\n", "x"));
        CHECK(said.empty());
    };
    net.run(test());
}

TEST_CASE("what follows a response waits until it has been written", "[net][server]") {
    NetFixture net;
    int written = 0;
    auto handler = [&](ServerRequest) -> awaitable<ServerResponse> {
        ServerResponse response(200, "text/plain", std::string(5'000'000, 'x'));
        response.after_write = [&] { ++written; };
        co_return response;
    };
    net.serve({}, handler);
    auto test = [&]() -> awaitable<void> {
        RawClient client(net.ctx.get_executor());
        (void)co_await client.connect(net.server->port());
        (void)co_await client.write("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
        (void)co_await client.read_until("\r\n\r\n");
        CHECK(written == 0);
        (void)co_await client.read(5'000'000);
        co_await net.clock.sleep_for(10ms);
        CHECK(written == 1);
        (void)co_await client.write("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
        (void)co_await client.read_until("\r\n\r\n");
        client.close();
        co_await net.clock.sleep_for(50ms);
        CHECK(written == 2);
    };
    net.run(test());
}

TEST_CASE("one connection too many is told so, the others go on", "[net][server]") {
    NetFixture net;
    HttpServer::Settings settings;
    SECTION("of all") { settings.connections = 1; }
    SECTION("of one address") { settings.connections_per_address = 1; }
    settings.add_cors = [](std::string_view origin, Headers& response) {
        response.set("Access-Control-Allow-Origin", std::string(origin));
    };
    net.serve(settings, echo);
    auto test = [&]() -> awaitable<void> {
        auto first = co_await net.send(net.get(net.url("/a")));
        REQUIRE(first.has_value());
        auto const second =
            co_await answer_to(net, "GET /b HTTP/1.1\r\nHost: h\r\nOrigin: http://app\r\n\r\n");
        CHECK_THAT(second, StartsWith("HTTP/1.1 503 "));
        CHECK_THAT(second, ContainsSubstring("Retry-After: "));
        CHECK_THAT(second, ContainsSubstring("Access-Control-Allow-Origin: http://app\r\n"));
        auto const silent = co_await answer_to(net, "");
        CHECK_THAT(silent, StartsWith("HTTP/1.1 503 "));
        auto third = co_await net.send(net.get(net.url("/c")));
        REQUIRE(third.has_value());
        CHECK(third->body == "GET /c [] ");
    };
    net.run(test());
}

TEST_CASE("answers under way hold no more bytes than allowed", "[net][server]") {
    NetFixture net;
    HttpServer::Settings settings;
    settings.answers = std::size_t{32} << 20U;
    auto const document = std::make_shared<std::string const>(std::size_t{24} << 20U, 'x');
    int written = 0;
    auto serve = [&](ServerRequest request) -> awaitable<ServerResponse> {
        ServerResponse response(request.path == "/created" ? 201 : 200, "text/plain", "fine");
        if (request.path != "/small") response.shared_body = document;
        response.after_write = [&written] { ++written; };
        co_return response;
    };
    net.serve(settings, serve);
    auto test = [&]() -> awaitable<void> {
        RawClient slow(net.ctx.get_executor());
        (void)co_await slow.connect(net.server->port());
        (void)co_await slow.write("GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
        (void)co_await slow.read_until("\r\n\r\n");
        auto const refused = co_await net.send(net.get(net.url("/large")));
        REQUIRE(refused.has_value());
        CHECK(refused->status == 503);
        CHECK(refused->headers.has("Retry-After"));
        CHECK(written == 1);
        auto const small = co_await net.send(net.get(net.url("/small")));
        REQUIRE(small.has_value());
        CHECK(small->body == "fine");
        auto create = net.get(net.url("/created"));
        create.body_limit = document->size();
        auto const created = co_await net.send(std::move(create));
        REQUIRE(created.has_value());
        CHECK(created->status == 201);
        slow.close();
        co_await net.clock.sleep_for(50ms);
        auto large = net.get(net.url("/large"));
        large.body_limit = document->size();
        auto const later = co_await net.send(std::move(large));
        REQUIRE(later.has_value());
        CHECK(later->status == 200);
        CHECK(later->body.size() == document->size());
    };
    net.run(test());
    Metrics::Labels const of_server{{"server", "fhir"}};
    CHECK(net.metrics.counter("tributary_http_answers_refused_total", "", of_server).value() == 1);
    CHECK(net.metrics.gauge("tributary_http_answer_bytes", "", of_server).value() == 0);
}

TEST_CASE("draining closes what is idle at once and lets what runs finish", "[net][server]") {
    NetFixture net;
    auto slow = [&](ServerRequest request) -> awaitable<ServerResponse> {
        if (request.path == "/slow") co_await net.clock.sleep_for(200ms);
        if (request.path == "/hang") co_await net.clock.sleep_for(1h);
        co_return ServerResponse(200, "text/plain", "done");
    };
    net.serve({}, slow);
    auto test = [&]() -> awaitable<void> {
        RawClient idle(net.ctx.get_executor());
        RawClient busy(net.ctx.get_executor());
        RawClient hanging(net.ctx.get_executor());
        auto const port = net.server->port();
        for (RawClient* client : {&idle, &busy, &hanging}) (void)co_await client->connect(port);
        (void)co_await busy.write("GET /slow HTTP/1.1\r\nHost: h\r\n\r\n");
        (void)co_await hanging.write("GET /hang HTTP/1.1\r\nHost: h\r\n\r\n");
        co_await net.clock.sleep_for(50ms);
        auto const begin = net.clock.now();
        Root draining(net.ctx);
        draining.start(net.server->drain(net.in(500ms)));
        auto const nothing = co_await idle.read_all();
        CHECK(nothing.empty());
        CHECK_FALSE(draining.finished());
        auto const answer = co_await busy.read_all();
        CHECK_THAT(answer, ContainsSubstring("Connection: close"));
        CHECK_THAT(answer, ContainsSubstring("done"));
        auto const cut = co_await hanging.read_all();
        CHECK(cut.empty());
        auto const took = net.clock.now() - begin;
        CHECK(took >= 450ms);
        CHECK(took < 10s);
        while (!draining.finished()) co_await net.clock.sleep_for(1ms);
        RawClient late(net.ctx.get_executor());
        bool const accepted = co_await late.connect(port);
        CHECK_FALSE(accepted);
    };
    net.run(test());
}

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kSanitized = true;
#elif defined(__has_feature)
constexpr bool kSanitized = __has_feature(address_sanitizer);
#else
constexpr bool kSanitized = false;
#endif

TEST_CASE("out of descriptors the server waits a little and then goes on", "[net][server]") {
    if (kSanitized) {
        WARN("skipped: UBSan's own checks need descriptors; the tsan preset runs it");
        return;
    }
    NetFixture net;
    net.serve({}, echo);
    auto& errors = net.metrics.counter("tributary_http_accept_errors_total", "", {{"server", "fhir"}});
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    auto test = [&]() -> awaitable<void> {
        RawClient client(net.ctx.get_executor());
        int const lowest_free = ::dup(0);
        ::close(lowest_free);
        rlimit one_more = before;
        one_more.rlim_cur = static_cast<rlim_t>(lowest_free) + 1;
        ::setrlimit(RLIMIT_NOFILE, &one_more);
        (void)co_await client.connect(net.server->port());
        co_await net.clock.sleep_for(250ms);
        ::setrlimit(RLIMIT_NOFILE, &before);
        CHECK(errors.value() >= 1);
        CHECK(errors.value() <= 4);
        (void)co_await client.write("GET /late HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        auto const answer = co_await client.read_all();
        CHECK_THAT(answer, ContainsSubstring("GET /late"));
    };
    net.run(test());
}

TEST_CASE("a port in use is told with what to do", "[net][server]") {
    NetFixture net;
    net.serve({}, echo);
    HttpServer::Settings settings;
    settings.port = net.server->port();
    auto page = [](Failure const&) { return ServerResponse(); };
    HttpServer second(net.ctx.get_executor(), net.clock, settings, echo, {}, page, Logger(), net.metrics);
    auto const listening = second.listen();
    REQUIRE_FALSE(listening.has_value());
    CHECK(listening.error().errc() == Errc::connect);
    CHECK_THAT(listening.error().detail(), ContainsSubstring("in use"));
    auto nothing = []() -> awaitable<void> { co_return; };
    net.run(nothing());
}

}  // namespace tributary::net
