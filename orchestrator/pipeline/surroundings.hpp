#pragma once
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "orchestrator/async/clock.hpp"
#include "orchestrator/async/worker.hpp"
#include "orchestrator/base/logger.hpp"
#include "orchestrator/base/metrics.hpp"
#include "orchestrator/partner/partner.hpp"
#include "orchestrator/pipeline/call_log.hpp"
#include "orchestrator/storage/storage.hpp"

namespace tributary::pipeline {

/// What Discoveries and Retrievals work with; each outlives them.
struct Surroundings {
    boost::asio::any_io_executor ex;
    async::Clock& clock;
    storage::Storage& storage;
    async::Worker& worker;
    std::vector<std::unique_ptr<partner::Partner>>& partners;
    CallLog& calls;
    std::function<void(cache::Admitted& admitted)>
        wake;  ///< told which Subscriptions have new Events; may take them
    Logger logger;
    Metrics& metrics;

    /// Bytes that are not served, whichever way they came.
    Metrics::Counter& quarantined() const {
        return metrics.counter(
            "tributary_documents_quarantined_total",
            "Bytes that are not served: another digest than the metadata's, or of somebody else"
        );
    }

    Metrics::Counter& wrong_sizes() const {
        return metrics.counter(
            "tributary_documents_wrong_size_total",
            "Documents taken although their size is another than the metadata's"
        );
    }
    void tell_wrong_sizes(std::string const& partner, std::size_t documents) const {
        if (documents == 0) return;
        wrong_sizes().add(static_cast<double>(documents));
        logger.warning(
            "size is another than the metadata's",
            {{"partner", partner}, {"documents", std::to_string(documents)}}
        );
    }

    void wake_by_id(std::vector<std::string> subscriptions) const {
        cache::Admitted told;
        told.subscriptions = std::move(subscriptions);
        wake(told);
    }
};

}  // namespace tributary::pipeline
