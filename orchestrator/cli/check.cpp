#include "orchestrator/cli/check.hpp"

#include <functional>
#include <utility>

#include "orchestrator/async/semaphore.hpp"
#include "orchestrator/async/task_group.hpp"
#include "orchestrator/async/with_deadline.hpp"

namespace tributary::cli {

namespace {

using boost::asio::awaitable;

awaitable<void> probe(
    async::Clock& clock, async::Semaphore& slots, CheckedPartner partner, CheckResult& result
) {
    auto const slot = co_await slots.acquire();
    auto const start = clock.now();
    auto const deadline = async::Deadline::after(clock, partner.timeout);
    auto op = partner.community->probe(deadline);
    result.said = co_await with_deadline(clock, deadline, std::move(op));
    result.took = std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - start);
}

}  // namespace

awaitable<std::vector<CheckResult>> check_partners(
    async::Clock& clock, std::vector<CheckedPartner> partners, std::size_t at_once
) {
    std::vector<CheckResult> results;
    for (auto const& partner : partners)
        results.push_back({partner.id, partner.name, partner.fhir, partner.discovery});
    async::Semaphore slots(at_once);
    auto ask_all = [&](async::TaskGroup& group) -> awaitable<void> {
        for (std::size_t i = 0; i < partners.size(); ++i) {
            if (!group.spawn(partners[i].id, probe(clock, slots, partners[i], results[i]))) break;
        }
        co_return;
    };
    co_await async::with_group(std::ref(ask_all));
    co_return results;
}

}  // namespace tributary::cli
