#include "orchestrator/app/loop_lag.hpp"

#include <chrono>
#include <stdexcept>
#include <utility>
#include <vector>

namespace tributary::app {

namespace {

constexpr std::chrono::milliseconds kEvery{50};

std::vector<double> const& buckets() {
    static std::vector<double> const kBuckets{0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1};
    return kBuckets;
}

}  // namespace

LoopLag::LoopLag(boost::asio::any_io_executor ex, async::Clock& clock, Logger logger, Metrics& metrics)
    : clock_(clock),
      lag_(metrics.histogram(
          "tributary_loop_lag_seconds", "How long after its time a timer of the loop is served", buckets()
      )),
      tasks_(std::move(ex), [log = std::move(logger)](std::string_view task, std::exception_ptr error) {
          log.bug(task, error);
      }) {}

void LoopLag::start() {
    if (!tasks_.spawn("loop lag", measure())) throw std::logic_error("started after stop");
}

awaitable<void> LoopLag::measure() {
    while (true) {
        auto const due = clock_.now() + kEvery;
        co_await clock_.sleep_until(due);
        lag_.observe(std::chrono::duration<double>(clock_.now() - due).count());
    }
}

}  // namespace tributary::app
