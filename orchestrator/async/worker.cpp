#include "orchestrator/async/worker.hpp"

namespace tributary::async {

namespace {

JobThread::Limits one_at_a_time(JobThread::Limits limits) {
    limits.batch = 1;  // each caller is completed as soon as its own job is done
    return limits;
}

}  // namespace

Worker::Worker(asio::any_io_executor loop, JobThread::Limits limits)
    : thread_(std::move(loop), one_at_a_time(limits), [](const std::vector<Job*>& batch) {
          for (Job* job : batch) job->run();
      }) {}

}  // namespace tributary::async
