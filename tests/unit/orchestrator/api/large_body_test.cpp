#include <boost/asio/post.hpp>

#include "orchestrator/api/operation_input.hpp"
#include "orchestrator/api/request.hpp"
#include "orchestrator/async/run_by_size.hpp"
#include "tests/support/async.hpp"

namespace tributary::api {

namespace {

struct LargeBody {
    LargeBody(std::string type, std::string body) {
        request.method = "POST";
        request.headers.add("Content-Type", std::move(type));
        request.body = std::move(body);
    }
    /// Did the loop turn while it was read?
    template <class Read>
    bool lets_others_go_on(Read read) {
        bool turned = false;
        bool turned_meanwhile = false;
        auto const task = [&]() -> awaitable<void> {
            boost::asio::post(ctx, [&turned] { turned = true; });
            auto const answer = co_await read();
            turned_meanwhile = turned;
            CHECK(answer.has_value());
        };
        async::Root root(ctx);
        root.start(task());
        ctx.run();
        REQUIRE(root.succeeded());
        return turned_meanwhile;
    }

    boost::asio::io_context ctx{1};
    async::Worker worker{ctx.get_executor()};
    net::ServerRequest request;
};

std::string const kMuch(async::kInlineBytes, 'x');

}  // namespace

TEST_CASE("a large body of a client holds nobody up", "[api][loop]") {
    SECTION("a Subscription") {
        LargeBody fixture(
            "application/fhir+json", R"({"resourceType":"Subscription","reason":")" + kMuch + "\"}"
        );
        CHECK(fixture.lets_others_go_on([&] {
            return read_resource(fixture.worker, fixture.request, "Subscription");
        }));
    }
    SECTION("what is said to an operation") {
        LargeBody fixture("application/fhir+json", R"({"resourceType":"Parameters","id":")" + kMuch + "\"}");
        CHECK(fixture.lets_others_go_on([&] { return OperationInput::read(fixture.worker, fixture.request); })
        );
    }
    SECTION("the form of a search") {
        LargeBody fixture("application/x-www-form-urlencoded", "family=" + kMuch);
        CHECK(fixture.lets_others_go_on([&] { return read_query(fixture.worker, fixture.request); }));
    }
}

}  // namespace tributary::api
