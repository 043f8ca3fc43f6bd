#include "orchestrator/pacing/retry_budget.hpp"

#include "tests/support/catch.hpp"

namespace tributary::pacing {

using namespace std::chrono_literals;

namespace {

struct BudgetFixture {
    RetryBudget budget{0.5};
    RetryBudget::TimePoint now{};

    void attempt(int times) {
        for (int i = 0; i < times; ++i) budget.attempted(now);
    }
    /// How many repetitions are granted now.
    unsigned granted() {
        unsigned count = 0;
        while (count < 10'000 && budget.spend(now)) ++count;
        return count;
    }
};

}  // namespace

TEST_CASE_METHOD(BudgetFixture, "repetitions are a share of first attempts", "[pacing]") {
    attempt(200);
    CHECK(granted() == 100);
    attempt(20);
    CHECK(granted() == 10);
}

TEST_CASE_METHOD(BudgetFixture, "a quiet partner's calls may be repeated", "[pacing]") {
    attempt(1);
    CHECK(granted() == RetryBudget::kAlways);
}

TEST_CASE_METHOD(BudgetFixture, "what lies a minute back does not count", "[pacing]") {
    attempt(200);
    CHECK(granted() == 100);
    now += 30s;
    CHECK(granted() == 0);
    now += 31s;
    CHECK(granted() == RetryBudget::kAlways);
    now += 24h;
    attempt(100);
    CHECK(granted() == 50);
}

TEST_CASE("a share of zero leaves what is always allowed", "[pacing]") {
    RetryBudget budget(0);
    for (int i = 0; i < 1000; ++i) budget.attempted({});
    for (unsigned i = 0; i < RetryBudget::kAlways; ++i) CHECK(budget.spend({}));
    CHECK_FALSE(budget.spend({}));
}

}  // namespace tributary::pacing
