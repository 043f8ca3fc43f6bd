#pragma once
#include <memory>

#include <boost/asio/steady_timer.hpp>
#include <boost/system/system_error.hpp>

#include "fhir/base/failure.hpp"
#include "orchestrator/async/deadline.hpp"
#include "orchestrator/net/stream.hpp"

namespace tributary::net {

/// Ends what a stream is doing when its time is over: one timer, no coroutine. Owner: the frame that uses the stream, which outlives it.
/// Thread: the loop. Armed again, the former time counts no more.
class CloseGuard {
public:
    explicit CloseGuard(Stream& stream) : timer_(stream.get_executor()), state_(std::make_shared<State>()) {
        state_->stream = &stream;
    }
    CloseGuard(CloseGuard const&) = delete;
    CloseGuard& operator=(CloseGuard const&) = delete;
    ~CloseGuard() { state_->stream = nullptr; }

    /// Closes the stream.
    void arm(async::Clock::Duration time) {
        arm(time, [](Stream& stream) { stream.close(); });
    }
    /// Only ends the read or write under way: something is still to be said on this stream.
    void arm_interrupt(async::Clock::Duration time) {
        arm(time, [](Stream& stream) {
            error_code ignored;
            stream.socket().cancel(ignored);
        });
    }
    void arm(async::Clock const& clock, async::Deadline deadline) {
        if (deadline.is_never()) return disarm();
        arm(deadline.remaining(clock));
    }
    void disarm() {
        ++state_->round;
        timer_.cancel();
    }
    bool fired() const { return state_->fired; }

    /// What a failed operation means: our time is over, we were cancelled (thrown), or the peer.
    Failure failure(Errc errc, error_code code) const {
        if (fired()) return Failure(Errc::timeout);
        if (code == asio::error::operation_aborted) throw boost::system::system_error(code);
        return Failure(errc, code.message());
    }

private:
    struct State {
        Stream* stream = nullptr;
        bool fired = false;
        unsigned round = 0;
    };

    void arm(async::Clock::Duration time, void (*end)(Stream&)) {
        state_->fired = false;
        timer_.expires_after(time);
        timer_.async_wait([state = state_, end, round = ++state_->round](error_code code) {
            if (code || state->stream == nullptr || state->round != round) return;
            state->fired = true;
            end(*state->stream);
        });
    }

    asio::steady_timer timer_;
    std::shared_ptr<State> state_;
};

}  // namespace tributary::net
