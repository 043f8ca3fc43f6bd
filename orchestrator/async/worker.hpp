#pragma once
#include <concepts>
#include <cstddef>
#include <limits>
#include <type_traits>
#include <utility>

#include <boost/asio/use_awaitable.hpp>

#include "orchestrator/async/job_thread.hpp"

namespace tributary::async {

/// One thread for CPU work that would hold the loop for more than 2 ms: hashing, inflate, big parses. One job at a time, first come,
/// first served. The queue is as long as there are callers, one job each: calls to partners and endpoints in flight, open connections.
/// Owner: app, declared after the io_context; stop() comes after every group was joined. Thread: the loop.
class Worker {
public:
    /// `bytes`: what may be held by all jobs that tell how much they hold.
    explicit Worker(
        asio::any_io_executor loop, std::size_t bytes = std::numeric_limits<std::size_t>::max()
    );

    /// Runs `R work()` once; it owns what it touches. `bytes`: what it holds; 0 for what came from afar and would have to be fetched again, were
    /// it refused.
    /// Deadline: none; at most the queue ahead plus the job. Cancellation: none once queued, see JobThread::async_run.
    /// Errors: queue_full() (of bytes), queue_closed(); exceptions of `work` are rethrown here.
    template <class Work>
        requires std::invocable<Work>
    auto execute(Work work, std::size_t bytes = 0) -> awaitable<AsResult<std::invoke_result_t<Work>>> {
        WorkJob<Work> job(std::move(work), bytes);
        co_await thread_.async_run(job, asio::use_awaitable);
        co_return job.outcome_.take();
    }

    void stop() { thread_.stop(); }
    std::size_t pending() const { return thread_.pending(); }

private:
    template <class Work>
    struct WorkJob final : Job {
        WorkJob(Work work, std::size_t bytes) : Job(bytes), work_(std::move(work)) {}
        bool run() noexcept override { return outcome_.capture(std::move(work_)); }
        void fail(error_code code) noexcept override { outcome_.set_failure(code); }

        Work work_;
        Outcome<std::invoke_result_t<Work>> outcome_;
    };

    JobThread thread_;
};

}  // namespace tributary::async
