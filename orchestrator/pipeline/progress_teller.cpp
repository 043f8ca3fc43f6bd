#include "orchestrator/pipeline/progress_teller.hpp"

#include <utility>

#include "orchestrator/pipeline/ids.hpp"
#include "orchestrator/pipeline/until_stored.hpp"

namespace tributary::pipeline {

namespace {

constexpr std::size_t kToldAtOnce = 64;  // each is a resource that may list every partner

}  // namespace

ProgressTeller::ProgressTeller(Surroundings& around)
    : around_(around),
      told_(around.metrics.counter(
          "tributary_progress_events_total", "Events that tell Subscriptions how their Discovery goes"
      )) {}

awaitable<void> ProgressTeller::tell(
    std::string scope, std::string discovery, std::vector<std::string> followers
) {
    cache::ProgressNews news;
    news.scope = std::move(scope);
    news.discovery = std::move(discovery);
    for (std::size_t next = 0; next < followers.size();) {
        news.followers.clear();
        for (; next < followers.size() && news.followers.size() < kToldAtOnce; ++next)
            news.followers.push_back(
                {followers[next], progress_id(news.scope, followers[next], news.discovery)}
            );
        news.now = around_.clock.utc_now();
        auto write = [&] { return around_.storage.tell_progress(news); };
        auto const told = co_await until_stored(around_.clock, write, Patience::endless);
        if (!told) {
            around_.logger.error("progress not stored", {{"discovery", news.discovery}});
            co_return;
        }
        told_.add(static_cast<double>(told->size()));
        if (!told->empty()) around_.wake_by_id(*told);
    }
}

}  // namespace tributary::pipeline
