#include "orchestrator/async/worker.hpp"

namespace tributary::async {

namespace {

JobThread::Limits limits_of(std::size_t bytes) {
    JobThread::Limits limits;
    limits.jobs = std::numeric_limits<std::size_t>::max();
    limits.bytes = bytes;
    limits.batch = 1;  // each caller is completed as soon as its own job is done
    return limits;
}

}  // namespace

Worker::Worker(asio::any_io_executor loop, std::size_t bytes)
    : thread_(std::move(loop), limits_of(bytes), [](const std::vector<Job*>& batch) {
          for (Job* job : batch) job->run();
      }) {}

}  // namespace tributary::async
