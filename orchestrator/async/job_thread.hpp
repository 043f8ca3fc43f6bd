#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>

#include "orchestrator/async/results.hpp"

namespace tributary::async {

/// One unit of work. Lives in the frame of the coroutine that waits for it, which the queue keeps alive until completion.
class Job {
public:
    explicit Job(std::size_t bytes) : bytes_(bytes) {}
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    /// On the thread. Runs the work and keeps its outcome. True: it succeeded.
    virtual bool run() noexcept = 0;
    /// On either thread. Replaces the outcome by an error.
    virtual void fail(error_code code) noexcept = 0;
    std::size_t bytes() const { return bytes_; }

protected:
    ~Job() = default;

private:
    std::size_t bytes_;
};

/// A thread with a bounded queue: what StorageThread and Worker share. All callers live on one loop.
/// Owner: declared after the io_context, so that it is gone first. Ends: stop() finishes the queue, then joins.
class JobThread {
public:
    /// Both bounds count what is queued and what is running. A job larger than `bytes` is taken when nothing else is there, one
    /// that holds nothing whenever there is a place.
    struct Limits {
        std::size_t jobs = 1024;
        std::size_t bytes = std::size_t{64} << 20U;
        std::size_t batch = 256;  // most jobs handed to the runner at once
    };
    /// On the thread: must leave an outcome in every job and not throw.
    using Runner = std::function<void(const std::vector<Job*>& batch)>;

    /// On the thread, each time the queue has run empty. Must not throw; what comes next waits for it.
    using Idle = std::function<void()>;

    JobThread(asio::any_io_executor loop, Limits limits, Runner run, Idle idle = {});
    JobThread(const JobThread&) = delete;
    JobThread& operator=(const JobThread&) = delete;
    ~JobThread() { stop(); }

    /// Completes void() on the loop, never inline, once the job has an outcome: at once with queue_full() or queue_closed().
    /// Cancellation: none once queued; a cancelled caller still waits for its job and then meets the cancel at its next co_await.
    template <class Token>
    auto async_run(Job& job, Token&& token) {
        return asio::async_initiate<Token, void()>(
            [this](auto handler, Job* queued) {
                enqueue(*queued, asio::any_completion_handler<void()>(std::move(handler)));
            },
            token,
            &job
        );
    }

    /// Thread: the loop. Refuses new jobs, finishes the queue, joins. Blocks. Idempotent.
    void stop();
    /// Queued and running.
    std::size_t pending() const;

private:
    struct Entry {
        Job* job_;
        asio::any_completion_handler<void()> done_;  // owns the waiting frame, and with it the job
        asio::executor_work_guard<asio::any_io_executor> keeps_loop_running_;
    };

    void enqueue(Job& job, asio::any_completion_handler<void()> done);
    void loop();
    std::vector<Entry> take_batch();
    static void complete(const asio::any_io_executor& loop, std::vector<Entry> batch);

    asio::any_io_executor loop_;
    Limits limits_;
    Runner run_;
    Idle idle_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Entry> queue_;
    std::size_t jobs_ = 0;
    std::size_t bytes_ = 0;
    bool stopping_ = false;
    std::thread thread_;
};

}  // namespace tributary::async
