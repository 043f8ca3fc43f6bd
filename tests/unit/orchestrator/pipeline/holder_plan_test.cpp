#include "orchestrator/pipeline/holder_plan.hpp"

#include <string>

#include "tests/support/catch.hpp"

namespace tributary::pipeline {

namespace {

using Look = HolderPlan::Look;
using Next = HolderPlan::Next;

HolderPlan plan_of(std::vector<std::string> const& partners) {
    std::vector<cache::Holder> holders;
    for (auto const& partner : partners) {
        cache::Holder holder;
        holder.partner = partner;
        holders.push_back(holder);
    }
    return HolderPlan(std::move(holders));
}
Failure status(unsigned code) { return Failure(Errc::http_status).with_status(code); }
Failure const kWrongBytes(Errc::conflict);
Failure const kTimeout(Errc::timeout);

/// As a call does: what it failed with, and that it has ended unless it is made again.
Next fail(HolderPlan& plan, Failure const& why) {
    auto const next = plan.failed(why);
    if (next == Next::elsewhere) plan.ended(why);
    return next;
}

}  // namespace

TEST_CASE("every holder is asked before one is asked again", "[retrieval][B.3]") {
    auto plan = plan_of({"a", "b", "c"});
    CHECK(fail(plan, kTimeout) == Next::elsewhere);
    CHECK(plan.holder().partner == "b");
    CHECK(fail(plan, status(404)) == Next::elsewhere);
    CHECK(fail(plan, kWrongBytes) == Next::elsewhere);
    REQUIRE(plan.holder().partner == "a");
    CHECK(plan.look() == Look::second);
    CHECK(fail(plan, kTimeout) == Next::elsewhere);
    REQUIRE(plan.holder().partner == "b");
    CHECK(plan.look() == Look::reread);
    CHECK(fail(plan, status(404)) == Next::elsewhere);
    REQUIRE(plan.holder().partner == "c");
    CHECK(plan.look() == Look::last_look);
    CHECK(fail(plan, kWrongBytes) == Next::elsewhere);
    CHECK(plan.empty());
    CHECK_FALSE(plan.gone());
}

TEST_CASE("the only holder is repeated as its Lane says, or looked at again once", "[retrieval][B.3]") {
    auto plan = plan_of({"a"});
    SECTION("after a failure that passes") {
        CHECK(fail(plan, kTimeout) == Next::repeat);
        CHECK(plan.look() == Look::first);
        plan.ended(kTimeout);  // its attempts are used up
        CHECK(plan.empty());
    }
    SECTION("after the wrong bytes") {
        CHECK(fail(plan, kWrongBytes) == Next::there);
        CHECK(plan.look() == Look::last_look);
        CHECK(fail(plan, kTimeout) == Next::repeat);
        CHECK(fail(plan, kWrongBytes) == Next::elsewhere);
        CHECK(plan.empty());
    }
    SECTION("and not at all where it may not be had") {
        CHECK(fail(plan, Failure(Errc::forbidden).with_status(403)) == Next::elsewhere);
        CHECK(plan.empty());
        CHECK_FALSE(plan.gone());
    }
}

TEST_CASE("a document that no holder has any longer is gone", "[retrieval][B.3]") {
    auto plan = plan_of({"a", "b"});
    fail(plan, status(410));
    fail(plan, status(404));
    CHECK_FALSE(plan.gone());
    fail(plan, status(410));
    fail(plan, status(404));
    CHECK(plan.empty());
    CHECK(plan.gone());
}

}  // namespace tributary::pipeline
