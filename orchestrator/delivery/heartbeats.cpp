#include "orchestrator/delivery/heartbeats.hpp"

#include <utility>

#include "orchestrator/async/deadline.hpp"
#include "orchestrator/async/with_deadline.hpp"

namespace tributary::delivery {

Heartbeats::Heartbeats(boost::asio::any_io_executor ex, async::Clock& clock, Calls calls, Logger logger)
    : clock_(clock),
      calls_(std::move(calls)),
      jitter_(static_cast<std::uint64_t>(clock.utc_now().time_since_epoch().count())),
      tasks_(std::move(ex), [logger](std::string_view task, std::exception_ptr error) {
          logger.bug(task, error);
      }) {}

bool Heartbeats::start() { return tasks_.spawn("heartbeats", run()); }

void Heartbeats::watch(std::string const& id, Duration period) {
    auto const now = clock_.now();
    auto const [entry, added] = watched_.try_emplace(id, Watched{period, now, now, due_.end()});
    auto& watched = entry->second;
    if (!added && watched.period == period) return;
    if (!added) due_.erase(watched.due);
    watched.period = period;
    watched.touched = watched.scheduled = now;
    watched.due = schedule(entry->first, now, period);
    if (watched.due == due_.begin()) sooner_.close_all();
}

void Heartbeats::touch(std::string const& id) {
    auto const found = watched_.find(id);
    if (found != watched_.end()) found->second.touched = clock_.now();
}

void Heartbeats::forget(std::string const& id) {
    auto const found = watched_.find(id);
    if (found == watched_.end()) return;
    due_.erase(found->second.due);
    watched_.erase(found);
}

/// Up to a twentieth earlier, so that what began together does not beat together, and no silence is longer than the period.
Heartbeats::Due::iterator Heartbeats::schedule(std::string const& id, TimePoint since, Duration period) {
    auto const part = static_cast<Duration::rep>(jitter_.next() % 1000);
    return due_.emplace(since + period - period / 20'000 * part, &id);
}

awaitable<void> Heartbeats::run() {
    while (true) {
        auto const next = due_.empty() ? TimePoint::max() : due_.begin()->first;
        auto earlier = sooner_.wait();
        (void)co_await async::with_deadline(clock_, async::Deadline::at(next), std::move(earlier));
        beat_due();
    }
}

void Heartbeats::beat_due() {
    auto const now = clock_.now();
    while (!due_.empty() && due_.begin()->first <= now) {
        auto& [id, watched] = *watched_.find(*due_.begin()->second);
        due_.erase(watched.due);
        auto const since = calls_.silent_since(id).value_or(watched.touched);
        bool const silent = since <= watched.scheduled;
        watched.scheduled = silent ? now : since;
        watched.due = schedule(id, watched.scheduled, watched.period);
        if (silent) calls_.beat(std::string(id));
    }
}

}  // namespace tributary::delivery
