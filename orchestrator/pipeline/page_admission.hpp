#pragma once
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "cache/records.hpp"
#include "fhir/base/failure.hpp"
#include "orchestrator/partner/partner.hpp"
#include "orchestrator/pipeline/page_preparation.hpp"
#include "orchestrator/pipeline/surroundings.hpp"

namespace tributary::pipeline {

using boost::asio::awaitable;

/// The way of a partner's documents into the Store, and what they set off there. Thread: the loop. Source: architecture 4.
class PageAdmission {
public:
    /// `surroundings` outlives it.
    PageAdmission(Surroundings const& surroundings, Logger logger)
        : around_(surroundings), logger_(std::move(logger)) {}

    /// prepare(), by the worker where it would hold up the loop. Cancellation: terminal. Errors: the worker's.
    awaitable<Result<PreparedPage>> prepare(
        std::string scope, partner::PartnerSettings const& holder, partner::FoundDocuments found
    );

    /// The entries, dated now, each after its bytes: the first few of a page in a unit of work of their own, so that they are told of without waiting
    /// for the others. Wakes the Subscriptions with new Events. `to_retrieve`, which outlives the call, grows by the contents without bytes, also where
    /// only the first part could be stored: the next run may not ask for them. Deadline: until_stored()'s. Cancellation: terminal; after a part of a
    /// page the Exchange is still open, and is run again. Errors: storage.
    awaitable<Result<void>> store(
        cache::Answer answer, std::vector<InlineData> bodies, std::vector<std::string>& to_retrieve
    );

    /// Cancellation: terminal. Errors: storage.
    awaitable<Result<void>> note_absence(cache::AbsentEntry absent);

private:
    awaitable<Result<void>> keep(std::vector<InlineData> bodies);
    awaitable<void> keep_one(InlineData body, Result<void>& outcome);
    awaitable<Result<void>> write(cache::Answer answer, std::vector<std::string>& to_retrieve);
    void quarantined(std::string const& partner, std::size_t count, char const* reason);
    void tell_oddities(std::string const& partner, cache::Admitted const& admitted);

    Surroundings const& around_;
    Logger logger_;
};

}  // namespace tributary::pipeline
