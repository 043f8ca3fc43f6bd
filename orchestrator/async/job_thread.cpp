#include "orchestrator/async/job_thread.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

namespace tributary::async {

JobThread::JobThread(asio::any_io_executor loop, Limits limits, Runner run, Idle idle)
    : loop_(std::move(loop)), limits_(limits), run_(std::move(run)), idle_(std::move(idle)), thread_([this] {
          this->loop();
      }) {}

void JobThread::enqueue(Job& job, asio::any_completion_handler<void()> done) {
    error_code refused;
    Entry entry{&job, std::move(done), asio::make_work_guard(loop_)};
    {
        std::lock_guard const lock(mutex_);
        bool const too_big = jobs_ > 0 && job.bytes() > 0 && bytes_ + job.bytes() > limits_.bytes;
        if (stopping_) {
            refused = queue_closed();
        } else if (jobs_ >= limits_.jobs || too_big) {
            refused = queue_full();
        } else {
            ++jobs_;
            bytes_ += job.bytes();
            queue_.push_back(std::move(entry));
        }
    }
    if (!refused) {
        wake_.notify_one();
        return;
    }
    job.fail(refused);
    std::vector<Entry> alone;
    alone.push_back(std::move(entry));
    complete(loop_, std::move(alone));
}

void JobThread::complete(const asio::any_io_executor& loop, std::vector<Entry> batch) {
    asio::post(loop, [batch = std::move(batch)]() mutable {
        for (Entry& entry : batch) std::move(entry.done_)();
    });
}

std::vector<JobThread::Entry> JobThread::take_batch() {
    std::vector<Entry> batch;
    auto const count = std::min(queue_.size(), limits_.batch);
    batch.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        batch.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return batch;
}

void JobThread::loop() {
    std::vector<Job*> jobs;
    std::unique_lock lock(mutex_);
    for (;;) {
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        auto batch = take_batch();
        lock.unlock();
        jobs.clear();
        std::size_t bytes = 0;
        for (Entry const& entry : batch) {
            jobs.push_back(entry.job_);
            bytes += entry.job_->bytes();
        }
        run_(jobs);
        lock.lock();  // the room is free before the callers resume: they may submit again at once
        jobs_ -= jobs.size();
        bytes_ -= bytes;
        complete(loop_, std::move(batch));  // under the lock: who sees pending() == 0 finds the completions posted
        if (idle_ && queue_.empty()) {
            lock.unlock();
            idle_();
            lock.lock();
        }
    }
}

void JobThread::stop() {
    {
        std::lock_guard const lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    if (thread_.joinable()) thread_.join();
}

std::size_t JobThread::pending() const {
    std::lock_guard const lock(mutex_);
    return jobs_;
}

}  // namespace tributary::async
