// What an endpoint answers to a notification, byte by byte: read within its bounds, and within the deadline.

#include <chrono>
#include <string>

#include <boost/asio/io_context.hpp>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/run_loop.hpp"
#include "orchestrator/async/worker.hpp"
#include "orchestrator/base/metrics.hpp"
#include "orchestrator/net/http_client.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/fake_server.hpp"

namespace tributary::fuzz {
namespace {

constexpr std::size_t kLimit = 64 * 1024;

struct Caller {
    boost::asio::io_context loop{1};
    async::SystemClock clock;
    Metrics metrics;
    net::TlsContexts tls;
    async::Worker worker{loop.get_executor()};
    net::HttpClient client{loop.get_executor(), clock, worker, tls, metrics, net::HttpClient::Settings()};
    ~Caller() { worker.stop(); }

    boost::asio::awaitable<int> call(FakeServer& server) {
        net::ClientRequest request;
        request.method = "POST";
        request.url = *net::parse_url(server.url("/hook"));
        request.body = "{}";
        request.body_limit = kLimit;
        auto const deadline = async::Deadline::after(clock, std::chrono::seconds(2));
        auto const answer = co_await client.send(deadline, std::move(request));
        if (answer) {
            expect(answer->body.size() <= kLimit, "the bound on a body holds");
            (void)answer->retry_after(clock.utc_now());
        }
        client.close_idle();
        server.stop();
        co_return 0;
    }
};

}  // namespace
}  // namespace tributary::fuzz

int LLVMFuzzerTestOneInput(std::uint8_t const* data, std::size_t size) {
    static tributary::fuzz::Caller caller;
    caller.loop.restart();  // it ended with the input before
    tributary::FakeServer server(caller.loop);
    server.reply_and_close(std::string(tributary::fuzz::text_of(data, size)));
    return tributary::async::run_loop(caller.loop, caller.call(server));
}
