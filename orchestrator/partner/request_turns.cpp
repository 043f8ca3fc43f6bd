#include "orchestrator/partner/request_turns.hpp"

#include "orchestrator/async/with_deadline.hpp"

namespace tributary::partner {

namespace {

class Waiting {
public:
    explicit Waiting(pacing::RateLimit& rate) : rate_(rate) { rate.request_waits(); }
    Waiting(Waiting const&) = delete;
    Waiting& operator=(Waiting const&) = delete;
    ~Waiting() { rate_.request_waits_no_more(); }

private:
    pacing::RateLimit& rate_;
};

Failure too_late() {
    return Failure(Errc::throttled, "requests_per_second leaves no turn before the time-out");
}

}  // namespace

boost::asio::awaitable<Result<void>> RequestTurns::take(async::Deadline deadline) {
    if (!rate_.limited()) co_return Result<void>();
    bool const nobody_waits = line_.available() > 0;
    if (rate_.turn_unused() || (nobody_waits && rate_.next_request() <= clock_.now())) {
        rate_.request_sent(clock_.now());
        co_return Result<void>();
    }
    Waiting const waiting(rate_);
    auto in_line = line_.acquire();
    auto const place = co_await async::with_deadline(clock_, deadline, std::move(in_line));
    if (!place) co_return too_late();
    for (auto at = rate_.next_request(); at > clock_.now(); at = rate_.next_request()) {
        if (at >= deadline.when()) co_return too_late();
        co_await clock_.sleep_until(at);
    }
    rate_.request_sent(clock_.now());
    co_return Result<void>();
}

}  // namespace tributary::partner
