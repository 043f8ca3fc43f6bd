#include "orchestrator/cli/check.hpp"

#include <algorithm>
#include <deque>
#include <sstream>

#include "tests/support/async.hpp"
#include "tests/support/catch.hpp"

namespace tributary::cli {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;

/// Answers its probe after a while, and counts how many do at once.
class FakeCommunity final : public partner::Community {
public:
    FakeCommunity(async::Clock& clock, Result<std::string> answer, int& at_once, int& most)
        : clock_(clock), answer_(std::move(answer)), at_once_(at_once), most_(most) {}
    awaitable<Result<partner::Candidates>> patients(async::Deadline, fhir::search::PatientQuery) override {
        co_return Failure(Errc::bug);
    }
    awaitable<Result<partner::FoundDocuments>> documents(
        async::Deadline, partner::PatientMatch, partner::Page
    ) override {
        co_return Failure(Errc::bug);
    }
    awaitable<std::vector<Result<partner::RetrievedDocument>>>
    retrieve(async::Deadline, std::vector<partner::DocumentAddress>) override {
        co_return std::vector<Result<partner::RetrievedDocument>>();
    }
    awaitable<Result<std::string>> probe(async::Deadline) override {
        most_ = std::max(most_, ++at_once_);
        co_await clock_.sleep_for(40ms);
        --at_once_;
        co_return answer_;
    }

private:
    async::Clock& clock_;
    Result<std::string> answer_;
    int& at_once_;
    int& most_;
};

struct Bench : async::Fixture {
    std::deque<FakeCommunity> communities;
    std::vector<CheckedPartner> partners;
    std::ostringstream out;
    int at_once = 0, most = 0, exit_code = -1;

    void add(std::string id, Result<std::string> answer) {
        communities.emplace_back(clock, std::move(answer), at_once, most);
        partners.push_back({id, "http://x/" + id, &communities.back()});
    }
    void check() {
        auto task = [this]() -> awaitable<void> {
            exit_code = co_await check_partners(clock, partners, out);
        };
        root.start(task());
        clock.advance(ctx, 10s);
        REQUIRE(root.succeeded());
    }
};

}  // namespace

TEST_CASE("all partners good is 0, one that fails is 1 and stands first", "[cli][check]") {
    Bench bench;
    bench.add("p001", std::string("HAPI FHIR 8.8.0"));
    bench.check();
    CHECK(bench.exit_code == 0);
    Bench failing;
    failing.add("p001", std::string("HAPI FHIR 8.8.0"));
    failing.add("p002", Failure(Errc::http_status).with_status(503));
    failing.check();
    CHECK(failing.exit_code == 1);
    auto const text = failing.out.str();
    CHECK(text.find("p002") < text.find("p001"));
    CHECK_THAT(text, Catch::Matchers::ContainsSubstring("40 ms"));
    CHECK_THAT(text, Catch::Matchers::ContainsSubstring("2 partners: 1 ok, 1 failing"));
}

TEST_CASE("many partners are asked at the same time, but not all at once", "[cli][check]") {
    Bench bench;
    for (int i = 0; i < 100; ++i) bench.add("p" + std::to_string(i), std::string("X 1"));
    bench.check();
    CHECK(bench.most == 32);
    CHECK(bench.exit_code == 0);
}

TEST_CASE("the table shows no credentials and no query", "[cli][check]") {
    std::vector<CheckResult> results(1);
    results[0].id = "p001";
    results[0].fhir = "https://user:secret@x.example/fhir?key=secret";
    auto const text = format_check(std::move(results));
    CHECK(text.find("secret") == std::string::npos);
    CHECK_THAT(text, Catch::Matchers::ContainsSubstring("https://x.example/fhir "));
}

}  // namespace tributary::cli
