#include "orchestrator/async/storage_thread.hpp"

#include <algorithm>

namespace tributary::async {

namespace {

bool run_together(Transactions& transactions, const std::vector<Job*>& batch) {
    bool const all_ran = std::all_of(batch.begin(), batch.end(), [](Job* job) { return job->run(); });
    if (all_ran && !transactions.commit()) return true;
    transactions.rollback();
    return false;
}

void run_alone(Transactions& transactions, Job& job) {
    if (auto const code = transactions.begin()) {
        job.fail(code);
    } else if (!job.run()) {
        transactions.rollback();
    } else if (auto const failed = transactions.commit()) {
        transactions.rollback();
        job.fail(failed);
    }
}

}  // namespace

void run_in_transaction(Transactions& transactions, const std::vector<Job*>& batch) noexcept {
    if (batch.size() > 1) {
        if (auto const code = transactions.begin()) {
            for (Job* job : batch) job->fail(code);
            return;
        }
        if (run_together(transactions, batch)) return;
    }
    for (Job* job : batch) run_alone(transactions, *job);
}

}  // namespace tributary::async
