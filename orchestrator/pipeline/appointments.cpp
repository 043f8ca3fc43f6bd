#include "orchestrator/pipeline/appointments.hpp"

#include <utility>

#include "orchestrator/async/with_deadline.hpp"

namespace tributary::pipeline {

using async::Deadline;

void Appointments::make(async::Clock::TimePoint when, Appointment appointment) {
    made_.emplace(when, std::move(appointment));
    (void)wake_.try_push(std::monostate());
}

boost::asio::awaitable<Appointment> Appointments::next() {
    while (made_.empty() || made_.begin()->first > clock_.now()) {
        auto const due = made_.empty() ? Deadline::never() : Deadline::at(made_.begin()->first);
        auto woken = wake_.pop();
        (void)co_await with_deadline(clock_, due, std::move(woken));
    }
    auto first = made_.extract(made_.begin());
    co_return std::move(first.mapped());
}

}  // namespace tributary::pipeline
