#pragma once
#include <concepts>
#include <type_traits>
#include <utility>

#include <boost/asio/use_awaitable.hpp>

#include "orchestrator/async/job_thread.hpp"

namespace tributary::async {

/// One thread for CPU work that would hold the loop for more than 2 ms: hashing, inflate, big parses. One job at a time.
/// Owner: app, declared after the io_context; stop() comes after every group was joined. Thread: the loop.
class Worker {
public:
    explicit Worker(asio::any_io_executor loop, JobThread::Limits limits = {});

    /// Runs `R work()` once; it owns what it touches. `bytes`: what it holds, for the queue's bound.
    /// Deadline: none; at most the queue ahead plus the job. Cancellation: none once queued, see JobThread::async_run.
    /// Errors: queue_full(), queue_closed(); exceptions of `work` are rethrown here.
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
