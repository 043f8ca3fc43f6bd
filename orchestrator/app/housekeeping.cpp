#include "orchestrator/app/housekeeping.hpp"

#include <stdexcept>

namespace tributary::app {

namespace {

constexpr std::chrono::minutes kPeriod{1};
constexpr std::chrono::milliseconds kBetweenSlices{20};
constexpr std::chrono::hours kBetweenComparisons{24};

}  // namespace

Housekeeping::Housekeeping(
    boost::asio::any_io_executor ex,
    async::Clock& clock,
    storage::Storage& storage,
    config::Cache settings,
    Logger logger
)
    : clock_(clock),
      storage_(storage),
      settings_(std::move(settings)),
      logger_(logger),
      tasks_(std::move(ex), [logger](std::string_view task, std::exception_ptr const& error) {
          logger.bug(task, error);
      }) {}

void Housekeeping::start() {
    if (!tasks_.spawn("housekeeping", run()))
        throw std::logic_error("housekeeping was started after its end");
}

awaitable<void> Housekeeping::run() {
    for (;;) {
        co_await clock_.sleep_for(kPeriod);
        co_await sweep();
    }
}

awaitable<void> Housekeeping::sweep() {
    auto const now = clock_.utc_now();
    cache::Store::Retention retention;
    retention.calls_before = now - settings_.call_history;
    retention.events_before = now - settings_.event_retention;
    retention.documents_before = now - settings_.retention;
    for (bool more = true; more;) {
        auto const purged = co_await storage_.purge(retention);
        if (!purged) {
            logger_.warning("housekeeping failed", {{"reason", purged.error().detail()}});
            co_return;
        }
        more = *purged;
        co_await clock_.sleep_for(kBetweenSlices);
    }
    auto const trimmed = co_await storage_.trim_bodies(settings_.documents_max);
    if (!trimmed) logger_.warning("housekeeping failed", {{"reason", trimmed.error().detail()}});
    co_await compare_files();
}

/// At the first sweep, and daily.
awaitable<void> Housekeeping::compare_files() {
    if (compared_ && clock_.now() < *compared_ + kBetweenComparisons) co_return;
    auto const dropped = co_await storage_.drop_unknown_bodies();
    if (!dropped) {
        logger_.warning("housekeeping failed", {{"reason", dropped.error().detail()}});
        co_return;
    }
    compared_ = clock_.now();
}

}  // namespace tributary::app
