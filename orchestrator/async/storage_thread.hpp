#pragma once
#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

#include <boost/asio/use_awaitable.hpp>

#include "orchestrator/async/job_thread.hpp"

namespace tributary::async {

/// What StorageThread needs of a store. rollback() after a failed begin() or commit() must be harmless.
template <class S>
concept TransactionalStore = requires(S& store) {
    { store.begin() } -> std::same_as<error_code>;
    { store.commit() } -> std::same_as<error_code>;
    { store.rollback() } noexcept;
};

/// The three calls, for the part that is no template.
class Transactions {
public:
    virtual error_code begin() = 0;
    virtual error_code commit() = 0;
    virtual void rollback() noexcept = 0;

protected:
    ~Transactions() = default;
};

/// One transaction for the whole batch. If a job or the COMMIT fails: ROLLBACK, then every job again in a transaction of
/// its own, so that only those fail that fail alone. A failed BEGIN fails them all.
void run_in_transaction(Transactions& transactions, const std::vector<Job*>& batch) noexcept;

/// The only thread that touches the Store. Typed units of work go in, results come back on the loop after COMMIT.
/// Owner: app, declared after the io_context; stop() comes after every group was joined. Thread: execute() and stop() on the loop.
template <TransactionalStore Store>
class StorageThread {
public:
    StorageThread(asio::any_io_executor loop, std::unique_ptr<Store> store, JobThread::Limits limits = {})
        : store_(std::move(store)),
          transactions_(*store_),
          thread_(
              std::move(loop),
              limits,
              [this](const std::vector<Job*>& batch) { run_in_transaction(transactions_, batch); },
              idle_work()
          ) {}

    /// Runs `R work(Store&) const`. It may run twice (a rolled back batch is replayed): no effects outside the store.
    /// An exception or an error Result undoes its writes; an ordinary "not found" is a value, or it costs every batch.
    /// `bytes`: what the job holds, for the queue's bound. Yields Result<T> as it is, any other R as result<R>.
    /// Deadline: none; at most the queue ahead plus one commit. Cancellation: none once queued, see JobThread::async_run.
    /// Errors: queue_full(), queue_closed(), the Store's code for BEGIN or COMMIT; exceptions of `work` are rethrown here.
    template <class Work>
        requires std::invocable<const Work&, Store&>
    auto execute(Work work, std::size_t bytes = 0)
        -> awaitable<AsResult<std::invoke_result_t<const Work&, Store&>>> {
        StoreJob<Work> job(*store_, std::move(work), bytes);
        co_await thread_.async_run(job, asio::use_awaitable);
        co_return job.outcome_.take();
    }

    void stop() { thread_.stop(); }
    std::size_t pending() const { return thread_.pending(); }

private:
    template <class Work>
    struct StoreJob final : Job {
        StoreJob(Store& store, Work work, std::size_t bytes)
            : Job(bytes), store_(store), work_(std::move(work)) {}
        bool run() noexcept override {
            return outcome_.capture([this]() -> decltype(auto) { return std::as_const(work_)(store_); });
        }
        void fail(error_code code) noexcept override { outcome_.set_failure(code); }

        Store& store_;
        Work work_;
        Outcome<std::invoke_result_t<const Work&, Store&>> outcome_;
    };
    struct Adapter final : Transactions {
        explicit Adapter(Store& store) : store_(store) {}
        error_code begin() override { return store_.begin(); }
        error_code commit() override { return store_.commit(); }
        void rollback() noexcept override { store_.rollback(); }
        Store& store_;
    };

    /// A store that can move its log into the database does so when nothing else is to do.
    JobThread::Idle idle_work() {
        if constexpr (requires(Store& store) { store.checkpoint(); }) {
            return [this] { store_->checkpoint(); };
        } else {
            return {};
        }
    }

    std::unique_ptr<Store> store_;
    Adapter transactions_;
    JobThread thread_;  // last: joined before the store goes
};

}  // namespace tributary::async
