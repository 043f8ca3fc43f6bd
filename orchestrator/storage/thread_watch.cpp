#include "orchestrator/storage/thread_watch.hpp"

#include <utility>

namespace tributary::storage {

namespace {

constexpr std::chrono::minutes kBetweenLines(1);

/// COMMIT and BEGIN answer with codes of SQLite's.
bool is_of_database(Failure const& why) {
    return why.errc() == Errc::storage || why.code().category() != category();
}

}  // namespace

ThreadWatch::ThreadWatch(Metrics& metrics, Logger const& logger, std::string const& thread)
    : waiting_(metrics.gauge(
          "tributary_storage_pending_jobs", "Units of work queued or running", {{"thread", thread}}
      )),
      refused_(metrics.counter(
          "tributary_storage_refused_total",
          "Units of work refused because the queue was full",
          {{"thread", thread}}
      )),
      failures_(metrics.counter(
          "tributary_storage_failures_total",
          "Units of work that failed in the database",
          {{"thread", thread}}
      )),
      logger_(logger.child("thread", thread)),
      reads_only_(thread == "reader" || thread == "searches") {}

void ThreadWatch::worked() {
    if (std::exchange(failing_, false)) logger_.info("storage works again");
}

Failure ThreadWatch::failed(Failure const& why, Now now) {
    if (why.errc() == Errc::throttled) refused_.add();
    if (!is_of_database(why)) return why;
    failures_.add();
    if (now >= next_line_) {
        auto const reason = why.detail().empty() ? why.code().message() : why.detail();
        logger_.error("storage failed", {{"reason", reason}});
        next_line_ = now + kBetweenLines;
        failing_ = true;
    }
    if (reads_only_) return Failure(Errc::storage, "this cannot be read now: ask again");
    return Failure(Errc::storage, "this cannot be stored now: nothing was changed; ask again");
}

}  // namespace tributary::storage
