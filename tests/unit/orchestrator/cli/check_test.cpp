#include "orchestrator/cli/check.hpp"

#include <algorithm>
#include <deque>
#include <sstream>

#include "tests/support/async.hpp"
#include "tests/support/catch.hpp"
#include "tests/support/stub_community.hpp"

namespace tributary::cli {
namespace {

using namespace std::chrono_literals;
using boost::asio::awaitable;
using partner::Capabilities;
using partner::DiscoveryMethod;

/// Answers its probe after a while, and counts how many do at once.
class FakeCommunity final : public partner::StubCommunity {
public:
    FakeCommunity(async::Clock& clock, std::chrono::milliseconds delay, int& at_once, int& most)
        : clock_(clock), delay_(delay), at_once_(at_once), most_(most) {}
    awaitable<Result<Capabilities>> probe(async::Deadline) override {
        most_ = std::max(most_, ++at_once_);
        co_await clock_.sleep_for(delay_);
        --at_once_;
        co_return Capabilities();
    }

private:
    async::Clock& clock_;
    std::chrono::milliseconds delay_;
    int& at_once_;
    int& most_;
};

struct Bench : async::Fixture {
    std::deque<FakeCommunity> communities;
    std::vector<CheckedPartner> partners;
    std::vector<CheckResult> results;
    int at_once = 0, most = 0;

    void add(std::string id, std::chrono::milliseconds delay = 40ms) {
        CheckedPartner partner;
        partner.id = std::move(id);
        partner.timeout = 2s;
        partner.community = &communities.emplace_back(clock, delay, at_once, most);
        partners.push_back(std::move(partner));
    }
    void check() {
        auto task = [this]() -> awaitable<void> { results = co_await check_partners(clock, partners, 32); };
        root.start(task());
        clock.advance(ctx, 10s);
        REQUIRE(root.succeeded());
    }
};

CheckResult answered(std::string id, Capabilities said) {
    CheckResult result;
    result.id = std::move(id);
    result.name = "Community " + result.id;
    result.fhir = "http://x.example/fhir";
    result.said = std::move(said);
    result.took = 40ms;
    return result;
}
CheckResult failed(std::string id, Failure why) {
    auto result = answered(std::move(id), Capabilities());
    result.said = std::move(why);
    return result;
}
Capabilities hapi() {
    Capabilities said;
    said.software = "HAPI FHIR Server 8.8.0";
    said.fhir_version = "4.0.1";
    return said;
}

std::vector<std::string> lines_of(std::string const& text) {
    std::istringstream stream(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
}

}  // namespace

TEST_CASE("many partners are asked at the same time, but not all at once", "[cli][check]") {
    Bench bench;
    for (int i = 0; i < 100; ++i) bench.add("p" + std::to_string(i));
    bench.check();
    CHECK(bench.most == 32);
    CHECK(bench.results.size() == 100);
    CHECK(bench.results.front().took == 40ms);
}

TEST_CASE("a partner that does not answer is given up after its own time-out", "[cli][check]") {
    Bench bench;
    bench.add("p001", 1h);
    bench.add("p002");
    bench.check();
    CHECK(bench.results[0].said.has_error());
    CHECK(bench.results[0].took == 2s);
    CHECK(bench.results[1].said.has_value());
}

TEST_CASE("the table begins with what is worst, and says what to do", "[cli][check]") {
    auto old = hapi();
    old.fhir_version = "3.0.2";
    auto offering = hapi();
    offering.offers_match = true;
    auto const text = format_check(
        {answered("p001", hapi()),
         answered("p002", old),
         failed("p003", Failure(Errc::http_status).with_status(401)),
         failed("p004", Failure(Errc::http_status).with_status(503)),
         failed("p005", Failure(Errc::timeout)),
         failed("p006", Failure(Errc::connect)),
         answered("p007", offering)},
        Terminal()
    );
    auto const lines = lines_of(text);
    REQUIRE(lines.size() == 9);
    std::string order;
    for (std::size_t i = 1; i < 8; ++i) order += lines[i].substr(0, 4) + ' ';
    CHECK(order == "p006 p005 p004 p003 p002 p001 p007 ");
    CHECK_THAT(lines[1], Catch::Matchers::ContainsSubstring("check host and port"));
    CHECK_THAT(lines[4], Catch::Matchers::ContainsSubstring("HTTP 401: check its headers"));
    CHECK_THAT(lines[5], Catch::Matchers::ContainsSubstring("R4"));
    CHECK_THAT(lines[6], Catch::Matchers::ContainsSubstring("search"));
    CHECK_THAT(lines[7], Catch::Matchers::ContainsSubstring("$match"));
    CHECK(lines[8] == "7 partners: 2 ok, 4 failing, 1 to look at");
    auto const column = lines[0].find("ANSWERED IN");
    for (std::size_t i = 1; i < 3; ++i) CHECK(lines[i].substr(column, 2) == "- ");  // they did not answer
    for (std::size_t i = 3; i < 8; ++i) CHECK(lines[i].find("40 ms") == column);
}

TEST_CASE("the table says why a partner is not trusted", "[cli][check]") {
    CHECK_THAT(
        format_check({failed("p001", Failure(Errc::tls, "certificate has expired"))}, Terminal()),
        Catch::Matchers::ContainsSubstring("no trusted connection: certificate has expired; tell the partner")
    );
}

TEST_CASE("a forced $match that is not offered is worth a look", "[cli][check]") {
    auto result = answered("p001", hapi());
    result.discovery = DiscoveryMethod::match;
    CHECK_THAT(
        format_check({result}, Terminal()), Catch::Matchers::ContainsSubstring("does not offer $match")
    );
}

TEST_CASE("no line is wider than the terminal, and no word is lost", "[cli][check]") {
    Terminal terminal;
    terminal.interactive = true;
    auto const result = failed("p001", Failure(Errc::timeout));
    for (std::size_t const width : {60U, 80U, 100U, 200U}) {
        INFO(width);
        terminal.width = width;
        auto const text = format_check({result}, terminal);
        for (auto const& line : lines_of(text))
            CHECK((columns(line) <= width || line.starts_with("PARTNER")));
        CHECK_THAT(text, Catch::Matchers::ContainsSubstring("slow"));
        CHECK_THAT(text, Catch::Matchers::ContainsSubstring("(http://x.example/fhir)"));
    }
}

TEST_CASE("the table shows no credentials and no query", "[cli][check]") {
    auto result = failed("p001", Failure(Errc::connect));
    result.fhir = "https://user:secret@x.example/fhir?key=secret";
    auto const text = format_check({result}, Terminal());
    CHECK(text.find("secret") == std::string::npos);
    CHECK_THAT(text, Catch::Matchers::ContainsSubstring("https://x.example/fhir"));
}

}  // namespace tributary::cli
